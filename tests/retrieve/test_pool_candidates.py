"""Candidates of any number of partitions are ranked in blocks."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from realsyn_tasks.core import chunks, tables
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
    pieces += [pieces[0], schemas.CANDIDATES.empty_table()]  # what is there twice stays twice
    best = nearest_of(iter(pieces), MOST, held_rows)
    columns = (best[name].to_pylist() for name in ("image_id", "rank", "sentence_id"))
    assert list(zip(*columns, strict=True)) == plain(pieces)
    assert tables.PARTITION not in best.column_names


def row(image: str, sentence: str, score: float, rank: int = 1) -> dict[str, object]:
    """Give a candidate."""
    told = {"image_id": image, "sentence_id": sentence, "score": score, "rank": rank}
    rest = {tables.PARTITION: 0, "adjusted": 0.0, "anaphoric": False}
    return {**dict.fromkeys(schemas.CANDIDATES.names, ""), **rest, **told}


def test_of_equal_scores_the_first_sentence_stays_however_late_it_comes() -> None:
    scores = {"b": 0.5, "c": 0.25, "d": 0.25, "e": 0.75}
    pieces = [
        pa.Table.from_pylist([row("one", sentence, scores[sentence])], schemas.CANDIDATES)
        for sentence in "debc"
    ]
    best = nearest_of(iter(pieces), MOST)
    assert best["sentence_id"].to_pylist() == ["e", "b", "c"]
    assert best["rank"].to_pylist() == [1, 2, 3]


def test_an_image_may_stand_in_two_places_of_a_piece() -> None:
    names = [("one", "a", 0.1), ("two", "b", 0.2), ("one", "c", 0.9), ("one", "d", 0.8)]
    piece = pa.Table.from_pylist([row(*each) for each in names], schemas.CANDIDATES)
    last = pa.Table.from_pylist([row("one", "e", 0.2), row("zero", "f", 0.1)], schemas.CANDIDATES)
    best = nearest_of(iter([piece, last]), MOST)
    pairs = zip(best["image_id"].to_pylist(), best["sentence_id"].to_pylist(), strict=True)
    assert list(pairs) == [("one", "c"), ("one", "d"), ("one", "e"), ("two", "b"), ("zero", "f")]


def test_what_cannot_be_among_the_best_is_not_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    sorted_rows = []

    def counting(table: pa.Table, keys: list[chunks.Key]) -> pa.Array:
        sorted_rows.append(table.num_rows)
        return order_of(table, keys)

    order_of = chunks.order_of
    monkeypatch.setattr(chunks, "order_of", counting)
    pieces = [
        pa.Table.from_pylist(
            [
                row(f"image-{image}", f"{partition}-{rank}", 1 - (partition + rank) / 64, rank)
                for image in range(10)
                for rank in range(MOST)
            ],
            schemas.CANDIDATES,
        )
        for partition in range(20)
    ]
    assert nearest_of(iter(pieces), MOST).num_rows == 10 * MOST
    # the first piece, and of the second what equals the last two of the first
    assert sorted_rows == [10 * (MOST + 2)]


def test_no_pieces_give_no_candidates() -> None:
    assert nearest_of(iter([]), MOST).num_rows == 0
