"""Which matches may stay: estimates that hold on unseen documents, and a threshold for a target."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from realsyn_tasks.core import include
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.stage import Output
from realsyn_tasks.retrieve import (
    fit_relevance,
    judge_candidates,
    likelihood,
    merge_matches,
    schemas,
)
from realsyn_tasks.retrieve.known_candidates import Judged, collected
from realsyn_tasks.retrieve.own_texts import Images
from realsyn_tasks.retrieve.settings import settle
from tests.retrieve.documents import Documents
from tests.retrieve.worlds import with_samples
from tests.support import context

MANY = 160  # documents: enough to fit to
WORLD: dict[str, Any] = {"skill": 1.2, "knowing": 0.5}


@pytest.fixture(scope="module")
def corpus() -> Documents:
    """A search that is right where the picture knows anything, as half of them do."""
    return Documents(MANY, **WORLD).pooled()


def fitted(corpus: Documents, scratch: Path, **settings: Any) -> Output:
    sampled = with_samples(corpus, scratch)
    return fit_relevance.run(sampled, fit_relevance.Config(**settings), context(scratch))


def kept_share(corpus: Documents, output: Output) -> tuple[float, float]:
    """Of the texts taken at the threshold: the share of the own document over all images."""
    fit, threshold = fit_relevance.read(output.tables["relevance"])
    assert fit is not None
    candidates = collected(corpus, "pool_candidates", Images.drawn(corpus, 5000))
    judged = Judged(candidates, fit.of(candidates.features))
    rows = judged.taken(threshold or 0.0)
    return float(candidates.own[rows].mean()), len(rows) / len(candidates.own)


@pytest.mark.parametrize("target", [0.5, 0.8])
def test_what_is_kept_is_as_precise_as_asked_for(
    corpus: Documents, target: float, tmp_path: Path
) -> None:
    everything = kept_share(corpus, fitted(corpus, tmp_path, target_precision=None))
    output = fitted(corpus, tmp_path, target_precision=target)
    kept = kept_share(corpus, output)
    assert everything[0] < target - 0.1
    assert output.measures["precision"] >= target
    assert kept[0] == pytest.approx(target, abs=0.1)
    assert 0 < kept[1] < everything[1]


def test_more_precision_costs_yield(corpus: Documents, tmp_path: Path) -> None:
    curve = fitted(corpus, tmp_path).tables["curve"].to_pylist()
    assert [row["threshold"] for row in curve[:3]] == [0.0, 0.05, 0.1]
    yields = [row["yield"] for row in curve]
    assert yields[0] == 1.0
    assert yields == sorted(yields, reverse=True)
    known = [row for row in curve if row["texts"] > 60]
    assert known[-1]["precision"] > known[0]["precision"] + 0.2
    assert all(row["precision_low"] <= row["precision"] <= row["precision_high"] for row in known)


def test_estimates_hold_on_documents_that_were_not_fitted_to(
    corpus: Documents, tmp_path: Path
) -> None:
    rows = fitted(corpus, tmp_path).tables["calibration"].to_pylist()
    told = [row for row in rows if row["candidates"] >= 25]
    assert len(told) > 3
    assert all(abs(row["estimated"] - row["seen"]) < 0.2 for row in told)


def test_halves_share_no_document(corpus: Documents) -> None:
    halves = collected(corpus, "pool_candidates", Images.drawn(corpus, 5000)).halves(0)
    names = [set(half.documents.tolist()) for half in halves]
    assert not names[0] & names[1]
    assert min(map(len, names)) > MANY / 3
    assert sum(map(len, names)) == MANY


def test_too_few_documents_say_so_and_let_every_match_stay(tmp_path: Path) -> None:
    few = Documents(12).pooled()
    output = fitted(few, tmp_path)
    assert output.measures["too_little_truth"] == 1.0
    assert fit_relevance.read(output.tables["relevance"]) == (None, None)
    few.tables["fit_relevance", "relevance"] = [output.tables["relevance"]]
    [before] = few.tables["pool_candidates", "candidates"][:1]
    few.tables["pool_candidates", "candidates"] = [before]
    judged = judge_candidates.run(few, judge_candidates.Config(), context(tmp_path))
    assert judged.tables["candidates"].equals(before)


def test_images_whose_documents_have_no_text_teach_nothing(tmp_path: Path) -> None:
    few = Documents(12).pooled()
    for number, table in enumerate(few.tables["corpus", "sentences"]):
        elsewhere = pa.array([f"elsewhere {n}" for n in range(table.num_rows)])
        place = table.column_names.index("document_id")
        moved = table.set_column(place, "document_id", elsewhere)
        few.tables["corpus", "sentences"][number] = moved
    assert fitted(few, tmp_path).measures["held_out_documents"] == 0.0


def test_a_target_out_of_reach_is_told(tmp_path: Path) -> None:
    output = fitted(Documents(MANY, skill=0.25).pooled(), tmp_path, target_precision=0.99)
    assert output.measures["precision"] < 0.99
    assert output.measures["texts"] >= fit_relevance.LEAST_TEXTS


def test_a_score_that_tells_right_from_wrong_is_made_use_of() -> None:
    random = np.random.default_rng(0)
    truth = (random.random(2000) < 0.3).astype(np.float64)
    rows = random.normal(size=(2000, 5))
    rows[:, 4] += 3 * truth
    rows[:, 1] = 7.0  # never varies
    fit = likelihood.fit(rows, truth)
    estimates = fit.of(rows)
    assert fit.coefficients[4] > 1
    assert fit.coefficients[1] == 0.0
    assert estimates.mean() == pytest.approx(truth.mean(), abs=0.01)
    assert estimates[truth > 0].mean() > 0.7
    assert likelihood.fit(rows.copy(), truth) == fit


def test_a_score_may_be_on_any_scale() -> None:
    """A cross-encoder's logit, a judge's probability or its log-odds: all tell and hold alike."""
    random = np.random.default_rng(0)
    truth = (random.random(4000) < 0.4).astype(np.float64)
    log_odds = random.normal(size=4000) + 2 * truth - 1
    probability = 1 / (1 + np.exp(-2 * log_odds))
    estimates = []
    for score in (log_odds, 1000 * log_odds - 77, probability):
        rows = np.zeros((4000, 5))
        rows[:, 3], rows[:, 4] = 1.0, score
        estimates.append(likelihood.fit(rows[::2], truth[::2]).of(rows[1::2]))
    assert estimates[1] == pytest.approx(estimates[0], abs=1e-3)
    for made in estimates:
        for low in (0.0, 0.25, 0.5, 0.75):
            here = (made >= low) & (made < low + 0.25)
            assert made[here].mean() == pytest.approx(truth[1::2][here].mean(), abs=0.08)


class Followed(Documents):
    """The same documents, with what an earlier build estimated relevance by."""

    def __init__(self, earlier: dict[str, pa.Table], **world: Any) -> None:
        super().__init__(MANY, **world)
        self.pooled()
        self.earlier = earlier

    def earlier_fit(self, content: str) -> dict[str, pa.Table] | None:
        return self.earlier if content == "known" else None


def test_a_followed_build_keeps_the_estimates(corpus: Documents, tmp_path: Path) -> None:
    first = fitted(corpus, tmp_path, target_precision=0.7)
    grown = Followed(first.tables, skill=1.3, knowing=0.5)
    kept = fitted(grown, tmp_path, target_precision=0.7, frozen="known")
    assert kept.measures["kept_relevance"] == 1.0
    assert all(kept.tables[name].equals(table) for name, table in first.tables.items())
    anew = fitted(grown, tmp_path, target_precision=0.7)
    assert not anew.tables["relevance"].equals(first.tables["relevance"])


@pytest.mark.parametrize("bound", [{}, {"refit_precision": 0.69}])
def test_estimates_that_hold_no_more_are_fitted_anew(
    corpus: Documents, bound: dict[str, Any], tmp_path: Path
) -> None:
    first = fitted(corpus, tmp_path, target_precision=0.7)
    worse = Followed(first.tables, skill=0.3)
    output = fitted(worse, tmp_path, target_precision=0.7, frozen="known", **bound)
    assert "kept_relevance" not in output.measures
    assert not output.tables["relevance"].equals(first.tables["relevance"])


def test_estimates_that_are_gone_stop_the_build(corpus: Documents, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='follow: "none"'):
        fitted(Followed({}), tmp_path, frozen="gone")


JUDGED = {"intercept": -2.0, "cosine": 4.0, "height": 8.0}


def test_judged_estimates_are_taken_as_they_are(corpus: Documents, tmp_path: Path) -> None:
    output = fitted(corpus, tmp_path, judged=JUDGED, target_precision=0.7)
    fit, threshold = fit_relevance.read(output.tables["relevance"])
    assert fit is not None
    assert fit.coefficients == (4.0, 8.0, 0.0, 0.0, 0.0)
    assert (fit.intercept, threshold) == (-2.0, 0.7)
    assert output.measures["judged_estimate"] == 1.0
    assert 0.7 <= output.measures["expected_precision"] <= 1.0
    told = [row for row in output.tables["curve"].to_pylist() if row["threshold"] == 0.7]
    assert told[0]["precision"] == output.measures["precision"]


def test_judged_estimates_need_no_truth_of_the_corpus(tmp_path: Path) -> None:
    output = fitted(Documents(12).pooled(), tmp_path, judged=JUDGED, target_precision=0.7)
    assert fit_relevance.read(output.tables["relevance"])[1] == 0.7
    assert "too_little_truth" not in output.measures


def test_a_card_holds_what_its_judgements_give() -> None:
    rows = list(csv.DictReader((include.include_folder() / "labels" / "conse.csv").open()))
    features = np.array([[float(row[name]) for name in likelihood.FEATURES] for row in rows])
    truth = np.array([float(row["judgement"] != "wrong") for row in rows])
    fit = likelihood.fit(features, truth)
    card = include.load(include.include_folder() / "models" / "conse.yaml")["stages"][
        "fit_relevance"
    ]["judged"]
    estimates = fit_relevance.JudgedEstimate(**card).likelihood().of(features)
    assert estimates == pytest.approx(fit.of(features), abs=0.01)


def judged_shard(corpus: Documents, scratch: Path, target: float) -> tuple[pa.Table, pa.Table]:
    """The candidates of the first shard before and after they are judged."""
    output = fitted(corpus, scratch, target_precision=target)
    shard = Documents(MANY, **WORLD)
    before = corpus.tables["pool_candidates", "candidates"][0]
    shard.tables["pool_candidates", "candidates"] = [before]
    shard.tables["fit_relevance", "relevance"] = [output.tables["relevance"]]
    judged = judge_candidates.run(shard, judge_candidates.Config(), context(scratch))
    return before, judged.tables["candidates"]


def test_candidates_below_the_threshold_are_no_choice(corpus: Documents, tmp_path: Path) -> None:
    before, after = judged_shard(corpus, tmp_path, 0.7)
    [row] = fitted(corpus, tmp_path, target_precision=0.7).tables["relevance"].to_pylist()
    kept = np.array(after["relevance"].to_pylist()) >= np.float32(row["threshold"])
    assert 0 < kept.sum() < len(kept)
    assert after["choice"].to_pylist() == np.where(kept, before["choice"].to_numpy(), 0).tolist()
    same = [name for name in after.column_names if name not in ("choice", "relevance")]
    assert after.select(same).equals(before.select(same))


def test_near_copies_are_not_judged(corpus: Documents, tmp_path: Path) -> None:
    before, _ = judged_shard(corpus, tmp_path, 0.7)
    choices = before["choice"].to_pylist()
    choices[1] = 0
    place = before.column_names.index("choice")
    altered = before.set_column(place, "choice", pa.array(choices, type=pa.int32()))
    shard = Documents(MANY, **WORLD)
    shard.tables["pool_candidates", "candidates"] = [altered]
    shard.tables["fit_relevance", "relevance"] = [fitted(corpus, tmp_path).tables["relevance"]]
    judged = judge_candidates.run(shard, judge_candidates.Config(), context(tmp_path))
    assert judged.tables["candidates"]["relevance"][1].as_py() is None
    assert judged.tables["candidates"]["relevance"].null_count == 1


def test_an_image_without_a_likely_text_is_dropped_by_name(
    corpus: Documents, tmp_path: Path
) -> None:
    _, after = judged_shard(corpus, tmp_path, 0.8)
    shard = Documents(MANY, **WORLD)
    names = sorted(set(after["image_id"].to_pylist()))
    images = shard.whole("images")
    shard.tables["corpus", "images"] = [
        images.filter(pa.array([n in names for n in images["image_id"].to_pylist()]))
    ]
    shard.tables["draw_samples", "images"] = [images.select(["image_id"])]
    shard.tables["pool_candidates", "candidates"] = [after.slice(0, 0)]
    shard.tables["judge_candidates", "candidates"] = [after]
    shard.tables["cap_hubs", "hubs"] = [schemas.HUBS.empty_table()]
    output = merge_matches.run(shard, merge_matches.Config(), context(tmp_path))
    matched = set(output.tables["matches"]["image_id"].to_pylist())
    assert {item.id for item in output.dropped} == set(names) - matched != set()
    assert {item.reason.code for item in output.dropped} == {"no_relevant_text"}
    assert "is the highest estimate" in output.dropped[0].detail
    assert output.tables["matches"]["relevance"].null_count == 0


def test_no_target_switches_judging_off() -> None:
    from realsyn_tasks.stages import PIPELINE

    stages = [stage for stage in PIPELINE.stages if stage.group == "retrieve"]
    settings = {stage.name: stage.config_class()().model_dump() for stage in stages}
    assert "judge_candidates" not in settle(settings, {})
    settings["fit_relevance"]["target_precision"] = None
    assert "judge_candidates" in settle(settings, {})
