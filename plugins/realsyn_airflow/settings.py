"""Where things are, and which profile this deployment runs: the only reader of the environment.

REALSYN_PROFILE       profile in include/profiles (local)
REALSYN_DATA_PYTHON   the data plane's Python (.venvs/data/bin/python)
REALSYN_ROOT          storage root that forms suggest (runs/local)
REALSYN_THREADS       threads of one data-plane process (1)
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from realsyn_tasks import include

PROJECT = Path(__file__).resolve().parents[2]


def data_python() -> Path:
    """Give the interpreter that has the data plane's libraries."""
    return Path(os.environ.get("REALSYN_DATA_PYTHON", PROJECT / ".venvs/data/bin/python"))


def profile_name() -> str:
    """Name the profile of this deployment."""
    return os.environ.get("REALSYN_PROFILE", "local")


@lru_cache(maxsize=8)
def profile(name: str = "") -> dict[str, Any]:
    """Read a profile, by default this deployment's own."""
    return include.profile(name or profile_name())


def profile_names() -> list[str]:
    """Name the profiles there are."""
    return sorted(path.stem for path in (include.include_folder() / "profiles").glob("*.yaml"))


def scale_names() -> list[str]:
    """Name the scales in order of size."""
    found = include.scales()
    return sorted(found, key=lambda name: found[name]["target"])


def default_root() -> str:
    """Give the storage root that forms suggest."""
    return os.environ.get("REALSYN_ROOT", str(PROJECT / "runs" / "local"))


def threads() -> str:
    """Give the number of threads that one data-plane process may use.

    More than one only pays where cores are idle: two spinning threads on two busy cores lose 6 to
    20 times.
    """
    return os.environ.get("REALSYN_THREADS", "1")
