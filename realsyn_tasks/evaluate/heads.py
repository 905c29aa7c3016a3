"""Linear heads on frozen features: what texts teach, in a second or less of one CPU.

Training CLIP from scratch needs millions of pairs. A linear head on a frozen picture model's
features, drawn towards the frozen vectors of texts, learns from a few hundred, and different texts
teach it differently much. What it shows is bounded: heads trained on retrieved texts learn from
the encoder that retrieved them, and stay below it.

Loss, optimiser and schedule are those of the paper (§4.1), but for its sizes: symmetric InfoNCE,
AdamW, OneCycle, one random text a picture and step. In so small a pool texts repeat: texts that are
equal, and pictures that are, are each other's positives.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from realsyn_tasks.core.config import Frozen
from realsyn_tasks.models.sentences import unit_rows

SCALE = 100.0  # the most that similarities are multiplied by
Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]


class Training(Frozen):
    """How a head is trained."""

    steps: int = Field(default=200, ge=1)
    batch: int = Field(default=128, ge=2)
    learning_rate: float = Field(default=1e-3, gt=0)  # the highest
    weight_decay: float = Field(default=0.2, ge=0)
    beta2: float = Field(default=0.98, gt=0, lt=1)
    temperature: float = Field(default=0.07, gt=0)  # at the beginning
    noise: float = Field(default=0.1, ge=0)  # standard deviation, on features of variance one
    components: int | None = Field(default=256, ge=1)  # principal ones of the features; null: all


@dataclass(frozen=True)
class View:
    """How features are looked at: standardised, and turned to their principal components."""

    centre: Vectors  # (p,)
    turn: Vectors  # (p, k)

    @staticmethod
    def of(features: Vectors, components: int | None) -> View:
        """Fit to the features (n, p) of all pictures that may be learnt from."""
        centre: Vectors = features.mean(axis=0)
        spread: Vectors = (features.std(axis=0) + 1e-6).astype(np.float32)
        if components is None or components >= features.shape[1]:
            return View(centre, np.diag(1 / spread).astype(np.float32))
        standard: Vectors = (features - centre) / spread
        axes = np.linalg.eigh(standard.T @ standard)[1]
        turn = axes[:, ::-1][:, :components] / spread[:, None]
        return View(centre, turn.astype(np.float32))

    def __call__(self, features: Vectors) -> Vectors:
        """Give (n, k) of (n, p)."""
        turned: Vectors = np.matmul(features - self.centre, self.turn, dtype=np.float32)
        return turned


@dataclass(frozen=True)
class Lesson:
    """Pictures to learn from, as frozen features, and for each the rows of the texts it has."""

    pictures: Vectors  # (n, k), as viewed
    texts: Vectors  # (t, d): different texts
    choices: Sequence[Sequence[int]]  # n of rows of `texts`, one or more
    names: Sequence[int]  # n: equal for what is the same picture

    def batches(self, size: int, random: np.random.Generator) -> Iterator[tuple[Rows, Rows]]:
        """Give rows of pictures and of texts without end: each picture once an epoch, in batches.

        Every picture has one of its texts, at random; what fills no batch is left to the next
        epoch.
        """
        counts = np.array([len(rows) for rows in self.choices])
        table = np.array([[*rows, *[0] * (counts.max() - len(rows))] for rows in self.choices])
        size = min(size, len(counts))
        while True:
            order = random.permutation(len(counts))
            for start in range(0, len(order) - size + 1, size):
                rows = order[start : start + size]
                places = (random.random(size) * counts[rows]).astype(np.int64)
                yield rows, table[rows, places]


class Trained(NamedTuple):
    """A linear head: what it gives for features, and how its loss fell."""

    weight: Vectors  # (k, d)
    bias: Vectors  # (d,)
    losses: list[float]  # of each step

    def __call__(self, pictures: Vectors) -> Vectors:
        """Give unit vectors (n, d) in the space of texts for pictures (n, k), as viewed."""
        return unit_rows(pictures @ self.weight + self.bias)

    def loss(self, last: bool) -> float:
        """Give the mean loss of the last tenth of the steps, or of the first."""
        tenth = max(1, len(self.losses) // 10)
        return float(np.mean(self.losses[-tenth:] if last else self.losses[:tenth]))


def train(lesson: Lesson, training: Training, random: np.random.Generator) -> Trained:
    """Fit a head to a lesson; all chance is `random`'s, and the same whatever the texts are."""
    import torch

    generator = torch.Generator().manual_seed(int(random.integers(2**62)))
    pictures, texts = torch.from_numpy(lesson.pictures), torch.from_numpy(unit_rows(lesson.texts))
    names = torch.tensor(lesson.names)
    weight, bias, scale = parameters = _parameters(pictures, texts, training, generator)
    optimizer, schedule = _optimiser(parameters, training)
    losses = []
    batches = lesson.batches(training.batch, random)
    for _, (rows, chosen) in zip(range(training.steps), batches, strict=False):
        seen = pictures[rows]
        seen = seen + training.noise * torch.randn(seen.shape, generator=generator)
        same = _same(torch.from_numpy(chosen)) | _same(names[rows])
        given = torch.nn.functional.normalize(torch.addmm(bias, seen, weight), dim=1)
        logits = scale.exp().clamp(max=SCALE) * (given @ texts[chosen].T)
        loss = contrast(logits, same)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
    return Trained(weight.detach().numpy(), bias.detach().numpy(), losses)


def _parameters(pictures: Any, texts: Any, training: Training, generator: Any) -> list[Any]:
    """Begin as torch's Linear does: uniform within one over the root of the width."""
    import torch

    width, dim = pictures.shape[1], texts.shape[1]
    bound = width**-0.5
    given = [torch.rand(shape, generator=generator) for shape in ((width, dim), (dim,))]
    scale = torch.tensor(-math.log(training.temperature))
    return [each.requires_grad_() for each in (*((2 * g - 1) * bound for g in given), scale)]


def _optimiser(parameters: list[Any], training: Training) -> tuple[Any, Any]:
    import torch

    optimizer = torch.optim.AdamW(
        parameters,
        lr=training.learning_rate,
        weight_decay=training.weight_decay,
        betas=(0.9, training.beta2),
        fused=True,
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=training.learning_rate, total_steps=training.steps
    )
    return optimizer, schedule


def _same(codes: Any) -> Any:
    return codes[:, None] == codes[None, :]


def contrast(logits: Any, same: Any) -> Any:
    """Give the symmetric loss; `same` (n, n) are each other's positives, in equal parts."""
    target = same.float() / same.sum(dim=1, keepdim=True)
    there = -(target * logits.log_softmax(dim=1)).sum(dim=1).mean()
    back = -(target * logits.T.log_softmax(dim=1)).sum(dim=1).mean()
    return (there + back) / 2
