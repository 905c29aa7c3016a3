"""Where things are, and which profile this deployment runs: the only reader of the environment.

REALSYN_PROFILE       profile in include/profiles (local)
REALSYN_DATA_PYTHON   the data plane's Python (.venvs/data/bin/python)
REALSYN_ROOT          storage root that forms suggest (runs/local)
REALSYN_THREADS       threads of one data-plane process (1)
REALSYN_HOSTS         host:port of an Airflow for one person, with commas; no other is answered
REALSYN_PREFIXES      places below which roots and crawls lie, with commas (anywhere)
REALSYN_INGEST        in place of the profile's `ingest`, as JSON: {"schedule": "@hourly"}

For pods, what this deployment has in place of its profile's `pods` and `resources`:

REALSYN_POD_IMAGE, REALSYN_POD_NAMESPACE, REALSYN_POD_SECRET
REALSYN_PODS          any of the fields, as JSON: {"host_network": true, "env": {...}}
REALSYN_RESOURCES     resource classes, as JSON: {"gpu": {"gpu": 0}}
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from realsyn_tasks.core import include

PROJECT = Path(__file__).resolve().parents[2]


def data_python() -> Path:
    """Give the interpreter that has the data plane's libraries."""
    return Path(os.environ.get("REALSYN_DATA_PYTHON", PROJECT / ".venvs/data/bin/python"))


def profile_name() -> str:
    """Name the profile of this deployment."""
    return os.environ.get("REALSYN_PROFILE", "local")


def profile(name: str = "") -> dict[str, Any]:
    """Read a profile, by default this deployment's own."""
    return _profile(name or profile_name())


@lru_cache(maxsize=8)
def _profile(name: str) -> dict[str, Any]:
    return include.profile(name)


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


def hosts() -> list[str]:
    """Name the hosts, with their ports, for which an Airflow for one person answers."""
    words = os.environ.get("REALSYN_HOSTS", "").split(",")
    return [word.strip().lower() for word in words if word.strip()]


def ingest() -> dict[str, Any]:
    """Give when crawls are looked for, and what marks one as whole."""
    known = {"schedule": "@daily", "marker": "_SUCCESS", "settle_seconds": 5}
    return known | profile().get("ingest", {}) | _json("REALSYN_INGEST")


def pods() -> dict[str, Any]:
    """Give the profile's `pods` section as this deployment has it."""
    named = {
        name: os.environ[variable]
        for name in ("image", "namespace", "secret")
        if (variable := f"REALSYN_POD_{name.upper()}") in os.environ
    }
    return _merged(profile().get("pods", {}), _json("REALSYN_PODS") | named)


def resources() -> dict[str, dict[str, Any]]:
    """Give what the profile and this deployment say about resource classes."""
    return _merged(profile().get("resources", {}), _json("REALSYN_RESOURCES"))


def _json(variable: str) -> dict[str, Any]:
    return json_object(f"the environment variable {variable}", os.environ.get(variable, ""))


def json_object(name: str, text: str) -> dict[str, Any]:
    """Read a JSON object, {} out of nothing; ValueError that names where it comes from."""
    try:
        found = json.loads(text or "{}")
    except ValueError as error:
        raise ValueError(f"{name} is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise ValueError(f"{name} is not a JSON object: {text}")
    return found


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Lay changes over a mapping, key by key also in the mappings within."""
    merged = dict(base)
    for key, value in changes.items():
        inner = merged.get(key)
        both = isinstance(inner, Mapping) and isinstance(value, Mapping)
        merged[key] = _merged(inner, value) if both else value
    return merged
