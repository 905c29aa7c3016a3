"""Environments in which the peers run, outside the project's own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def peer_python(name: str, pins: Sequence[str]) -> Path:
    """Give the Python of a virtual environment with these packages, made once in .bench."""
    folder = ROOT / ".bench" / name
    python = folder / "bin" / "python"
    if not python.exists():
        uv = said([str(ROOT / ".ci" / "setup"), "uv"]).split()[-1]
        said([uv, "venv", "--quiet", "--python", sys.executable, str(folder)])
        said([uv, "pip", "install", "--quiet", "--python", str(python), *pins])
    return python


def said(command: list[str]) -> str:
    """Run a command in the project's folder; give what it printed, or fail with its complaint."""
    quiet = {**os.environ, "NO_ALBUMENTATIONS_UPDATE": "1"}
    done = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:4])} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def installed_beside(name: str, pin: str) -> Path:
    """Give a folder that holds one package without what it needs, made once in .bench."""
    folder = ROOT / ".bench" / f"{name}-{pin}"
    if not folder.exists():
        uv = said([str(ROOT / ".ci" / "setup"), "uv"]).split()[-1]
        said([uv, "pip", "install", "--quiet", "--no-deps", "--target", str(folder), pin])
    return folder
