"""Ask a trained CLIP what every evaluation set asks (paper §4.2): retrieval, zero-shot, probes.

A set is asked by those of its tasks that it has something for: captions, names of classes, pictures
to learn a probe from. Sets of robustness are sets as others are. One set's pictures are held at a
time, as they were stored; threads decode them ahead of the model.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from realsyn_tasks.core import chunks, tables
from realsyn_tasks.core.errors import PermanentError
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.evaluate import schemas
from realsyn_tasks.evaluate.clip_training import Asking
from realsyn_tasks.evaluate.evaluation_sets import PinnedSet
from realsyn_tasks.evaluate.exam import Answer, Exam
from realsyn_tasks.evaluate.linear_probe import probe
from realsyn_tasks.evaluate.marks import Guesses
from realsyn_tasks.models import stored
from realsyn_tasks.pictures.pixels import BROKEN, decode

LINEAR_PROBE, ZERO_SHOT = "linear_probe", "zero_shot"
TEST, TRAIN = "test", "train"
ABOUT = ("set", "item", "split", "texts", "label")  # of QUESTIONS, but for pictures
Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]


class Config(StageConfig):
    """What is asked, and how."""

    sets: tuple[PinnedSet, ...] = ()  # in the order of their shards
    asking: Asking = Asking()


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give a row for each question that a model answers, by each measure."""
    [mine] = inputs.table("train_clip", "trainings").to_pylist()
    encoder = _encoder(inputs, config.asking, context)
    classes = inputs.table("draw_questions", "classes").to_pylist()
    given: list[Answer] = []
    counts: dict[str, int] = {}
    for number, questions in inputs.stream("draw_questions", "questions"):
        told = config.sets[number]
        about = questions.select(list(ABOUT)).to_pylist()
        exam = Exam.of(told.name, about, [row for row in classes if row["set"] == told.name])
        asked = Asked(told, exam, questions, encoder, config.asking)
        given += asked.answers(context.seed)
        counts[f"pictures of {told.name}"] = len(questions)
        context.progress(number + 1, len(config.sets))
    who = {name: mine[name] for name in ("trial", "version", "arm", "seed")} | {"training": 0}
    rows = [who | vars(answer) for answer in given]
    order = ("set", "item", "measure", "value")
    return Output(tables={"answers": tables.from_rows(schemas.ANSWERS, rows, order)}, counts=counts)


def _encoder(inputs: Inputs, asking: Asking, context: Context) -> Any:
    """Load the checkpoint as any model of open_clip."""
    from realsyn_tasks.models.encoder_open_clip import LOCAL, OpenClipEncoder

    packed, folder = context.scratch / f"checkpoint{stored.SUFFIX}", context.scratch / "checkpoint"
    folder.mkdir()
    with inputs.blob("train_clip", "checkpoint") as source, packed.open("wb") as target:
        while chunk := source.read(1 << 20):
            target.write(chunk)
    stored.unpack(packed, folder)
    packed.unlink()
    options = OpenClipEncoder.Options(model=f"{LOCAL}:{folder}", precision=asking.precision)
    running = OpenClipEncoder.Running(device=context.device or "cpu", batch_size=asking.batch_size)
    return OpenClipEncoder(options, running, context.scratch)


class Asked:
    """A model before the questions of one set."""

    def __init__(
        self, told: PinnedSet, exam: Exam, questions: pa.Table, encoder: Any, asking: Asking
    ) -> None:
        self._told, self._exam, self._asking = told, exam, asking
        self._questions, self._encoder = questions, encoder
        self._pictures = self._embedded(self._rows(TEST))
        self._labelled = np.flatnonzero([bool(label) for label in exam.labels])

    def answers(self, seed: int) -> Iterator[Answer]:
        """Give all answers, task after task."""
        tasks, learnt = self._told.description.tasks, self._rows(TRAIN)
        if "retrieval" in tasks:
            yield from self._retrieved()
        if ZERO_SHOT in tasks:
            yield from self._exam.classified(self._pictures, self._encoder.encode_texts)
        if LINEAR_PROBE in tasks and len(learnt) and len(self._labelled):
            said, rows = self._probed(learnt, seed), self._labelled.tolist()
            yield from self._exam.marked(LINEAR_PROBE, rows, said)

    def _retrieved(self) -> Iterator[Answer]:
        exam = replace(self._exam, classes={})
        texts = [self._asking.caption.format(word) for word in exam.words]
        return exam.answers(self._pictures, self._encoder.encode_texts(texts))

    def _probed(self, learnt: Rows, seed: int) -> Guesses:
        said, _ = probe(
            self._embedded(learnt),
            chunks.taken(self._questions.select(["label"]), learnt)["label"].to_pylist(),
            self._pictures[self._labelled],
            self._asking.strengths,
            self._asking.held_out,
            seed,
        )
        return said

    def _rows(self, split: str) -> Rows:
        return np.flatnonzero(np.array(self._questions["split"].to_pylist(), str) == split)

    def _embedded(self, rows: Rows) -> Vectors:
        """Give (n, d) unit rows of the pictures of some questions, in their order."""
        items, pictures = self._questions["item"], self._questions["picture"]
        asked = (
            partial(_decoded, self._told.name, items[row].as_py(), pictures[row].as_py())
            for row in rows.tolist()
        )
        parts = [np.zeros((0, self._encoder.dim), np.float32)]
        with closing(self._encoder.encode_pictures(asked)) as vectors:
            parts += vectors
        return np.concatenate(parts)


def _decoded(name: str, item: str, data: bytes) -> Any:
    try:
        return decode(data)
    except BROKEN as error:
        raise PermanentError(f"{name}: picture {item} cannot be decoded: {error}") from error
