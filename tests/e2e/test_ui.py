"""Whoever never read the docs does her work in the UI alone, on a running Airflow with real runs.

In the order of a day: why a crawl was set aside, bad shards, a build, a picture that is not there,
the pairs, two versions, what one of them teaches, one picture taken down. What each takes is
printed (docs/ui.md has it).
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route

from realsyn_local import keys
from realsyn_tasks.stages import PIPELINE
from tests.airflow_home import base
from tests.e2e.airflow import Site, kill
from tests.e2e.conftest import Upkeep, contents, harm, until
from tests.e2e.test_ingest import pinned_by
from tests.evaluate import tiny_protocols
from tests.ui.browser import chromium, visit
from tests.ui.walk import Walk

TRAINING = "tiny_data_plane run train_heads"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
]


@pytest.fixture(scope="module")
def walk(upkeep: Upkeep) -> Iterator[Walk]:
    """A browser in Airflow, opened by the address that it prints."""
    home = upkeep.site.home
    opening = keys.address(base(home), keys.key(home / "login.json"))
    with chromium() as browser, visit(browser) as seen:
        walked = Walk(seen)
        seen.page.goto(opening)
        walked.enter()
        yield walked
        for task in walked.tasks:
            print(f"{task.name:40} {task.clicks:2} presses {task.seconds:6.1f} s")


def ended(site: Site, dag: str) -> str:
    """Wait for the newest run of a DAG; give how it ended."""
    until(lambda: site.runs(dag) and at_rest(site, dag))
    return str(newest(site, dag)["state"])


def newest(site: Site, dag: str) -> dict[str, Any]:
    """Give the newest run of a DAG."""
    return max(site.runs(dag), key=lambda run: str(run["run_after"]))


def at_rest(site: Site, dag: str) -> bool:
    """Say whether no run of a DAG is under way."""
    return all(run["end_date"] for run in site.runs(dag))


def groups_at_rest(site: Site) -> bool:
    """Say whether no run of any group is under way."""
    return all(at_rest(site, f"realsyn_{group}") for group in PIPELINE.group_names)


def test_she_sees_why_a_gate_failed(walk: Walk) -> None:
    with walk.task("see why a gate failed"):
        walk.go("Crawls")
        walk.link("See why")
        walk.read(re.compile("at least 1"))
    assert "images" in walk.frame.locator("main").inner_text()


def test_she_finds_bad_shards_and_repairs_them(walk: Walk, upkeep: Upkeep) -> None:
    build = upkeep.site.default / "builds/6"
    before = contents(build)
    harm(build)
    with walk.task("find bad shards and repair them"):
        walk.go("Shards")
        walk.link("All runs")  # pages keep the run that was looked at last: the one set aside
        walk.link("6")
        walk.read(re.compile("damaged"))
        walk.button(re.compile("Repair all"))
        walk.read(re.compile("embed_texts"))
        walk.button("Start", exact=True)
        walk.frame.get_by_text("realsyn_backfill is started").wait_for()
    assert ended(upkeep.site, "realsyn_backfill") == "success"
    assert contents(build) == before, "to the byte"


def test_the_plan_of_the_repair_said_what_would_run_and_why(upkeep: Upkeep) -> None:
    rows = upkeep.site.returned(repair(upkeep.site), "plan")["rows"]
    told = {(row["stage"], row["state"], row["shards"]) for row in rows}
    assert ("tag_images", "missing", "0") in told
    assert ("embed_texts", "damaged", "1") in told
    assert {row["state"] for row in rows} == {"missing", "damaged", "waiting"}


def test_only_what_the_plan_of_the_repair_named_ran(upkeep: Upkeep) -> None:
    tasks = upkeep.site.wait(repair(upkeep.site))
    state = {task: found["state"] for (task, _), found in tasks.items()}
    assert state["repair_synthesize"] == "success"
    assert state["repair_retrieve"] == state["shards.gpu"] == "skipped"


def repair(site: Site) -> str:
    """Give the path of the one repair there was."""
    [run] = site.runs("realsyn_backfill")
    return f"dags/realsyn_backfill/dagRuns/{run['dag_run_id']}"


def test_she_starts_a_build(walk: Walk, upkeep: Upkeep) -> None:
    """It takes over the matches and the texts of the one before."""
    with walk.task("start a build"):
        walk.go("Crawls")
        walk.button("New build")
        walk.fill("Scale", "5")
        walk.button("Start", exact=True)
        walk.frame.get_by_text("Started realsyn_build").wait_for()
    assert ended(upkeep.site, "realsyn_build") == "success"
    root = upkeep.site.default
    assert list(root.glob("datasets/realsyn-5/*/manifest.json"))
    assert [ref["generation"] for ref in pinned_by(root / "builds/5")] == [1, 2]
    assert not upkeep.site.runs("realsyn_retrieve"), "the corpus has been matched"


def test_she_finds_why_a_picture_is_not_there(walk: Walk, upkeep: Upkeep) -> None:
    dropped = _dropped(upkeep.site.default)
    with walk.task("find why a picture is not there"):
        walk.go("Look up")
        walk.fill("Why isn’t this there?", dropped["url"])
        walk.button("Look", exact=True)
        walk.read(re.compile(dropped["reason"].replace("_", "[ _]")))


def _dropped(root: Path) -> dict[str, str]:
    """A picture by its address, of which no version has a row; with the reason."""
    import pyarrow.parquet as pq

    rows = {
        row["id"]: row["reason"]
        for path in root.glob("builds/6/balance/shard=*/*-dropped.parquet")
        for row in pq.read_table(path).to_pylist()
    }
    for path in sorted(root.glob("extracts/*/dedup_images/shard=*/*-images.parquet")):
        for row in pq.read_table(path, columns=["image_id", "url"]).to_pylist():
            if row["image_id"] in rows:
                return {"url": row["url"], "reason": rows[row["image_id"]]}
    raise AssertionError("every picture is published")


def test_she_looks_at_the_pairs(walk: Walk) -> None:
    with walk.task("look at the pairs"):
        walk.go("Pairs")
        walk.frame.locator(".gallery img").first.wait_for()
    assert walk.frame.get_by_text("Text 1").count() or walk.frame.get_by_text("text1").count()


def test_she_compares_two_versions(walk: Walk) -> None:
    with walk.task("compare two versions"):
        walk.go("Versions")
        walk.read(re.compile("added|removed"))


def test_she_evaluates_a_version(walk: Walk, upkeep: Upkeep) -> None:
    """The processes that train are killed once, so that others have to."""
    site, [version] = upkeep.site, versions_of(upkeep.site.default, "realsyn-6")
    with walk.task("evaluate a version"):
        walk.go("Evaluations")
        walk.button("Evaluate…")
        walk.choose("Version", f"{version.parent.name}/{version.name}")
        walk.choose("Protocol", tiny_protocols.NAME)
        walk.button("Start", exact=True)
        walk.frame.get_by_text("Its evaluation is listed here").wait_for()
    until(lambda: site.processes(TRAINING), look=1.0)
    site.let_go()
    kill(site.processes(TRAINING))
    assert ended(site, "realsyn_evaluate") == "success"
    [run] = (site.default / "evaluations").iterdir()
    told = json.loads((version / "evaluation.json").read_text())
    assert run.name in json.dumps(told) and (version / "evaluation.html").exists()
    assert "evaluation.html" in (version / "README.md").read_text()
    assert len(list((run / "_models").glob("*.md"))) == len(tiny_protocols.PROTOCOL["arms"])
    with walk.task("read what came of it"):
        walk.go("Evaluations")
        walk.link(run.name)
        walk.read("three teach more than one")
        walk.read(re.compile(r"(holds|null|reversed)$"))
    walk.read(re.compile(r"complete$"))


def test_the_same_evaluation_does_nothing_twice(upkeep: Upkeep) -> None:
    site, [version] = upkeep.site, versions_of(upkeep.site.default, "realsyn-6")
    markers = [*site.default.glob("evaluations/*/*/_commits/*.json")]
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in markers}
    form = {"versions": version.as_uri(), "protocol": tiny_protocols.NAME}
    tasks = site.wait(site.trigger("realsyn_evaluate", form))
    assert not [name for name, task in tasks if name.startswith("stages.train_heads") and task >= 0]
    after = [*site.default.glob("evaluations/*/*/_commits/*.json")]
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in after} == before


def versions_of(root: Path, dataset: str) -> list[Path]:
    """The folders of the versions of a dataset."""
    return [path.parent for path in root.glob(f"datasets/{dataset}/*/manifest.json")]


def test_she_takes_one_picture_down(walk: Walk, upkeep: Upkeep) -> None:
    with walk.task("take one picture down"):
        walk.go("Pairs")
        walk.button("Take down…")
        walk.button("Show what would go")
        walk.button("Take down for good")
        walk.frame.get_by_text("It is being taken down").wait_for()
    assert ended(upkeep.site, "realsyn_takedown") == "success"
    requests = sorted(upkeep.site.default.glob("takedowns/requests/*.json"))
    assert requests and "image" in json.dumps([json.loads(p.read_text()) for p in requests])


LATE_START = """
    UPDATE dag_run SET state = 'running', end_date = NULL WHERE id = (
        SELECT id FROM dag_run WHERE dag_id <> 'realsyn_build' ORDER BY run_after DESC LIMIT 1
    )
