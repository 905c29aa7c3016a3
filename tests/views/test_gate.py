from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.quality import gate as run_gate
from realsyn_tasks.views import routes
from realsyn_tasks.views.answer import Unknown
from realsyn_tasks.views.gate import (
    gate,
    gate_check,
    gate_present,
    gate_trend,
    gates,
    override,
)
from realsyn_tasks.views.ledgers import LEDGERS
from tests import fabricated
from tests.fabricated_contents import Made
from tests.quality.breaking import BETWEEN, MATCH, UNIQUE, at_chance, drop

Opened = Callable[[str], Workspace]
REASON = "a trial: nobody trains on it"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    yield
    LEDGERS.forget()


@pytest.fixture
def extract(opened: Opened) -> Workspace:
    return opened("extract")


def told(run: Workspace, group: str = "extract") -> dict[str, Any]:
    return gate(run.storage.uri, build=run.uri, group=group)


def check_of(answer: dict[str, Any], name: str, about: str) -> dict[str, Any]:
    checks: list[dict[str, Any]] = answer["checks"]
    return next(c for c in checks if (c["name"], c["about"]) == (name, about))


def behind(run: Workspace, name: str, about: str, group: str = "extract") -> dict[str, Any]:
    answer = told(run, group)
    number = check_of(answer, name, about)["number"]
    return gate_check(
        run.storage.uri, build=run.uri, group=group, number=number, digest=answer["digest"]
    )


def test_gates_of_a_run_are_listed_with_what_they_found(opened: Opened) -> None:
    run = opened("retrieve")
    answer = gates(run.storage.uri, build="builds/tiny")
    assert [(g["group"], g["state"]) for g in answer["gates"]] == [
        ("retrieve", "passed"),
        ("synthesize", "passed"),
        ("sample", "passed"),
    ]
    assert [g["promoted"] for g in answer["gates"]] == [True, True, False]


def test_a_gate_that_was_never_run_says_so(opened: Opened) -> None:
    run = opened("retrieve")
    run.storage.delete(f"{run.folder}/_gates/retrieve/result.json")
    answer = told(run, "retrieve")
    assert (answer["state"], answer["checks"]) == ("none", [])
    assert "not been run" in answer["summary"]


def test_checks_have_their_figure_and_bounds(extract: Workspace) -> None:
    answer = told(extract)
    assert all(check["passed"] for check in answer["checks"])
    kept = check_of(answer, BETWEEN, "statistics.images_usable_share")
    assert kept["kind"] == "statistic"
    assert (kept["figure"]["low"], kept["figure"]["high"]) == (0.005, 1.0)
    assert kept["figure"]["value"] == answer["statistics"]["images_usable_share"]
    ids = check_of(answer, MATCH, "images.image_id")
    assert (ids["kind"], ids["figure"]["value"], ids["figure"]["high"]) == ("rows", 0.0, 0.0)
    assert answer["suite"] == "include/expectations/extract.json"
    json.dumps(answer, allow_nan=False)


def test_named_checks_have_the_figure_that_their_suite_names(opened: Opened) -> None:
    figure = check_of(told(opened("retrieve"), "retrieve"), "recall", "matches")["figure"]
    assert figure["name"] == "recall_at_3"
    assert figure["value"] >= figure["low"] > 0


def test_a_statistic_is_spread_over_shards(extract: Workspace) -> None:
    spread = behind(extract, BETWEEN, "statistics.images_usable_share")["behind"]
    assert (spread["of"], spread["drawn"]) == ("shards", 2)
    assert sum(each["count"] for each in spread["histogram"]) == 2
    assert {each["shard"] for each in spread["ends"]} == {0, 1}


def test_a_column_is_spread_over_the_gates_own_rows(extract: Workspace) -> None:
    spread = behind(extract, BETWEEN, "images.width")["behind"]
    images = sum(c.rows["images"] for c in extract.ledger("dedup_images").commits().values())
    assert (spread["of"], spread["drawn"], spread["rows"]) == ("rows", images, [])
    assert sum(each["count"] for each in spread["histogram"]) == images


def test_rows_that_break_a_check_are_shown_as_they_are(extract: Workspace) -> None:
    def change(made: Made) -> None:
        fabricated.set_column(made, "images", "image_id", HOSTILE)

    fabricated.damage(extract, "dedup_images", change)
    assert not run_gate(extract, "extract").passed
    spread = behind(extract, MATCH, "images.image_id")["behind"]
    [row] = spread["rows"]
    assert row["image_id"] == HOSTILE
    assert next(iter(row)) == "image_id"
    figure = check_of(told(extract), MATCH, "images.image_id")["figure"]
    assert figure["value"] == pytest.approx(1 / spread["drawn"])


