"""What arms draw: the same documents at a seed, less as part of more, and what they say they do."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from realsyn_tasks.evaluate.arms import Taught, caps, drawn, facts, skew_left
from realsyn_tasks.evaluate.protocol import Arm
from tests.evaluate.worlds import lesson

TEXTS = {"realistic": ["a", "b", "c"], "raw": ["d", "e", "a"]}
# Two pictures a document, and texts of their own.
LESSONS = [
    lesson(
        n,
        {source: [f"{text}{n}" for text in some] for source, some in TEXTS.items()},
        document=f"https://pages.example/{n // 2}",
        cluster_id=0 if n < 60 else n,
    )
    for n in range(100)
]
ONE = Arm(texts={"realistic": 1})


def rows(arm: Arm, seed: int = 0, resampled: bool = True) -> list[int]:
    return [each.row for each in drawn(LESSONS, arm, seed, resampled)]


def test_all_arms_have_the_same_pictures_at_a_seed() -> None:
    assert rows(ONE) == rows(Arm(texts={"raw": 3})) == rows(Arm(texts={"raw": 2}, shuffled=0.5))
    assert rows(ONE) != rows(ONE, seed=1)


def test_documents_are_resampled_as_wholes() -> None:
    often = Counter(rows(ONE))
    assert sum(often.values()) == 100
    assert all(often[row] == often[row + 1] for row in range(0, 100, 2))
    assert 50 < len(often) < 76  # about 1 - 1/e of them
    assert max(often.values()) > 1


def test_trainings_of_a_seed_have_its_documents_and_draw_of_them_anew() -> None:
    def row_lists(**of: object) -> list[list[int]]:
        arm = Arm.model_validate({"texts": {"raw": 1}, **of})
        return [[each.row for each in drawn(LESSONS, arm, 0, True, number)] for number in (0, 1, 1)]

    first, second, again = row_lists()
    assert Counter(first) == Counter(second)
    assert first != second == again
    first, second, again = row_lists(sampling="random", pairs=0.3)
    assert Counter(first) != Counter(second) and second == again


def test_without_a_resample_every_picture_is_learnt_from_once() -> None:
    assert sorted(rows(ONE, resampled=False)) == list(range(100))


@pytest.mark.parametrize("sampling", ["random", "balanced"])
@pytest.mark.parametrize("resampled", [True, False])
def test_less_is_part_of_more(sampling: str, resampled: bool) -> None:
    sizes = [
        rows(Arm(texts={"raw": 1}, sampling=sampling, pairs=pairs), resampled=resampled)
        for pairs in (0.1, 0.3, 70)
    ]
    assert [len(each) for each in sizes] == [10, 30, 70]
    for less, more in pairwise(sizes):
        assert not Counter(less) - Counter(more)


def test_balanced_pictures_are_of_more_clusters_than_random_ones() -> None:
    def largest(sampling: str) -> int:
        arm = Arm(texts={"raw": 1}, sampling=sampling, pairs=0.3)
        return max(Counter(LESSONS[row]["cluster_id"] for row in rows(arm)).values())

    assert largest("balanced") < largest("random")


def test_an_arm_has_the_texts_that_it_asks_for() -> None:
    arm = Arm(texts={"realistic": 2, "raw": 3})
    for row, texts in drawn(LESSONS, arm, 0, True):
        assert texts == tuple(f"{text}{row}" for text in "abde")[:2] + texts[2:]
        assert set(texts) == {f"{text}{row}" for text in "abde"}


def test_of_several_texts_as_many_are_drawn_as_are_allowed() -> None:
    arm = Arm(texts={"realistic": 3, "raw": 2}, at_most=3)
    given = dict(drawn(LESSONS, arm, 0, True))
    assert {len(texts) for texts in given.values()} == {3}
    assert len({"".join(text[0] for text in texts) for texts in given.values()}) > 5
    assert given != dict(drawn(LESSONS, arm, 1, True))


def test_an_arm_may_have_no_more_texts_than_another_has_of_the_same_picture() -> None:
    few = [{**row, "texts": row["texts"][: 1 + number % 2]} for number, row in enumerate(LESSONS)]
    had = {row["texts"][0]["source"] for row in few}
    rows = [
        {**row, "texts": [*row["texts"], *({"source": "near", "text": t} for t in "xyz")]}
        for row in few
    ]
    arm = Arm(texts={"near": 3}, as_many_as=dict.fromkeys(had, 3))
    for row, texts in drawn(rows, arm, 0, True):
        assert len(texts) == 1 + row % 2


def moved(share: float) -> set[int]:
    arm = Arm(texts={"realistic": 1}, shuffled=share)
    given = drawn(LESSONS, arm, 0, False)
    assert len({each.texts for each in given}) == 100  # everybody's texts are somebody's
    return {each.row for each in given if each.texts != (f"a{each.row}",)}


def test_a_share_of_the_pictures_has_anothers_texts() -> None:
    assert moved(0.0) == set()
    assert 15 < len(moved(0.3)) < 45
    assert moved(0.3) < moved(0.7)
    assert moved(1.0) == set(range(100))


def test_a_picture_without_a_text_of_the_arm_is_not_learnt_from() -> None:
    lessons = [lesson(0), lesson(1, {"raw": ["x"]})]
    assert {each.row for each in drawn(lessons, ONE, 0, False)} == {0}


def test_what_was_learnt_is_counted() -> None:
    lessons = [lesson(n, cluster_id=n // 3 if n < 6 else 2 + n) for n in range(8)]
    taught = [Taught(row, ("a", "b")) for row in (0, 1, 2, 3, 4, 6, 7, 0)]
    assert facts(lessons, taught) == (7, 14, 5 / 8, 4 / 1.5)


def test_skewed_pools_have_few_of_most_clusters_before_they_are_sampled() -> None:
    clusters = [0] * 40 + [1] * 20 + [2] * 12 + [3] * 10 + [4] * 8
    assert caps(clusters, 1) == {}
    assert caps(clusters, 10) == {2: 4, 3: 4, 4: 4}  # from the median one down
    assert skew_left(clusters, 1) == pytest.approx(40 / 12)
    assert skew_left(clusters, 10) == 10
    lessons = [lesson(n, TEXTS, cluster_id=cluster) for n, cluster in enumerate(clusters)]

    def kept(sampling: str) -> Counter[int]:
        arm = Arm(texts={"raw": 1}, skew=10, sampling=sampling, pairs=30)
        return Counter(clusters[each.row] for each in drawn(lessons, arm, 0, resampled=False))

    of_random, of_balanced = kept("random"), kept("balanced")
    assert sum(of_random.values()) == sum(of_balanced.values()) == 30
    small = (2, 3, 4)
    assert [of_balanced[cluster] for cluster in small] == [4, 4, 4]
    of_small = sum(of_random[cluster] for cluster in small)
    assert of_small == pytest.approx(30 * 12 / 72, abs=2)  # their share of the pool
    assert of_random[0] > of_balanced[0]
