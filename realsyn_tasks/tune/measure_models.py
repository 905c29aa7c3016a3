"""Let the untuned and the tuned model answer the tasks held out, and measure what they write.

Both are asked once, by the prompt that a build asks first, and loaded by the same backend.
"""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.include import cache_folder
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.models import stored
from realsyn_tasks.models.language_transformers import TransformersLanguageModel
from realsyn_tasks.synthesize.guards import Limits
from realsyn_tasks.synthesize.prompts import read_prompt
from realsyn_tasks.tune import schemas
from realsyn_tasks.tune.measures import Judges, Question, measure
from realsyn_tasks.tune.tasks import Task
from realsyn_tasks.tune.train_student import Base

UNTUNED, TUNED = "untuned", "tuned"


class Config(StageConfig):
    """What is asked, and what is not accepted."""

    base: Base = Base()  # as train_student's
    max_new_tokens: int = Field(default=48, ge=8)
    batch_size: int = Field(default=128, ge=1)  # prompts at once on the device
    guards: Limits = Limits()


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Measure both, one after the other: never are both in memory."""
    questions = [
        Question(Task.of_row(row), row["prompt"], row["answer"])
        for row in inputs.table("choose_examples", "held_out").to_pylist()
    ]
    prompts = {name: read_prompt(name) for name in {question.prompt for question in questions}}
    judges = Judges(config.guards, context.model("reranker"), context.model("encoder"))
    rows: list[dict[str, Any]] = []
    for name, base in _models(inputs, config, context):
        model = _loaded(base, config, context)
        measured = measure(model, questions, prompts, judges, config.max_new_tokens)
        rows += [{"model": name, **row} for row in measured]
        context.progress(len(rows), 2 * len(questions))
        del model
        gc.collect()
    return Output(
        tables={"texts": tables.from_rows(schemas.MEASURED_TEXTS, rows)},
        counts={"tasks": len(questions)},
    )


def _models(inputs: Inputs, config: Config, context: Context) -> Iterator[tuple[str, Base]]:
    yield UNTUNED, config.base
    yield (
        TUNED,
        config.base.model_copy(
            update={
                "checkpoint": str(_unpacked(inputs, context.scratch)),
                "revision": "",
                "digest": "",
            }
        ),
    )


def _unpacked(inputs: Inputs, scratch: Path) -> Path:
    file, folder = scratch / f"weights{stored.SUFFIX}", scratch / TUNED
    folder.mkdir()
    with inputs.blob("train_student", "weights") as source, file.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 22)
    stored.unpack(file, folder)
    file.unlink()
    return folder


def _loaded(base: Base, config: Config, context: Context) -> TransformersLanguageModel:
    options = base.model_dump(exclude={"device"})
    running = TransformersLanguageModel.Running(
        device=context.device or base.device, batch_size=config.batch_size
    )
    return TransformersLanguageModel(
        TransformersLanguageModel.Options(**options), running, cache_folder()
    )
