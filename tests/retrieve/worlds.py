"""Corpora of made-up vectors, and the retrieve group run over them stage by stage."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import tables
from realsyn_tasks.core.declaration import Axis, Reading, Stage
from realsyn_tasks.core.ids import sentence_id
from realsyn_tasks.core.stage import Output
from realsyn_tasks.extract.schemas import CORPUS_IMAGES, CORPUS_SENTENCES
from realsyn_tasks.kinds import CORPUS
from realsyn_tasks.retrieve.group import LISTS
from realsyn_tasks.retrieve.settings import settle
from realsyn_tasks.stages import PIPELINE
from tests.support import FakeInputs, context, whole

SHARDS, PARTITIONS, IMAGES, SENTENCES, TOPICS, DIM = 2, 2, 30, 600, 12, 24
SETTINGS: dict[str, dict[str, Any]] = {
    "fit_lists": {"sentences_per_list": 40},
    "pool_candidates": {"max_word_overlap": 1.0},
    "cap_hubs": {"max_images_per_sentence": None},
}


def unit(rows: np.ndarray) -> np.ndarray:
    scaled: np.ndarray = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def filled(schema: pa.Schema, count: int, **columns: object) -> pa.Table:
    """A table of a schema with the given columns, nulls elsewhere, sorted by its id."""
    arrays = {field.name: pa.nulls(count, field.type) for field in schema} | columns
    return tables.build(schema, arrays, [schema[0].name])


class Corpus(FakeInputs):
    """Images and sentences around common topics, in shards; also every stage's output."""

    def __init__(
        self,
        seed: int = 0,
        images: int = IMAGES,
        sentences: int = SENTENCES,
        shards: int = SHARDS,
        spread: float = 1.0,
        dim: int = DIM,
    ) -> None:
        super().__init__()
        self.measures: dict[str, dict[str, float]] = {}
        self.spread = spread  # of the sentences around their topics
        self.rng = np.random.default_rng(seed)
        self.topics = self.rng.normal(size=(TOPICS, dim))
        for shard in range(shards):
            count = [range(total)[shard::shards] for total in (sentences, images)]
            here = {
                "sentences": self._sentences(shard, len(count[0])),
                "images": self._images(shard, len(count[1])),
            }
            self.add("corpus", Output(tables=here))

    def _sentences(self, shard: int, count: int) -> pa.Table:
        texts = [f"sentence {shard} {n} of many" for n in range(count)]
        few = TOPICS if self.spread == 1.0 else 1
        near = self.topics[self.rng.integers(few, size=count)]
        return filled(
            CORPUS_SENTENCES,
            count,
            sentence_id=[sentence_id(text) for text in texts],
            text=texts,
            document_url=["https://tiny.example/"] * count,
            embedding=unit(near + self.spread * self.rng.normal(size=near.shape)),
        )

    def _images(self, shard: int, count: int) -> pa.Table:
        return filled(
            CORPUS_IMAGES,
            count,
            image_id=[f"{shard:016x}{n:016x}" for n in range(count)],
            embedding=unit(self.topics[:1] + self.rng.normal(size=(count, self.topics.shape[1]))),
        )

    def recut(self, shards: int, seed: int) -> Corpus:
        """The same items dealt anew over shards, in random order of shards."""
        corpus = Corpus(images=0, sentences=0, shards=0)
        random = np.random.default_rng(seed)
        for name in ("sentences", "images"):
            whole = pa.concat_tables(self.tables["corpus", name])
            place = random.integers(shards, size=whole.num_rows)
            key = whole.column_names[0]
            pieces = [whole.filter(pa.array(place == n)).sort_by(key) for n in range(shards)]
            corpus.tables["corpus", name] = pieces
        return corpus

    @property
    def shards(self) -> int:
        return len(self.tables["corpus", "images"])

    def add(self, stage: str, output: Output) -> None:
        for name, table in output.tables.items():
            self.tables.setdefault((stage, name), []).append(table)
        self.measures.setdefault(stage, {}).update(output.measures)

    def seen_by(self, stage: Stage, number: int) -> FakeInputs:
        """What a shard of a stage sees, by the readings that the table of stages gives."""
        return seen_by(self, stage, number)


def seen_by(inputs: FakeInputs, stage: Stage, number: int) -> FakeInputs:
    """What a shard of a stage sees of tables, by the readings that the table of stages gives."""
    seen = FakeInputs()
    for (name, table), pieces in inputs.tables.items():
        if name in stage.reads:
            reading = PIPELINE.reading(stage, name)
            seen.tables[name, table] = _read(pieces, reading, number)
    return seen


