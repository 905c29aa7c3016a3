"""What tests of stages and runs share: inputs in memory, tiny models, whole groups in process."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from realsyn_tasks.core.config import ModelSpec
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.runner import BatchReport, Runner
from realsyn_tasks.core.stage import Context, Earlier
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.extract.group import NEIGHBOURHOODS
from realsyn_tasks.kinds import CORPUS, CRAWL
from realsyn_tasks.retrieve.group import LISTS
from realsyn_tasks.sample.group import CLUSTERS

DIM = 64
AXES = {CRAWL.axis: 2, CORPUS.axis: 2, NEIGHBOURHOODS: 2, LISTS: 2, CLUSTERS: 2}


@dataclass
class FakeInputs:
    """A stage's inputs as plain tables: {(stage, name): [one table per source shard]}."""

    tables: dict[tuple[str, str], list[pa.Table]] = field(default_factory=dict)
    blobs: dict[tuple[str, str], bytes] = field(default_factory=dict)
    sources: dict[str, Any] = field(default_factory=dict)

    def has(self, stage: str) -> bool:
        return any(key[0] == stage for key in self.tables)

    def table(self, stage: str, name: str, columns: list[str] | None = None) -> pa.Table:
        return pa.concat_tables([table for _, table in self.stream(stage, name, columns)])

    def stream(
        self, stage: str, name: str, columns: list[str] | None = None
    ) -> Iterator[tuple[int, pa.Table]]:
        for shard, table in enumerate(self.tables.get((stage, name), [])):
            yield shard, table.select(columns) if columns else table

    def blob(self, stage: str, name: str) -> BinaryIO:
        return io.BytesIO(self.blobs[stage, name])

    def grown_from(self) -> Earlier | None:
        return None

    def earlier_fit(self, content: str) -> dict[str, pa.Table] | None:
        return None

    def source(self, name: str) -> Any:
        return self.sources[name]


def context(scratch: Path, shard: int = 0, **changes: Any) -> Context:
    """A stage's surroundings with tiny models."""
    values: dict[str, Any] = {
        "shard": shard,
        "seed": 0,
        "axes": AXES,
        "scratch": scratch,
        "model": lambda kind: tiny_model(kind, ModelSpec(name="tiny")),
        "progress": lambda done, total: None,
        "target": 0,
    }
    return Context(**(values | changes))


class TinyEncoder:
    """Texts by their words, pictures by their colours: real vectors, cheaply."""

    identity = "tiny-encoder"
    dim = DIM

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        return _unit(np.array([sum(map(_direction, text.lower().split())) for text in texts]))

    def encode_images(self, images: Sequence[Any]) -> np.ndarray:
        rows = [np.asarray(image.convert("RGB").resize((8, 8)), dtype=float) for image in images]
        flat = np.array(rows).reshape(len(rows), -1)
        flat -= flat.mean(axis=1, keepdims=True)  # or all pictures would look alike
        return _unit(flat @ _projection(flat.shape[1]))


class TinyTagger:
    """The brightest channel of a picture, as a word."""

    identity = "tiny-tagger"

    def tag(self, images: Sequence[Any], vectors: np.ndarray) -> list[list[tuple[str, float]]]:
        means = [np.asarray(image.convert("RGB")).mean(axis=(0, 1)) for image in images]
        names = ["red", "green", "blue"]
        return [[(names[int(mean.argmax())], float(mean.max() / 255))] for mean in means]


class TinyLanguageModel:
    """Swaps the halves of what it is given; finds texts likely by their length."""

    identity = "tiny-language-model"

    def generate(self, prompts: Sequence[Any], max_new_tokens: int) -> list[str]:
        return [_sentence(prompt.user) for prompt in prompts]

    def perplexity(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([50.0 + len(text) % 50 for text in texts])


def _sentence(prompt: str) -> str:
    """The prompt's text with its halves swapped: all its words, none of its order."""
    text = next((line[6:] for line in prompt.splitlines() if line.startswith("Text: ")), prompt)
    words = text.strip(" .").split()
    middle = len(words) // 2
    return " ".join(["Here,", *words[middle:], "and", words[0].lower(), *words[1:middle]]) + "."


def tiny_model(kind: str, spec: ModelSpec) -> Any:
    """Load a tiny model of any kind."""
    if kind == "encoder":
        return TinyEncoder()
    return TinyTagger() if kind == "tagger" else TinyLanguageModel()


def _direction(word: str) -> np.ndarray:
    seed = int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "little")
    return np.random.default_rng(seed).normal(size=DIM)


def _projection(width: int) -> np.ndarray:
    return np.random.default_rng(7).normal(size=(width, DIM))


def _unit(rows: np.ndarray) -> np.ndarray:
    rows = rows.reshape(-1, DIM)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: np.ndarray = (rows / np.where(norms > 0, norms, 1)).astype(np.float32)
    return unit


def run_group(
    workspace: Workspace,
    group: str,
    load: Callable[[str, ModelSpec], Any] = tiny_model,
    until: str = "",
) -> dict[str, list[BatchReport]]:
    """Run what is left of a stage group in this process, with real commits."""
    reports: dict[str, list[BatchReport]] = {}
    for stage in workspace.stages():
        if stage.group != group:
            continue
        runner = Runner(workspace, load)
        batches = Planner(workspace).batches(stage)
        reports[stage.name] = [runner.run_batch(stage, batch) for batch in batches]
        if stage.name == until:
            break
    return reports
