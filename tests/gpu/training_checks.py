"""The training of a CLIP on a device: the losses of the CPU, and pairs a second."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from tests.gpu.checks import Surroundings

FULL = {"architecture": {}, "model": "ViT-B-32", "precision": "amp_bf16", "save_steps": 1000}


def clip_learns_as_on_cpu(where: Surroundings) -> dict[str, Any]:
    """A tiny CLIP has the same losses on one device, and on all there are, but for rounding."""
    every = _devices(where)
    with tempfile.TemporaryDirectory() as folder:
        here, *there = (
            _losses(Path(folder) / str(number), devices, 4)[0]
            for number, devices in enumerate((("cpu",), (where.device,), every))
        )
    apart = max(abs(a - b) for losses in there for a, b in zip(here, losses, strict=True))
    assert apart < 1e-2, f"losses differ by up to {apart}"
    return {"largest difference": f"{apart:.1e}", "devices": len(every)}


def clip_training_speed(where: Surroundings) -> dict[str, Any]:
    """ViT-B/32 in bfloat16 on every device, from the bytes of a tar to weights."""
    each, steps = where.size(512, 4), where.size(12, 3)
    devices, told = _devices(where), dict[int, float]()
    settings = {"batch_size": each * len(devices), **({} if where.small else FULL)}
    with tempfile.TemporaryDirectory() as folder:
        losses, batch = _losses(Path(folder) / "version", devices, steps, told, **settings)
    first, last = min(told), max(told)
    rate = (last - first) * batch / (told[last] - told[first])
    return {"pairs/s": round(rate), "devices": len(devices), "last loss": round(losses[-1], 3)}


def _devices(where: Surroundings) -> tuple[str, ...]:
    from realsyn_tasks.evaluate.train_clip import devices_of  # a machine may lack what it needs

    return devices_of(where.device, 0)


def _losses(
    folder: Path,
    devices: tuple[str, ...],
    steps: int,
    told: dict[int, float] | None = None,
    **settings: Any,
) -> tuple[list[float], int]:
    """Train on the pictures of one shard, over and over; give the losses, and the batch's size."""
    from realsyn_tasks.evaluate import clip_model
    from realsyn_tasks.evaluate.clip_lessons import TaughtShard, lay_out
    from realsyn_tasks.evaluate.clip_trainer import Job, train
    from realsyn_tasks.evaluate.clip_training import described
    from tests.evaluate import clips

    source = clips.version(folder).sources["datasets"]
    rows = [clips.lesson(0, row) for row in range(clips.IN_SHARD)]
    path = lay_out(folder / "texts.arrow", {row["key"]: [f"{row['key']} it"] for row in rows})
    training = described(clips.training(**settings))
    (folder / "scratch").mkdir()
    job = Job(
        training=training,
        shards=(TaughtShard(source.storage.uri, source.tars[0], path, len(rows)),),
        steps=steps,
        seed=1,
        devices=devices,
        model=clip_model.describe(training.architecture, folder / "model"),
        saved=folder / "saved",
        scratch=folder / "scratch",
    )
    times = {} if told is None else told

    def noted(done: int, total: int, unit: str = "", /) -> None:
        times[done] = time.perf_counter()

    losses = train(job, noted)
    return losses, training.batch_size


CHECKS = (clip_learns_as_on_cpu, clip_training_speed)
