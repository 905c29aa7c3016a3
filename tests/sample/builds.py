"""A sample group in memory: pairs over several corpus shards, run stage by stage."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from realsyn_tasks.core import tables
from realsyn_tasks.core.declaration import Axis
from realsyn_tasks.core.ids import image_id
from realsyn_tasks.core.stage import Output, StageConfig
from realsyn_tasks.extract import schemas as extract_schemas
from realsyn_tasks.kinds import CORPUS
from realsyn_tasks.sample import (
    assign_images,
    balance,
    export,
    filter_pairs,
    fit_band,
    fit_clusters,
    rank_pairs,
    solve_cap,
    spot_text,
)
from realsyn_tasks.sample.group import CLUSTERS, DATASET
from realsyn_tasks.synthesize import schemas as synthesize_schemas
from tests.support import FakeInputs, context

DIM = 8


@dataclass
class Pairs:
    """What the groups before left: one table of pairs, corpus images and pixels per shard."""

    pairs: list[pa.Table] = field(default_factory=list)
    images: list[pa.Table] = field(default_factory=list)
    pixels: list[bytes] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return sum(table.num_rows for table in self.pairs)


def made_pairs(pictures: list[bytes], shards: int, seed: int = 0) -> Pairs:
    """Pairs of these pictures, spread over corpus shards by content, in uneven clumps."""
    rng = np.random.default_rng(seed)
    clumps = rng.normal(size=(5, DIM))
    rows: list[list[dict[str, Any]]] = [[] for _ in range(shards)]
    for number, data in enumerate(pictures):
        clump = clumps[int(number**0.5) % 5]
        vector = clump + 0.1 * rng.normal(size=DIM)
        row = {**_pair(number, data), "embedding": vector / np.linalg.norm(vector)}
        rows[int(row["image_id"], 16) % shards].append(row | {"data": data})
    made = Pairs()
    for shard in rows:
        _add_shard(made, sorted(shard, key=lambda row: row["image_id"]))
    return made


def _add_shard(made: Pairs, rows: list[dict[str, Any]]) -> None:
    pixels = b""
    for row in rows:
        row |= {"offset": len(pixels), "length": len(row["data"])}
        pixels += row.pop("data")
    known = [{name: row.get(name) for name in extract_schemas.CORPUS_IMAGES.names} for row in rows]
    made.images.append(tables.from_rows(extract_schemas.CORPUS_IMAGES, known))
    pairs = [{name: row[name] for name in synthesize_schemas.PAIRS.names} for row in rows]
    made.pairs.append(tables.from_rows(synthesize_schemas.PAIRS, pairs))
    made.pixels.append(pixels)


def _pair(number: int, data: bytes) -> dict[str, Any]:
    texts = {"text1": f"A first text of picture {number}.", "text2": "A second.", "text3": ""}
    return {
        **texts,
        "image_id": image_id(data),
        "url": f"https://a.example/{number}.jpg",
        "document_url": f"https://a.example/{number // 3}",
        "source": "a.warc.gz",
        "source_offset": 100 * number,
        "caption": "" if number % 5 == 0 else f"Picture {number}, “drawn”.",
        "caption_verdict": "no_text" if number % 5 == 0 else "",
        "alt": f"picture {number}",
        "alt_verdict": "",
        "title": "Pictures",
        "heading": "",
        "context": _context(number),
        "licence": "CC-BY-SA-4.0",
        "crawled": "2024-01-01T00:00:00Z",
        "text_licences": ["", "CC0-1.0"],
        "relevance": [0.7, None],
        "width": 8,
        "height": 8,
        "format": "JPEG",
        "syn_text": f"A written text of picture {number}.",
        "recaption": f"A picture of number {number}.",
        "sentence_ids": [f"{number:032x}", f"{number + 1:032x}"],
        "text_urls": ["https://b.example/1", "https://b.example/2"],
        "realistic_scores": [0.5, 0.4],
        "syn_score": (number * 37 % 101) / 101,
        "tags": ["red", "small"],
        "attempts": 1,
        "prompt_id": "0" * 12,
        "syn_source": 1,
    }


def _context(number: int) -> list[dict[str, Any]]:
    before = {"text": "It stands there.", "offset": -1, "verdict": "no_action", "sentence_id": None}
    after = {"text": "A hill.", "offset": 1, "verdict": "", "sentence_id": f"{number:032x}"}
    return [before, after][: number % 3]


class Sample:
    """Runs the sample group on pairs, reading as the runner would let it."""

    def __init__(self, given: Pairs, scratch: Path, target: int, **settings: Any) -> None:
        self.axes = {CORPUS.axis: len(given.pairs), CLUSTERS: 2, DATASET: 2}
        self.axes |= settings.pop("axes", {})
        self.seed = settings.pop("seed", 0)
        self.settings = settings
        self.given, self.target, self.scratch = given, target, scratch
        self.outputs: dict[str, list[Output]] = {}
        self._run_all()

    def tables(self, stage: str, name: str) -> list[pa.Table]:
        return [output.tables[name] for output in self.outputs[stage]]

    def column(self, stage: str, name: str, column: str) -> list[Any]:
        return list(pa.concat_tables(self.tables(stage, name))[column].to_pylist())

    def _run_all(self) -> None:
        self._step(fit_band, None, {("score_pairs", "pairs"): self.given.pairs})
        self._step(spot_text, CORPUS.axis, {})
        self._step(filter_pairs, CORPUS.axis, self._fits("fit_band", "band"))
        filtered = self._own("filter_pairs", "pairs") | self._own("filter_pairs", "drawn")
        self._step(fit_clusters, None, filtered)
        self._step(assign_images, CORPUS.axis, self._fits("fit_clusters", "centroids"))
        self._step(rank_pairs, CLUSTERS, self._own("assign_images", "images"))
        ranked = self._own("rank_pairs", "ranks") | self._own("rank_pairs", "sizes")
        self._step(solve_cap, None, ranked)
        self._step(balance, CORPUS.axis, self._fits("solve_cap", "cap"))
        self._step(export, DATASET, self._own("balance", "pairs"))

    def _own(self, stage: str, name: str) -> dict[tuple[str, str], list[pa.Table]]:
        return {(stage, name): self.tables(stage, name)}

    def _fits(self, stage: str, name: str) -> dict[tuple[str, str], list[pa.Table]]:
        return self._own(stage, name)

    def _step(
        self, module: Any, axis: Axis | None, visible: dict[tuple[str, str], list[pa.Table]]
    ) -> None:
        name = module.__name__.rsplit(".", 1)[-1]
        config: StageConfig = module.Config(**self.settings.get(name, {}))
        self.outputs[name] = []
        for shard in range(self.axes[axis] if axis else 1):
            inputs = FakeInputs(self._visible(visible, axis, shard))
            if axis is CORPUS.axis:
                inputs.blobs["corpus", "pixels"] = self.given.pixels[shard]
            scratch = self.scratch / f"{name}-{shard}"
            scratch.mkdir(parents=True, exist_ok=True)
            around = context(scratch, shard, axes=self.axes, target=self.target, seed=self.seed)
            self.outputs[name].append(module.run(inputs, config, around))

    def _visible(
        self, given: dict[tuple[str, str], list[pa.Table]], axis: Axis | None, shard: int
    ) -> dict[tuple[str, str], list[pa.Table]]:
        """Narrow keyed tables to the shard; add the aligned tables of a corpus shard."""
        mine = {key: [_mine(table, shard, axis) for table in some] for key, some in given.items()}
        if axis is CORPUS.axis:
            mine["corpus", "images"] = [self.given.images[shard]]
            mine["score_pairs", "pairs"] = [self.given.pairs[shard]]
            if self.outputs.get("spot_text"):
                done = self.outputs["spot_text"]
                mine["spot_text", "areas"] = [o.tables["areas"] for o in done[shard : shard + 1]]
            if self.outputs.get("filter_pairs"):
                done = self.outputs["filter_pairs"]
                mine["filter_pairs", "pairs"] = [o.tables["pairs"] for o in done[shard : shard + 1]]
            if "rank_pairs" in self.outputs:
                ranks = self.tables("rank_pairs", "ranks")
                mine["rank_pairs", "ranks"] = [_mine(table, shard, axis) for table in ranks]
        return mine


def _mine(table: pa.Table, shard: int, axis: Axis | None) -> pa.Table:
    if axis is None or tables.PARTITION not in table.column_names:
        return table
    return table.filter(pa.array(table[tables.PARTITION].to_numpy() == shard))
