"""A build that asks before each promotion: approved once, then rejected."""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.airflow import TIMEOUT, Site

REACTION = 8.0  # seconds, as a person's
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


class Person:
    """Answers in place of a person in the UI, by the same API."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def answer(self, choices: dict[str, str], build: subprocess.Popen[str]) -> None:
        """Answer each group's question with its choice, however often it is asked.

        Airflow asks again where an answer came before it had put the task aside.
        """
        deadline = time.monotonic() + TIMEOUT
        while build.poll() is None:
            assert time.monotonic() < deadline, "the build does not end"
            for group, choice in choices.items():
                for question in self._open_questions(group):
                    time.sleep(REACTION)
                    self._choose(question["task_instance"], choice)
            time.sleep(1)

    def _choose(self, task: dict[str, Any], choice: str) -> None:
        run = f"dags/{task['dag_id']}/dagRuns/{task['dag_run_id']}"
        path = f"{run}/taskInstances/approval/-1/hitlDetails"
        with suppress(OSError):  # answered already: it will be asked again if need be
            self._site.call(path, {"chosen_options": [choice], "params_input": {}}, "PATCH")

    def _open_questions(self, group: str) -> list[dict[str, Any]]:
        path = f"dags/realsyn_{group}/dagRuns/~/hitlDetails?response_received=false"
        try:
            return list(self._site.call(path)["hitl_details"])
        except OSError:
            return []


def test_only_what_is_approved_is_promoted(tmp_path: Path) -> None:
    site = Site(tmp_path)
    build = site.start("--approval")
    Person(site).answer({"extract": "Approve", "retrieve": "Reject"}, build)
    said, _ = build.communicate()
    assert build.returncode == 1
    assert "realsyn_retrieve approval" in said
    assert list(site.root.glob("corpus/*/generation.json"))
    assert not list(site.root.glob("builds/*/_promoted/*"))
