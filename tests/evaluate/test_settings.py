"""A protocol cut up into settings of stages."""

from __future__ import annotations

from typing import Any

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.evaluate import protocol, settings
from realsyn_tasks.evaluate.protocol import Protocol

SETS = ({"name": "stamps", "place": "file:///sets/stamps", "digest": "0"},)


@pytest.fixture
def small() -> Protocol:
    """A protocol of two arms, two evaluation sets, and claims over both or one of them."""
    arms = {"raw3": {"texts": {"raw": 3}}, "both": {"texts": {"raw": 1, "synthetic": 1}}}
    claims = [
        {"name": "every", "words": "", "arm": "both", "than": "raw3"},
        {"name": "one", "words": "", "arm": "both", "than": "raw3", "sets": ["drawings"]},
        {"name": "two", "words": "", "arm": "both", "than": "raw3", "sets": ["stamps", "drawings"]},
    ]
    said = {"about": "a", "method": "heads", "seeds": 2, "sets": ["stamps", "drawings"]}
    return Protocol.model_validate({**said, "arms": arms, "claims": claims})


def stages(asked: Protocol) -> dict[str, dict[str, Any]]:
    return settings.stages_of_protocol("small", asked, SETS)


def test_lessons_have_the_most_that_any_arm_asks_for(small: Protocol) -> None:
    assert stages(small)["draw_lessons"]["sources"] == {"raw": 3, "synthetic": 1}


def test_what_is_judged_otherwise_is_trained_alike(small: Protocol) -> None:
    statistics = small.statistics.model_copy(update={"resamples": 500})
    before, after = stages(small), stages(small.model_copy(update={"statistics": statistics}))
    assert {name for name in before if before[name] != after[name]} == {"judge_claims"}


def test_what_is_trained_otherwise_draws_the_same_lessons(small: Protocol) -> None:
    changed = small.model_copy(update={"seeds": 3, "training": {"steps": 9}})
    before, after = stages(small), stages(changed)
    assert {name for name in before if before[name] != after[name]} == {
        "train_heads",
        "judge_claims",
    }


@pytest.mark.parametrize(
    ("method", "off"),
    [
        ("heads", {"train_clip", "ask_clip"}),
        ("clip", {"train_heads", "embed_lessons", "embed_questions"}),
    ],
)
def test_only_the_stages_of_the_method_are_there(
    small: Protocol, method: str, off: set[str]
) -> None:
    said = stages(small.model_copy(update={"method": method}))
    assert not off & set(said)
    whole = {"train_heads": {"arms": {}}, "train_clip": {"arms": {}}, **said}
    assert set(settings.settle(whole, {})) == off


def test_without_a_protocol_nothing_can_be_trained() -> None:
    with pytest.raises(ConfigError, match="not by none: name a protocol"):
        settings.settle({"train_heads": {"arms": {}}, "train_clip": {"arms": {}}}, {})


def test_a_set_that_is_left_out_takes_along_what_is_said_of_it_alone(small: Protocol) -> None:
    left = settings.without_sets(small, ["drawings"])
    assert left.sets == ("stamps",)
    assert {claim.name: claim.sets for claim in left.claims} == {"every": (), "two": ("stamps",)}
    assert left.digest() != small.digest(), "it is another protocol"
    assert settings.without_sets(small, []).digest() == small.digest()


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["stmps"], "no evaluation set stmps; it has stamps"),
        (["stamps", "drawings"], "no .* stays"),
    ],
)
def test_what_cannot_be_left_out_is_refused(small: Protocol, names: list[str], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        settings.without_sets(small, names)


@pytest.mark.parametrize("name", protocol.names())
def test_every_protocol_there_is_can_be_cut_up(name: str) -> None:
    asked = protocol.read(name)
    assert set(stages(asked)) >= {"draw_questions", "draw_lessons", "judge_claims"}
