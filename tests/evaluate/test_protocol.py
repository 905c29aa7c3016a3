"""Protocols as they are written, and what is no protocol."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.evaluate import protocol
from realsyn_tasks.evaluate.protocol import Arm, Claim, Curve, Protocol

ARMS = {"ours": Arm(texts={"realistic": 1}), "others": Arm(texts={"raw": 1})}


def made(**changes: object) -> Protocol:
    told = {"about": "a try", "method": "heads", "seeds": 1, "sets": ("stamps",), "arms": ARMS}
    return Protocol.model_validate({**told, **changes})


@pytest.mark.parametrize("name", protocol.names())
def test_every_protocol_can_be_read(name: str) -> None:
    assert protocol.read(name).arms


def test_the_laptops_protocol_has_a_floor_and_compares_as_many_texts() -> None:
    heads = protocol.read("heads")
    assert heads.arms["shuffled"].shuffled == 1
    ours, own = heads.arms["paper_even"], heads.arms["raw_even"]
    assert (ours.as_many_as, own.as_many_as) == (own.texts, ours.texts)
    assert heads.statistics.resampled


def test_a_claim_about_an_unknown_arm_is_refused() -> None:
    claim = Claim(name="more", words="", arm="ours", than="otters")
    with pytest.raises(ValidationError, match="more: the protocol has no otters"):
        made(claims=(claim,))


def test_a_curve_over_an_unknown_set_is_refused() -> None:
    curve = Curve(name="size", words="", over="pairs", arms=("ours",), sets=("flowers",))
    with pytest.raises(ValidationError, match="size: the protocol has no flowers"):
        made(curves=(curve,))


def test_clip_has_no_resample_of_documents() -> None:
    with pytest.raises(ValidationError, match="say `statistics:"):
        made(method="clip")
    assert made(method="clip", statistics={"resampled": False})


def test_any_change_is_another_protocol() -> None:
    assert made().digest() == made().digest()
    assert made().digest() != made(seeds=2).digest()


def test_an_unknown_protocol_is_told_by_its_nearest_name() -> None:
    with pytest.raises(ConfigError, match="heads"):
        protocol.read("head")