def test_repeated_rows_are_shown_together(extract: Workspace) -> None:
    def change(made: Made) -> None:
        first = made.tables["images"]["image_id"][0].as_py()
        fabricated.set_column(made, "images", "image_id", [first, first])

    fabricated.damage(extract, "dedup_images", change)
    assert not run_gate(extract, "extract").passed
    rows = behind(extract, UNIQUE, "images.image_id")["behind"]["rows"]
    assert len(rows) == 2 and rows[0]["image_id"] == rows[1]["image_id"]


def test_settings_that_decide_are_named_with_their_values(opened: Opened) -> None:
    retrieve = behind(opened("retrieve"), "recall", "matches", "retrieve")
    names = {(each["stage"], each["setting"]) for each in retrieve["settings"]}
    assert ("fit_lists", "target_recall") in names
    assert retrieve["behind"] is None


def test_a_low_share_names_what_drops_most(extract: Workspace) -> None:
    change = drop("images", "image", "image_id", 0)
    fabricated.damage(extract, "filter_images", change)
    run_gate(extract, "extract")
    settings = behind(extract, BETWEEN, "statistics.images_usable_share")["settings"]
    assert all(each["why"].startswith("decides ") for each in settings)
    assert settings


def test_another_result_than_one_looked_at_is_not_explained(extract: Workspace) -> None:
    with pytest.raises(Unknown, match="load the page again"):
        gate_check(
            extract.storage.uri, build=extract.uri, group="extract", number=0, digest="other"
        )
    with pytest.raises(Unknown, match="not 999"):
        gate_check(
            extract.storage.uri,
            build=extract.uri,
            group="extract",
            number=999,
            digest=told(extract)["digest"],
        )
    with pytest.raises(Unknown, match="it has: extract"):
        told(extract, "sample")


def test_the_trend_goes_over_all_runs_of_the_kind(extract: Workspace) -> None:
    second = fabricated.extract(_root_of(extract), "second")
    run_gate(second, "extract")
    third = fabricated.extract(_root_of(extract), "third")
    assert third.promotion("extract") is None, "and no result: it is left out"
    points = gate_trend(
        extract.storage.uri,
        build=extract.uri,
        group="extract",
        name=BETWEEN,
        about="statistics.images_usable_share",
    )["points"]
    assert [point["run"] for point in points] == ["pages", "second"]
    assert all(point["state"] == "passed" and point["figure"]["low"] == 0.005 for point in points)


def _root_of(run: Workspace) -> Any:
    from pathlib import Path

    return Path(run.storage.uri.removeprefix("file://"))


def test_a_failed_gate_is_overridden_by_name_and_reason(opened: Opened) -> None:
    run = opened("retrieve")
    fabricated.damage(run, "measure_relevance", at_chance)
    run_gate(run, "retrieve")
    before = told(run, "retrieve")
    assert (before["state"], before["may_be_overridden"]) == ("failed", True)
    root, where = run.storage.uri, {"build": run.uri, "group": "retrieve"}
    with pytest.raises(ConfigError, match="something else since you looked"):
        override(root, **where, digest="old", reason=REASON, by="ann")
    with pytest.raises(ConfigError, match="say who"):
        override(root, **where, digest=before["digest"], reason=REASON)
    override(root, **where, digest=before["digest"], reason=REASON, by="ann")
    after = told(run, "retrieve")
    assert (after["state"], after["may_be_overridden"]) == ("overridden", False)
    assert (after["override"]["by"], after["override"]["reason"]) == ("ann", REASON)
    assert run_gate(run, "retrieve").passed
    [point] = gate_trend(root, **where, name="relevance", about="matches")["points"]
    assert point["state"] == "overridden"


def test_what_is_final_says_why(opened: Opened) -> None:
    run = opened("retrieve")
    run.ledger("merge_matches").revoke(0)
    run_gate(run, "retrieve")
    answer = told(run, "retrieve")
    assert not answer["may_be_overridden"]
    assert "never looked at" in check_of(answer, "completeness", "shards")["final"]


def test_whether_it_is_of_what_is_there_is_asked_apart(opened: Opened) -> None:
    run = opened("retrieve")
    root = run.storage.uri
    assert gate_present(root, build=run.uri, group="retrieve") == {"present": True}
    run.ledger("merge_matches").revoke(0)
    assert gate_present(root, build=run.uri, group="retrieve") == {"present": False}


def test_views_and_action_are_routes() -> None:
    assert {"gates", "gate", "gate_check", "gate_trend"} <= set(routes.table(routes.VIEWS))
    assert "override" in routes.table(routes.ACTIONS)
