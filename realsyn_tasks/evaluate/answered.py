"""What all trials have answered, as arrays by version and arm: the matter of all that is judged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from math import prod
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from realsyn_tasks.core import chunks
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.evaluate.bootstrap import Answers
from realsyn_tasks.evaluate.exam import RANK_OF_PICTURE, RANK_OF_TEXT

AXES = ("seed", "training", "item")
RANKS = (RANK_OF_TEXT, RANK_OF_PICTURE)
RECALL = re.compile(r"recall@([1-9][0-9]*)")
RECALLS = ("recall@1", "recall@5", "recall@10")


class Pupil(NamedTuple):
    """Who has answered: an arm, taught by a version."""

    version: int
    arm: str


ByPupil = Mapping[Pupil, Answers]  # answers by evaluation set


def measures_of(answers: pa.Table, more: Iterable[str] = ()) -> list[str]:
    """Name the measures that there are answers for, in order; `more` are recalls to add."""
    given = pc.unique(answers["measure"]).to_pylist()
    recalls = sorted({*RECALLS, *filter(RECALL.fullmatch, more)}, key=_at)
    others = sorted(set(given) - set(RANKS))
    return [*(recalls if set(given) & set(RANKS) else []), *others]


def answered(answers: pa.Table, measure: str) -> ByPupil:
    """Give by version and arm, then by set: (seeds, trainings, questions) float64.

    Recall is over both directions; several answers to one question, as to a picture with several
    captions, are its mean. All three are in order. ConfigError if a question was not asked.
    """
    wanted = RECALL.fullmatch(measure)
    names = RANKS if wanted else (measure,)
    some = answers.filter(pc.is_in(answers["measure"], pa.array(names)))
    values = pc.cast(some["value"], pa.float64())
    if wanted:
        values = pc.cast(pc.less(values, float(wanted[1])), pa.float64())
    some = some.drop_columns(["value"]).append_column("value", values)
    for keys in (["measure"], []):  # first within a direction, then over both
        by = ["version", "arm", "seed", "training", "set", "item", *keys]
        some = some.group_by(by).aggregate([("value", "mean")])
        some = some.rename_columns([*by, "value"])
    given: dict[Pupil, dict[Any, NDArray[np.float64]]] = {}
    for pupil, name, values in _arrays(some):
        given.setdefault(pupil, {})[name] = values
    return given


def _arrays(answers: pa.Table) -> Iterator[tuple[Pupil, str, NDArray[np.float64]]]:
    """Cut a table of one value a training and question into arrays."""
    keys = ["version", "arm", "set"]
    table = chunks.ordered(answers, (*keys, *AXES))
    counted = table.group_by(keys, use_threads=False).aggregate(
        [*((axis, "count_distinct") for axis in AXES), ("value", "list")]
    )
    asked: dict[str, int] = {}  # questions of each set, the same for all
    for row in counted.to_pylist():
        shape = tuple(row[f"{axis}_count_distinct"] for axis in AXES)
        values = np.array(row["value_list"], dtype=np.float64)
        pupil = Pupil(row["version"], row["arm"])
        asked.setdefault(row["set"], shape[-1])
        if values.size != prod(shape) or shape[-1] != asked[row["set"]]:
            raise ConfigError(
                f"arm {pupil.arm!r} of version {pupil.version} has not answered every question of"
                f" {row['set']} at every seed: run train_heads or ask_clip again"
            )
        yield pupil, row["set"], values.reshape(shape)


def _at(recall: str) -> int:
    found = RECALL.fullmatch(recall)
    return int(found[1]) if found else 0
