"""What a process leaves for whoever started it, however it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from realsyn_tasks.core.last_words import LIMIT, LastWords, digest_of

# Abandons nothing by itself: "python" unwinds between two instructions, "library" is a call that
# does not come back to the interpreter.
PROGRAM = """
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
import sqlite3, sys, tempfile, time
from realsyn_tasks.core.last_words import LastWords
from realsyn_tasks.core.termination import orderly
with orderly(LastWords().error):
    with tempfile.TemporaryDirectory() as folder:
        open(sys.argv[2], "w").write(folder)
        if sys.argv[1] == "python":
            time.sleep(60)
        sqlite3.connect(":memory:").execute(ENDLESS).fetchone()
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "termination-log"
    monkeypatch.setenv("REALSYN_TERMINATION_LOG", str(path))
    return path


def test_result_and_error_are_left_beside_each_other(place: Path) -> None:
    words = LastWords()
    words.result('{"passed": false}')
    words.error("rows: expected more")
    left = json.loads(place.read_bytes())
    assert left == {"result": '{"passed": false}', "error": "rows: expected more"}


@pytest.mark.parametrize("error", ["", "short", "é" * 9000, '"\n' * 9000])
def test_what_is_too_long_is_named_or_cut(place: Path, error: str) -> None:
    words = LastWords()
    result = json.dumps({"batches": list(range(5000))})
    words.result(result)
    if error:
        words.error(error)
    data = place.read_bytes()
    assert len(data) <= LIMIT
    left = json.loads(data)
    assert left["digest"] == digest_of(result)
    kept = left.get("error", "")
    assert kept == error or (kept.endswith(" [cut]") and error.startswith(kept[:-6]))
    assert len(data) > LIMIT - 20 or len(error) < LIMIT


def test_without_a_place_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REALSYN_TERMINATION_LOG", raising=False)
    LastWords().error("unheard")


@pytest.mark.parametrize(("where", "least"), [("python", 0.0), ("library", 1.0)])
def test_sigterm_ends_the_process_also_within_a_library(
    place: Path, tmp_path: Path, where: str, least: float
) -> None:
    said = tmp_path / "scratch"
    environment = {**os.environ, "REALSYN_GRACE": "1", "TMPDIR": str(tmp_path)}
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, where, said], env=environment)
    while not (said.exists() and said.read_text()):
        time.sleep(0.02)
    time.sleep(0.5)  # until it is within the call
    started = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 143
    assert least <= time.monotonic() - started < 15
    assert "SIGTERM" in json.loads(place.read_bytes())["error"]
    assert not list(tmp_path.glob("realsyn-*"))
