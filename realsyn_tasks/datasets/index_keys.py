"""Keys of columns, and which rows bear them: of addresses, of the domains above them, of hashes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from realsyn_tasks.core import chunks
from realsyn_tasks.corpus.keys import key_of_text
from realsyn_tasks.corpus.matches import domains_of, url_key

Values = np.ndarray[Any, Any]
Keyed = tuple[Values, Values]  # keys (n,) uint64, and the row that bears each, (n,) int64


def of_hashes(values: list[str], rows: Values) -> Keyed:
    """Give the beginning of each hash, hexadecimal; of "" and of null nothing."""
    known = [(int(value[:16], 16), row) for value, row in zip(values, rows, strict=True) if value]
    keys = np.array([key for key, _ in known], dtype=np.uint64)
    return keys, np.array([row for _, row in known], dtype=np.int64)


def of_addresses(values: pa.ChunkedArray, rows: Values) -> tuple[Keyed, Keyed]:
    """Give the keys of a column of addresses, and those of the domains of their hosts.

    `rows` are those that bear the values.
    """
    codes, different = chunks.coded(values)
    addresses = [_of_address(text) for text in different]
    domains = [[key_of_text(name) for name in domains_of(text)] for text in different]
    return _keyed(addresses, codes, rows), _keyed(domains, codes, rows)


def _of_address(text: str) -> list[int]:
    return [key_of_text(key)] if (key := url_key(text)) else []


def _keyed(lists: list[list[int]], codes: Any, rows: Values) -> Keyed:
    """Give each row the keys of its value, which is one of those that the lists are of."""
    counts = np.array([len(keys) for keys in lists], dtype=np.int64)
    flat = np.array([key for keys in lists for key in keys], dtype=np.uint64)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64) if lists else counts
    known = codes >= 0
    codes, rows = codes[known], np.asarray(rows)[known]
    repeats = counts[codes] if len(codes) else np.zeros(0, dtype=np.int64)
    places = np.repeat(starts[codes], repeats) + _within(repeats) if len(codes) else repeats
    return flat[places], np.repeat(rows, repeats)


def _within(repeats: Values) -> Values:
    """Count from 0 within each run of repeats."""
    ends = np.cumsum(repeats)
    every = np.arange(int(ends[-1]) if len(ends) else 0)
    places: Values = every - np.repeat(ends - repeats, repeats)
    return places
