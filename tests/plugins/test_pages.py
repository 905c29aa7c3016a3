"""Pages: which one a task's results name, and where it may be read from."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow.sdk import Asset
from fastapi.testclient import TestClient

from realsyn_airflow import pages
from realsyn_airflow.links import GatePage
from realsyn_airflow.operators import PromoteOperator
from realsyn_tasks.core.errors import ConfigError

GATE = {"passed": True, "uri": "s3://b/builds/a/_gates/sample/index.html"}


def test_the_page_of_a_failed_gate_goes_before_an_older_result() -> None:
    failed = {**GATE, "uri": "s3://b/failed/index.html"}
    assert pages.page_of({"return_value": GATE, "gate": failed}) == failed["uri"]


def test_a_report_is_the_page_of_a_dataset() -> None:
    result = {"uri": "file:///d", "report": "file:///d/report.html"}
    assert pages.page_of({"return_value": result}) == "file:///d/report.html"


@pytest.mark.parametrize("result", [{"uri": "s3://b/corpus/gen=1"}, [1, 2], None, "x.html"])
def test_other_results_name_no_page(result: object) -> None:
    assert pages.page_of({"return_value": result}) is None


def test_a_page_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "with space.html"
    path.write_bytes(b"<p>hello")
    assert pages.read(path.as_uri()) == b"<p>hello"


def test_a_page_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "index.html"
    path.write_bytes(b"x" * 11)
    monkeypatch.setattr(pages, "LIMIT", 10)
    with pytest.raises(ValueError, match="more than 10 bytes"):
        pages.read(path.as_uri())


@pytest.mark.parametrize("uri", ["http://intranet/index.html", "/etc/passwd.html"])
def test_other_places_are_not_read(uri: str) -> None:
    with pytest.raises((ValueError, ConfigError), match=r"neither|use a file:// or s3://"):
        pages.read(uri)


@pytest.mark.parametrize(
    "name",
    ["{keys}?.html", "{keys}#.html", "{keys}%23.html", "{root}/../keys", "{root}/link.html"],
)
def test_results_made_up_by_somebody_lead_to_no_other_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may write results (Airflow's API takes them) could read the server's own keys."""
    keys, root = tmp_path / "keys", tmp_path / "root"
    keys.write_bytes(b"secret of Airflow")
    root.mkdir()
    (root / "link.html").symlink_to(keys)
    monkeypatch.setenv("REALSYN_PREFIXES", str(root))
    with pytest.raises(ConfigError):
        pages.read(name.format(keys=keys.as_uri(), root=root.as_uri()))


def test_without_prefixes_an_address_is_the_page_that_it_ends_in(tmp_path: Path) -> None:
    (tmp_path / "keys").write_bytes(b"secret")
    for uri in ("keys?.html", "keys#.html"):
        with pytest.raises(ConfigError, match="no query and no fragment"):
            pages.read(f"{tmp_path.as_uri()}/{uri}")


def test_a_link_survives_names_with_slashes_and_signs() -> None:
    key = SimpleNamespace(dag_id="d", run_id="manual__2026-01-01T00:00:00+00:00/x", task_id="gate")
    link = GatePage().get_link(None, ti_key=key)
    assert link == "/realsyn/pages/d/manual__2026-01-01T00%3A00%3A00%2B00%3A00%2Fx/gate"


@pytest.mark.parametrize(("group", "names"), [("sample", ["Report"]), ("retrieve", [])])
def test_only_what_publishes_a_dataset_links_to_a_report(group: str, names: list[str]) -> None:
    task = PromoteOperator(task_id="promote", group=group, build="b", asset=Asset(f"a_{group}"))
    assert [link.name for link in task.operator_extra_links] == names


def test_nobody_without_a_name_sees_a_page() -> None:
    """Where Airflow's server names nobody itself, as the local one does with everybody."""
    answer = TestClient(pages.app()).get("/pages/realsyn_sample/run/gate")
    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-security-policy"].startswith("sandbox")
