"""The page of a build: what it says is what ledgers, gates and configurations say."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.progress import BatchProgress
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.generations import generation_path, read_generation
from realsyn_tasks.quality import gate
from realsyn_tasks.quality.override import override
from realsyn_tasks.report import status_screen
from realsyn_tasks.report.funnel import funnel
from realsyn_tasks.report.status import look
from realsyn_tasks.runs.promotion import promote
from realsyn_tasks.sample.reasons import OVER_CAP
from realsyn_tasks.views import build as page
from realsyn_tasks.views import routes
from realsyn_tasks.views.ledgers import LEDGERS
from tests.fabricated import damage, quarantine
from tests.quality.breaking import at_chance

Opened = Callable[[str], Workspace]


@pytest.fixture
def run(opened: Opened) -> Workspace:
    return opened("sample")


def seen(run: Workspace) -> dict[str, Any]:
    """Ask as the page does a moment later, when an earlier look no longer stands."""
    LEDGERS.of(run.storage.uri, run.uri).snapshot(0.0)
    answer = page.build(run.storage.uri, build=run.uri)
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    return answer


def stage_of(answer: dict[str, Any], name: str) -> dict[str, Any]:
    return next(stage for stage in answer["stages"] if stage["stage"] == name)


def group_of(answer: dict[str, Any], name: str) -> dict[str, Any]:
    return next(group for group in answer["groups"] if group["group"] == name)


def test_a_finished_build_says_what_became_of_it(run: Workspace) -> None:
    promoted = promote(run, "sample")
    answer = seen(run)
    assert (answer["state"], answer["running"], answer["resume"]) == ("done", 0, None)
    assert answer["eta"] == {"seconds": 0.0, "why": "", "at_least": 0.0}
    assert [(g["group"], g["state"]) for g in answer["groups"]] == [
        (name, "promoted") for name in ("retrieve", "synthesize", "sample")
    ]
    assert answer["published"]["version"] == promoted["version"]
    assert answer["published"]["pairs"] == 15
    assert group_of(answer, "sample")["gate"]["state"] == "passed"


def test_the_funnel_is_that_of_the_report_and_drops_have_words(run: Workspace) -> None:
    answer = seen(run)
    assert answer["funnel"] == [asdict(step) for step in funnel(run)]
    balance = stage_of(answer, "balance")
    assert balance["drops"]["pair"][OVER_CAP.code] == 3
    assert answer["reasons"][OVER_CAP.code] == OVER_CAP.words
    assert balance["kept"]["pairs"] == 15


def test_the_funnel_is_live(run: Workspace) -> None:
    run.ledger("export").revoke(0)
    published = {step["name"]: step["items"] for step in seen(run)["funnel"]}["published"]
    assert 0 < published < 15


def test_what_is_at_work_is_seen_with_its_rate_and_the_time_it_takes(run: Workspace) -> None:
    run.ledger("export").revoke(1)
    said = BatchProgress(0.5, 1, 10.0, 10.0, time.time(), shard=0)
    path = f"{run.folder}/export/_progress/00001.json"
    run.storage.replace(path, json.dumps(asdict(said)).encode())
    answer = seen(run)
    export = stage_of(answer, "export")
    assert (export["state"], export["running"], answer["state"]) == ("running", 1, "running")
    assert export["share"] == pytest.approx(0.75)
    assert export["eta"]["seconds"] == pytest.approx(10.0)
    assert export["items_per_second"] > 0
    assert export["running_shards"] == [0]
    assert answer["resume"] == {"dag": "realsyn_sample", "conf": {"build": run.uri}}


def test_what_nobody_has_measured_has_a_reason_instead_of_a_time(run: Workspace) -> None:
    for shard in range(2):
        run.ledger("export").revoke(shard)
    answer = seen(run)
    assert answer["eta"]["seconds"] is None
    assert answer["eta"]["why"].startswith("export: no run of this root")
    assert stage_of(answer, "export")["state"] == "missing"


def test_errors_are_counted_by_class_with_the_first_of_them(run: Workspace) -> None:
    quarantine(run, "spot_text", [0, 1])
    answer = seen(run)
    [error] = [error for error in answer["errors"] if error["stage"] == "spot_text"]
    assert (error["failure_class"], error["shards"], error["shard"]) == ("permanent", 2, 0)
    assert error["error"] == "CorruptCrawlFile: no WARC record in it"
    assert stage_of(answer, "spot_text")["states"] == {"quarantined": 2}
    assert group_of(answer, "sample")["state"] == "done", "the gate has to decide"


def test_a_failed_gate_says_what_failed(run: Workspace) -> None:
    quarantine(run, "export", [0])
    assert not gate(run, "sample").passed
    verdict = group_of(seen(run), "sample")["gate"]
    assert (verdict["state"], verdict["promoted"]) == ("failed", "no")
    assert any(finding["blocks"] for finding in verdict["failed"])
    assert verdict["page"].endswith("/_gates/sample/index.html")


def test_a_gate_that_a_person_has_overridden_says_so(
    run: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(run, "measure_relevance", at_chance)
    assert not gate(run, "retrieve").passed
    assert group_of(seen(run), "retrieve")["gate"]["state"] == "failed"
    override(run, "retrieve", "too few documents here to tell", "ada")
    verdict = group_of(seen(run), "retrieve")["gate"]
    assert verdict["state"] == "overridden"
    assert "ada" in verdict["summary"]
    status_screen.show(look(run, quick=True), run)
    assert "gate overridden" in capsys.readouterr().err


def test_what_was_promoted_and_has_changed_since_is_outdated(run: Workspace) -> None:
    run.ledger("score_pairs").revoke(0)
    assert group_of(seen(run), "synthesize")["gate"]["promoted"] == "outdated"


def test_relevance_and_recall_are_those_of_commits(run: Workspace) -> None:
    retrieval = seen(run)["retrieval"]
    assert retrieval["measures"]["planned_recall"] == 0.98
    assert any("recall@3" in words for words in retrieval["words"])


def test_pins_tell_corpus_models_and_settings_unlike_defaults(run: Workspace) -> None:
    told = page.build_pins(run.storage.uri, build=run.uri)
    [generation] = told["generations"]
    assert (generation["generation"], generation["extract"]) == (1, "pages")
    assert told["models"]["encoder"]["identity"] == "tiny-encoder"
    assert (told["preset"], told["seed"], told["takedown"]) == ("default", 0, None)
    assert (told["left_out"], told["allow_smaller"]) == ([], False)
    assert told["outlook"]["images"] == told["generations"][0]["images"]
    assert told["outlook"]["warning"] == ""
    changed = {(row["stage"], row["setting"]): row for row in told["settings"]}
    assert changed.keys() == {("cap_hubs", "max_images_per_sentence")}
    assert changed["cap_hubs", "max_images_per_sentence"]["value"] == 5


def test_a_build_says_what_is_in_the_corpus_and_no_part_of_it(run: Workspace) -> None:
    first = read_generation(run.storage, generation_path(1))
    later = first.model_copy(update={"generation": 2, "extract": "later", "crawl": "later"})
    run.storage.replace(generation_path(2), later.model_dump_json().encode())
    told = page.build_pins(run.storage.uri, build=run.uri)
    assert [each["generation"] for each in told["generations"]] == [1]
    assert [(each["generation"], each["crawl"]) for each in told["left_out"]] == [(2, "later")]


def test_an_extract_is_a_run_like_others(opened: Opened) -> None:
    extract = opened("extract")
    answer = seen(extract)
    assert (answer["kind"], answer["state"]) == ("extract", "done")
    kept = {(step["kind"], step["name"]): step["items"] for step in answer["funnel"]}
    assert kept["image", "in"] > kept["image", "kept"] > 0
    crawl = page.build_pins(extract.storage.uri, build=extract.uri)["crawl"]
    assert (crawl["name"], crawl["format"], crawl["bytes"]) == ("pages", "html", 18)


def test_costs_stand_beside_their_plan(run: Workspace) -> None:
    costs = page.build_costs(run.storage.uri, build=run.uri)
    export = next(row for row in costs["stages"] if row["stage"] == "export")
    assert export["measured"]["cpu_seconds"] == 2.5
    assert export["planned"]["items"] == 15
    assert export["planned"]["cpu_seconds"] == pytest.approx(15 * 0.0066)
    assert costs["total"]["measured"]["cpu_seconds"] > 2.5
    assert costs["total"]["planned"]["gpu_seconds"] > 0


def test_costs_are_held_against_what_another_build_measured(run: Workspace) -> None:
    costs = page.build_costs(run.storage.uri, build=run.uri, like="builds/tiny")
    export = next(row for row in costs["stages"] if row["stage"] == "export")
    assert export["planned"]["source"] == "measured in tiny"
    assert export["planned"]["cpu_seconds"] == pytest.approx(2.5)


def test_runs_are_listed_with_what_is_promoted(run: Workspace) -> None:
    runs = {each["name"]: each for each in page.build_list(run.storage.uri)["runs"]}
    assert runs["pages"]["promoted"] == ["extract"]
    assert runs["tiny"]["promoted"] == ["retrieve", "synthesize"]
    assert runs["tiny"]["version"] == ""
    version = promote(run, "sample")["version"]
    [tiny] = [e for e in page.build_list(run.storage.uri)["runs"] if e["name"] == "tiny"]
    assert tiny["version"].endswith(version)


def test_a_run_elsewhere_or_of_nothing_is_refused(run: Workspace) -> None:
    for wrong in ("builds/none", "file:///elsewhere/builds/tiny", "../builds/tiny", "tiny"):
        with pytest.raises(ConfigError):
            page.build(run.storage.uri, build=wrong)


def test_an_empty_root_has_no_runs(tmp_path: Any) -> None:
    assert page.build_list(Storage.at(str(tmp_path)).uri) == {"runs": []}


def test_views_are_routes() -> None:
    assert {"build", "build_list", "build_pins", "build_costs"} <= routes.table("VIEWS").keys()


def test_a_second_look_reads_no_markers(run: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    first = seen(run)
    for name in ("commits", "find_each"):
        monkeypatch.setattr(f"realsyn_tasks.core.commits.Ledger.{name}", _never)
    assert seen(run)["stages"] == first["stages"]


def _never(*_: Any) -> Any:
    raise AssertionError("markers were read")
