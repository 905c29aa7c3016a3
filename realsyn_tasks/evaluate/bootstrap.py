"""How sure a mean over seeds and questions is, and a difference of two.

Three things are chance: the questions (others could have been asked), the training (another
beginning, another order), and the documents of the crawl (others could have been crawled).
Questions are resampled with replacement, those of a set among themselves. Training and documents
stand in the seeds: where each seed trains on its own resample of documents (arms.drawn), seeds
differ among each other as much as crawls would, and say how far *one* crawl's result may be off.
So their variance is not divided by their number: more seeds say better what this crawl teaches, and
nothing of other crawls. Where seeds differ by training alone, it is divided.

Ten seeds are too few to be resampled (a tenth of their variance would be lost, and the tails), so
their part is drawn from Student's distribution. All is paired: arms share seeds, documents and
questions, and so do all the means of a call. The tests hold intervals to what they say.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Answers = Mapping[Hashable, Values]  # by what was asked: (seeds, questions), seeds in one order
CELLS = 1 << 22  # resampled questions at once: 32 MiB


@dataclass(frozen=True)
class Interval:
    """A mean, and between what it lies at the level that was asked for."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Bootstrap:
    """How means are resampled; equal calls give equal numbers."""

    level: float = 0.95
    resamples: int = 2000
    resampled: bool = True  # each seed trains on its own resample of documents
    seed: int = 0

    def intervals(self, asked: Sequence[Answers]) -> list[Interval]:
        """Give the mean of each over what was asked, and its interval.

        With a single seed nothing is known of training and documents, and the interval is of the
        questions alone.
        """
        drawn = self.means(asked)
        lows, highs = np.quantile(drawn, [(1 - self.level) / 2, (1 + self.level) / 2], axis=0)
        return [
            Interval(float(by_seed(each).mean()), float(low), float(high))
            for each, low, high in zip(asked, lows, highs, strict=True)
        ]

    def means(self, asked: Sequence[Answers]) -> Values:
        """Give the mean of each as it could have been; (resamples, len(asked)), paired by row."""
        drawn = np.zeros((self.resamples, len(asked)))
        for what in dict.fromkeys(key for each in asked for key in each):
            having = [column for column, each in enumerate(asked) if what in each]
            items = np.stack([asked[column][what].mean(axis=0) for column in having], axis=1)
            shares = np.array([len(asked[column]) for column in having])
            drawn[:, having] += self._of_questions(what, items) / shares
        return drawn + self._of_seeds([by_seed(each) for each in asked])

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

    def _of_seeds(self, seeds: Sequence[Values]) -> Values:
        """Give by how much each mean could be off for its seeds; (resamples, columns).

        A normal mixture of the seeds' deviations has their covariances; divided by a chi, common
        to all columns, it has Student's tails.
        """
        drawn = np.zeros((self.resamples, len(seeds)))
        for count in {len(each) for each in seeds if len(each) > 1}:
            having = [column for column, each in enumerate(seeds) if len(each) == count]
            off = np.stack([seeds[column] - seeds[column].mean() for column in having], axis=1)
            random = np.random.default_rng([self.seed, count])
            chi = np.sqrt(random.chisquare(count - 1, size=(self.resamples, 1)))
            share = 1 + 1 / count if self.resampled else 1 / count
            drawn[:, having] = np.sqrt(share) * (
                random.standard_normal((self.resamples, count)) @ off / chi
            )
        return drawn


def by_seed(answers: Answers) -> Values:
    """Give each seed's mean over what was asked; (seeds,)."""
    means: Values = np.mean([each.mean(axis=1) for each in answers.values()], axis=0)
    return means


def difference(ours: Answers, others: Answers) -> Answers:
    """Give how much better we answer, question by question and seed by seed."""
    return {what: ours[what] - others[what] for what in ours if what in others}
