"""Candidates of any number of partitions are ranked in blocks."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from realsyn_tasks.core import tables
from realsyn_tasks.retrieve import schemas
from realsyn_tasks.retrieve.pool_candidates import nearest_of

MOST = 3


def piece(partition: int, images: int, rng: np.random.Generator) -> pa.Table:
    """Give some candidates of some images, as a partition of lists finds them."""
    chosen = [n for n in range(images) if rng.random() < 0.7]
    rows = [
        {
            **dict.fromkeys(schemas.CANDIDATES.names, ""),
            tables.PARTITION: 0,
            "image_id": f"image-{image:03d}",
            "sentence_id": f"sentence-{partition}-{rank}",
            "rank": rank,
            "score": float(rng.integers(0, 6)) / 8,
            "adjusted": 0.0,
            "anaphoric": False,
        }
        for image in chosen
        for rank in range(1, 5)
    ]
    return pa.Table.from_pylist(rows, schemas.CANDIDATES)


def plain(pieces: list[pa.Table]) -> list[tuple[str, int, str]]:
    """Rank as one would by hand."""
    rows = pa.concat_tables(pieces).to_pylist()
    rows.sort(key=lambda row: (row["image_id"], -row["score"], row["sentence_id"]))
    ranked: dict[str, list[str]] = {}
    for row in rows:
        ranked.setdefault(row["image_id"], []).append(row["sentence_id"])
    return [
        (image, rank, sentence)
        for image, sentences in ranked.items()
        for rank, sentence in enumerate(sentences[:MOST], start=1)
    ]


@pytest.mark.parametrize("held_rows", [1, 40, 300, 10_000])
def test_blocks_give_what_all_at_once_gives(held_rows: int) -> None:
    rng = np.random.default_rng(held_rows)
    pieces = [piece(partition, 25, rng) for partition in range(12)]
    best = nearest_of(iter(pieces), MOST, held_rows)
    columns = (best[name].to_pylist() for name in ("image_id", "rank", "sentence_id"))
    assert list(zip(*columns, strict=True)) == plain(pieces)
    assert tables.PARTITION not in best.column_names


def test_no_pieces_give_no_candidates() -> None:
    assert nearest_of(iter([]), MOST).num_rows == 0
