"""Draw the questions of an evaluation set, and name its classes as zero-shot classification asks.

Which pictures are drawn hangs on their places in the set and the seed alone, so fewer questions are
part of more. Pictures are looked at here, once: what cannot be decoded is never asked. They go
through a file, so memory holds some of them; who asks holds the drawn pictures of a set.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from PIL import Image
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.ids import image_id, normalise_text
from realsyn_tasks.core.reasons import Refused
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, Pieces, StageConfig
from realsyn_tasks.evaluate import schemas, templates
from realsyn_tasks.evaluate.evaluation_sets import Description, PinnedSet, files_of
from realsyn_tasks.evaluate.question_file import QuestionFile
from realsyn_tasks.evaluate.reasons import BROKEN_PICTURE, NO_ANSWER, REPEATED
from realsyn_tasks.evaluate.set_layouts import TEMPLATES, Item, OpenedSet, Unread, classes_of
from realsyn_tasks.pictures.phash import perceptual_hash
from realsyn_tasks.pictures.pixels import BROKEN, decode, opened, pixel_limit, stated_size
from realsyn_tasks.text.sameness import text_key
from realsyn_tasks.vectors.hash_order import bottom_k, hash_order

TEST, TRAIN = "test", "train"
KIND = "question"  # of what is dropped
HASHED_SIDE = 256  # px; as extract hashes pictures


class Config(StageConfig):
    """Which sets, and how many questions of each."""

    sets: tuple[PinnedSet, ...] = ()
    questions: int | None = Field(default=None, ge=1)  # of each set and split; null: all
    probes: bool = False  # draw what linear probes learn from, too
    max_pixels: int = Field(default=50_000_000, ge=1)  # above it nothing is decoded


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Draw the questions of one set; ConfigError if none can be asked."""
    pinned = config.sets[context.shard]
    opened_set = OpenedSet(files_of(pinned))
    drawing = Drawing(opened_set, config, context, QuestionFile(context.scratch / "questions"))
    with pixel_limit(config.max_pixels):
        for split in splits(pinned.description, config.probes):
            drawing.draw(split)
    drawing.file.close()
    if not drawing.drawn[TEST]:
        raise ConfigError(
            f"evaluation set {pinned.name} at {pinned.uri} has no question that can be asked"
            f" ({_why(drawing.dropped)}); see that it lies there as docs/evaluation.md says"
        )
    counts = {f"{split}_questions": count for split, count in drawing.drawn.items()}
    return Output(
        tables={
            "questions": Pieces(schemas.QUESTIONS, drawing.file.tables()),
            "classes": _classes(opened_set, pinned),
        },
        dropped=drawing.dropped,
        counts=counts,
    )


def splits(description: Description, probes: bool) -> tuple[str, ...]:
    """Name the splits of a set that are drawn from."""
    learns = probes and "linear_probe" in description.tasks
    return (TEST, TRAIN) if learns else (TEST,)


@dataclass
class Drawing:
    """Questions of one set on their way into a file."""

    opened: OpenedSet
    config: Config
    context: Context
    file: QuestionFile
    dropped: list[Dropped] = field(default_factory=list)
    drawn: Counter[str] = field(default_factory=Counter)  # by split

    @property
    def pinned(self) -> PinnedSet:
        """Give the set as the run knows it."""
        return self.config.sets[self.context.shard]

    def draw(self, split: str) -> None:
        """Draw of a split."""
        names = self._asked(split)
        wanted = drawn_of(names, self.config.questions, self.context.seed)
        for number, item in enumerate(self.opened.layout.items(split, wanted), start=1):
            try:
                self.file.add(self._row(split, item))
                self.drawn[split] += 1
            except Refused as error:
                self._drop(item.name, error)
            self.context.progress(number, len(wanted))

    def _asked(self, split: str) -> list[str]:
        """Name what may be asked: of texts that too many pictures have, none."""
        most = self.pinned.description.most_repeats
        if most is None:
            return list(self.opened.layout.names(split))
        keys = {name: _key(texts) for name, texts in self.opened.layout.texts(split)}
        count = Counter(key for key in keys.values() if key)
        repeated = [name for name, key in keys.items() if count[key] > most]
        for name in repeated:
            self._drop(name, Refused(REPEATED, f"{count[keys[name]]} pictures"))
        return [name for name, key in keys.items() if count[key] <= most]

    def _drop(self, name: str, error: Refused) -> None:
        verdict = error.verdict
        self.dropped.append(Dropped(KIND, self._id(name), verdict.reason, verdict.detail))

    def _id(self, name: str) -> str:
        return f"{self.pinned.name}/{name}"

    def _row(self, split: str, item: Item | Unread) -> dict[str, Any]:
        """Give a question; Refused if it cannot be asked."""
        if isinstance(item, Unread):
            raise item.error
        texts = tuple(text for text in map(normalise_text, item.texts) if text)
        if not texts and not item.label:
            raise Refused(NO_ANSWER, "neither a caption nor a class")
        return {
            "set": self.pinned.name,
            "item": item.name,
            "split": split,
            "picture": item.picture,
            "texts": list(texts),
            "label": item.label,
            "image_id": image_id(item.picture),
            "phash": perceptual_hash(shown(item.picture, self.config.max_pixels)),
        }


def drawn_of(names: list[str], questions: int | None, seed: int) -> set[str]:
    """Draw so many of some names by a hash of each; all of them if none is said."""
    if questions is None or questions >= len(names):
        return set(names)
    rows = bottom_k(hash_order(names, seed), questions)
    return {names[row] for row in rows.tolist()}


def shown(data: bytes, max_pixels: int) -> Image.Image:
    """Decode a picture small; Refused for what is none, and for what would be too large."""
    try:
        with opened(data) as image:
            sizes = (stated_size(data), image.size)
        if any(width * height > max_pixels for width, height in sizes):
            raise Refused(BROKEN_PICTURE, "{}x{} px".format(*max(sizes)))
        return decode(data, HASHED_SIDE)
    except (*BROKEN, Image.DecompressionBombError) as error:
        raise Refused(BROKEN_PICTURE, type(error).__name__) from error


def _key(texts: tuple[str, ...]) -> str:
    """Digest what a picture's texts say; nothing for a picture without any."""
    return " ".join(sorted({text_key(normalise_text(text)) for text in texts}))


def _classes(opened_set: OpenedSet, pinned: PinnedSet) -> pa.Table:
    own, where = opened_set.lines(TEMPLATES), f"{pinned.uri}/{TEMPLATES}"
    classes = classes_of(opened_set) if pinned.description.metric != "recall" else ()
    rows = [
        {
            "set": pinned.name,
            "label": label,
            "texts": templates.prompts(label, own, where, pinned.description.templates),
            "metric": pinned.description.metric,
        }
        for label in classes
    ]
    return tables.from_rows(schemas.CLASSES, rows)


def _why(dropped: list[Dropped]) -> str:
    count = Counter(str(item.reason) for item in dropped)
    return ", ".join(f"{reason}: {number}" for reason, number in sorted(count.items())) or "empty"
