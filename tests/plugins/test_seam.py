"""The seam: exit codes become failures, words reach the log, and no child outlives its task."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import RetryAction

from realsyn_airflow import failures, seam, settings
from realsyn_airflow.operators import ShardBatchOperator
from realsyn_airflow.seam import LocalProcess
from tests.airflow_home import script

FAILURES = {
    2: failures.ConfigFailure,
    65: failures.PermanentFailure,
    66: failures.GateFailure,
    70: failures.BugFailure,
    71: failures.MemoryFailure,
    75: failures.TransientFailure,
    78: failures.ConfigFailure,
    1: failures.TransientFailure,
    137: failures.TransientFailure,
    143: failures.LostFailure,
}
NEVER_RETRIED = {
    failures.BugFailure,
    failures.ConfigFailure,
    failures.GateFailure,
    failures.PermanentFailure,
}


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def install(text: str) -> LocalProcess:
        monkeypatch.setenv("REALSYN_DATA_PYTHON", str(script(tmp_path, text)))
        return LocalProcess()

    return install


def test_the_result_is_the_last_line_and_the_words_are_the_shells(fake: Any) -> None:
    plane = fake('echo chatter; echo "{\\"words\\": \\"$*\\"}"')
    assert plane.call(["run", "parse", "--batch", "3"]) == {
        "words": "-m realsyn_tasks run parse --batch 3"
    }


def test_stderr_goes_to_the_log_line_by_line_and_while_it_runs(
    fake: Any, caplog: pytest.LogCaptureFixture
) -> None:
    plane = fake("echo first >&2; sleep 1; echo second >&2; echo {}")
    with caplog.at_level(logging.INFO):
        plane.call(["run"])
    lines = {record.message: record.created for record in caplog.records}
    assert lines["second"] - lines["first"] > 0.8


@pytest.mark.parametrize(("code", "expected"), FAILURES.items())
def test_exit_codes_become_failures_of_their_class(fake: Any, code: int, expected: type) -> None:
    plane = fake(f'echo \'{{"passed": false}}\'; echo "error: why" >&2; exit {code}')
    with pytest.raises(failures.DataPlaneFailure, match="why") as raised:
        plane.call(["gate"])
    assert type(raised.value) is expected
    assert raised.value.result == {"passed": False}
    decision = failures.RETRY_POLICY.evaluate(raised.value, 1, 3)
    never = expected in NEVER_RETRIED
    assert decision.action is (RetryAction.FAIL if never else RetryAction.RETRY)


def test_a_failure_of_several_lines_is_told_whole(fake: Any) -> None:
    plane = fake('echo noise >&2; printf "error: expected 3\\n  seen 2\\n" >&2; exit 66')
    with pytest.raises(failures.GateFailure, match=r"^expected 3\n  seen 2\n"):
        plane.call(["gate"])


def test_a_crash_without_words_is_transient_and_told_by_its_last_lines(fake: Any) -> None:
    plane = fake('echo "Traceback" >&2; echo "ValueError: x" >&2; exit 1')
    with pytest.raises(failures.TransientFailure, match="ValueError: x"):
        plane.call(["run"])


def test_a_killed_child_is_transient(fake: Any) -> None:
    with pytest.raises(failures.TransientFailure, match="exit code -9"):
        fake("kill -9 $$").call(["run"])


def test_the_child_gets_one_thread_and_none_of_airflows_settings(
    fake: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", "secret")
    fake(f"env > {tmp_path}/seen; echo {{}}").call(["run"])
    seen = dict(line.split("=", 1) for line in (tmp_path / "seen").read_text().splitlines())
    assert not [name for name in seen if name.startswith("AIRFLOW")]
    assert seen["OMP_NUM_THREADS"] == "1"
    assert seen["PYTHONPATH"] == str(settings.PROJECT)


def test_killing_the_task_ends_the_child_with_sigterm(fake: Any, tmp_path: Path) -> None:
    fake(f"trap 'touch {tmp_path}/polite; exit 143' TERM; echo $$ > {tmp_path}/pid; {WAIT}")
    operator = ShardBatchOperator(task_id="x", stage="parse", build="b", batch=0)
    with ThreadPoolExecutor() as pool:
        task = pool.submit(operator.execute, {})
        pid = _read_pid(tmp_path / "pid")
        operator.on_kill()
        assert type(task.exception(10)) is failures.LostFailure
    assert (tmp_path / "polite").exists()
    assert not _alive(pid)


def test_a_task_that_is_killed_while_its_child_starts_ends_it(
    fake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plane, start = fake("exec sleep 5"), seam._start

    def killed_meanwhile(*args: Any) -> subprocess.Popen[str]:
        process = start(*args)
        plane.stop()
        return process

    monkeypatch.setattr(seam, "_start", killed_meanwhile)
    with pytest.raises(failures.TransientFailure, match="exit code -15"):
        plane.call(["run"])


def test_a_child_that_ignores_sigterm_is_killed(
    fake: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realsyn_airflow.seam.GRACE", 0.3)
    plane = fake(f"trap '' TERM; echo $$ > {tmp_path}/pid; {WAIT}")
    with ThreadPoolExecutor() as pool:
        task = pool.submit(plane.call, ["run"])
        pid = _read_pid(tmp_path / "pid")
        plane.stop()
        assert type(task.exception(10)) is failures.TransientFailure
    assert not _alive(pid)


def test_a_child_does_not_outlive_a_task_that_is_killed(fake: Any, tmp_path: Path) -> None:
    fake(f"echo $$ > {tmp_path}/pid; exec sleep 60")
    code = "from realsyn_airflow.seam import LocalProcess; LocalProcess().call(['run'])"
    task = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    pid = _read_pid(tmp_path / "pid")
    task.send_signal(signal.SIGKILL)
    task.wait()
    deadline = time.monotonic() + 10
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(pid)


WAIT = "while :; do sleep 0.1; done"


def _read_pid(path: Path) -> int:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if path.exists() and (text := path.read_text().strip()):
            return int(text)
        time.sleep(0.02)
    raise AssertionError("the child did not start")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    return state != "Z"
