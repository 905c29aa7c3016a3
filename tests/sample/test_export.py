"""A shard's pairs are ordered together and read in blocks, and each picture is digested once."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from realsyn_tasks.core import chunks
from realsyn_tasks.core.stage import Output
from realsyn_tasks.sample import export, schemas, webdataset_tar
from tests.crawls import picture
from tests.sample.builds import made_pairs
from tests.support import FakeInputs, context

PICTURES = [picture(seed, (24, 18)) for seed in range(11)]
SAME = ("text1", "caption", "context", "sentence_ids", "relevance", "tags", "syn_score")


@pytest.fixture
def pieces() -> list[pa.Table]:
    """The pairs that one shard is sent, a piece for each pair."""
    made = made_pairs(PICTURES, shards=2)
    pairs = pa.concat_tables(made.pairs)
    by_id = {hashlib.sha256(data).hexdigest()[:32]: data for data in PICTURES}
    images = [by_id[name] for name in pairs["image_id"].to_pylist()]
    known = {name: pairs[name] for name in pairs.column_names} | {
        schemas.CHOSEN_PAIRS.names[0]: pa.array([0] * len(images), pa.int32()),
        "cluster_id": pa.array(range(len(images)), pa.int32()),
        "image": pa.array(images, pa.large_binary()),
    }
    chosen = pa.table([known[name] for name in schemas.CHOSEN_PAIRS.names], schemas.CHOSEN_PAIRS)
    return [chosen.slice(row, 1) for row in range(len(images))]


def exported(pieces: list[pa.Table], tmp_path: Path) -> Output:
    inputs = FakeInputs({("balance", "pairs"): pieces})
    return export.run(inputs, export.Config(image="none"), context(tmp_path))


def test_pairs_are_ordered_together_and_read_in_blocks(
    pieces: list[pa.Table], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordered: list[pa.Table] = []

    def taken(table: pa.Table, rows: Any) -> pa.Table:
        ordered.append(chunks_taken(table, rows))
        return ordered[-1]

    chunks_taken = chunks.taken
    monkeypatch.setattr(chunks, "taken", taken)
    monkeypatch.setattr(export, "AT_ONCE", 4)
    rows = exported(pieces, tmp_path).tables["pairs"].to_pylist()
    [together] = ordered
    assert [row["image_id"] for row in rows] == together["image_id"].to_pylist()
    by_id = {row["image_id"]: row for piece in pieces for row in piece.to_pylist()}
    assert len(rows) == len(by_id) == len(PICTURES)
    for row in rows:
        given = by_id[row["image_id"]]
        assert {name: row[name] for name in SAME} == {name: given[name] for name in SAME}
        assert row["sha256"] == hashlib.sha256(given["image"]).hexdigest()


def test_a_picture_is_digested_once_for_table_and_tar(
    pieces: list[pa.Table], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digested: list[bytes] = []

    class Watched:
        md5 = staticmethod(hashlib.md5)

        @staticmethod
        def sha256(data: bytes) -> Any:
            digested.append(data)
            return hashlib.sha256(data)

    monkeypatch.setattr(webdataset_tar, "hashlib", Watched)
    exported(pieces, tmp_path)
    assert sorted(digested) == sorted(PICTURES)
