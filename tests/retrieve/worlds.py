"""Corpora of made-up vectors, and the retrieve group run over them stage by stage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import tables
from realsyn_tasks.core.ids import sentence_id
from realsyn_tasks.core.stage import Axis, Output
from realsyn_tasks.core.tables import CORPUS_IMAGES, CORPUS_SENTENCES
from realsyn_tasks.retrieve import (
    assign_sentences,
    audit_recall,
    fit_lists,
    merge_matches,
    probe_images,
    search_lists,
)
from tests.support import FakeInputs, context

SHARDS, PARTITIONS, IMAGES, SENTENCES, TOPICS, DIM = 2, 2, 30, 600, 12, 24


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


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
    ) -> None:
        super().__init__()
        self.rng = np.random.default_rng(seed)
        self.topics = self.rng.normal(size=(TOPICS, DIM))
        for shard in range(shards):
            count = [range(total)[shard::shards] for total in (sentences, images)]
            here = {
                "sentences": self._sentences(shard, len(count[0])),
                "images": self._images(shard, len(count[1])),
            }
            self.add("corpus", Output(tables=here))

    def _sentences(self, shard: int, count: int) -> pa.Table:
        texts = [f"sentence {shard} {n} of many" for n in range(count)]
        near = self.topics[self.rng.integers(TOPICS, size=count)]
        return filled(
            CORPUS_SENTENCES,
            count,
            sentence_id=[sentence_id(text) for text in texts],
            text=texts,
            document_url=["https://tiny.example/"] * count,
            embedding=unit(near + self.rng.normal(size=near.shape)),
        )

    def _images(self, shard: int, count: int) -> pa.Table:
        return filled(
            CORPUS_IMAGES,
            count,
            image_id=[f"{shard:016x}{n:016x}" for n in range(count)],
            embedding=unit(self.topics[:1] + self.rng.normal(size=(count, DIM))),
        )

    @property
    def shards(self) -> int:
        return len(self.tables["corpus", "images"])

    def add(self, stage: str, output: Output) -> None:
        for name, table in output.tables.items():
            self.tables.setdefault((stage, name), []).append(table)

    def shard(self, number: int) -> FakeInputs:
        """What a shard of the corpus sees: its own of the corpus, its keyed rows of the rest."""
        seen = FakeInputs()
        for (stage, name), pieces in self.tables.items():
            own = pieces[number : number + 1]
            mine = own if stage == "corpus" else [_keyed(p, number) for p in pieces]
            seen.tables[stage, name] = mine
        return seen


def _keyed(table: pa.Table, number: int) -> pa.Table:
    """The rows of a partition, or all of a table that has none."""
    if "partition" not in table.column_names:
        return table
    return table.filter(pc.equal(table["partition"], number))


def retrieve(
    corpus: Corpus,
    scratch: Path,
    partitions: int = PARTITIONS,
    search: dict[str, Any] | None = None,
    merge: dict[str, Any] | None = None,
    **fitting: Any,
) -> tuple[pa.Table, dict[str, float], dict[str, float]]:
    """Run the whole group; give the matches, what the audit measured, and what was planned."""
    axes = {Axis.CORPUS: corpus.shards, Axis.LISTS: partitions}
    fitted = fit_lists.run(
        corpus, fit_lists.Config(**{"sentences_per_list": 40} | fitting), context(scratch)
    )
    corpus.add("fit_lists", fitted)
    for module, shards, config in (
        (assign_sentences, corpus.shards, {}),
        (probe_images, corpus.shards, {}),
        (search_lists, partitions, search or {}),
    ):
        name = module.__name__.rsplit(".", 1)[1]
        outputs = [
            module.run(corpus.shard(n), module.Config(**config), context(scratch, n, axes=axes))
            for n in range(shards)
        ]
        for output in outputs:
            corpus.add(name, output)
    merging = merge_matches.Config(**{"max_word_overlap": 1.0} | (merge or {}))
    merged = [
        merge_matches.run(corpus.shard(n), merging, context(scratch)) for n in range(corpus.shards)
    ]
    audit = audit_recall.run(corpus, audit_recall.Config(), context(scratch))
    corpus.add("audit_recall", audit)
    matches = pa.concat_tables([output.tables["matches"] for output in merged])
    return matches, audit.measures, fitted.measures


def brute_force(corpus: Corpus) -> dict[str, list[str]]:
    """The three nearest sentences of every image, best first."""
    sentences = pa.concat_tables(corpus.tables["corpus", "sentences"]).sort_by("sentence_id")
    images = pa.concat_tables(corpus.tables["corpus", "images"])
    scores = tables.vectors_of(images) @ tables.vectors_of(sentences).T
    names = np.array(sentences["sentence_id"].to_pylist())
    order = np.argsort(-scores, axis=1, kind="stable")[:, :3]
    return dict(zip(images["image_id"].to_pylist(), names[order].tolist(), strict=True))
