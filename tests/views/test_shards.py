from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core import files, ledger_index
from realsyn_tasks.core.batch_log import BatchLog
from realsyn_tasks.core.commits import Commit, Failure
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.views import routes
from realsyn_tasks.views.answer import Unknown
from realsyn_tasks.views.ledgers import LEDGERS, Ledgers, uri_of
from realsyn_tasks.views.shards import (
    shard,
    shard_drops,
    shard_log,
    shard_runs,
    shards,
    shards_look,
    shards_repair,
)

Opened = Callable[[str], Workspace]
STAGE, BEHIND, BUILD = "filter_images", "embed_images", "extracts/pages"
HOSTILE = "Bad: <img src=x onerror=alert(1)> in https://pages.example/"


@pytest.fixture
def run(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setattr(files, "SETTLE_NS", 0)
    monkeypatch.setattr(ledger_index, "WORTHWHILE", 1)
    monkeypatch.setattr("realsyn_tasks.views.ledgers.WITHIN", 0.0)
    yield opened("extract")
    for thread in threading.enumerate():
        if thread.name == "objects":
            thread.join()
    LEDGERS.forget()


def ask(run: Workspace, **more: Any) -> dict[str, Any]:
    return shards(run.storage.uri, build=BUILD, **more)


def stage_of(answer: dict[str, Any], name: str = STAGE) -> dict[str, Any]:
    found: list[dict[str, Any]] = [each for each in answer["stages"] if each["name"] == name]
    return found[0]


def cell(run: Workspace, number: int = 1, stage: str = STAGE) -> dict[str, Any]:
    told: dict[str, Any] = shard(run.storage.uri, build=BUILD, stage=stage, shard=number)
    return told


def fail(run: Workspace, failure_class: str, number: int = 1) -> None:
    fingerprint = Planner(run).fingerprints.of(run.pipeline.stage(STAGE), number)
    run.ledger(STAGE).revoke(number)
    run.ledger(STAGE).fail(
        Failure(
            stage=STAGE,
            shard=number,
            fingerprint=fingerprint,
            failure_class=failure_class,
            error=HOSTILE,
            traceback="Traceback ...",
        )
    )


def change(run: Workspace, number: int = 1, **fields: Any) -> Commit:
    ledger = run.ledger(STAGE)
    old = ledger.commits()[number]
    ledger.revoke(number)
    return ledger.commit(old.model_copy(update={"attempt": "another", **fields}))


# -- the grid -------------------------------------------------------------------------------------


def test_the_grid_has_a_letter_for_each_shard_and_a_word_for_each_letter(run: Workspace) -> None:
    answer = ask(run)
    assert [each["name"] for each in answer["stages"]] == [s.name for s in run.stages()]
    assert stage_of(answer)["runs"] == "d2"
    assert stage_of(answer)["counts"] == {"done": 2}
    assert answer["letters"]["d"] == "done"
    assert answer["groups"] == [{"name": "extract", "promoted": True}]
    json.dumps(answer, allow_nan=False)


def test_who_has_the_state_is_told_that_nothing_has_changed(run: Workspace) -> None:
    number = ask(run)["number"]
    again = ask(run, since=number)
    assert (again["unchanged"], "stages" in again) == (True, False)
    run.ledger(STAGE).withdraw(0)
    assert stage_of(ask(run, since=number))["runs"] == "md"


def test_errors_are_told_by_kind_with_their_shards(run: Workspace) -> None:
    fail(run, "transient", 0)
    fail(run, "transient", 1)
    answer = ask(run)
    [error] = answer["errors"]
    assert (error["stage"], error["shards"], error["count"]) == (STAGE, "0-1", 2)
    assert (error["state"], error["failure_class"]) == ("failed", "transient")
    assert error["error"] == HOSTILE, "escaped where it is shown, not here"
    assert not answer["groups"][0]["promoted"], "not as it is now"


def test_stale_shards_are_told_with_what_the_first_of_them_says(run: Workspace) -> None:
    for number in (0, 1):
        change(run, number, fingerprint="other", stage_version=99)
    [error] = [each for each in ask(run)["errors"] if each["stage"] == STAGE]
    assert (error["state"], error["shards"], error["failure_class"]) == ("stale", "0-1", "")
    assert "version 99 of the stage" in error["error"]


def test_damaged_objects_show_a_moment_later(run: Workspace) -> None:
    Path(object_of(run, 1)).unlink()
    before = ask(run)["objects"]
    assert before["looked_at"] < before["stages"]
    wait_for_objects(run)
    answer = ask(run)
    assert answer["objects"]["looked_at"] == answer["objects"]["stages"]
    assert stage_of(answer)["runs"] == "dx"
    [why] = cell(run)["why"]
    assert re.match(r"object images is gone; its marker says \d+ bytes: .*shard=00001", why)


def test_one_may_look_again(run: Workspace) -> None:
    wait_for_objects(run)
    path = Path(object_of(run, 1))
    path.write_bytes(path.read_bytes()[:-1])
    assert stage_of(ask(run))["runs"] == "d2"
    assert shards_look(run.storage.uri, build=BUILD) == {"looking": True}
    wait_for_objects(run)
    assert stage_of(ask(run))["runs"] == "dx"


def wait_for_objects(run: Workspace) -> None:
    ask(run)
    for thread in threading.enumerate():
        if thread.name == "objects":
            thread.join(10)


def object_of(run: Workspace, number: int) -> str:
    root = run.storage.uri.removeprefix("file://")
    return f"{root}/{run.ledger(STAGE).commits()[number].objects['images'].path}"


# -- one cell -------------------------------------------------------------------------------------


def test_a_done_shard_tells_what_it_holds_and_reads(run: Workspace) -> None:
    told = cell(run)
    commit = run.ledger(STAGE).commits()[1]
    assert (told["state"], told["why"], told["failure"]) == ("done", [], None)
    assert told["commit"]["attempt"] == commit.attempt
    assert told["commit"]["bytes"] == sum(ref.size for ref in commit.objects.values())
    assert {o["name"]: o["sha256"] for o in told["commit"]["objects"]} == {
        name: ref.sha256 for name, ref in commit.objects.items()
    }
    assert all(each["size"] == each["present"] for each in told["commit"]["objects"])
    drops = {row["reason"]: row["count"] for row in told["commit"]["drops"]}
    assert drops == commit.dropped.get("image", {})
    assert all(row["words"] for row in told["commit"]["drops"])
    reads = {read["name"]: read for read in told["reads"]}
    assert reads["parse"]["shards"] == "1" and reads["parse"]["states"] == {"done": 1}
    assert BEHIND in told["read_by"]


def test_a_shard_of_a_crawl_names_its_files(run: Workspace) -> None:
    [read] = [read for read in cell(run, stage="parse")["reads"] if read["source"]]
    assert read["files"] == [{"path": "1.html", "size": 9}]


def test_a_stale_shard_says_what_has_changed(run: Workspace) -> None:
    inputs = {"parse": "other"}
    change(run, fingerprint="other", inputs=inputs, stage_version=99, models={"encoder": "old"})
    told = cell(run)
    assert told["state"] == "stale"
    assert "what it read has changed since: parse" in told["why"]
    assert any("version 99 of the stage" in why for why in told["why"])
    assert "it was made with another encoder" in told["why"]


def test_settings_are_what_is_left_to_have_changed(run: Workspace) -> None:
    planner, stage = Planner(run), run.pipeline.stage(STAGE)
    change(
        run,
        fingerprint="other",
        inputs=planner.fingerprints.inputs(stage, 1),
        stage_version=stage.version,
        models=run.config.identities_of(stage),
    )
    assert cell(run)["why"] == [
        "settings, seed or target of the stage were others when it was made"
    ]


def test_a_waiting_shard_says_what_it_waits_for(run: Workspace) -> None:
    fail(run, "transient")
    assert cell(run, stage=BEHIND)["why"] == [f"{STAGE}, shard 1, is failed"]
    assert cell(run, stage=BEHIND, number=0)["state"] == "done"
    [why, *_] = cell(run, 0, "group_neighbours")["why"]
    assert why == "all of link_neighbours is needed: 1 of 1 shards are left"


def test_a_quarantined_shard_shows_its_error_whole(run: Workspace) -> None:
    fail(run, "permanent")
    told = cell(run)
    assert (told["state"], told["shown_as"], told["commit"]) == ("quarantined",) * 2 + (None,)
    assert (told["failure"]["error"], told["failure"]["traceback"]) == (HOSTILE, "Traceback ...")
    assert told["withdrawn"] != "", "a marker was taken back"
    assert cell(run, stage=BEHIND)["shown_as"] == "follows"


def test_the_log_of_a_shard_is_what_its_batch_noted_of_it(run: Workspace) -> None:
    with BatchLog(run, run.pipeline.stage(STAGE), 1) as log:
        log.note("committed", shard=0)
        log.note("failed", "error", shard=1, error=HOSTILE)
    run.storage.replace(f"{run.folder}/{STAGE}/_logs/00001/1999-old.jsonl", b'{"torn\n[1]\n')
    newest, oldest = shard_log(run.storage.uri, build=BUILD, stage=STAGE, shard=1)["tries"]
    assert [line["event"] for line in newest["lines"]] == ["started", "failed", "ended"]
    assert newest["host"] and newest["ended"] and newest["left_out"] == 1
    assert (oldest["lines"], oldest["ended"]) == ([], False)


def test_what_was_dropped_is_shown_by_reason(run: Workspace) -> None:
    def rows(**more: str) -> list[dict[str, Any]]:
        at = {"build": BUILD, "stage": STAGE, "shard": 1}
        return list(shard_drops(run.storage.uri, **at, **more)["rows"])  # type: ignore[arg-type]

    every = rows()
    counts = run.ledger(STAGE).commits()[1].dropped["image"]
    assert len(every) == min(20, sum(counts.values()))
    reason = every[0]["reason"]
    assert len(rows(kind="image", reason=reason)) == min(20, counts[reason])
    assert rows(reason="no_such_reason") == []


# -- a repair -------------------------------------------------------------------------------------


def test_a_selection_becomes_the_words_of_the_form_and_a_plan(run: Workspace) -> None:
    fail(run, "transient")
    told = shards_repair(run.storage.uri, build=BUILD, stage=STAGE, shards="0-1")
    assert told["conf"] == {
        "root": run.storage.uri,
        "build": run.uri,
        "group": "all",
        "stage": STAGE,
        "shards": "0-1",
        "force": False,
        "finish": True,
        "dry_run": False,
    }
    assert (told["shards"], told["batches"], told["left_out"]) == (1, 1, "0")
    named = [row for row in told["rows"] if row["when"] == "named"]
    assert [(row["stage"], row["shards"], row["state"]) for row in named] == [
        (STAGE, "1", "failed")
    ]
    assert HOSTILE in named[0]["why"]
    forced = shards_repair(run.storage.uri, build=BUILD, stage=STAGE, shards="0-1", force=True)
    assert (forced["shards"], forced["left_out"]) == (2, "")


def test_a_repair_of_what_is_not_there_is_refused(run: Workspace) -> None:
    with pytest.raises(ConfigError, match="has the shards 0 to 1"):
        shards_repair(run.storage.uri, build=BUILD, stage=STAGE, shards="7")
    with pytest.raises(ConfigError, match="write numbers and ranges"):
        shards_repair(run.storage.uri, build=BUILD, stage=STAGE, shards="<script>")


# -- where ----------------------------------------------------------------------------------------


def test_only_runs_of_the_root_are_opened(run: Workspace, tmp_path: Path) -> None:
    root = run.storage.uri
    assert uri_of(root, BUILD) == uri_of(root, run.uri) == run.uri
    for build in ("file:///etc/builds/x", "builds/../x", "/etc/builds/x", "x", "../builds/x"):
        with pytest.raises(ConfigError):
            uri_of(root, build)
    with pytest.raises(ConfigError, match="open the run first"):
        shards(root, build="builds/nothing")


def test_a_stage_or_shard_that_is_not_there_is_unknown(run: Workspace) -> None:
    with pytest.raises(Unknown, match="it has: parse"):
        cell(run, stage="nothing")
    with pytest.raises(Unknown, match="0 to 1, not 2"):
        cell(run, number=2)


def test_a_run_is_kept_until_it_is_opened_otherwise_or_others_are_looked_at(
    run: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledgers, root = Ledgers(), run.storage.uri
    first = ledgers.of(root, BUILD)
    assert ledgers.of(root, BUILD) is first
    path = f"{run.folder}/config.json"
    run.storage.replace(path, run.storage.read(path) + b"\n")
    assert ledgers.of(root, BUILD) is not first
    monkeypatch.setattr("realsyn_tasks.views.ledgers.MOST", 1)
    second = ledgers.of(root, BUILD)
    ledgers.of(root, "builds/tiny")
    assert ledgers.of(root, BUILD) is not second


def test_the_runs_of_a_root_are_listed(run: Workspace) -> None:
    runs = shard_runs(run.storage.uri)["runs"]
    assert {(each["kind"], each["build"]) for each in runs} == {
        ("extract", run.uri),
        ("build", f"{run.storage.uri}/builds/tiny"),
    }


def test_all_views_are_routes(run: Workspace) -> None:
    answer = routes.view("shards").from_query([("root", run.storage.uri), ("build", BUILD)])
    assert answer["build"] == run.uri
    names = {"shard", "shard_log", "shard_drops", "shards_repair", "shards_look"}
    assert names <= set(routes.table(routes.VIEWS))
