"""Settings of several stages that cannot work together are told when a run is opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.stage import StageConfig


class _AtMost(NamedTuple):
    """A setting that is not above another one's, and why."""

    setting: str
    limit: str
    why: str


_AT_MOST = (
    _AtMost(
        "pool_candidates.candidates",
        "search_lists.candidates",
        "what an image gets would depend on the number of partitions",
    ),
)


def check(configs: Mapping[str, StageConfig]) -> None:
    """Raise ConfigError for settings of which one rules out the other."""
    for setting, limit, why in _AT_MOST:
        value, most = _value(configs, setting), _value(configs, limit)
        if value is not None and most is not None and value > most:
            raise ConfigError(
                f"{setting} is {value}, and {limit} {most}: {why}."
                " Lower the first or raise the other"
            )


def _value(configs: Mapping[str, StageConfig], setting: str) -> int | None:
    stage, _, name = setting.partition(".")
    return getattr(configs[stage], name) if stage in configs else None
