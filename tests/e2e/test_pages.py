"""The page that Airflow's UI links to from a gate."""

from __future__ import annotations

from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.airflow_home import base, fetch
from tests.e2e.conftest import Upkeep

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def run_of(upkeep: Upkeep, dag: str) -> str:
    run = upkeep.site.call(f"dags/{dag}/dagRuns?state=success")["dag_runs"][-1]
    return f"dags/{dag}/dagRuns/{run['dag_run_id']}"


def page(upkeep: Upkeep, dag: str, task: str, link: str) -> Any:
    links = upkeep.site.call(f"{run_of(upkeep, dag)}/taskInstances/{task}/links")
    return fetch(upkeep.site.home, links["extra_links"][link])


def test_a_gate_links_to_its_page(upkeep: Upkeep) -> None:
    with page(upkeep, "realsyn_extract", "gate", "Gate page") as answer:
        assert "extract" in answer.read().decode()
        assert answer.headers["Content-Security-Policy"].startswith("sandbox")


def test_there_is_no_page_of_a_task_that_made_none(upkeep: Upkeep) -> None:
    run = run_of(upkeep, "realsyn_extract").rpartition("/")[2]
    with pytest.raises(HTTPError) as refused:
        fetch(upkeep.site.home, f"/realsyn/pages/realsyn_extract/{run}/plan")
    assert refused.value.code == 404


@pytest.mark.parametrize("path", ["/", "/auth/token", "/api/v2/version", "/static/x.js"])
def test_no_other_host_is_answered(upkeep: Upkeep, path: str) -> None:
    request = Request(f"{base(upkeep.site.home)}{path}", headers={"Host": "evil.example:8080"})
    with pytest.raises(HTTPError) as refused:
        urlopen(request, timeout=60)
    assert refused.value.code == 403


@pytest.mark.parametrize("path", ["/auth/token", "/ui/auth/me", "/api/v2/dags"])
def test_nobody_comes_in_without_the_key(upkeep: Upkeep, path: str) -> None:
    with pytest.raises(HTTPError) as refused:
        urlopen(f"{base(upkeep.site.home)}{path}", timeout=60)
    assert refused.value.code in (401, 403)