"""
# One pair in ten is left, fewer than the gate of the sample lets pass.
PICKY = {"fit_band": {"quantile_low": 0.9}, "generate_texts": {"keep_without": False}}
ASKING = {
    "scale": "1",
    "name": "asking",
    "stages": PICKY,
    "approval": True,
    "on_gate_failure": "ask",
    "analyze": False,
}


def test_she_stops_a_build_and_goes_on(walk: Walk, upkeep: Upkeep) -> None:
    """What the scheduler starts in the moment of the stop is stopped, too."""
    root = upkeep.site.default
    upkeep.site.trigger("realsyn_build", {"root": str(root), **ASKING})
    until((root / "builds/asking/config.json").exists, look=1.0)
    until(lambda: not groups_at_rest(upkeep.site), look=1.0)
    started = let_the_scheduler_start_late(walk, upkeep.site)
    with walk.task("stop a build"):
        walk.builds()
        walk.link("asking")
        walk.button("Stop", exact=True)
        walk.confirm("Stop")
        walk.frame.get_by_text("stopped.").wait_for()
    assert started == [1]
    assert ended(upkeep.site, "realsyn_build") == "failed"
    until(lambda: groups_at_rest(upkeep.site))
    assert not versions_of(root, "realsyn-1")
    with walk.task("go on with it"):
        walk.button("Resume")
        walk.confirm("Resume")


def let_the_scheduler_start_late(walk: Walk, site: Site) -> list[int]:
    """Let a run beneath the next one that is failed be called running right after it.

    SQLite locks no rows: what the scheduler has read as queued it writes as running, whatever was
    written meanwhile. Gives a list that will hold how many runs that were.
    """
    started: list[int] = []

    def follow(route: Route) -> None:
        answer = route.fetch()
        with closing(sqlite3.connect(site.home / "airflow.db", timeout=60)) as database, database:
            started.append(database.execute(LATE_START).rowcount)
        route.fulfill(response=answer)

    walk.seen.page.route(re.compile("/dagRuns/.*update_mask=state"), follow, times=1)
    return started


def test_she_overrides_a_gate(walk: Walk, upkeep: Upkeep) -> None:
    """Whoever approves what comes before answers at once, as a program does."""
    until(lambda: approved_before(upkeep.site, "sample") or asked(upkeep.site, "sample", "gate"))
    with walk.task("override a gate"):
        walk.go("Build")
        walk.link("gate failed")
        walk.button("Override…")
        walk.fill("Reason", "The band is narrow on purpose, to see the best.")
        walk.confirm("Override")
        walk.frame.get_by_text("Overridden. The run goes on").wait_for()


def test_she_approves_what_is_published(walk: Walk, upkeep: Upkeep) -> None:
    root, page = upkeep.site.default, walk.seen.page
    until(lambda: asked(upkeep.site, "sample", "approval"))
    assert not versions_of(root, "realsyn-1")
    with walk.task("approve a promotion"):
        page.goto(f"{base(upkeep.site.home)}/required_actions")
        walk.press(page.get_by_role("link", name="Promote the output of sample?"))
        page.get_by_text("The band is narrow on purpose").first.wait_for()
        walk.press(page.get_by_role("button", name="Approve", exact=True))
    assert ended(upkeep.site, "realsyn_build") == "success"
    [version] = versions_of(root, "realsyn-1")
    assert "The band is narrow on purpose" in (version / "README.md").read_text()
    walk.enter()


def asked(site: Site, group: str, task: str) -> list[dict[str, Any]]:
    """The tasks of a group's runs that wait for a person."""
    query = f"response_received=false&task_id={task}"
    questions = site.call(f"dags/realsyn_{group}/dagRuns/~/hitlDetails?{query}")["hitl_details"]
    return [question["task_instance"] for question in questions]


