"""Intervals hold what they say: where nothing differs, and where something does."""

from __future__ import annotations

import numpy as np
import pytest

from realsyn_tasks.evaluate.bootstrap import Answers, Bootstrap, Interval, by_seed, difference

BOOTSTRAP = Bootstrap(resamples=400)


def world(
    random: np.random.Generator,
    crawl: float,
    training: float,
    effect: float = 0.0,
    trainings: int = 1,
) -> Answers:
    """What a difference looks like in a world of its own: one crawl, ten seeds, 200 questions.

    `crawl` and `training` are standard deviations of what a crawl's documents and a training do to
    the mean; a resample of documents strays from its crawl as far as a crawl does from all.
    """
    shape = (10, trainings, 200)
    stray = random.normal(0, crawl, size=(10, 1, 1))
    stray = stray + random.normal(0, training, size=(10, trainings, 1))
    asked = random.normal(0, 0.3, size=(1, 1, 200)) + random.normal(0, 0.3, size=shape)
    return {"a set": effect + random.normal(0, crawl) + stray + asked}


def intervals(bootstrap: Bootstrap, trainings: int = 1, **of: float) -> list[Interval]:
    random = np.random.default_rng(7)
    return bootstrap.intervals([world(random, trainings=trainings, **of) for _ in range(400)])


def covered(bootstrap: Bootstrap, trainings: int = 1, **of: float) -> float:
    found = intervals(bootstrap, trainings, **of)
    return float(np.mean([each.low <= 0 <= each.high for each in found]))


def width(bootstrap: Bootstrap, trainings: int, **of: float) -> float:
    return float(np.mean([each.high - each.low for each in intervals(bootstrap, trainings, **of)]))


@pytest.mark.parametrize("crawl", [0.0, 0.01, 0.04])
@pytest.mark.parametrize("training", [0.0, 0.02, 0.06])
@pytest.mark.parametrize("trainings", [1, 2, 4])
def test_intervals_cover_what_other_crawls_would_give(
    crawl: float, training: float, trainings: int
) -> None:
    assert covered(BOOTSTRAP, trainings, crawl=crawl, training=training) >= 0.93


def test_what_training_does_is_told_from_what_documents_do() -> None:
    """Of seeds that train twice, more than twice of the noise of training is known to be that."""
    by_training = {"crawl": 0.0, "training": 0.06}
    assert width(BOOTSTRAP, 2, **by_training) < 0.6 * width(BOOTSTRAP, 1, **by_training)
    by_documents = {"crawl": 0.06, "training": 0.0}
    assert width(BOOTSTRAP, 2, **by_documents) == pytest.approx(
        width(BOOTSTRAP, 1, **by_documents), rel=0.05
    )


def test_an_interval_says_what_it_is_wide_for() -> None:
    random = np.random.default_rng(2)
    for part, of in (("documents", (0.2, 0.0)), ("trainings", (0.0, 0.6)), ("questions", (0, 0))):
        [interval] = BOOTSTRAP.intervals([world(random, *of, trainings=4)])
        assert max(interval.of, key=lambda each: interval.of[each]) == part


def test_seeds_of_one_crawl_alone_say_too_little_of_other_crawls() -> None:
    divided = Bootstrap(resamples=400, resampled=False)
    assert covered(divided, crawl=0.04, training=0.02) < 0.8


def test_intervals_cover_trainings_where_seeds_differ_by_these_alone() -> None:
    divided = Bootstrap(resamples=400, resampled=False)
    assert covered(divided, crawl=0.0, training=0.04) >= 0.93


def test_an_interval_is_no_wider_than_its_level_asks_for() -> None:
    assert covered(Bootstrap(level=0.5, resamples=400), crawl=0.04, training=0.0) < 0.65


def test_what_is_there_is_found() -> None:
    random = np.random.default_rng(1)
    worlds = [world(random, 0.01, 0.01, effect=0.15) for _ in range(100)]
    assert np.mean([each.low > 0 for each in BOOTSTRAP.intervals(worlds)]) > 0.95


def test_a_mean_is_over_sets_and_not_over_questions() -> None:
    given = {"small": np.ones((2, 1, 3)), "large": np.zeros((2, 1, 300))}
    assert BOOTSTRAP.intervals([given])[0].value == 0.5
    assert by_seed(given).tolist() == [0.5, 0.5]


def test_a_single_seed_has_an_interval_of_its_questions() -> None:
    hits = (np.random.default_rng(0).random((1, 1, 400)) < 0.25).astype(np.float64)
    [interval] = BOOTSTRAP.intervals([{"a set": hits}])
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * (0.1875 / 400) ** 0.5, rel=0.15)


def test_equal_arms_are_paired_in_every_resample() -> None:
    random = np.random.default_rng(3)
    ours = world(random, 0.02, 0.02)
    means = BOOTSTRAP.means([ours, {"a set": ours["a set"] + 0.1}])
    assert means[:, 1] - means[:, 0] == pytest.approx(0.1)


def test_equal_calls_give_equal_numbers() -> None:
    given = world(np.random.default_rng(5), 0.02, 0.02)
    assert BOOTSTRAP.intervals([given]) == BOOTSTRAP.intervals([given])


def test_differences_are_of_what_both_were_asked() -> None:
    ones, noughts = np.ones((1, 1, 2)), np.zeros((1, 1, 2))
    gain = difference({"one": ones, "two": ones}, {"one": noughts})
    assert list(gain) == ["one"]
    assert gain["one"].tolist() == [[[1.0, 1.0]]]
