"""Train linear heads for each trial, and let them answer all questions (heads.py, exam.py).

What all trials of a process read alike, the lessons and their features, is read once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.evaluate import arms, kept_head, schemas
from realsyn_tasks.evaluate.arms import Stream, Taught, chance, drawn
from realsyn_tasks.evaluate.exam import Exam
from realsyn_tasks.evaluate.heads import Lesson, Trained, Training, View, train
from realsyn_tasks.evaluate.protocol import Arm
from realsyn_tasks.evaluate.trials import Trial, seed_of, trial
from realsyn_tasks.models.sentences import unit_rows

Row = dict[str, Any]
Vectors = NDArray[np.float32]
BLOB = "checkpoint"
LESSON_COLUMNS = [
    *("version", "key", "document", "source", "cluster_id", "place", "has_caption", "texts"),
]


class Config(StageConfig):
    """The trials, and how each is trained."""

    arms: dict[str, Arm] = Field(default_factory=dict)
    seeds: int = Field(default=1, ge=1)
    trainings: int = Field(default=1, ge=1)  # of each trial, by chance alone different
    training: Training = Training()
    resampled: bool = True  # each seed has its own resample of documents
    kept: int = Field(default=1, ge=0)  # seeds whose heads are kept, of each arm and version


@dataclass(frozen=True)
class Asked:
    """An exam, and its pictures and texts as frozen features."""

    exam: Exam
    pictures: Vectors  # (m, k), as viewed
    texts: Vectors  # (w, d) unit rows, of `exam.words`


@dataclass(frozen=True)
class School:
    """All that the trials of a version have in common."""

    lessons: list[Row]
    view: View
    pictures: Vectors  # (n, k), as viewed
    text_rows: Mapping[str, int]
    texts: Vectors  # (t, d)
    asked: list[Asked]

    def lesson(self, taught: list[Taught]) -> Lesson:
        """Give what was drawn as features."""
        rows = [each.row for each in taught]
        choices = [[self.text_rows[text] for text in each.texts] for each in taught]
        return Lesson(self.pictures[rows], self.texts, choices, rows)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give the answers of one trial's heads, what they learnt from, and of first seeds a head."""
    mine = trial(list(config.arms), config.seeds, context.shard)
    school = context.shared(
        f"version {mine.version}", lambda: read(inputs, mine.version, config.training.components)
    )
    seed = seed_of(context.seed, mine)
    taught = _taught(school.lessons, mine.arm, seed, config)
    heads = [
        train(school.lesson(some), config.training, chance(seed, Stream.TRAINING, number))
        for number, some in enumerate(taught)
    ]
    answers = [
        {**_told(mine), "training": number, **vars(answer)}
        for number, head in enumerate(heads)
        for answer in _answers(head, school)
    ]
    learnt = _training(mine, arms.facts(school.lessons, taught[0]), heads)
    return Output(
        tables={
            "answers": tables.from_rows(schemas.ANSWERS, answers),
            "trainings": tables.from_rows(schemas.TRAININGS, [learnt]),
        },
        counts={"answers": len(answers)},
        blobs=_kept(heads[0], school.view, context) if mine.seed < config.kept else {},
        measures={"last_loss": learnt["last_loss"]},
    )


def _kept(head: Trained, view: View, context: Context) -> dict[str, Path]:
    path = context.scratch / f"{BLOB}{kept_head.SUFFIX}"
    return {BLOB: kept_head.write(path, head, view)}


def _taught(lessons: list[Row], arm: str, seed: int, config: Config) -> list[list[Taught]]:
    """Draw what each training of a seed learns from."""
    numbers = range(config.trainings)
    taught = [drawn(lessons, config.arms[arm], seed, config.resampled, n) for n in numbers]
    if min(map(len, taught)) < 2:
        raise ConfigError(
            f"stage train_heads: arm {arm!r} has {min(map(len, taught))} pictures to learn from:"
            " name a larger version, or let the protocol ask for fewer sources (lessons.having)"
        )
    return taught


def _told(mine: Trial) -> Row:
    return {"trial": mine.number, "version": mine.version, "arm": mine.arm, "seed": mine.seed}


def _training(mine: Trial, facts: arms.Facts, heads: list[Trained]) -> Row:
    return {
        **_told(mine),
        **facts._asdict(),
        "steps": sum(len(head.losses) for head in heads),
        "first_loss": round(mean(head.loss(last=False) for head in heads), 6),
        "last_loss": round(mean(head.loss(last=True) for head in heads), 6),
    }


def _answers(head: Trained, school: School) -> Iterator[Any]:
    for asked in school.asked:
        yield from asked.exam.answers(head(asked.pictures), asked.texts)


def read(inputs: Inputs, version: int, components: int | None) -> School:
    """Read what the trials of a version learn from and are asked."""
    lessons = _of_version(inputs.table("draw_lessons", "lessons", LESSON_COLUMNS), version)
    seen = _of_version(inputs.table("embed_lessons", "pictures"), version)
    place = {key: row for row, key in enumerate(seen["key"].to_pylist())}
    known = [row for row in lessons.to_pylist() if row["key"] in place]
    features = tables.vectors_of(seen, "features")[[place[row["key"]] for row in known]]
    if len(known) < 2:
        raise ConfigError(f"version {version} has {len(known)} lessons: name a larger one")
    view = View.of(features, components)
    text_rows, texts = _texts(inputs.table("embed_lessons", "texts"))
    return School(known, view, view(features), text_rows, texts, list(_asked(inputs, view)))


def _of_version(table: pa.Table, version: int) -> pa.Table:
    return table.filter(pc.equal(table["version"], version))


def _texts(table: pa.Table) -> tuple[dict[str, int], Vectors]:
    """Number the different texts; shards and sets may have the same ones."""
    rows = {text: row for row, text in enumerate(table["text"].to_pylist())}
    vectors = tables.vectors_of(table, "features")[list(rows.values())]
    return {text: place for place, text in enumerate(rows)}, vectors


def _asked(inputs: Inputs, view: View) -> Iterator[Asked]:
    columns = ["set", "item", "split", "texts", "label"]
    questions = inputs.table("draw_questions", "questions", columns).to_pylist()
    classes = inputs.table("draw_questions", "classes").to_pylist()
    seen = inputs.table("embed_questions", "pictures", ["set", "item", "features"])
    names = zip(seen["set"].to_pylist(), seen["item"].to_pylist(), strict=True)
    place = {name: row for row, name in enumerate(names)}
    features = tables.vectors_of(seen, "features")
    text_rows, texts = _texts(inputs.table("embed_questions", "texts"))
    known = [row for row in questions if (row["set"], row["item"]) in place]
    for name in dict.fromkeys(row["set"] for row in known):
        exam = Exam.of(name, known, classes)
        pictures = features[[place[name, item] for item in exam.items]]
        words = texts[[text_rows[word] for word in exam.words]]
        yield Asked(exam, view(pictures), unit_rows(words))