def source_rows(inputs: FakeInputs) -> dict[str, int]:
    """Count the rows of each table of the corpus."""
    names = ("images", "sentences")
    return {n: sum(piece.num_rows for piece in inputs.tables["corpus", n]) for n in names}


def _read(pieces: list[pa.Table], reading: Reading, number: int) -> list[pa.Table]:
    if reading is Reading.GATHER and all("partition" in p.column_names for p in pieces):
        return [piece.filter(pc.equal(piece["partition"], number)) for piece in pieces]
    if reading is Reading.ALIGNED:
        return pieces[number : number + 1] or [pieces[0].slice(0, 0)]
    return pieces


def retrieve(
    corpus: Corpus,
    scratch: Path,
    partitions: int = PARTITIONS,
    settings: dict[str, dict[str, Any]] | None = None,
    device: str | None = None,
    **fitting: Any,
) -> tuple[pa.Table, dict[str, float], dict[str, float]]:
    """Run the whole group; give the matches, what the audit measured, and what was planned."""
    chosen = {**SETTINGS, **(settings or {})}
    chosen["fit_lists"] = {**SETTINGS["fit_lists"], **fitting}
    axes = {CORPUS.axis: corpus.shards, LISTS: partitions}
    for stage in _stages(chosen):
        run_stage(corpus, stage, chosen.get(stage.name, {}), axes, scratch, device)
    matches = pa.concat_tables(corpus.tables["merge_matches", "matches"])
    return matches, corpus.measures["audit_recall"], corpus.measures["fit_lists"]


def _stages(chosen: dict[str, dict[str, Any]]) -> list[Stage]:
    """Name the stages of the group that have something to do."""
    group = PIPELINE.group("retrieve")
    whole = {
        stage.name: stage.config_class()(**chosen.get(stage.name, {})).model_dump()
        for stage in group.declared
    }
    idle = settle(whole, {})
    return [stage for stage in group.declared if stage.name not in idle]


def run_stage(
    corpus: Corpus,
    stage: Stage,
    settings: dict[str, Any],
    axes: dict[Axis, int],
    scratch: Path,
    device: str | None = None,
) -> None:
    """Run one stage as the runner would and add what it gives to the corpus."""
    for output in outputs_of(corpus, stage, settings, axes, scratch, device):
        corpus.add(stage.name, output)


def outputs_of(
    inputs: FakeInputs,
    stage: Stage,
    settings: dict[str, Any],
    axes: dict[Axis, int],
    scratch: Path,
    device: str | None = None,
) -> list[Output]:
    """Run all shards of a stage as the runner would."""
    config, run = stage.config_class()(**settings), stage.function()
    on = device if stage.needs.gpu else None
    known = {"axes": axes, "source_rows": source_rows(inputs), "device": on}
    outputs = []
    for number in range(axes.get(stage.axis, 1)):
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            around = context(Path(folder), number, **known)
            output = run(seen_by(inputs, stage, number), config, around)
            output.tables |= {name: whole(table) for name, table in output.tables.items()}
            outputs.append(output)
    return outputs


SAMPLING = ("draw_samples", "pool_samples", "search_exactly")


Inputs = TypeVar("Inputs", bound=FakeInputs)


def with_samples(inputs: Inputs, scratch: Path, **settings: dict[str, Any]) -> Inputs:
    """Run the stages that draw samples and search for them, in place of what they gave before."""
    shards = max(len(inputs.tables["corpus", name]) for name in ("images", "sentences"))
    axes = {CORPUS.axis: shards, LISTS: PARTITIONS}
    for name in SAMPLING:
        stage = PIPELINE.stage(name)
        outputs = outputs_of(inputs, stage, settings.get(name, {}), axes, scratch)
        for table in stage.writes:
            inputs.tables[name, table] = [output.tables[table] for output in outputs]
    return inputs


def brute_force(corpus: Corpus, images: pa.Table | None = None) -> dict[str, list[str]]:
    """The three nearest sentences of every image, best first."""
    sentences = pa.concat_tables(corpus.tables["corpus", "sentences"]).sort_by("sentence_id")
    images = images or pa.concat_tables(corpus.tables["corpus", "images"])
    scores = tables.vectors_of(images) @ tables.vectors_of(sentences).T
    names = np.array(sentences["sentence_id"].to_pylist())
    order = np.argsort(-scores, axis=1, kind="stable")[:, :3]
    return dict(zip(images["image_id"].to_pylist(), names[order].tolist(), strict=True))
