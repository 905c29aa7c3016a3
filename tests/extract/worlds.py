"""Small worlds of items with known duplicates, and the dedup stages run over them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Dropped, Output
from realsyn_tasks.extract import (
    choose_representatives,
    dedup_images,
    dedup_sentences,
    fit_neighbourhoods,
    group_neighbours,
    key_corpus,
    key_groups,
    key_neighbours,
    link_neighbours,
    schemas,
)
from realsyn_tasks.extract.group import NEIGHBOURHOODS
from realsyn_tasks.kinds import CRAWL
from tests.support import FakeInputs, context

DIM = 32
Row = dict[str, Any]


@dataclass
class World:
    """Items of a crawl: an id, a vector, and for images a hash, for sentences a text."""

    images: list[Row] = field(default_factory=list)
    sentences: list[Row] = field(default_factory=list)

    def image(self, name: str, vector: np.ndarray, phash: int) -> None:
        self.images.append({"image_id": name, "phash": phash, "embedding": vector})

    def sentence(self, name: str, vector: np.ndarray, text: str) -> None:
        self.sentences.append({"sentence_id": name, "text": text, "embedding": vector})


@dataclass
class Result:
    """What the dedup stages made of a world."""

    kept: dict[str, set[str]]
    dropped: list[Dropped]
    corpus: dict[str, list[pa.Table]]  # the new generation, by table

    def reasons(self) -> dict[str, str]:
        return {item.id: item.reason.code for item in self.dropped}

    def kept_in_place_of(self) -> dict[str, str]:
        return {item.id: item.detail.split()[1].strip(",") for item in self.dropped}


def random_world(seed: int, count: int = 120, prefix: str = "") -> World:
    """Families of near-copies around random directions, and loners."""
    random = np.random.default_rng(seed)
    world = World()
    for number in range(count):
        if number % 4 == 0:
            direction, bits = random.normal(size=DIM), int(random.integers(1 << 63))
            words = " ".join(f"w{value}" for value in random.integers(0, 999, 6))
        noise = random.choice([0.02, 0.08, 0.3])
        vector = unit(direction + noise * random.normal(size=DIM))
        flips = random.choice(64, random.choice([0, 1, 3, 12]), replace=False)
        phash = bits ^ sum(1 << int(bit) for bit in flips)
        text = random.choice([words, words.upper() + "!", f"{words} x{number}"])
        world.image(f"{prefix}i{number:04d}", vector, phash)
        world.sentence(f"{prefix}s{number:04d}", vector, str(text))
    return world


def unit(vector: np.ndarray) -> np.ndarray:
    scaled: np.ndarray = (vector / np.linalg.norm(vector)).astype(np.float32)
    return scaled


def dedup(
    shards: Sequence[World],
    tmp_path: Path,
    corpus: Sequence[Result] = (),
    partitions: int = 2,
    fit: dict[str, Any] | None = None,
    link: dict[str, Any] | None = None,
) -> Result:
    """Run fit_neighbourhoods to dedup_* as a run would.

    Vectors decide alone, for those of these worlds are made of nothing, unless `link` says more.
    """
    here = context(tmp_path, axes={CRAWL.axis: len(shards), NEIGHBOURHOODS: partitions})
    inputs = FakeInputs(crawl_tables(shards))
    for name in ("images", "sentences"):
        inputs.tables["corpus", name] = [t for older in corpus for t in older.corpus[name]]
    fitted = fit_neighbourhoods.run(inputs, fit_neighbourhoods.Config(**fit or {}), here)
    inputs.tables["fit_neighbourhoods", "pivots"] = [fitted.tables["pivots"]]
    config = link_neighbours.Config(**{"image_bits": None, "same_facts": False} | (link or {}))
    _keep(inputs, "key_neighbours", _over(key_neighbours, inputs, len(shards), here))
    _keep(
        inputs,
        "key_corpus",
        _over(key_corpus, inputs, len(inputs.tables["corpus", "images"]), here),
    )
    linked = [
        link_neighbours.run(_gathered(inputs, p), config, _at(here, p)) for p in range(partitions)
    ]
    _keep(inputs, "link_neighbours", linked)
    grouped = group_neighbours.run(inputs, group_neighbours.Config(), _in_new_folder(here))
    _keep(inputs, "group_neighbours", [grouped])
    _keep(inputs, "key_groups", _over(key_groups, inputs, len(shards), here))
    choose = choose_representatives
    chosen = [
        choose.run(_gathered(inputs, p), choose.Config(), _in_new_folder(here))
        for p in range(partitions)
    ]
    _keep(inputs, "choose_representatives", chosen)
    return _result(inputs, len(shards), here)


def _over(stage: Any, inputs: FakeInputs, shards: int, here: Any) -> list[Output]:
    return [
        stage.run(_aligned(inputs, shard), stage.Config(), _at(here, shard))
        for shard in range(shards)
    ]


def _result(inputs: FakeInputs, shards: int, here: Any) -> Result:
    result = Result({"images": set(), "sentences": set()}, [], {"images": [], "sentences": []})
    for stage, name, key in (
        (dedup_images, "images", "image_id"),
        (dedup_sentences, "sentences", "sentence_id"),
    ):
        for output in _over(stage, inputs, shards, here):
            table = output.tables[name]
            ids = table[key].to_pylist()
            assert not result.kept[name] & set(ids), "kept in two shards"
            result.kept[name] |= set(ids)
            result.corpus[name].append(table)
            result.dropped += output.dropped
    return result


def _at(here: Any, shard: int) -> Any:
    return type(here)(**(here.__dict__ | {"shard": shard}))


def _in_new_folder(here: Any) -> Any:
    scratch = Path(tempfile.mkdtemp(dir=here.scratch))
    return type(here)(**(here.__dict__ | {"scratch": scratch}))


def _aligned(inputs: FakeInputs, shard: int) -> FakeInputs:
    """The same inputs as one shard sees them: aligned ones of its number, fits whole."""
    return FakeInputs(
        {key: _seen(key[0], parts, shard) for key, parts in inputs.tables.items()}, inputs.blobs
    )


def _seen(stage: str, parts: list[pa.Table], shard: int) -> list[pa.Table]:
    if stage in ("fit_neighbourhoods", "group_neighbours"):
        return parts
    if tables.PARTITION in parts[0].column_names if parts else False:
        return [_of_partition(part, shard) for part in parts]
    return parts[shard : shard + 1]


def _of_partition(table: pa.Table, partition: int) -> pa.Table:
    return table.filter(pc.equal(table[tables.PARTITION], partition))


def _gathered(inputs: FakeInputs, partition: int) -> FakeInputs:
    return FakeInputs(
        {
            (stage, name): [_of_partition(table, partition) for table in parts]
            for (stage, name), parts in inputs.tables.items()
            if stage in ("key_neighbours", "key_corpus", "key_groups")
        }
    )


def _keep(inputs: FakeInputs, stage: str, outputs: list[Output]) -> None:
    for name in {name for output in outputs for name in output.tables}:
        inputs.tables[stage, name] = [output.tables[name] for output in outputs]
    for name in {name for output in outputs for name in output.blobs}:
        [inputs.blobs[stage, name]] = [output.blobs[name].read_bytes() for output in outputs]


def crawl_tables(shards: Sequence[World]) -> dict[tuple[str, str], list[pa.Table]]:
    """What the stages before dedup give for these shards."""
    by_stage: dict[tuple[str, str], list[pa.Table]] = {}
    for world in shards:
        images, sentences = (
            _tables(world.images, schemas.IMAGES, "image_id"),
            _tables(world.sentences, schemas.SCORED_SENTENCES, "sentence_id"),
        )
        for key, table in (
            (("embed_images", "images"), images[0]),
            (("embed_images", "vectors"), images[1]),
            (("describe_images", "descriptions"), _descriptions(images[0])),
            (("filter_perplexity", "sentences"), sentences[0]),
            (("embed_sentences", "vectors"), sentences[1]),
        ):
            by_stage.setdefault(key, []).append(table)
    return by_stage


def _tables(rows: list[Row], schema: pa.Schema, key: str) -> tuple[pa.Table, pa.Table]:
    rows = sorted(rows, key=lambda row: row[key])
    blank = dict.fromkeys(schema.names)
    plain = [{k: v for k, v in row.items() if k != "embedding"} for row in rows]
    items = tables.from_rows(schema, [blank | row for row in plain])
    vectors = np.array([row["embedding"] for row in rows], dtype=np.float32).reshape(-1, DIM)
    ids = schemas.IMAGE_VECTORS if key == "image_id" else schemas.SENTENCE_VECTORS
    return items, tables.build(ids, {key: items[key], "embedding": vectors})


def _descriptions(images: pa.Table) -> pa.Table:
    blank = dict.fromkeys(schemas.IMAGE_DESCRIPTIONS.names)
    rows = [blank | {"image_id": identity} for identity in images["image_id"].to_pylist()]
    return tables.from_rows(schemas.IMAGE_DESCRIPTIONS, rows)


def split(world: World, shards: int, seed: int = 0) -> list[World]:
    """Deal a world's items to shards at random; some shards may get none."""
    random = np.random.default_rng(seed)
    parts = [World() for _ in range(shards)]
    for image in world.images:
        parts[random.integers(shards)].images.append(image)
    for sentence in world.sentences:
        parts[random.integers(shards)].sentences.append(sentence)
    return parts
