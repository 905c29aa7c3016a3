"""What .ci/native makes, and that it does without a compiler."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from realsyn_tasks.core import halves
from realsyn_tasks.vectors import native

ROOT = Path(__file__).parents[2]
TOOLS = ("bash", "dirname", "uname", "cat", "sha256sum", "cut", "mkdir", "rm", "mv")


def built(into: Path, tools: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tools / "bash", ROOT / ".ci" / "native", into],
        env={"PATH": str(tools), **variables},
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A PATH with what the script needs, but no compiler."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        (folder / tool).symlink_to(str(shutil.which(tool)))
    return folder


x86 = pytest.mark.skipif(platform.machine() != "x86_64", reason="kernels are for x86")


@x86
def test_no_compiler_is_told_and_fails_nothing(tools: Path, tmp_path: Path) -> None:
    done = built(tmp_path / "env", tools)
    assert "no C++ compiler" in done.stderr
    assert "apt-get install g++" in done.stderr
    assert not list(tmp_path.glob("env/**/*.so"))


@x86
@pytest.mark.skipif(not shutil.which("c++"), reason="needs a compiler")
def test_libraries_are_named_for_the_present_source(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "env" / "lib" / "realsyn" / "scan-avx2-000000000000.so"
    old.parent.mkdir(parents=True)
    old.touch()
    compiler = tmp_path / "quick-c++"  # what is run was made by set-up
    compiler.write_text(f'#!/bin/sh\nexec {shutil.which("c++")} "$@" -O0\n')
    compiler.chmod(0o755)
    built(tmp_path / "env", tools, CXX=str(compiler), PATH=f"{tools}{os.pathsep}/usr/bin")
    monkeypatch.setattr("sys.prefix", str(tmp_path / "env"))
    expected = {native.library_path(name).name for name in native.NAMES}
    expected.add(halves.library_path().name)
    assert {path.name for path in old.parent.iterdir()} == expected
