"""What is told of filters is what the run's configuration says, and every setting is told of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from realsyn_tasks.core.declaration import Group
from realsyn_tasks.core.rules import Rule, Rules
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.report.filters import Filter, filters_of, public
from realsyn_tasks.stages import PIPELINE

Opened = Callable[[str], Workspace]
FILTERING = (
    "filter_images",
    "filter_sentences",
    "describe_images",
    "filter_perplexity",
    "filter_licences",
)

RULED = [group for group in PIPELINE.groups if group.reasons]  # an analysis drops nothing


def rules_of(group: Group) -> Rules:
    rules: Rules = group.hook("rules")
    return rules


def every_rule() -> Iterator[tuple[Group, Rule]]:
    for group in RULED:
        yield from ((group, rule) for rule in rules_of(group).rules)


def defaults(stage: str) -> dict[str, Any]:
    return PIPELINE.stage(stage).config_class()().model_dump(mode="json")


def with_settings(run: Workspace, stage: str, **changed: Any) -> Workspace:
    """The same run as if it had been opened with other settings of a stage."""
    stages = {**run.config.stages, stage: {**run.config.stages[stage], **changed}}
    config = run.config.model_copy(update={"stages": stages})
    return Workspace(run.storage, run.folder, config, run.pipeline)


def named(run: Workspace, reason: str) -> Filter:
    return next(each for each in filters_of(run) if reason in each.reasons)


@pytest.mark.parametrize("group", RULED, ids=lambda group: group.name)
def test_a_rule_names_reasons_of_its_stage_and_settings_that_there_are(group: Group) -> None:
    for rule in rules_of(group).rules:
        known = [r for kind in group.reason_table().places[rule.stage].values() for r in kind]
        assert set(rule.reasons) <= set(known), rule
        settings = defaults(rule.source)
        for name in rule.settings:
            assert name.partition(".")[0] in settings, (rule.stage, name)
        rule.off(settings)


@pytest.mark.parametrize("stage", FILTERING)
def test_every_reason_and_every_setting_of_a_filter_is_told_of(stage: str) -> None:
    group = PIPELINE.group(PIPELINE.stage(stage).group)
    rules = [rule for _, rule in every_rule() if rule.stage == stage]
    reasons = {r for kind in group.reason_table().places[stage].values() for r in kind}
    assert {reason for rule in rules for reason in rule.reasons} == reasons
    told = {name for _, rule in every_rule() if rule.source == stage for name in rule.settings}
    assert told | set(rules_of(group).others.get(stage, ())) == set(defaults(stage))


def test_a_setting_that_came_after_the_run_was_opened_is_at_its_default(opened: Opened) -> None:
    extract = opened("extract")
    stages = {name: dict(settings) for name, settings in extract.config.stages.items()}
    del stages["embed_images"]["scorers"]
    config = extract.config.model_copy(update={"stages": stages})
    before = Workspace(extract.storage, extract.folder, config, extract.pipeline)
    assert filters_of(before) == filters_of(extract)


def test_what_nobody_switched_on_did_not_run(opened: Opened) -> None:
    extract = opened("extract")
    for reason in ("nsfw", "blocklisted", "evaluation_image", "evaluation_caption"):
        assert not named(extract, reason).on, reason
    for reason in ("too_small", "pii", "language", "perplexity_high", "opt_out"):
        assert named(extract, reason).on, reason


def test_what_somebody_switched_on_ran_with_its_thresholds(opened: Opened) -> None:
    scorer = {"model": "safe", "options": {}, "max_score": 0.5, "reason": "nsfw"}
    run = with_settings(opened("extract"), "filter_images", scorers=[scorer], min_side=128)
    assert named(run, "nsfw").on
    assert not named(run, "violence").on
    assert named(run, "too_small").thresholds == "min_side 128"


def test_what_somebody_switched_off_did_not_run(opened: Opened) -> None:
    run = with_settings(
        opened("extract"), "filter_sentences", pii="keep", language="", drop_interface=False
    )
    for reason in ("pii", "language", "interface", "masked_duplicate"):
        assert not named(run, reason).on, reason


def test_a_stage_that_is_off_filters_nothing(opened: Opened) -> None:
    assert not named(opened("extract"), "robots_disallow").on


def test_places_of_the_operators_files_are_not_told() -> None:
    blocklist = {"kind": "md5", "file": {"uri": "s3://secret/list.txt", "digest": "abc"}}
    assert public({"blocklists": [blocklist]}) == {
        "blocklists": [{"kind": "md5", "file": {"digest": "abc"}}]
    }
