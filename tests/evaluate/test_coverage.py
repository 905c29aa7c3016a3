"""The whole harness on simulated crawls: it finds what was planted, and nothing where nothing was.

Each world has its own crawl, questions and texts. What is learnt is a least-squares map instead of
a trained head, so that hundreds of worlds take seconds: what is tried is how lessons are drawn, and
how sure the judgement is of what came of them.
"""

from __future__ import annotations

from functools import cache
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from realsyn_tasks.evaluate.arms import drawn
from realsyn_tasks.evaluate.bootstrap import Answers, Bootstrap, Interval, difference
from realsyn_tasks.evaluate.protocol import Arm
from tests.evaluate.worlds import DIM, WIDTH, lesson

DOCUMENTS, QUESTIONS, SEEDS, TRAININGS = 30, 80, 8, 2
NOISE = 0.3  # of training, over what is learnt
ARMS = {
    "ours": Arm(texts={"realistic": 1}),
    "others": Arm(texts={"raw": 1}),
    "mixed_up": Arm(texts={"realistic": 1}, shuffled=0.8),
}
TURN = np.random.default_rng(99).standard_normal((DIM, WIDTH))
Vectors = NDArray[Any]


class World:
    """A crawl of documents with two pictures each, whose texts stray as their document does."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        count = 2 * DOCUMENTS
        said = self.random.standard_normal((count, DIM))
        self.pictures = self._shown(said)
        self.texts: dict[str, Vectors] = {}
        self.lessons = []
        strayed = {source: self._strayed(said) for source in ("realistic", "raw")}
        for row in range(count):
            texts = {source: [f"{source} {row}"] for source in strayed}
            document = f"https://pages.example/{row // 2}"
            self.lessons.append(lesson(row, texts, document=document))
            self.texts |= {f"{source} {row}": some[row] for source, some in strayed.items()}
        self.words = self.random.standard_normal((QUESTIONS, DIM))
        self.asked = self._shown(self.words)

    def _shown(self, said: Vectors) -> Vectors:
        return said @ TURN + self.random.standard_normal((len(said), WIDTH))

    def _strayed(self, said: Vectors) -> Vectors:
        of_document = np.repeat(self.random.standard_normal((DOCUMENTS, DIM)), 2, axis=0)
        return said + of_document + self.random.standard_normal(said.shape)

    def answers(self, arm: Arm, seeds: int = SEEDS) -> Answers:
        """Say who is found among the first ten, by seed and question."""
        return {"things": np.stack([self._hits(arm, seed) for seed in range(seeds)])}

    def _hits(self, arm: Arm, seed: int) -> Vectors:
        """Say it for each of a seed's trainings."""
        taught = drawn(self.lessons, arm, seed, resampled=True)
        pictures = self.pictures[[each.row for each in taught]]
        texts = np.stack([self.texts[each.texts[0]] for each in taught])
        ridge = pictures.T @ pictures + 10 * np.eye(WIDTH)
        learnt = np.linalg.solve(ridge, pictures.T @ texts)
        chance = np.random.default_rng(crc32(repr((arm.texts, seed)).encode()))
        strayed = learnt + NOISE * learnt.std() * chance.standard_normal((TRAININGS, *learnt.shape))
        near = _unit(self.asked @ strayed) @ _unit(self.words).T
        ranks = (near > np.diagonal(near, axis1=1, axis2=2)[..., None]).sum(axis=2)
        return (ranks < 10).astype(np.float64)


def _unit(rows: Vectors) -> Vectors:
    unit: Vectors = rows / np.linalg.norm(rows, axis=-1, keepdims=True)
    return unit


@cache
def gains(arm: str, than: str, worlds: int) -> list[Answers]:
    made = (World(seed) for seed in range(worlds))
    return [difference(each.answers(ARMS[arm]), each.answers(ARMS[than])) for each in made]


def intervals(
    arm: str, than: str, worlds: int, resampled: bool = True, trainings: int = TRAININGS
) -> list[Interval]:
    bootstrap = Bootstrap(resamples=400, resampled=resampled)
    told = gains(arm, than, worlds)
    return bootstrap.intervals([{"things": each["things"][:, :trainings]} for each in told])


def width(found: list[Interval]) -> float:
    return float(np.mean([each.high - each.low for each in found]))


def test_nothing_is_found_where_nothing_is() -> None:
    """Both arms' texts are as good: in 95 of 100 crawls the interval has to say so."""
    found = intervals("ours", "others", 120)
    means = [each.value for each in found]
    assert abs(np.mean(means)) < 3 * np.std(means) / len(means) ** 0.5
    assert np.mean([each.low <= 0 <= each.high for each in found]) >= 0.93


def test_seeds_that_train_twice_say_as_much_of_less_chance() -> None:
    once = intervals("ours", "others", 120, trainings=1)
    assert np.mean([each.low <= 0 <= each.high for each in once]) >= 0.93
    assert width(intervals("ours", "others", 120)) < 0.9 * width(once)


def test_without_the_variance_of_documents_too_much_would_be_found() -> None:
    found = intervals("ours", "others", 120, resampled=False)
    assert np.mean([each.low <= 0 <= each.high for each in found]) < 0.9


def test_texts_shuffled_at_a_rate_are_found() -> None:
    found = intervals("ours", "mixed_up", 20)
    assert np.mean([each.low > 0 for each in found]) > 0.9
