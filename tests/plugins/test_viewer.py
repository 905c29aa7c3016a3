"""The viewer as a child of Airflow's server: one for all its processes, found again, replaced."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from realsyn_airflow.ui import viewer
from tests import airflow_home

# Notes its words and token, says where it listens, and stays.
CHILD = """
echo "$REALSYN_VIEWER_TOKEN $*" >> "$STARTS"
echo '{"host": "127.0.0.1", "port": 1, "url": "http://127.0.0.1:1/"}'
exec sleep 60
"""


@pytest.fixture
def starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    notes = tmp_path / "starts"
    monkeypatch.setenv("STARTS", str(notes))
    monkeypatch.setenv("REALSYN_DATA_PYTHON", str(airflow_home.script(tmp_path, CHILD)))
    monkeypatch.delenv(viewer.ADDRESS, raising=False)
    monkeypatch.setattr(viewer, "AIRFLOW_HOME", str(tmp_path))
    yield notes
    for line in (tmp_path / "viewer.json",):
        if line.exists():
            os.kill(json.loads(line.read_text())["pid"], signal.SIGKILL)


def started(notes: Path) -> list[str]:
    return notes.read_text().splitlines()


def test_many_requests_start_one(starts: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        places = set(pool.map(lambda _: viewer.viewer(), range(16)))
    [place] = places
    [line] = started(starts)
    assert line == f"{place.token} -m realsyn_tasks view --parent {os.getpid()}"
    assert place.url == "http://127.0.0.1:1" and len(place.token) > 30


def test_another_process_of_the_server_finds_it(starts: Path, tmp_path: Path) -> None:
    mine = viewer.viewer()
    words = (
        "from realsyn_airflow.ui import viewer; import sys;"
        "viewer.AIRFLOW_HOME = sys.argv[1]; print(viewer.viewer().token)"
    )
    other = subprocess.check_output([sys.executable, "-c", words, str(tmp_path)], text=True)
    assert other.strip().splitlines()[-1] == mine.token
    assert len(started(starts)) == 1


def test_its_secret_is_for_its_owner_only(starts: Path, tmp_path: Path) -> None:
    viewer.viewer()
    assert (tmp_path / "viewer.json").stat().st_mode & 0o077 == 0


def test_one_that_ended_is_replaced(starts: Path) -> None:
    first = viewer.viewer()
    os.kill(first.pid, signal.SIGKILL)
    while viewer.birth(first.pid):
        time.sleep(0.01)
    second = viewer.viewer()
    assert second.pid != first.pid and second.token != first.token
    assert len(started(starts)) == 2


def test_an_id_that_is_used_again_is_not_taken_for_it(starts: Path, tmp_path: Path) -> None:
    file = tmp_path / "viewer.json"
    other = {"url": "http://127.0.0.1:2", "token": "x", "pid": os.getpid(), "born": "1"}
    file.write_text(json.dumps(other))
    assert viewer.viewer().url == "http://127.0.0.1:1"


@pytest.mark.parametrize("text", ["", "[]", '{"url": 1}', "{"])
def test_a_damaged_note_is_not_believed(text: str, starts: Path, tmp_path: Path) -> None:
    (tmp_path / "viewer.json").write_text(text)
    assert viewer.viewer().pid > 0


def test_one_that_cannot_start_says_where_its_log_is(
    starts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    broken = airflow_home.script(folder, "echo no such module >&2; exit 1\n")
    monkeypatch.setenv("REALSYN_DATA_PYTHON", str(broken))
    with pytest.raises(viewer.NoViewer, match="ended at once") as refused:
        viewer.viewer()
    assert str(tmp_path / "logs" / "viewer.log") in str(refused.value)
    assert "no such module" in (tmp_path / "logs" / "viewer.log").read_text()


def test_a_deployment_names_its_own(starts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(viewer.ADDRESS, "http://realsyn-viewer:8790/")
    monkeypatch.setenv(viewer.TOKEN, "t")
    assert viewer.viewer() == viewer.Viewer("http://realsyn-viewer:8790", "t")
    assert not starts.exists()
