"""The forms of realsyn_ingest and realsyn_takedown as the words of the seam."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from realsyn_airflow import settings
from realsyn_airflow.arrivals import arrival_words
from realsyn_airflow.failures import ConfigFailure
from realsyn_airflow.takedown import MOST, TakedownApproval, takedown_words


def test_the_form_of_ingest_becomes_words() -> None:
    form = {"root": "/r", "marker": "DONE", "crawls": ""}
    assert arrival_words("discover", form) == ["discover", "--root", "/r", "--marker", "DONE"]
    form = {"root": "/r", "marker": None, "crawls": "s3://b/in"}
    words = arrival_words("quarantine", form)
    assert words == ["quarantine", "--root", "/r", "--marker", "", "--crawls", "s3://b/in"]


def test_a_deployment_sets_when_and_how_crawls_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.ingest()["schedule"] == "@daily"
    monkeypatch.setenv("REALSYN_INGEST", '{"schedule": "@hourly", "marker": "DONE"}')
    found = settings.ingest()
    assert (found["schedule"], found["marker"]) == ("@hourly", "DONE")


def test_the_form_of_a_takedown_becomes_words() -> None:
    form: dict[str, Any] = {"root": "/r", "urls": "http://a.example/\nhttp://b.example/"}
    form |= {"domains": None, "hashes": " ", "file": "", "note": "case 7"}
    words = takedown_words(form, dry_run=True)
    assert words[3:] == ["--urls", form["urls"], "--note", "case 7", "--dry-run"]
    assert "--dry-run" not in takedown_words(form, dry_run=False)


def test_a_list_that_no_command_line_takes_belongs_into_a_file() -> None:
    with pytest.raises(ConfigFailure, match="write a file"):
        takedown_words({"root": "/r", "hashes": "0" * (MOST + 1)}, dry_run=True)


def test_a_dry_run_ends_before_anybody_is_asked() -> None:
    step = TakedownApproval(task_id="approval", subject="Take this down?")
    with pytest.raises(AirflowSkipException, match="dry run"):
        step.execute({"params": {"dry_run": True, "approval": True}})  # type: ignore[typeddict-item]
