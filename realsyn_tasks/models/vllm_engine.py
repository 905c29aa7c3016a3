"""One vLLM engine a process: fed by as many threads as like, run by a thread of its own.

vLLM batches whatever it has been given, so that several shards, or several kinds of model that are
one and the same checkpoint, share it: while one shard's last answers come, the next one's begin.
"""

from __future__ import annotations

import copy
import json
import math
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from PIL.Image import Image
from pydantic import Field, field_validator

from realsyn_tasks.core.errors import TransientError
from realsyn_tasks.models import checkpoints, threads
from realsyn_tasks.models.checkpoints import DType, locate
from realsyn_tasks.models.identities import changes
from realsyn_tasks.models.protocols import Identity
from realsyn_tasks.models.protocols import Running as HowItRuns
from realsyn_tasks.pictures.pixels import on_white

SAID_ELSEWHERE = frozenset(  # arguments of vllm.LLM
    {"model", "dtype", "seed", "revision", "enable_prefix_caching", "max_num_seqs"}
    | {"tensor_parallel_size", "gpu_memory_utilization"}
)
DIED = frozenset({"EngineDeadError", "EngineGenerateError"})
Enqueue = Callable[[Any], list[str]]  # gives an engine requests; gives their ids


class EngineOptions(checkpoints.Checkpoint):
    """Which model, and what vLLM is to be told about it."""

    dtype: DType = "bfloat16"
    seed: int = 0
    engine: dict[str, Any] = Field(default_factory=dict)  # further arguments of vllm.LLM

    @field_validator("engine")
    @classmethod
    def _says_nothing_twice(cls, engine: dict[str, Any]) -> dict[str, Any]:
        if twice := sorted(SAID_ELSEWHERE & set(engine)):
            raise ValueError(f"{', '.join(twice)}: there are options of their own for that")
        return engine


class EngineRunning(HowItRuns):
    """How the GPUs are used, and by how many shards at once."""

    tensor_parallel_size: int = Field(default=0, ge=0)  # GPUs; 0: as many as there are and fit
    gpu_memory_utilization: float = Field(default=0.9, gt=0, le=1)  # of what is free at its start
    batch_size: int = Field(default=256, ge=1)  # sequences at once
    shards_together: int = Field(default=4, ge=1)


def identify(options: EngineOptions, cache: Path) -> Identity:
    """Tell a model by its checkpoint, its options, and what else the engine is told."""
    checkpoint = checkpoints.identify(options, cache)
    said = options.dtype + changes(options, (*checkpoints.PLACE, "dtype"))
    return Identity(f"vllm-{checkpoint.text}-{said}", checkpoint.declared)


def engine(options: EngineOptions, running: EngineRunning, cache: Path) -> Engine:
    """Give the engine of a model; the same one for whoever asks for the same."""
    where = locate(options, cache)
    arguments = {
        "model": where,
        "dtype": options.dtype,
        "seed": options.seed,
        "enable_prefix_caching": True,
        "tensor_parallel_size": running.tensor_parallel_size or parallel(Path(where), gpus()),
        "gpu_memory_utilization": running.gpu_memory_utilization,
        "max_num_seqs": running.batch_size,
        **options.engine,
    }
    return _started(json.dumps(arguments, sort_keys=True))


@lru_cache(maxsize=2)
def _started(arguments: str) -> Engine:
    return Engine(json.loads(arguments))


