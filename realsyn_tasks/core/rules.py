"""Which settings decide a reason, and whether a run applies it: what is told of its filters.

The rules of a stage group stand in its module `rules`, beside its table of reasons.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from realsyn_tasks.core.reasons import Reason

Settings = Mapping[str, Any]  # of one stage, as a run's configuration has them


def setting(settings: Settings, name: str) -> Any:
    """Give a setting of a stage; `a.b` is b of a. KeyError where there is none."""
    value: Any = settings
    for part in name.split("."):
        value = value[part]
    return value


def never(settings: Settings) -> bool:
    """Say that nothing switches it off."""
    return False


def unset(*names: str) -> Callable[[Settings], bool]:
    """Say that it is off where one of these settings is empty, false or null."""
    return lambda settings: any(_is_nothing(setting(settings, name)) for name in names)


def _is_nothing(value: Any) -> bool:
    """Tell what is nothing from zero, which may be a threshold."""
    return value is None or value is False or (isinstance(value, str | list | tuple) and not value)


def equal(name: str, value: Any) -> Callable[[Settings], bool]:
    """Say that it is off where a setting has this value."""
    return lambda settings: bool(setting(settings, name) == value)


@dataclass(frozen=True)
class Rule:
    """Reasons for which a stage drops items, the settings that decide them, and when it does not.

    The settings are those of the stage, or of the one that decides in its place; `a.b` is b of a.
    """

    stage: str
    reasons: tuple[Reason, ...]
    settings: tuple[str, ...] = ()
    off: Callable[[Settings], bool] = never
    decided_in: str = ""

    @property
    def source(self) -> str:
        """Name the stage whose settings decide."""
        return self.decided_in or self.stage


@dataclass(frozen=True)
class Rules:
    """The rules of a stage group, and the settings of its filters that decide no reason."""

    rules: tuple[Rule, ...]
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # stage -> settings
