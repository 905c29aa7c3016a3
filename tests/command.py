"""The command line in this process: what `python -m realsyn_tasks` says, and its exit code.

Most of what a short command costs is to start Python and to import; here both are there already.
"""

from __future__ import annotations

import io
import subprocess
import sys
from contextlib import nullcontext, redirect_stderr, redirect_stdout

import pytest

from realsyn_tasks import cli
from realsyn_tasks.cli import application
from realsyn_tasks.core.include import PROJECT


def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command with further variables in its environment.

    Only SIGTERM is none of its business here (core.termination): the handler would stay.
    """
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(application, "orderly", lambda say: nullcontext())
        patch.setattr(sys, "argv", ["realsyn", *words])
        patch.chdir(PROJECT)
        for name, value in variables.items():
            patch.setenv(name, value)
        code = _exit_code()
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


def _exit_code() -> int:
    try:
        cli.main()
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    return 0
