"""What texts teach: small heads on frozen features, trained on pairs, asked for held-out pictures.

Training CLIP from scratch needs millions of pairs. A linear head on the features of a frozen
picture model, drawn towards the frozen vectors of texts, learns something from a few hundred, in
seconds, and different texts teach it differently much. What it shows is bounded: heads trained on
retrieved texts learn from the encoder that retrieved them, and stay below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

STEPS, BATCH, NOISE = 200, 128, 0.1
RANKS = (1, 5, 10)
Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Lesson:
    """Pictures to learn from, each with one or more texts, all as frozen features."""

    pictures: Vectors  # (n, p)
    texts: Sequence[Vectors]  # n of (t, d)
    words: Sequence[Sequence[str]]  # the same texts as they read: equal ones are no strangers


@dataclass(frozen=True)
class Exam:
    """Held-out pictures, and the text that each has; equal texts count as one."""

    pictures: Vectors  # (m, p)
    texts: Vectors  # (m, d)
    words: Sequence[str]


class PictureFeatures:
    """Pooled features of EfficientNet-Lite2, the classifier within the embedded encoder."""

    def __init__(self) -> None:
        import torch
        from efficientnet_lite_pytorch import EfficientNet

        from realsyn_tasks.models.prepared import source
        from realsyn_tasks.models.recipes import CONSE

        weights = torch.load(source(*CONSE.sources["classifier"]), weights_only=True)
        self._net = EfficientNet.from_name("efficientnet-lite2")
        self._net.load_state_dict(weights)
        self._net.eval()

    def of(self, pictures: Sequence[Image]) -> Vectors:
        """Give (n, 1280) float32."""
        import torch

        from realsyn_tasks.models.classifier import to_pixels

        pooled = []
        with torch.inference_mode():
            for picture in pictures:
                pixels = torch.from_numpy(to_pixels(picture))[None]
                pooled.append(self._net.extract_features(pixels).mean((2, 3))[0].numpy())
        return np.stack(pooled).astype(np.float32)


def text_features(texts: Sequence[str], cache: Path) -> Vectors:
    """Give (n, 384) float32, centred: all-MiniLM-L6-v2."""
    from realsyn_tasks.models.prepared import find
    from realsyn_tasks.models.recipes import CONSE
    from realsyn_tasks.models.sentences import SentenceEncoder

    folder, _ = find(cache, CONSE)
    with np.load(folder / "classes.npz") as stored:
        mean = stored["text_mean"]
    vectors: Vectors = SentenceEncoder(folder).encode(list(texts)) - mean
    return vectors


def ranks_after(lesson: Lesson, exam: Exam, seed: int) -> tuple[NDArray[np.int64], ...]:
    """Train a head on a lesson; give for each picture of the exam the rank of its text, from 0.

    The second array says for each text the rank of the first of its pictures.
    """
    import torch

    centre, spread = lesson.pictures.mean(axis=0), lesson.pictures.std(axis=0) + 1e-6
    pictures = torch.from_numpy((lesson.pictures - centre) / spread)
    head = _trained(pictures, lesson, seed)
    with torch.inference_mode():
        asked = torch.from_numpy((exam.pictures - centre) / spread)
        scores = (_unit(head(asked)) @ _unit(torch.from_numpy(exam.texts)).T).numpy()
    return _ranks(scores, exam.words), _ranks(scores.T, exam.words)


def _trained(pictures: Any, lesson: Lesson, seed: int) -> Any:
    """Fit pictures' features to texts' vectors by symmetric InfoNCE, a random text a step."""
    import torch

    torch.manual_seed(seed)
    draw = np.random.default_rng(seed)
    head = torch.nn.Linear(pictures.shape[1], lesson.texts[0].shape[1])
    scale = torch.nn.Parameter(torch.tensor(np.log(1 / 0.07), dtype=torch.float32))
    optimizer = torch.optim.AdamW(
        [*head.parameters(), scale], lr=1e-3, weight_decay=0.2, betas=(0.9, 0.98)
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-3, total_steps=STEPS)
    codes = _codes(lesson.words)
    for _ in range(STEPS):
        rows = draw.permutation(len(pictures))[:BATCH]
        choice = [int(draw.integers(len(lesson.texts[row]))) for row in rows]
        chosen = zip(rows, choice, strict=True)
        texts = torch.from_numpy(np.stack([lesson.texts[row][place] for row, place in chosen]))
        drawn = [codes[row][place] for row, place in zip(rows, choice, strict=True)]
        seen = pictures[rows] + NOISE * torch.randn(len(rows), pictures.shape[1])
        logits = scale.exp().clamp(max=100) * _unit(head(seen)) @ _unit(texts).T
        loss = _contrast(logits, torch.tensor(drawn))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return head


def _codes(words: Sequence[Sequence[str]]) -> list[list[int]]:
    """Number the different texts."""
    number: dict[str, int] = {}
    return [[number.setdefault(text, len(number)) for text in texts] for texts in words]


def _contrast(logits: Any, codes: Any) -> Any:
    """Give the symmetric loss in which equal texts of a batch are each other's positives."""
    same = (codes[:, None] == codes[None, :]).float()
    rows = same / same.sum(dim=1, keepdim=True)
    there = -(rows * logits.log_softmax(dim=1)).sum(dim=1).mean()
    back = -(rows * logits.T.log_softmax(dim=1)).sum(dim=1).mean()
    return (there + back) / 2


def _unit(rows: Any) -> Any:
    import torch

    return torch.nn.functional.normalize(rows, dim=1)


def _ranks(scores: Vectors, words: Sequence[str]) -> NDArray[np.int64]:
    """Count what scores above the best right answer; a right answer has the same words."""
    known = np.array(words)
    right = known[:, None] == known[None, :]
    best = np.where(right, scores, -np.inf).max(axis=1)
    above: NDArray[np.int64] = ((scores > best[:, None]) & ~right).sum(axis=1)
    return above


def recalls(ranks: NDArray[np.int64]) -> dict[int, float]:
    """Give R@1, R@5 and R@10."""
    return {rank: float(np.mean(ranks < rank)) for rank in RANKS}


def difference(
    ours: NDArray[np.bool_], others: NDArray[np.bool_], seed: int = 0
) -> tuple[float, float, float]:
    """Give the mean difference of two (seeds, items) arrays of hits, with its 95 % interval.

    A paired bootstrap over seeds and items.
    """
    draw = np.random.default_rng(seed)
    gain = ours.astype(np.float64) - others
    means = np.empty(2000)
    for number in range(len(means)):
        seeds = draw.integers(gain.shape[0], size=gain.shape[0])
        items = draw.integers(gain.shape[1], size=gain.shape[1])
        means[number] = gain[np.ix_(seeds, items)].mean()
    low, high = np.quantile(means, [0.025, 0.975])
    return float(gain.mean()), float(low), float(high)