def gpus() -> int:
    """Count the GPUs that this process may use."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return len([device for device in visible.split(",") if device.strip() not in ("", "-1")])
    import torch

    return int(torch.cuda.device_count())


def parallel(checkpoint: Path, devices: int) -> int:
    """Say over how many GPUs a model is laid: a power of two that divides its attention heads."""
    heads = _heads(checkpoint)
    count = 1
    while count * 2 <= devices and heads % (count * 2) == 0:
        count *= 2
    return count


def _heads(checkpoint: Path) -> int:
    try:
        config: Mapping[str, Any] = json.loads((checkpoint / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return 1  # which only one GPU divides
    text = config.get("text_config") or config.get("llm_config") or config
    return int(text.get("num_attention_heads") or 1)


@dataclass(frozen=True)
class _Call:
    enqueue: Enqueue
    outcome: SimpleQueue[tuple[int, Any] | BaseException] = field(default_factory=SimpleQueue)


class Engine:
    """Runs requests of several callers together; each gets its own as they are finished."""

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        self._calls: SimpleQueue[_Call] = SimpleQueue()
        self._waiting: dict[str, tuple[_Call, int]] = {}  # id of a request -> whose, and which
        started: Future[Any] = Future()
        threading.Thread(
            target=self._live, args=(dict(arguments), started), name="vllm", daemon=True
        ).start()
        self._llm = started.result()
        # One of our own: vLLM changes its tokenizer as it cuts texts, while other threads read.
        self.tokenizer = copy.deepcopy(self._llm.get_tokenizer())

    @property
    def context(self) -> int:
        """Give the tokens of prompt and answer that there is room for."""
        return int(self._llm.model_config.max_model_len)

    def ask(
        self,
        enqueue: Enqueue,
        count: int,
        answered: Callable[[int, Any], None] = lambda row, output: None,
    ) -> list[Any]:
        """Give vLLM's output for each of `count` requests that `enqueue` hands to its LLM.

        `answered` is told of each as soon as it is finished. Raises TransientError if the engine
        has died; then another process has to go on.
        """
        outputs: list[Any] = [None] * count
        call = _Call(enqueue)
        if count:
            self._calls.put(call)
        for _ in range(count):
            outcome = call.outcome.get()
            if isinstance(outcome, BaseException):
                raise outcome
            row, output = outcome
            outputs[row] = output
            answered(row, output)
        return outputs

    def _live(self, arguments: dict[str, Any], started: Future[Any]) -> None:
        try:
            started.set_result(_llm(arguments))
        except BaseException as error:
            started.set_exception(error)
            return
        llm = started.result()
        while True:
            try:
                self._admit(llm)
                for output in llm.llm_engine.step():
                    self._finished(output)
            except Exception as error:
                self._break(error)
                return

    def _admit(self, llm: Any) -> None:
        """Take in what is asked by now; with nothing at work, wait for it."""
        try:
            while True:
                call = self._calls.get(block=not self._waiting)
                try:
                    names = call.enqueue(llm)
                except Exception as error:  # of the caller's: other requests go on
                    call.outcome.put(error)
                    continue
                # The engine lengthens a request's name, and its output has it as it was before.
                plain = [name.partition("-")[0] for name in names]
                self._waiting |= {name: (call, row) for row, name in enumerate(plain)}
        except Empty:
            return

    def _finished(self, output: Any) -> None:
        if output.finished:
            call, row = self._waiting.pop(output.request_id)
            call.outcome.put((row, output))

    def _break(self, error: Exception) -> None:
        """Tell all callers, those to come, too."""
        known: Exception = error
        if type(error).__name__ in DIED:
            known = TransientError(f"vLLM's engine died: {error}; see what it said before")
        for call in {id(call): call for call, _ in self._waiting.values()}.values():
            call.outcome.put(known)
        while True:
            self._calls.get().outcome.put(known)


def _llm(arguments: dict[str, Any]) -> Any:
    os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
    # A process that is forked off this one, which has many threads, may wait for their locks for
    # ever; on a GPU vLLM would fork where nothing else has used CUDA yet.
    os.environ.setdefault("VLLM_WORKER_MULTIPROC_METHOD", "spawn")
    threads.settle()
    from vllm import LLM

    share = arguments["gpu_memory_utilization"]
    return LLM(**arguments | {"gpu_memory_utilization": of_what_is_free(share)})


def of_what_is_free(share: float) -> float:
    """Give a share of what is free on the GPU as one of all its memory, as vLLM wants it.

    Encoder and reranker of a stage may lie there already, and vLLM does not start where less than
    its share is free. Without other models on it, all of a GPU is free: torch is not asked then,
    since that alone would take some memory.
    """
    import torch

    cuda: Any = torch.cuda
    if not cuda.is_initialized():
        return share
    cuda.empty_cache()
    free, total = cuda.mem_get_info()
    left: float = math.floor(share * free / total * 1000) / 1000
    return left


def chat(pictures: Sequence[Image], questions: Sequence[str]) -> list[list[dict[str, Any]]]:
    """Give conversations in which something is asked of each picture."""
    return [
        [
            {
                "role": "user",
                "content": [
                    {"type": "image_pil", "image_pil": on_white(picture)},
                    {"type": "text", "text": question},
                ],
            }
        ]
        for picture, question in zip(pictures, questions, strict=True)
    ]
