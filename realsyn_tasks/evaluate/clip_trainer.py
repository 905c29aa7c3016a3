"""The training of a CLIP by open_clip's model and loss, on one device or several of a machine.

Each device has a process; the loss is over the pairs of all of them. Nothing is asked of chance but
by seed and step, so that a training that goes on from what it saved ends as if it had not stopped.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from realsyn_tasks.core.errors import PermanentError, TransientError
from realsyn_tasks.core.stage import Reporter
from realsyn_tasks.evaluate import clip_model
from realsyn_tasks.evaluate.clip_lessons import Reading, TaughtShard, lessons
from realsyn_tasks.evaluate.clip_pictures import seen
from realsyn_tasks.evaluate.clip_training import Training
from realsyn_tasks.models.ahead import batched, drawn_ahead, worker_count
from realsyn_tasks.models.clip_pixels import Pixels, Preprocessing
from realsyn_tasks.models.clip_texts import forget_words
from realsyn_tasks.models.device import Device

WARMEST = math.log(100)  # of the temperature's logarithm, as CLIP has it
LOSSES, SAVED, MEETING = "losses.json", "state.pt", "meeting"
AUTOCAST = {"amp_bf16": "bfloat16", "amp_fp16": "float16"}


@dataclass(frozen=True)
class Job:
    """A training, as every process of it is told."""

    training: Training
    shards: tuple[TaughtShard, ...]
    steps: int
    seed: int
    devices: tuple[str, ...]
    model: Path  # folder that says what it is; the weights come there
    saved: Path  # folder of what it has, while it is at work
    scratch: Path


def train(job: Job, progress: Reporter) -> list[float]:
    """Train, write the weights into the folder of the model, and give the loss of each step."""
    if len(job.devices) == 1:
        work(0, job, progress)
    else:
        _spawn(job, progress)
    losses: list[float] = json.loads((job.scratch / LOSSES).read_text(encoding="utf-8"))
    return losses


def _spawn(job: Job, progress: Reporter) -> None:
    """Let a process work on each device; raises what the first of them that fails raised."""
    from torch import multiprocessing

    processes: Any = multiprocessing
    said = processes.get_context("spawn").SimpleQueue()
    workers: Any = processes.start_processes(
        _told, (job, said), len(job.devices), join=False, daemon=True
    )
    try:
        while not workers.join(timeout=0.5):
            _listen(said, progress)
    except processes.ProcessExitedException as error:
        raise TransientError(f"a process of the training has ended: {error}") from error
    except processes.ProcessRaisedException:
        _listen(said, progress)
        raise
    finally:
        for worker in workers.processes:
            worker.kill()


def _listen(said: Any, progress: Reporter) -> None:
    while not said.empty():
        word = said.get()
        if isinstance(word, Exception):
            raise word
        progress(*word)


def _told(rank: int, job: Job, said: Any) -> None:
    try:
        work(rank, job, lambda *steps: said.put(steps))
    except Exception as error:
        said.put(error)
        raise


def work(rank: int, job: Job, progress: Reporter) -> None:
    """Do the part of one device; the first one tells how far it is, and writes what comes of it."""
    with _met(rank, job):
        learner = Learner(rank, job)
        learner.load()
        with closing(learner.batches()) as batches:
            for pixels, tokens in batches:
                learner.step(pixels, tokens)
                if rank == 0:
                    progress(learner.done, job.steps)
                if learner.done % job.training.save_steps == 0 or learner.done == job.steps:
                    learner.check()
                    learner.save()
        if rank == 0:
            clip_model.save(learner.model, job.model)
            (job.scratch / LOSSES).write_text(json.dumps(learner.losses), encoding="utf-8")


@contextmanager
def _met(rank: int, job: Job) -> Iterator[None]:
    """Be one of several processes, which find each other by a file."""
    if len(job.devices) == 1:
        yield
        return
    import torch.distributed as dist

    backend = "nccl" if job.devices[rank].startswith("cuda") else "gloo"
    place = f"file://{job.scratch / MEETING}"
    dist.init_process_group(backend, place, rank=rank, world_size=len(job.devices))
    try:
        yield
    finally:
        dist.destroy_process_group()


class Learner:
    """What one device has of a training."""

    def __init__(self, rank: int, job: Job) -> None:
        import torch

        self._rank, self._job, self._told = rank, job, job.training
        self._name = job.devices[rank]
        if self._name.startswith("cuda"):
            torch.cuda.set_device(self._name)
        model, prepare, self._tokenizer = clip_model.create(
            job.model, job.seed, self._told.checkpointing
        )
        self.model = model.to(self._name).train()
        self._whole = self._shared(self.model)
        self._pixels = Preprocessing(prepare, self._name, "fp32")
        self._device = Device(self._name)
        self._optimiser = _optimiser(self.model, self._told)
        self._schedule = _schedule(self._optimiser, self._told, job.steps)
        halves = self._told.precision == "amp_fp16"
        self._scaler = torch.amp.GradScaler(self._name.split(":")[0], enabled=halves)
        self._loss = _loss(rank, len(job.devices))
        self._unread: list[Any] = []
        self.losses: list[float] = []
        self.done = 0

    def _shared(self, model: Any) -> Any:
        if len(self._job.devices) == 1:
            return model
        from torch.nn.parallel import DistributedDataParallel

        return DistributedDataParallel(model)

    def batches(self) -> Generator[tuple[Pixels, Any]]:
        """Give what is left of all steps' pictures and tokens, made by threads ahead of it."""
        size = self._told.batch_size // len(self._job.devices)
        reading = Reading(
            self._job.shards,
            self._job.seed,
            self._told.shuffled,
            self._rank,
            len(self._job.devices),
        )
        folder = self._job.scratch / f"tars-{self._rank}"
        folder.mkdir(exist_ok=True)
        stream = lessons(reading, self.done * size, folder)
        workers = worker_count(self._told.workers, self._name)
        with (
            ThreadPoolExecutor(workers, "pictures") as pool,
            closing(stream),
            closing(drawn_ahead(self._made(stream, size, pool))) as made,
        ):
            for _, batch in zip(range(self.done, self._job.steps), made, strict=False):
                yield batch

    def _made(
        self, stream: Iterator[Any], size: int, pool: ThreadPoolExecutor
    ) -> Iterator[tuple[Pixels, Any]]:
        side = self.model.visual.image_size
        height, width = side if isinstance(side, tuple) else (side, side)
        for batch in batched(stream, size):
            pictures = [
                partial(seen, lesson, (width, height), self._told, self._job.seed)
                for lesson in batch
            ]
            [pixels] = self._pixels.batches(pictures, size, pool)
            tokens = self._tokenizer([lesson.text for lesson in batch])
            forget_words(self._tokenizer)
            yield pixels, tokens

    def step(self, pixels: Pixels, tokens: Any) -> None:
        """Learn from a batch: this device's part of it."""
        import torch

        torch.manual_seed(hash((self._job.seed, self.done, self._rank)) % (1 << 63))
        rows, there = pixels.ready(), self._device.sent(tokens)
        planes = self._pixels.floats(self._device.sent(rows))
        self._optimiser.zero_grad(set_to_none=True)
        with self._autocast():
            loss = self._loss(**self._whole(planes, there))
        self._scaler.scale(loss).backward()
        self._scaler.unscale_(self._optimiser)
        if self._told.longest_gradient is not None:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self._told.longest_gradient)
        self._scaler.step(self._optimiser)
        self._scaler.update()
        self._schedule.step()
        with torch.no_grad():
            self.model.logit_scale.clamp_(0, WARMEST)
        self._unread.append(self._mean(loss.detach()))
        self.done += 1

    def _autocast(self) -> AbstractContextManager[Any]:
        import torch

        kind = AUTOCAST.get(self._told.precision)
        if kind is None:
            return nullcontext()
        return torch.autocast(self._name.split(":")[0], dtype=getattr(torch, kind))

    def _mean(self, loss: Any) -> Any:
        """Give the mean over all devices."""
        if len(self._job.devices) > 1:
            import torch.distributed as dist

            dist.all_reduce(loss)
        return loss / len(self._job.devices)

    def check(self) -> None:
        """Read the losses since the last time; PermanentError if one of them is no number."""
        self.losses += [float(loss) for loss in self._unread]
        self._unread = []
        if not math.isfinite(self.losses[-1]):
            raise PermanentError(
                f"the loss is no number any more at step {self.done}: lower"
                " training.learning_rate, or set training.precision to amp_bf16 or fp32"
            )

    def save(self) -> None:
        """Save all that a training needs to go on, whole or not at all; the first device does."""
        if self._rank:
            return
        import torch

        self._job.saved.mkdir(parents=True, exist_ok=True)
        new = self._job.saved / f".{SAVED}.{os.getpid()}"
        torch.save(self._state(), new)
        new.replace(self._job.saved / SAVED)

    def _state(self) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "schedule": self._schedule.state_dict(),
            "scaler": self._scaler.state_dict(),
            "losses": self.losses,
            "done": self.done,
        }

    def load(self) -> None:
        """Go on from what was saved, if anything was."""
        import torch

        path = self._job.saved / SAVED
        if not path.is_file():
            return
        state = torch.load(path, map_location=self._name, weights_only=True)
        self.model.load_state_dict(state["model"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._schedule.load_state_dict(state["schedule"])
        self._scaler.load_state_dict(state["scaler"])
        self.losses, self.done = state["losses"], state["done"]


def _optimiser(model: Any, training: Training) -> Any:
    """Give AdamW; biases, norms and the temperature do not decay, as in open_clip's training."""
    import torch

    weights = [value for value in model.parameters() if value.requires_grad]
    groups = [
        {"params": [w for w in weights if w.ndim > 1], "weight_decay": training.weight_decay},
        {"params": [w for w in weights if w.ndim < 2], "weight_decay": 0.0},
    ]
    betas = (training.beta1, training.beta2)
    return torch.optim.AdamW(groups, lr=training.learning_rate, betas=betas, eps=training.epsilon)


def _schedule(optimiser: Any, training: Training, steps: int) -> Any:
    from torch.optim.lr_scheduler import OneCycleLR

    return OneCycleLR(
        optimiser,
        max_lr=training.learning_rate,
        total_steps=steps,
        pct_start=training.warmup,
        cycle_momentum=training.cycle_momentum,
    )


def _loss(rank: int, ranks: int) -> Any:
    from open_clip.loss import ClipLoss

    return ClipLoss(local_loss=True, gather_with_grad=True, rank=rank, world_size=ranks)