def approved_before(site: Site, group: str) -> None:
    """Approve whatever the groups before this one ask for."""
    for earlier in PIPELINE.group_names[: PIPELINE.group_names.index(group)]:
        for task in asked(site, earlier, "approval"):
            run = f"dags/{task['dag_id']}/dagRuns/{task['dag_run_id']}"
            answer = {"chosen_options": ["Approve"], "params_input": {}}
            site.call(f"{run}/taskInstances/approval/-1/hitlDetails", answer, "PATCH")


def test_she_lets_a_crawl_be_tried_again(walk: Walk, upkeep: Upkeep) -> None:
    before = len(tries(upkeep.site, "b"))
    upkeep.site.switch_on("realsyn_ingest")
    with walk.task("let a crawl be tried again"):
        walk.go("Crawls")
        walk.button("Release b")
        walk.confirm("Release")
    until(lambda: len(tries(upkeep.site, "b")) > before)
    assert ended(upkeep.site, "realsyn_extract") == "failed", "it is as bad as it was"


def tries(site: Site, crawl: str) -> list[str]:
    """The runs in which a crawl was extracted."""
    runs = site.runs("realsyn_extract")
    return [r["dag_run_id"] for r in runs if (r["conf"] or {}).get("crawl", "").endswith(crawl)]


def test_nothing_went_wrong_on_the_way(walk: Walk) -> None:
    frames = "iframe which has both allow-scripts and allow-same-origin"  # Airflow's own
    assert [said for said in walk.seen.wrong if frames not in said] == []
