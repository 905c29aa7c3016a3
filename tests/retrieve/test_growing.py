"""Matches of a corpus that has grown: the bytes of matching it all, for the price of the new."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from realsyn_tasks.core import reuse
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.report import status
from realsyn_tasks.stages import PIPELINE
from tests.retrieve.grown import (
    commits,
    contents,
    forget_matches,
    matched,
    on_its_own,
    opened,
    promote_generation,
    scored_pairs,
)
from tests.retrieve.worlds import Corpus
from tests.support import DIM, run_group

CORPUS = ("embed_queries", "assign_sentences", "probe_images")
NOUNS = "fox wolf snow field river house bird tree boat cloud stone road".split()


class Later(Corpus):
    """Another crawl: other ids, around topics of its own; some captions are those of others."""

    def __init__(
        self, number: int, images: int, sentences: int, shards: int, spread: float = 1.0
    ) -> None:
        self.number = number
        super().__init__(number, images, sentences, shards, spread, DIM)
        images = enumerate(self.tables["corpus", "images"])
        self.tables["corpus", "images"] = [self._captioned(piece, n) for n, piece in images]
        for name, key in (("images", "image_id"), ("sentences", "sentence_id")):
            pieces = self.tables["corpus", name]
            self.tables["corpus", name] = [self._renamed(piece, key) for piece in pieces]

    def _captioned(self, piece: pa.Table, shard: int) -> pa.Table:
        numbers = [int(name[16:], 16) * 3 + shard for name in piece["image_id"].to_pylist()]
        words = [f"{NOUNS[n // 12 % 12]} and {NOUNS[n % 12]}" for n in numbers]
        captions = [text if n % 4 else None for n, text in zip(numbers, words, strict=True)]
        return piece.set_column(piece.column_names.index("caption"), "caption", pa.array(captions))

    def _renamed(self, piece: pa.Table, key: str) -> pa.Table:
        ids = [f"{self.number:x}{one[1:]}" for one in piece[key].to_pylist()]
        return piece.set_column(piece.column_names.index(key), key, pa.array(ids)).sort_by(key)


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with three generations and a promoted build over the first; not to be written to."""
    root = tmp_path_factory.mktemp("grown")
    promote_generation(root, 1, Later(1, images=60, sentences=300, shards=3))
    matched(opened(root, "first", []))
    promote_generation(root, 2, Later(2, images=25, sentences=120, shards=2))
    promote_generation(root, 3, Later(3, images=12, sentences=40, shards=1))
    return root


@pytest.fixture
def root(grown: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(grown, tmp_path / "root"))


