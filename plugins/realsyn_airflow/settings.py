"""Where things are, and which profile this deployment runs: the only reader of the environment.

REALSYN_PROFILE       profile in include/profiles (local)
REALSYN_DATA_PYTHON   the data plane's Python (.venvs/data/bin/python)
REALSYN_ROOT          storage root that forms suggest (runs/local)
REALSYN_THREADS       threads of one data-plane process (1)
REALSYN_HOSTS         host:port of an Airflow for one person, with commas; no other is answered
REALSYN_PREFIXES      places below which roots and crawls lie, with commas (anywhere)
REALSYN_INGEST        in place of the profile's `ingest`, as JSON: {"schedule": "@hourly"}
REALSYN_NOTICES       in place of the profile's `notices`, as JSON
REALSYN_STATSD        host:port of a StatsD that the data plane tells of what it has done (nobody);
                      REALSYN_STATSD_TAGS: datadog or influxdb (as Airflow's own metrics)
REALSYN_RENEWAL       in place of the profile's `renewal`, as JSON: {"scale": "15m"}
REALSYN_AWS_CONN      Airflow's connection to AWS, in place of the profile's `aws.connection`

For pods, what this deployment has in place of its profile's `pods` and `resources`:

REALSYN_POD_IMAGE, REALSYN_POD_NAMESPACE, REALSYN_POD_SECRET
REALSYN_PODS          any of the fields, as JSON: {"host_network": true, "env": {...}}
REALSYN_RESOURCES     resource classes, as JSON: {"gpu": {"gpu": 0}}

REALSYN_BACKENDS      classes of models from outside, as JSON: realsyn_tasks/models/deployment.py
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from realsyn_tasks.core import closed, include, metrics
from realsyn_tasks.models import readiness
from realsyn_tasks.models.deployment import VARIABLE as BACKENDS
from realsyn_tasks.models.deployment import Deployment
from realsyn_tasks.models.kinds import OF_RUNS
from realsyn_tasks.runs.profile import (
    Ingest,
    Notices,
    Pods,
    Profile,
    Renewal,
    ResourceClass,
    ResourceClasses,
    check_resources,
    read,
)

RESOURCES = "REALSYN_RESOURCES"
AWS_CONNECTION = "REALSYN_AWS_CONN"
PROJECT = Path(__file__).resolve().parents[2]


def data_python() -> Path:
    """Give the interpreter that has the data plane's libraries."""
    return Path(os.environ.get("REALSYN_DATA_PYTHON", PROJECT / ".venvs/data/bin/python"))


def profile_name() -> str:
    """Name the profile of this deployment."""
    return os.environ.get("REALSYN_PROFILE", "local")


def profile() -> Profile:
    """Read this deployment's profile; ConfigError names the word in it that is wrong."""
    return _profile(profile_name())


@lru_cache(maxsize=8)
def _profile(name: str) -> Profile:
    return read(name)


@lru_cache(maxsize=1)
def models_offered() -> dict[str, list[str]]:
    """Word by kind the models that a form may ask for: cards, and what loads others.

    Whether a card's files are here is told where the data plane runs on this machine.
    """
    deployment = Deployment.here(profile().backends)
    known = readiness.records(deployment.cards, deployment.cache)
    words = {
        record["card"]: readiness.in_words(record, here=profile().dispatch == "process")
        for of_kind in known.values()
        for record in of_kind
    }
    return {kind: [words.get(name, name) for name in deployment.offered(kind)] for kind in OF_RUNS}


def scale_names() -> list[str]:
    """Name the scales in order of size."""
    scales = include.scales()
    return sorted(scales, key=lambda name: scales[name]["target"])


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


def ingest() -> Ingest:
    """Give when crawls are looked for, and what marks one as whole."""
    own = closed.from_environment(Ingest, "REALSYN_INGEST")
    return profile().ingest.model_copy(update=own.model_dump(exclude_unset=True))


def notices() -> Notices:
    """Give who is told of what."""
    if "REALSYN_NOTICES" in os.environ:
        return closed.from_environment(Notices, "REALSYN_NOTICES")
    return profile().notices


def renewal() -> Renewal:
    """Give when a new version is built by itself, and of what."""
    own = closed.from_environment(Renewal, "REALSYN_RENEWAL")
    return profile().renewal.model_copy(update=own.model_dump(exclude_unset=True))


def aws_connection() -> str:
    """Name Airflow's connection to AWS; empty where boto3's own chain decides."""
    return os.environ.get(AWS_CONNECTION, profile().aws.connection)


def pods() -> Pods:
    """Give the profile's `pods` section as this deployment has it."""
    named = {
        name: os.environ[variable]
        for name in ("image", "namespace", "secret")
        if (variable := f"REALSYN_POD_{name.upper()}") in os.environ
    }
    own = closed.from_environment(Pods, "REALSYN_PODS").model_dump(exclude_unset=True)
    return Pods(**_merged(profile().pods.model_dump(exclude_unset=True), own | named))


def data_plane_variables() -> dict[str, str]:
    """Give what the data plane's processes, also elsewhere, are to have of this environment."""
    from realsyn_tasks.evaluate.evaluation_sets import VARIABLE as EVALUATION_SETS

    names = (BACKENDS, EVALUATION_SETS, metrics.ADDRESS)
    own = {name: os.environ[name] for name in names if name in os.environ}
    return own | ({metrics.TAGS: _tags()} if metrics.ADDRESS in own else {})


def _tags() -> str:
    """Say how a StatsD reads tags: as Airflow's own metrics have them, unless it is said."""
    from airflow.configuration import conf

    influx = conf.getboolean("metrics", "statsd_influxdb_enabled", fallback=False)
    return os.environ.get(metrics.TAGS) or (metrics.INFLUXDB if influx else metrics.DATADOG)


def resources() -> dict[str, dict[str, Any]]:
    """Give what the profile and this deployment say about resource classes."""
    own = closed.from_environment(ResourceClasses, RESOURCES).root
    check_resources(own, f"the environment variable {RESOURCES}")
    return _merged(_changes(profile().resources), _changes(own))


def _changes(classes: Mapping[str, ResourceClass]) -> dict[str, Any]:
    return {name: given.changes() for name, given in classes.items()}


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Lay changes over a mapping, key by key also in the mappings within."""
    merged = dict(base)
    for key, value in changes.items():
        inner = merged.get(key)
        if isinstance(inner, Mapping) and isinstance(value, Mapping):
            merged[key] = _merged(inner, value)
        else:
            merged[key] = value
    return merged
