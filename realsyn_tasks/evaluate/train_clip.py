"""Train a CLIP from nothing on the published tars, with the texts of one arm (paper §4.1).

One text of a picture is drawn anew in each epoch. What the training saved last stays beside fetched
models until it ends: a killed one goes on from there where that folder is still there, on the same
machine or a volume; else a kill costs the training so far. On one CPU runs of equal data and
settings give equal bytes.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Sequence
from statistics import fmean
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.include import cache_folder
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.core.storage import sha256_of
from realsyn_tasks.evaluate import clip_model, schemas
from realsyn_tasks.evaluate.clip_arms import chosen, taught
from realsyn_tasks.evaluate.clip_lessons import TaughtShard, Told, lay_out
from realsyn_tasks.evaluate.clip_training import Training, described
from realsyn_tasks.evaluate.protocol import Arm
from realsyn_tasks.evaluate.trials import Trial, seed_of, trial
from realsyn_tasks.models import stored

FOLDER = "trainings"
BLOB = "checkpoint"


class Config(StageConfig):
    """Which models are trained, and how."""

    arms: dict[str, Arm] = Field(default_factory=dict)
    seeds: int = Field(default=1, ge=1)
    training: Training = Training()

    def pinned(self) -> Config:
        """Note what the architecture is that is named."""
        return self.model_copy(update={"training": described(self.training)}) if self.arms else self


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Train the model of a trial; the blob is a folder that open_clip loads, as one tar."""
    from realsyn_tasks.evaluate import clip_trainer

    training = described(config.training)
    mine = trial(list(config.arms), config.seeds, context.shard)
    shards, told = _laid_out(inputs, config.arms[mine.arm], mine, context)
    devices = devices_of(context.device, training.devices)
    _check(training, told.pictures, len(devices))
    key = digest([training.model_dump(mode="json"), _content(shards), mine, context.seed])
    job = clip_trainer.Job(
        training=training,
        shards=tuple(shards),
        steps=training.steps or max(1, int(training.epochs * told.pictures / training.batch_size)),
        seed=seed_of(context.seed, mine),
        devices=devices,
        model=clip_model.describe(training.architecture, context.scratch / "model"),
        saved=stored.downloads(cache_folder()) / FOLDER / key[:32],
        scratch=context.scratch,
    )
    losses = clip_trainer.train(job, context.progress)
    shutil.rmtree(job.saved, ignore_errors=True)
    return Output(
        tables={"trainings": tables.from_rows(schemas.TRAININGS, [_row(mine, told, losses)])},
        blobs={BLOB: stored.pack(job.model, context.scratch / f"{BLOB}{stored.SUFFIX}")},
        counts={"pictures": told.pictures, "steps": len(losses)},
    )


def devices_of(device: str | None, wanted: int) -> tuple[str, ...]:
    """Name torch's devices to train on: of `cuda` so many GPUs, or all; of a CPU so many processes.

    Raises ConfigError where there are fewer.
    """
    if device is None or device.startswith("cpu"):
        return ("cpu",) * (wanted or 1)
    if ":" in device:
        return (device,)
    import torch

    there = torch.cuda.device_count()
    if wanted > there or not there:
        raise ConfigError(
            f"training.devices wants {wanted or 1} GPUs, and this machine shows {there}: lower it,"
            " or run the stage where there are more"
        )
    return tuple(f"{device}:{number}" for number in range(wanted or there))


def _check(training: Training, pictures: int, devices: int) -> None:
    if training.batch_size % devices:
        raise ConfigError(
            f"training.batch_size {training.batch_size} cannot be shared by {devices} devices:"
            " choose a multiple of their number"
        )
    if training.batch_size > pictures:
        raise ConfigError(
            f"training.batch_size is {training.batch_size}, and the arm has {pictures} pictures: a"
            " step would have some twice; lower it, or evaluate a larger version"
        )


def _content(shards: Sequence[TaughtShard]) -> list[tuple[str, str]]:
    """Tell shards by what is in them."""
    content = []
    for shard in shards:
        with shard.texts.open("rb") as texts:
            content.append((shard.tar.sha256, sha256_of(texts)))
    return content


def _laid_out(
    inputs: Inputs, arm: Arm, mine: Trial, context: Context
) -> tuple[list[TaughtShard], Told]:
    """Lay the texts of the arm beside the tars of its version; give these, and what they hold."""
    source, shards, told = inputs.source("datasets"), list[TaughtShard](), Told()
    tars = {shard.shard: shard.objects["samples"] for shard in source.shards_of(mine.version)}
    root = source.versions[mine.version].storage.uri
    for number, lessons in _learnt_from(inputs, arm, set(tars), seed_of(context.seed, mine)):
        texts = taught(arm, lessons, seed_of(context.seed, mine), number)
        given = {row["key"]: some for row, some in zip(lessons, texts, strict=True) if some}
        if given:
            path = context.scratch / f"texts-{number:05d}.arrow"
            shards.append(TaughtShard(root, tars[number], lay_out(path, given), len(given)))
            told.add([row for row in lessons if row["key"] in given], given)
    return shards, told


def _learnt_from(
    inputs: Inputs, arm: Arm, shards: Collection[int], seed: int
) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Give the rows of LESSONS that are drawn, shard by shard of a version."""
    clusters = [
        piece["cluster_id"].to_numpy()
        for number, piece in inputs.stream("draw_lessons", "lessons", ["cluster_id"])
        if number in shards
    ]
    drawn_ones = chosen(arm, np.concatenate([np.empty(0, np.int32), *clusters]), seed)
    ends = np.cumsum([0, *map(len, clusters)])
    pieces = (each for each in inputs.stream("draw_lessons", "lessons") if each[0] in shards)
    for (number, piece), start, end in zip(pieces, ends[:-1], ends[1:], strict=True):
        yield number, piece.filter(pa.array(drawn_ones[start:end])).to_pylist()


def _row(mine: Trial, told: Told, losses: Sequence[float]) -> dict[str, Any]:
    """Give what is told of a training; losses are means of the first and of the last tenth."""
    tenth = max(1, len(losses) // 10)
    return {
        "trial": mine.number,
        "version": mine.version,
        "arm": mine.arm,
        "seed": mine.seed,
        "pictures": told.pictures,
        "texts": told.texts,
        "caption_share": told.captions / told.pictures,
        "skew": told.skew,
        "steps": len(losses),
        "first_loss": fmean(losses[:tenth]),
        "last_loss": fmean(losses[-tenth:]),
    }