@pytest.fixture(scope="module")
def reused(grown: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A build over two generations that reuses the matches of the first; not to be written to."""
    root = Path(shutil.copytree(grown, tmp_path_factory.mktemp("reused") / "root"))
    return matched(opened(root, "again", [1, 2]))


@pytest.fixture(scope="module")
def anew(reused: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The same in the same lists, from scratch; not to be written to."""
    root = Path(shutil.copytree(root_of(reused), tmp_path_factory.mktemp("anew") / "root"))
    build = on_its_own(opened(root, "anew", [1, 2], follow="first"))
    forget_matches(root, "first")
    return matched(build)


@pytest.fixture
def again(reused: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the build that reuses matches, with all of its root, to change."""
    root = shutil.copytree(root_of(reused), tmp_path / "root")
    return Workspace.open(f"file://{root}/builds/again", PIPELINE)


def root_of(build: Workspace) -> Path:
    return Path(build.storage.uri.removeprefix("file://"))


def first_of(build: Workspace) -> Workspace:
    """Give the build that others beside it follow."""
    return Workspace.open(f"{build.storage.uri}/builds/first", PIPELINE)


def test_a_build_that_reuses_matches_gives_the_bytes_of_one_from_scratch(
    reused: Workspace, anew: Workspace
) -> None:
    assert reused.config.earlier == "first"
    assert contents(reused) == contents(anew)
    assert reused.config.digest() == anew.config.digest()
    assert commits(reused, "fit_lists")[0].measures["kept_lists"] == 1.0
    assert all(
        commit.cost["reused_shards"] == 0 for commit in commits(anew, "search_lists").values()
    )


def test_only_pairs_with_something_new_are_scored(reused: Workspace, anew: Workspace) -> None:
    first, everything = scored_pairs(first_of(reused)), scored_pairs(anew)
    assert first > 0
    # All pairs, less those of old images and old sentences: just what the first build scored.
    assert scored_pairs(reused) == everything - first
    assert scored_pairs(reused) < 0.6 * everything


def counted(build: Workspace, stage: str, name: str, column: str) -> Counter[int]:
    """Count the rows of each list in a table that has been committed."""
    found: Counter[int] = Counter()
    for commit in commits(build, stage).values():
        with build.storage.open(commit.objects[name].path) as source:
            values = pq.read_table(source)[column].to_pylist()
        found.update(np.concatenate([np.atleast_1d(one) for one in values]).tolist())
    return found


def test_pairs_are_counted_as_they_are(root: Path) -> None:
    build = Workspace.open(f"file://{root}/builds/first", PIPELINE)
    sizes = counted(build, "assign_sentences", "sentences", "list_id")
    visits = counted(build, "probe_images", "probes", "lists")
    by_hand = sum(visits.get(number, 0) * size for number, size in sizes.items())
    assert scored_pairs(build) == 2 * by_hand  # once for the texts, once for the penalty for hubs


def test_generation_after_generation(again: Workspace) -> None:
    root = root_of(again)
    third = matched(opened(root, "third", [1, 2, 3]))
    assert third.config.earlier == "again"  # the longest beginning
    skipping = matched(on_its_own(opened(root, "skipping", [1, 2, 3], follow="first")))
    assert contents(third) == contents(skipping)
    assert scored_pairs(third) < scored_pairs(skipping)


def test_shards_that_come_out_the_same_are_adopted(again: Workspace) -> None:
    for stage in CORPUS:
        found = commits(again, stage)
        origins = {shard: commit.origin for shard, commit in found.items()}
        assert origins == {0: "builds/first", 1: "builds/first", 2: "builds/first", 3: "", 4: ""}
    told = {line.stage: line for line in status.status(again).stages}
    assert told["assign_sentences"].adopted == 3
    assert told["search_lists"].grown == 2
    assert status.status(again).follows == "first"


def reranked(build: Workspace) -> dict[tuple[str, str], float]:
    """The scores of the cross-encoder, by image and text."""
    scores = {}
    for commit in commits(build, "rerank_candidates").values():
        with build.storage.open(commit.objects["candidates"].path) as source:
            rows = pq.read_table(source).to_pylist()
        scores |= {(row["image_id"], row["sentence_id"]): row["rerank"] for row in rows}
    return {pair: score for pair, score in scores.items() if score is not None}


def test_a_pair_that_was_scored_has_its_score_again(reused: Workspace) -> None:
    first, again = reranked(first_of(reused)), reranked(reused)
    both = first.keys() & again.keys()
    assert len(both) > 50
    assert all(first[pair] == again[pair] for pair in both)
    assert again.keys() - first.keys()


def test_captions_are_texts_of_images_of_other_crawls(reused: Workspace) -> None:
    keyed = [
        pq.read_table(reused.storage.open(commit.objects["sentences"].path))["text"].to_pylist()
        for commit in commits(reused, "assign_sentences").values()
    ]
    captions = [text for texts in keyed for text in texts if " and " in text]
    assert len(captions) > len(set(captions))  # of several crawls, and searched once:
    pools = [
        pq.read_table(reused.storage.open(commit.objects["candidates"].path))
        for commit in commits(reused, "pool_candidates").values()
    ]
    pairs = pa.concat_tables(pools).select(["image_id", "text"]).to_pylist()
    assert any(" and " in pair["text"] for pair in pairs)
    assert len({tuple(pair.values()) for pair in pairs}) == len(pairs)


def test_a_plan_tells_what_will_be_adopted(root: Path) -> None:
    again = opened(root, "again", [1, 2])
    run_group(again, "retrieve", until="fit_lists")
    told = {line.stage: line for line in status.status(again).stages}
    assert told["probe_images"].adoptable == 3
    assert told["probe_images"].left == 5


def test_what_is_withdrawn_is_done_and_not_adopted_again(again: Workspace) -> None:
    again.ledger("probe_images").withdraw(1)
    matched(again)
    assert commits(again, "probe_images")[1].origin == ""
    assert commits(again, "probe_images")[0].origin == "builds/first"


def test_an_earlier_build_that_is_gone_is_made_up_for(again: Workspace) -> None:
    before = contents(again)
    shutil.rmtree(root_of(again) / "builds" / "first")
    matched(Workspace.open(again.uri, PIPELINE))
    assert contents(again) == before
    assert not any(commit.origin for commit in commits(again, "probe_images").values())


def test_damaged_candidates_are_not_built_on(reused: Workspace, root: Path) -> None:
    for path in (root / "builds/first/search_lists").rglob("*candidates.parquet"):
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 0xFF
        path.write_bytes(bytes(data))
    again = matched(on_its_own(opened(root, "again", [1, 2], follow="first")))
    assert contents(again) == contents(reused)


def test_other_settings_of_the_search_are_not_built_on(root: Path) -> None:
    again = matched(opened(root, "again", [1, 2], search_lists={"hub_penalty": 0.5}))
    assert again.config.earlier == "first"
    found = commits(again, "search_lists").values()
    assert all(commit.cost["reused_shards"] == 0 for commit in found)
    assert commits(again, "probe_images")[0].origin == "builds/first"


@pytest.fixture(scope="module")
def elsewhere(grown: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A build that follows none, over a generation that lies elsewhere; not to be written to."""
    root = Path(shutil.copytree(grown, tmp_path_factory.mktemp("elsewhere") / "root"))
    promote_generation(root, 4, Later(4, images=8, sentences=200, shards=1, spread=0.2))
    return matched(opened(root, "alone", [1, 4], follow="none"))


@pytest.mark.parametrize(
    ("bound", "why"),
    [
        ({"refit_recall": 1.0}, "refit_for_recall"),
        ({"refit_growth": 1.2}, "refit_for_growth"),
        ({"refit_imbalance": 1.3}, "refit_for_imbalance"),
    ],
)
def test_lists_that_no_longer_serve_are_fitted_anew(
    bound: dict[str, float], why: str, elsewhere: Workspace, tmp_path: Path
) -> None:
    """Then everything is matched anew, as by a build that follows none."""
    root = Path(shutil.copytree(root_of(elsewhere), tmp_path / "root"))
    shutil.rmtree(root / "builds/alone")
    matched(opened(root, "bounded", [1], fit_lists=bound))
    again = matched(opened(root, "again", [1, 4], fit_lists=bound))
    assert again.config.earlier == "bounded"
    measures = commits(again, "fit_lists")[0].measures
    assert measures[why] == 1.0
    assert "kept_lists" not in measures
    assert contents(again) == contents(elsewhere)
    assert not any(commit.origin for commit in commits(again, "assign_sentences").values())
    assert scored_pairs(again) == scored_pairs(elsewhere)


def test_a_build_stays_with_the_one_it_was_opened_with(root: Path) -> None:
    third = opened(root, "third", [1, 2, 3])
    assert third.config.earlier == "first"
    matched(opened(root, "second", [1, 2]))
    again = opened(root, "third", [1, 2, 3])
    assert (again.config.earlier, again.config.stages) == ("first", third.config.stages)
    assert again.config.donors == ("second", "first")  # adopting changes nothing of what it is
    assert opened(root, "third", [1, 2, 3], follow="second").config.earlier == "second"


def test_who_cannot_be_followed_is_refused_with_who_can(root: Path) -> None:
    with pytest.raises(ConfigError, match="choose one of: first"):
        opened(root, "again", [1, 2], follow="nobody")
    with pytest.raises(ConfigError, match="there are none"):
        opened(root, "same", [1], follow="first")  # the same corpus, not a beginning of it
    assert opened(root, "other", [1, 2], fit_lists={"iterations": 1}).config.earlier == ""
    assert opened(root, "alone", [1, 2], follow="none").config.earlier == ""


def test_lists_that_are_gone_stop_the_build_with_what_to_do(root: Path) -> None:
    again = opened(root, "again", [1, 2])
    shutil.rmtree(root / "builds" / "first" / "fit_lists")
    with pytest.raises(ConfigError, match="follow"):
        run_group(again, "retrieve", until="fit_lists")


def test_only_stages_that_grow_with_the_corpus_are_extended(reused: Workspace) -> None:
    with pytest.raises(ValueError, match="does not gather what grows with a source"):
        reuse.extendable(reused, Planner(reused), PIPELINE.stage("cap_hubs"), 0)
