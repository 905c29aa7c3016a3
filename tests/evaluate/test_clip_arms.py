"""What arms of many pictures draw."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.evaluate.clip_arms import chosen, taught
from realsyn_tasks.evaluate.protocol import Arm
from tests.evaluate import clips

CLUSTERS = np.array([0] * 60 + [1] * 30 + [2] * 10, dtype=np.int32)
LESSONS = [clips.lesson(0, row) for row in range(clips.IN_SHARD)]


def arm(**said: object) -> Arm:
    return Arm.model_validate({"texts": {"realistic": 3}, **said})


@pytest.mark.parametrize("sampling", ["random", "balanced"])
def test_fewer_pairs_are_part_of_more_and_exactly_as_many(sampling: str) -> None:
    less, more = (chosen(arm(sampling=sampling, pairs=n), CLUSTERS, 1) for n in (0.3, 60))
    assert (less.sum(), more.sum()) == (30, 60)
    assert not (less & ~more).any()
    assert (chosen(arm(sampling=sampling, pairs=0.3), CLUSTERS, 2) != less).any()


def test_a_balanced_arm_has_as_many_of_each_cluster_as_there_are_below_a_cap() -> None:
    balanced = chosen(arm(sampling="balanced", pairs=60), CLUSTERS, 1)
    assert Counter(CLUSTERS[balanced].tolist()) == {0: 25, 1: 25, 2: 10}


def test_an_arm_that_wants_more_than_there_is_says_so() -> None:
    with pytest.raises(ConfigError, match="wants 101 pairs, and the version has 100"):
        chosen(arm(pairs=101), CLUSTERS, 1)


def test_texts_are_those_of_the_arms_sources() -> None:
    given = taught(arm(texts={"raw": 1, "realistic": 2}), LESSONS, 1, 0)
    assert given[1] == ("a green thing", "green 0", "green 1")
    some = taught(arm(at_most=2), LESSONS, 1, 0)
    assert {len(texts) for texts in some} == {2}
    assert some != taught(arm(at_most=2), LESSONS, 2, 0)


def test_shuffled_pictures_have_anothers_texts() -> None:
    given = taught(arm(shuffled=1.0), LESSONS, 1, 0)
    own = taught(arm(), LESSONS, 1, 0)
    assert sorted(given) == sorted(own)
    assert given != own
    few = taught(arm(shuffled=0.3), LESSONS, 1, 0)
    assert 0 < sum(a == b for a, b in zip(few, own, strict=True)) < len(own)
