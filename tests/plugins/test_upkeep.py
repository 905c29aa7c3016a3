"""The forms of realsyn_ingest, realsyn_backfill and realsyn_takedown as the words of the seam."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.models.taskinstancekey import TaskInstanceKey
from airflow.sdk.exceptions import AirflowSkipException
from jinja2 import Environment, StrictUndefined

from realsyn_airflow import settings
from realsyn_airflow.arrivals import BadCrawlsOperator, arrival_words
from realsyn_airflow.failures import ConfigFailure, PermanentFailure
from realsyn_airflow.pages import page_of
from realsyn_airflow.repair import RepairPlanOperator, repair_words
from realsyn_airflow.takedown import (
    ASKED,
    MOST,
    TakedownApproval,
    TakedownOperator,
    takedown_words,
)
from realsyn_tasks.core.errors import ConfigError


def test_the_form_of_ingest_becomes_words() -> None:
    form = {"root": "/r", "marker": "DONE", "crawls": ""}
    assert arrival_words("discover", form) == ["discover", "--root", "/r", "--marker", "DONE"]
    form = {"root": "/r", "marker": None, "crawls": "s3://b/in"}
    words = arrival_words("quarantine", form)
    assert words == ["quarantine", "--root", "/r", "--marker", "", "--crawls", "s3://b/in"]


GOOD: dict[str, Any] = {"quarantined": [], "unfinished": []}
NOTE = {"name": "b", "reason": "cut_off", "why": "3 files end early", "page": "file:///p.html"}


@pytest.mark.parametrize("pulled", [GOOD, [GOOD, GOOD]], ids=["of one crawl", "of two"])
def test_an_ingest_of_good_crawls_is_green(pulled: Any) -> None:
    """Airflow gives what one mapped task returned as it is, and of more a list."""
    crawls = ["c"] * (1 if isinstance(pulled, dict) else len(pulled))
    judged(crawls, pulled)
    with pytest.raises(PermanentFailure, match="1 without a verdict"):
        judged([*crawls, "another"], pulled)


def test_an_ingest_with_a_bad_crawl_is_red_and_names_it() -> None:
    with pytest.raises(PermanentFailure, match=r"b: cut_off: 3 files end early file:///p\.html"):
        judged(["b"], {**GOOD, "quarantined": [NOTE]})


def judged(crawls: list[str], pulled: Any) -> None:
    task = BadCrawlsOperator(task_id="bad_crawls", crawls=crawls, judged="quarantine")
    task.execute({"ti": SimpleNamespace(xcom_pull=lambda task_ids: pulled)})  # type: ignore[typeddict-item]


def test_a_deployment_sets_when_and_how_crawls_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.ingest().schedule == "@daily"
    monkeypatch.setenv("REALSYN_INGEST", '{"schedule": "@hourly", "marker": "DONE"}')
    found = settings.ingest()
    assert (found.schedule, found.marker) == ("@hourly", "DONE")


def test_a_wrong_word_about_ingest_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REALSYN_INGEST", '{"shedule": "@hourly"}')
    with pytest.raises(ConfigError, match="REALSYN_INGEST: shedule: did you mean schedule"):
        settings.ingest()


def test_the_form_of_a_takedown_becomes_words() -> None:
    form: dict[str, Any] = {"root": "/r", "urls": "http://a.example/\nhttp://b.example/"}
    form |= {"domains": None, "hashes": " ", "file": "", "note": "case 7"}
    words = takedown_words(form, dry_run=True)
    assert words[3:] == ["--urls", form["urls"], "--note", "case 7"]
    assert takedown_words(form, dry_run=False) == [*words, "--really"]


def test_a_list_that_no_command_line_takes_belongs_into_a_file() -> None:
    with pytest.raises(ConfigFailure, match="write a file"):
        takedown_words({"root": "/r", "hashes": "0" * (MOST + 1)}, dry_run=True)


def test_the_plan_of_a_repair_is_a_page_behind_its_task() -> None:
    assert repair_words({"root": "/r"}, dry_run=True) == ["repair", "--root", "/r", "--page"]
    assert repair_words({"root": "/r"}, dry_run=False) == ["repair", "--root", "/r", "--really"]
    [link] = RepairPlanOperator(task_id="plan").operator_extra_links
    key = TaskInstanceKey("realsyn_backfill", "plan", "run 1", 1)
    assert link.get_link(None, ti_key=key) == "/realsyn/pages/realsyn_backfill/run%201/plan"
    assert page_of({"return_value": {"rows": [], "preview": "file:///r/repairs/a.html"}})


def test_a_plan_links_to_what_would_go_and_the_deed_to_its_receipt() -> None:
    plan, deed = (TakedownOperator(task_id=f"t{dry}", dry_run=dry) for dry in (True, False))
    assert [link.name for link in plan.operator_extra_links] == ["What would be removed"]
    assert [link.name for link in deed.operator_extra_links] == ["Receipt"]
    preview = {"preview": "file:///r/takedowns/previews/a/b.html", "dry_run": True}
    assert page_of({"return_value": preview}) == preview["preview"]


def test_who_is_asked_reads_sentences_and_no_dictionary() -> None:
    dataset = {"dataset": "datasets/realsyn-a/v-1", "pairs": 3, "texts": 1, "by_entry": []}
    plan: dict[str, Any] = {"request": "0f", "images": 2, "sentences": 5, "pages": 4}
    plan |= {"generations": [1, 3], "bad_lines": 1}
    asked = Environment(undefined=StrictUndefined).from_string(ASKED)
    ti = SimpleNamespace(xcom_pull=lambda task_ids: {**plan, "datasets": [dataset]})
    text = asked.render(ti=ti)
    assert "2 images and 5 sentences\nof 4 pages out of the corpus\n(generations: 1, 3)." in text
    assert "- datasets/realsyn-a/v-1 has 3 such pairs, and such texts in 1 others" in text
    assert "do nothing: 1." in text and "{" not in text
    nothing = {**plan, "images": 0, "generations": [], "datasets": []}
    ti = SimpleNamespace(xcom_pull=lambda task_ids: nothing)
    assert "No published dataset has any of it." in asked.render(ti=ti)


def test_a_dry_run_ends_before_anybody_is_asked() -> None:
    step = TakedownApproval(task_id="approval", subject="Take this down?")
    with pytest.raises(AirflowSkipException, match="dry run"):
        step.execute({"params": {"dry_run": True, "approval": True}})  # type: ignore[typeddict-item]
