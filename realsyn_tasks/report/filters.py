"""Which filters a run applied, with which thresholds, and which it did not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from realsyn_tasks.core.rules import Rule, Rules, setting
from realsyn_tasks.core.workspace import Workspace

HIDDEN = ("uri", "frozen")


@dataclass(frozen=True)
class Filter:
    """A rule as a run has it."""

    group: str
    stage: str
    items: tuple[str, ...]  # kinds of what it drops
    reasons: tuple[str, ...]
    words: tuple[str, ...]
    settings: dict[str, Any]
    on: bool

    @property
    def thresholds(self) -> str:
        """Give the settings in one line."""
        return ", ".join(f"{name} {_said(value)}" for name, value in self.settings.items())


def _said(value: Any) -> str:
    return value if isinstance(value, str) and value else json.dumps(value, sort_keys=True)


def filters_of(run: Workspace) -> list[Filter]:
    """List the filters of all groups of a run, in order, on or off."""
    return list(_filters(run))


def _filters(run: Workspace) -> Iterator[Filter]:
    for group in run.groups:
        rules: Rules | None = group.hook("rules")
        for rule in rules.rules if rules else ():
            yield _filter(run, group.name, rule)


def _filter(run: Workspace, group: str, rule: Rule) -> Filter:
    settings = _settings(run, rule.source)
    kinds = run.pipeline.group(group).reason_table().places[rule.stage].items()
    return Filter(
        group=group,
        stage=rule.stage,
        items=tuple(kind for kind, mine in kinds if set(mine) & set(rule.reasons)),
        reasons=tuple(reason.code for reason in rule.reasons),
        words=tuple(reason.words for reason in rule.reasons),
        settings={name: public(setting(settings, name)) for name in rule.settings},
        on=all(map(run.runs, (rule.stage, rule.source))) and not rule.off(settings),
    )


def _settings(run: Workspace, stage: str) -> dict[str, Any]:
    """Give a stage's settings; those that came after the run was opened stand at their defaults."""
    defaults = run.pipeline.stage(stage).config_class()().model_dump(mode="json")
    return {**defaults, **run.config.stages.get(stage, {})}


def public(value: Any) -> Any:
    """Give settings without places of files, whose digests stay, and without pins of fits."""
    if isinstance(value, Mapping):
        return {name: public(item) for name, item in value.items() if name not in HIDDEN}
    return [public(item) for item in value] if isinstance(value, list | tuple) else value
