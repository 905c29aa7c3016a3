"""Ids, addresses and texts have one key each, however they are read or spelled."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from realsyn_tasks.core import ids
from realsyn_tasks.corpus.keys import (
    Bearing,
    hashes_of_ids,
    key_of_address,
    key_of_id,
    keys_of_addresses,
    keys_of_ids,
)

NAMES = [ids.sentence_id(str(number)) for number in range(50)]
ODD = ["1.html:9", "z" * 32, "Ä" * 16, "", "f" * 32, "F" * 32]


def test_a_column_of_ids_has_the_keys_of_its_ids() -> None:
    column = pa.chunked_array([pa.array([*NAMES[:20], None]), pa.array([*ODD, *NAMES[20:]])])
    assert set(keys_of_ids(column.slice(3)).tolist()) == {key_of_id(n) for n in NAMES[3:] + ODD}


def test_what_only_begins_like_a_digest_is_none() -> None:
    record = "0123456789abcdef.warc.gz:1234567"
    assert keys_of_ids(pa.chunked_array([[NAMES[0], record]])).tolist() == [
        key_of_id(NAMES[0]),
        key_of_id(record),
    ]


def test_ids_are_counted_by_their_hashes() -> None:
    parts = [["a", *NAMES[:3], None], [*NAMES[:2], "a"], []]
    column = pa.chunked_array([pa.array(part, pa.string()) for part in parts])
    hashes = hashes_of_ids(column).tolist()
    assert sorted(Counter(hashes).values()) == [1, 2, 2, 2]
    assert len(hashes_of_ids(column.slice(0, 0))) == 0


def test_of_ids_that_are_small_few_have_small_hashes() -> None:
    """Where the least id of many is kept, small keys would say that there are far more."""
    least = [min(ids.sentence_id(f"{n} {copy}") for copy in range(8)) for n in range(500)]
    hashes = hashes_of_ids(pa.chunked_array([pa.array(least)]))
    assert 180 < (hashes < np.uint64(1 << 63)).sum() < 320


def test_an_id_that_is_a_digest_is_its_own_key() -> None:
    assert key_of_id(NAMES[0]) == int(NAMES[0][:16], 16)


@pytest.mark.parametrize(
    "spelling",
    [
        "http://Site.example/a%7Eb.jpg",
        "https://site.example:443/a~b.jpg#top",
        "//site.example/a~b.jpg",
    ],
)
def test_spellings_of_an_address_have_one_key(spelling: str) -> None:
    assert key_of_address(spelling) == key_of_address("https://site.example/a~b.jpg")


def test_a_column_of_addresses_has_the_keys_of_its_addresses() -> None:
    hosts = ["a.example", "A.example:80", "x-y.b1.co", "a_b.example", "1.2.3.4", "bücher.example"]
    paths = ["", "/", "/a/b.jpg?c=d;e", "/a?", "/./a", "/.a", "/a.", "/a%7Eb", "/a b", "/a#b", "/ä"]
    schemes = ["http://", "https://", "//", "HTTP://", "xhttp://", "\nhttp://", "ftp://", ""]
    every = [f"{s}{host}{path}" for s in schemes for host in hosts for path in paths]
    column = pa.chunked_array([pa.array([None, *every[:9]]), pa.array([*every[9:], "", *every])])
    assert set(keys_of_addresses(column).tolist()) == {
        key_of_address(text) for text in every if text
    }


def test_lists_of_addresses_are_borne_by_each_of_theirs() -> None:
    column = pa.chunked_array([pa.array([["https://a.example/1", "https://b.example/2"], []])])
    assert set(keys_of_addresses(column).tolist()) == {
        key_of_address("http://a.example/1"),
        key_of_address("http://b.example/2"),
    }


def test_rows_are_found_by_an_address_of_their_kind_alone() -> None:
    bearing = Bearing("any", "dropped", ids=("id",), addresses=("detail",), kind="image")
    table = pa.table(
        {
            "kind": ["image", "sentence"],
            "id": NAMES[:2],
            "detail": ["https://site.example/p", "https://site.example/p"],
        }
    )
    run: object = None
    assert bearing.ids_at(run, 0, table, "http://site.example/p") == NAMES[:1]  # type: ignore[arg-type]
    keys = {key for part in bearing.keys(table) for key in part.tolist()}
    assert keys == {*map(key_of_id, NAMES[:2]), key_of_address("https://site.example/p")}
