"""How sure a mean over seeds and questions is, and a difference of two.

Three things are chance: the questions (others could have been asked), the documents of the crawl
(others could have been crawled), and the training (another beginning, another order). Questions are
resampled with replacement, those of a set among themselves. Each seed has its own resample of
documents (arms.drawn), so seeds differ among each other as crawls would, and by their trainings.

How far one crawl's result may be off is not divided by the number of seeds: more of them say better
what this crawl teaches, and nothing of other crawls. What training does is divided, by all of them,
since a mean is over all. A seed that trains several times tells the two apart, as in an analysis of
variance: within seeds is training's, and what seeds differ by beyond it is the documents'. Of seeds
that train once, all is taken for the documents'; without resamples, all is training's.

Ten seeds are too few to be resampled (a tenth of their variance would be lost, and the tails). So
both variances are drawn as what was seen would have them (over a chi-squared; generalised pivots,
Weerahandi 1993), and the deviations from these, which gives Student's tails. All is paired: arms
share seeds, documents and questions, and so do all the means of a call. The tests hold intervals to
what they say.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Answers = Mapping[Hashable, Values]  # by what was asked: (seeds, trainings, questions)
Part = Literal["questions", "documents", "trainings"]
TINY = 1e-30
CELLS = 1 << 22  # resampled questions at once: 32 MiB


@dataclass(frozen=True)
class Interval:
    """A mean, and between what it lies at the level that was asked for."""

    value: float
    low: float
    high: float
    of: Mapping[Part, float] = field(default_factory=dict)  # half the width of each part by itself


@dataclass(frozen=True)
class Bootstrap:
    """How means are resampled; equal calls give equal numbers."""

    level: float = 0.95
    resamples: int = 2000
    resampled: bool = True  # each seed trains on its own resample of documents
    seed: int = 0

    def intervals(self, asked: Sequence[Answers]) -> list[Interval]:
        """Give the mean of each over what was asked, and its interval.

        With a single training nothing is known of trainings and documents, and the interval is of
        the questions alone.
        """
        parts = self._parts(asked)
        lows, highs = self._between(sum(parts.values(), start=np.zeros(())))
        widths = {part: np.diff(self._between(off), axis=0)[0] / 2 for part, off in parts.items()}
        return [
            Interval(
                value=float(by_seed(each).mean()),
                low=float(lows[place]),
                high=float(highs[place]),
                of={part: wide for part, of in widths.items() if (wide := float(of[place]))},
            )
            for place, each in enumerate(asked)
        ]

    def means(self, asked: Sequence[Answers]) -> Values:
        """Give the mean of each as it could have been; (resamples, len(asked)), paired by row."""
        drawn: Values = sum(self._parts(asked).values(), start=np.zeros(()))
        return drawn

    def _between(self, drawn: Values) -> Values:
        ends: Values = np.quantile(drawn, [(1 - self.level) / 2, (1 + self.level) / 2], axis=0)
        return ends

    def _parts(self, asked: Sequence[Answers]) -> dict[Part, Values]:
        """Give the means for other questions, and by how much what else is chance moves them."""
        drawn = np.zeros((self.resamples, len(asked)))
        for what in dict.fromkeys(key for each in asked for key in each):
            having = [column for column, each in enumerate(asked) if what in each]
            items = np.stack([asked[column][what].mean(axis=(0, 1)) for column in having], axis=1)
            shares = np.array([len(asked[column]) for column in having])
            drawn[:, having] += self._of_questions(what, items) / shares
        return {"questions": drawn, **self._of_chance([by_training(each) for each in asked])}

    def _of_questions(self, what: Hashable, items: Values) -> Values:
        """Give the means of resampled questions (n, columns); (resamples, columns)."""
        random = np.random.default_rng([self.seed, crc32(repr(what).encode())])
        count = len(items)
        step = max(1, CELLS // count)
        means = [np.zeros((0, items.shape[1]))]
        for start in range(0, self.resamples, step):
            some = min(step, self.resamples - start)
            picked = random.integers(count, size=(some, count))
            often = np.stack([np.bincount(row, minlength=count) for row in picked])
            means.append(often @ items / count)
        return np.concatenate(means)

    def _of_chance(self, trained: Sequence[Values]) -> dict[Part, Values]:
        """Give by how much each mean (seeds, trainings) could be off; (resamples, columns)."""
        shape = (self.resamples, len(trained))
        off: dict[Part, Values] = {"documents": np.zeros(shape), "trainings": np.zeros(shape)}
        for seeds, trainings in {each.shape for each in trained if each.size > 1}:
            having = [c for c, each in enumerate(trained) if each.shape == (seeds, trainings)]
            means = np.stack([trained[column] for column in having], axis=2)
            for part, some in self._of_trained(means).items():
                off[part][:, having] = some
        return off

    def _of_trained(self, means: Values) -> dict[Part, Values]:
        """Part what means (seeds, trainings, columns) differ by, and draw of each part."""
        seeds, trainings, columns = means.shape
        if not self.resampled:
            alike = means.reshape(1, seeds * trainings, columns)
            return {"trainings": self._within(alike)[0] / (seeds * trainings) ** 0.5}
        between, spread = self._within(means.mean(axis=1)[None], stream=1)
        if trainings == 1:
            return {"documents": (1 + 1 / seeds) ** 0.5 * between}
        within, noise = self._within(means)
        # Of several trainings' mean a part is theirs; what is left may be nothing.
        left = np.clip(spread - noise / trainings, 0, None) / np.maximum(spread, TINY)
        return {
            "documents": np.sqrt((1 + 1 / seeds) * left) * between,
            "trainings": within / (seeds * trainings) ** 0.5,
        }

    def _within(self, values: Values, stream: int = 0) -> tuple[Values, Values]:
        """Draw deviations within groups (groups, n, columns), and the variance each is drawn with.

        A normal mixture of deviations has their covariances; divided by a chi, common to all
        columns, it has Student's tails. Both (resamples, columns).
        """
        off = (values - values.mean(axis=1, keepdims=True)).reshape(-1, values.shape[2])
        free = values.shape[0] * (values.shape[1] - 1)
        random = np.random.default_rng([self.seed, len(off), stream])
        chi = np.sqrt(random.chisquare(free, size=(self.resamples, 1)))
        drawn = random.standard_normal((self.resamples, len(off))) @ off / chi
        return drawn, (off**2).sum(axis=0) / chi**2


def by_training(answers: Answers) -> Values:
    """Give each training's mean over what was asked; (seeds, trainings)."""
    means: Values = np.mean([each.mean(axis=2) for each in answers.values()], axis=0)
    return means


def by_seed(answers: Answers) -> Values:
    """Give each seed's mean over its trainings and what was asked; (seeds,)."""
    means: Values = by_training(answers).mean(axis=1)
    return means


def difference(ours: Answers, others: Answers) -> Answers:
    """Give how much better we answer, question by question and seed by seed."""
    return {what: ours[what] - others[what] for what in ours if what in others}
