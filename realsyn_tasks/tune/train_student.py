"""Train the student on the examples by LoRA, and save it as a checkpoint of merged weights.

Only the tokens of answers count. What the trainer saved last stays beside fetched models until the
training ends: a killed one goes on from there where that folder is still there, on the same machine
or a volume; else a kill costs the training so far. Runs of equal data and settings give equal bytes
on one machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.include import cache_folder
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.models import checkpoints, stored
from realsyn_tasks.models.checkpoints import DType
from realsyn_tasks.models.protocols import Prompt
from realsyn_tasks.synthesize.prompts import read_prompt
from realsyn_tasks.tune import schemas
from realsyn_tasks.tune.tasks import Task

FOLDER = "trainings"


class Base(checkpoints.Checkpoint):
    """The checkpoint that is tuned, as opening a tuning finds it behind the run's model."""

    checkpoint: str = ""
    dtype: DType = "bfloat16"  # of its weights; those of LoRA are float32
    device: str = "cpu"


class Config(StageConfig):
    """How the student is trained."""

    base: Base = Base()
    rank: int = Field(default=16, ge=1)  # of LoRA's matrices
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    targets: Literal["all-linear"] | tuple[str, ...] = "all-linear"  # names of layers
    epochs: float = Field(default=3.0, gt=0)
    steps: int = Field(default=0, ge=0)  # 0: by the epochs
    learning_rate: float = Field(default=2e-4, gt=0)
    warmup: float = Field(default=0.03, ge=0, lt=1)  # share of the steps
    batch_size: int = Field(default=8, ge=1)  # examples on the device at once
    accumulated: int = Field(default=1, ge=1)  # batches of a step
    max_length: int = Field(default=512, ge=16)  # tokens; a longer example is left out
    save_steps: int = Field(default=25, ge=1)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Train on `train`; the loss on the answers of `held_out` is measured before and after."""
    from realsyn_tasks.tune import trainer

    place = checkpoints.locate(_required(config.base), cache_folder())
    rows = {
        name: [row for row in inputs.table("choose_examples", name).to_pylist() if row["answer"]]
        for name in ("train", "held_out")
    }
    if not rows["train"]:
        raise ConfigError(
            "stage train_student: no answer of the teacher was taken, so there is nothing to learn"
            " from: draw more pairs (ask_teacher.pairs), or name another teacher"
        )
    tokens = trainer.Tokens(place, config.max_length)
    examples = {name: tokens.examples(map(_pair, some)) for name, some in rows.items()}
    key = digest([config.model_dump(mode="json"), examples, context.seed])
    training = trainer.Training(
        place=place,
        device=context.device or config.base.device,
        seed=context.seed,
        saved=stored.downloads(cache_folder()) / FOLDER / key[:32],
        progress=context.progress,
    )
    made = trainer.train(training, config, tokens, examples, context.scratch / "merged")
    weights = stored.pack(made.folder, context.scratch / f"weights{stored.SUFFIX}")
    return Output(
        tables={
            "steps": tables.from_rows(schemas.STEPS, made.steps, ("step",)),
            "losses": tables.from_rows(schemas.LOSSES, _losses(made.losses, examples["held_out"])),
        },
        blobs={"weights": weights},
        counts={
            "examples": len(examples["train"]),
            "too_long": len(rows["train"]) - len(examples["train"]),
            "tokens": sum(len(each["input_ids"]) for each in examples["train"]),
        },
    )


def _required(base: Base) -> Base:
    if not base.checkpoint:
        raise ConfigError("stage train_student: base names no checkpoint; open the tuning again")
    return base


def _pair(row: Mapping[str, Any]) -> tuple[Prompt, str]:
    return Task.of_row(row).ask(read_prompt(row["prompt"])), row["answer"]


def _losses(
    losses: tuple[float, float] | None, held_out: Sequence[object]
) -> list[dict[str, float]]:
    if losses is None:
        return []
    return [{"before": losses[0], "after": losses[1], "answers": len(held_out)}]
