"""A partition on disk: what comes back is what was put there, a block at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from realsyn_tasks.core import chunks, tables
from realsyn_tasks.core.stage import Earlier
from realsyn_tasks.retrieve import schemas, search_lists, stored
from tests.retrieve.worlds import Corpus, filled, retrieve, unit
from tests.support import context, whole

NAMES = ["sentence_id", "text"]
PIECES = (5, 0, 9, 1)
DIM = 8


def keyed(shard: int, count: int) -> pa.Table:
    """Some sentences of a shard, of which the first is the same in all shards."""
    rng = np.random.default_rng(shard)
    names = ["shared", *(f"{shard} {n:02d}" for n in rng.permutation(count - 1))] if count else []
    return filled(
        schemas.KEYED_SENTENCES,
        count,
        partition=[0] * count,
        shard=[shard] * count,
        list_id=[7, *rng.integers(4, size=count - 1)] if count else [],
        sentence_id=names,
        text=[f"{name} of {shard}" for name in names],
        embedding=unit(rng.normal(size=(count, DIM))),
    )


def test_sentences_come_back_by_list_and_the_copy_of_the_first_shard_counts(
    tmp_path: Path,
) -> None:
    pieces = [keyed(shard, count) for shard, count in enumerate(PIECES)]
    sentences = stored.Sentences.read(iter(pieces), NAMES, 2, tmp_path)
    rows = [row for piece in reversed(pieces) for row in piece.to_pylist()]
    expected = dict(sorted({row["sentence_id"]: row for row in rows}.items()))
    assert sentences.ids.to_pylist() == list(expected)
    assert sentences.old.tolist() == [row["shard"] < 2 for row in expected.values()]
    members, fresh = sentences.orders()
    seen = {}
    for number, vectors, places in sentences.by_list(members, members.lists):
        for place, vector in zip(places.tolist(), vectors, strict=True):
            seen[sentences.ids[place].as_py()] = (number, vector.tolist())
    assert seen == {n: (row["list_id"], row["embedding"]) for n, row in expected.items()}
    assert len(fresh.rows_of(7)) == 0
    texts = sentences.texts.read(np.sort(sentences.places))
    assert {row["text"] for row in texts.to_pylist()} == {row["text"] for row in expected.values()}


def probes_of(count: int) -> pa.Table:
    """Some images of three shards, in order of shard and id, each with up to three lists."""
    rng = np.random.default_rng(0)
    probes = filled(
        schemas.PROBES,
        count,
        partition=[0] * count,
        image_id=[f"{n:02d}" for n in range(count)],
        shard=rng.integers(3, size=count),
        lists=[list(range(1 + n % 3)) for n in range(count)],
        embedding=unit(rng.normal(size=(count, DIM))),
    )
    return tables.ordered(probes, ["shard", "image_id"])


CUTS = {"as gathered": ((0, 4), (4, 4), (4, 10)), "in any order": ((0, 4), (8, 10), (4, 8))}


@pytest.mark.parametrize("cuts", CUTS.values(), ids=CUTS)
def test_images_come_back_by_shard_in_blocks_new_ones_apart(
    cuts: Sequence[tuple[int, int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "IMAGES_AT_ONCE", 3)
    probes = probes_of(10)
    pieces = [probes.slice(start, end - start) for start, end in cuts]
    images = stored.Images.read(iter(pieces), 1, tmp_path)
    met: list[dict[str, Any]] = []
    for block in images.blocks():
        assert len(block.rows) <= 3
        assert {shard < 1 for shard in block.shards.tolist()} == {block.old}
        lists = [[n for n in some if n >= 0] for some in block.lists.tolist()]
        rows = zip(block.ids.to_pylist(), block.shards.tolist(), lists, strict=True)
        met += [
            {"image_id": name, "shard": shard, "lists": of_image, "embedding": vector}
            for (name, shard, of_image), vector in zip(rows, block.vectors.tolist(), strict=True)
        ]
    assert met == probes.select(list(met[0])).to_pylist()


def test_images_that_come_in_order_leave_nothing_of_each_in_memory(tmp_path: Path) -> None:
    probes = probes_of(10)
    column = probes.schema.get_field_index("image_id")
    names = [name.as_py() + "-" * 100_000 for name in probes["image_id"]]
    probes = probes.set_column(column, "image_id", pa.array(names))
    pieces = (chunks.taken(probes, np.array([n])) for n in range(10))
    before = pa.total_allocated_bytes()
    images = stored.Images.read(pieces, 1, tmp_path)
    assert pa.total_allocated_bytes() - before < 3 * 100_000
    held = [getattr(images, name) for name in ("count", "old", "order")]
    assert held == [10, probes["shard"].to_pylist().count(0), None]


def test_columns_are_read_from_the_batches_that_hold_the_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "BATCH_ROWS", 100)
    columns, table = stored.Columns(tmp_path / "n.arrow"), pa.table({"n": np.arange(1000)})
    for start, end in ((0, 450), (450, 450), (450, 1000)):
        columns.append(table.slice(start, end - start))
    looked_at, taken = [], chunks.taken

    def noted(piece: pa.Table, rows: np.ndarray) -> pa.Table:
        looked_at.append((piece["n"][0].as_py(), piece.num_rows))
        return taken(piece, rows)

    monkeypatch.setattr(chunks, "taken", noted)
    assert columns.read(np.array([399, 400, 451]))["n"].to_pylist() == [399, 400, 451]
    assert looked_at == [(300, 100), (400, 50), (450, 100)]
    assert columns.read(np.arange(0)).equals(table.slice(0, 0))


def found_for(images: pa.Table) -> pa.Table:
    """Candidates that an earlier build found: none, one, two, ... of the images in order."""
    rows = [(at, rank) for at in range(images.num_rows) for rank in range(at % 4)]
    shards, names = (images[name].to_pylist() for name in ("shard", "image_id"))
    columns = {
        "partition": [shards[at] for at, _ in rows],
        "image_id": [names[at] for at, _ in rows],
        "sentence_id": [f"0 {rank:02d}" for _, rank in rows],
        "rank": [rank + 1 for _, rank in rows],
        "score": [at + rank / 8 for at, rank in rows],
    }
    return filled(schemas.CANDIDATES, len(rows), **columns)


def test_of_what_an_earlier_build_found_no_more_is_read_than_stands_around_a_blocks_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "IMAGES_AT_ONCE", 7)
    monkeypatch.setattr(stored, "BATCH_ROWS", 5)
    probes = probes_of(60)
    images = stored.Images.read([probes], 3, tmp_path)
    sentences = stored.Sentences.read([keyed(0, 9)], NAMES, 2, tmp_path)
    found = found_for(probes)
    earlier = Earlier(3, {"candidates": found, "nearest": schemas.NEAREST_IMAGES.empty_table()})
    known = stored.Known.of(earlier, sentences, 3, tmp_path)
    read: list[int] = []
    monkeypatch.setattr(known.columns, "read", partial(_noted, known.columns.read, read))
    seen = []
    for block in images.blocks():
        places, rows, scores = known.of_block(block)
        names = (block.ids[place].as_py() for place in places.tolist())
        texts = (sentences.ids[row].as_py() for row in rows.tolist())
        seen += list(zip(names, texts, scores.tolist(), strict=True))
        assert read[-1] <= len(places) + 2 * 5
    wanted = (found[name].to_pylist() for name in ("image_id", "sentence_id", "score"))
    assert seen == list(zip(*wanted, strict=True))
    assert len(read) == 9, "some shards have more images than a block"


def _noted(read: Callable[[np.ndarray], pa.Table], counts: list[int], rows: np.ndarray) -> pa.Table:
    counts.append(len(rows))
    return read(rows)


@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_candidates_have_the_same_bytes_for_any_partitions_and_blocks(
    penalty: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"search_lists": {"hub_penalty": penalty}}
    whole, _, _ = retrieve(Corpus(), tmp_path, 1, settings, nprobe=5)
    cut, _, _ = retrieve(Corpus(), tmp_path, 7, settings, nprobe=5)
    for module, name in ((stored, "IMAGES_AT_ONCE"), (stored, "ROWS_AT_ONCE")):
        monkeypatch.setattr(module, name, 3)
    for name in ("SENTENCES_AT_ONCE", "IMAGES_AT_ONCE"):
        monkeypatch.setattr(search_lists, name, 3)
    by_rows, _, _ = retrieve(Corpus(), tmp_path, 7, settings, nprobe=5)
    assert whole.num_rows == 3 * 30
    assert cut.equals(whole) and by_rows.equals(whole)


def test_pieces_of_several_shards_in_chunks_are_as_good_as_one_a_shard(tmp_path: Path) -> None:
    """An exchange in two steps: a piece holds rows of many shards, and its number says nothing."""
    corpus = Corpus(shards=4)
    retrieve(corpus, tmp_path, 1, nprobe=5)
    config, inputs = search_lists.Config(), corpus
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    apart = search_lists.run(inputs, config, context(tmp_path / "a", axes={}))
    for key in (("assign_sentences", "sentences"), ("probe_images", "probes")):
        inputs.tables[key] = [pa.concat_tables(inputs.tables[key])]
        assert inputs.tables[key][0]["embedding"].num_chunks > 1
    together = search_lists.run(inputs, config, context(tmp_path / "b", axes={}))
    assert whole(together.tables["candidates"]).equals(first := whole(apart.tables["candidates"]))
    assert first.num_rows
