"""What a failed gate tells: its checks, whether they may be overridden, and what decides them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from realsyn_tasks.core.errors import GateFailed
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.quality import gate, remedies
from realsyn_tasks.quality.override import override
from tests import fabricated
from tests.quality.breaking import at_chance

Opened = Callable[[str], Workspace]
REASON = "the corpus of the trial has too few documents to tell"


def failed(opened: Opened) -> Workspace:
    run = opened("retrieve")
    fabricated.damage(run, "measure_relevance", at_chance)
    return run


def test_a_pass_tells_that_alone(opened: Opened) -> None:
    run = opened("retrieve")
    said = remedies.told(run, gate(run, "retrieve"))
    assert said["passed"] and "checks" not in said
    remedies.raise_if_failed(said)


def test_a_failed_gate_names_what_was_expected_and_where_that_is_said(opened: Opened) -> None:
    run = failed(opened)
    said = remedies.told(run, gate(run, "retrieve"))
    [check] = said["checks"]
    assert check["expected"] and check["saw"]
    assert said["final"] == []
    assert check["bound"] == "meta.checks.relevance"
    with pytest.raises(GateFailed) as raised:
        remedies.raise_if_failed(said)
    for words in (said["summary"], said["uri"], check["bound"], "realsyn override"):
        assert words in str(raised.value)


def test_settings_are_named_with_their_values_in_this_run() -> None:
    setting = {"stage": "filter_images", "setting": "min_side", "value": 7000, "why": "too_small"}
    words = remedies.in_words({"settings": [setting], "checks": [], "final": []})
    assert "filter_images.min_side (7000 in this run)" in words


def test_what_nobody_may_override_says_so_instead(opened: Opened) -> None:
    run = opened("retrieve")
    run.ledger("merge_matches").revoke(0)
    said = remedies.told(run, gate(run, "retrieve"))
    assert "never looked at" in said["final"][0]
    assert "It cannot be overridden" in remedies.in_words(said)
    assert "realsyn override" not in remedies.in_words(said)


def test_an_overridden_gate_says_who_and_why(opened: Opened) -> None:
    run = failed(opened)
    gate(run, "retrieve")
    override(run, "retrieve", REASON, "ann")
    said = remedies.told(run, gate(run, "retrieve"))
    assert (said["passed"], said["overridden"]["by"]) == (True, "ann")
