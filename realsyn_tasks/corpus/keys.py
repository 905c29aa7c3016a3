"""Keys by which items are looked up, 64 bits of a digest each, and the tables that bear them.

An id is the beginning of a digest, and its own key; an address is known by its one spelling, any
other text as it is. Two things of one key are told apart by the rows themselves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from realsyn_tasks.core import chunks, tables
from realsyn_tasks.core.ids import ID_LENGTH
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.matches import url_key
from realsyn_tasks.vectors.hash_order import mixed

Keys = NDArray[np.uint64]
KEY_DIGITS = 16
DIGITS = frozenset("0123456789abcdef")
_NO_DIGIT = 255
_NIBBLES = bytes(
    int(chr(code), 16) if chr(code) in DIGITS else _NO_DIGIT for code in range(256)
)  # by their letters
# Addresses that `url_key` would give with another scheme at most: told from others by the column.
_PLAIN = (
    r"^https?://(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*"
    r"(?:/(?:[A-Za-z0-9_~?&=+,;:@-][A-Za-z0-9._~?&=+,;:@-]*)?)+$"
)


@lru_cache(maxsize=400_000)
def key_of_text(text: str) -> int:
    """Give the key of a text: 64 bits of its digest."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def keys_of_texts(texts: Iterable[bytes]) -> Keys:
    """Give the key of each of many texts in UTF-8, and keep none of them."""
    digests = b"".join([hashlib.blake2b(text, digest_size=8).digest() for text in texts])
    return np.frombuffer(digests, dtype=">u8").astype(np.uint64)


def key_of_address(text: str) -> int:
    """Give the key of an address in any spelling, or of a path as it is."""
    return key_of_text(url_key(text) or text)


def key_of_id(identity: str) -> int:
    """Give the key of an id: its first 64 bits; what is no digest has that of a text."""
    is_digest = len(identity) == ID_LENGTH and set(identity) <= DIGITS
    return int(identity[:KEY_DIGITS], 16) if is_digest else key_of_text(identity)


def keys_of_ids(column: pa.ChunkedArray) -> Keys:
    """Give the key of each id of a column, in any order; nulls have none."""
    known = column.drop_null() if column.null_count else column
    whole = pc.equal(pc.binary_length(known), ID_LENGTH)
    if pc.all(whole, min_count=0).as_py():
        return np.concatenate([np.zeros(0, np.uint64), *map(_of_digests, known.chunks)])
    parts = [_of_digests(chunk) for chunk in known.filter(whole).chunks]
    others = [key_of_id(text) for text in known.filter(pc.invert(whole)).to_pylist()]
    return np.concatenate([np.array(others, dtype=np.uint64), *parts])


def hashes_of_ids(column: pa.ChunkedArray) -> Keys:
    """Give a hash of each id of a column, in any order; nulls have none.

    Keys alone are no random sample where they are small: of several alike items, the least id may
    be the one that is kept.
    """
    return mixed(keys_of_ids(column))


def _of_digests(chunk: pa.Array) -> Keys:
    """Read hexadecimal digits all at once; texts of as many letters one by one."""
    if not len(chunk):
        return np.zeros(0, dtype=np.uint64)
    start = chunk.offset
    offsets = np.frombuffer(chunk.buffers()[1], dtype=np.int32)[start : start + len(chunk) + 1]
    data = memoryview(chunk.buffers()[2])[offsets[0] : offsets[-1]]
    nibbles = bytes(data).translate(_NIBBLES)
    if _NO_DIGIT in nibbles:
        return np.array([key_of_id(text) for text in chunk.to_pylist()], dtype=np.uint64)
    digits = np.frombuffer(nibbles, dtype=np.uint8).reshape(-1, ID_LENGTH)[:, :KEY_DIGITS]
    pairs = digits[:, ::2] << np.uint8(4) | digits[:, 1::2]
    keys: Keys = np.ascontiguousarray(pairs).view(">u8").astype(np.uint64).ravel()
    return keys


def keys_of_addresses(column: pa.ChunkedArray) -> Keys:
    """Give the keys of the different addresses of a column, of texts or of lists of them."""
    different = pc.unique(_flat(column)).drop_null()
    plain = pc.and_not(pc.match_substring_regex(different, _PLAIN), pc.ends_with(different, "?"))
    spelled = pc.replace_substring_regex(different.filter(plain), "^http:", "https:")
    others = (text for text in different.filter(pc.invert(plain)).to_pylist() if text)
    odd = ((url_key(text) or text).encode() for text in others)
    return keys_of_texts([*spelled.cast(pa.binary()).to_pylist(), *odd])


def _flat(column: pa.ChunkedArray) -> pa.ChunkedArray:
    is_list = pa.types.is_list(column.type)
    return pa.chunked_array(pc.list_flatten(column), pa.string()) if is_list else column


@dataclass(frozen=True)
class Bearing:
    """A table whose rows are found by keys: by their ids, the row's own first, and by addresses.

    `kind` says of which kind of items the addresses are, in a table of several.
    """

    stage: str
    table: str
    ids: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    kind: str = ""

    @property
    def columns(self) -> Sequence[str]:
        """Name the columns that keys are made of."""
        return (*self.ids, *self.addresses, *(["kind"] if self.kind else []))

    def keys(self, table: pa.Table) -> Iterable[Keys]:
        """Give the keys that a table bears."""
        yield from (keys_of_ids(table[name]) for name in self.ids)
        mine = self._of_kind(table)
        yield from (keys_of_addresses(mine[name]) for name in self.addresses)

    def _of_kind(self, table: pa.Table) -> pa.Table:
        return table.filter(pc.equal(table["kind"], self.kind)) if self.kind else table

    def key_of(self, address: str) -> int:
        """Give the key of an address."""
        return key_of_address(address)

    def ids_at(self, run: Workspace, shard: int, table: pa.Table, address: str) -> list[str]:
        """Give the ids of the rows of a shard's table that bear an address, sorted."""
        wanted, mine = url_key(address) or address, self._of_kind(table)
        rows = {row for name in self.addresses for row in _rows_with(mine[name], wanted)}
        numbers = np.array(sorted(rows), dtype=np.int64)
        bearing = tables.taken(mine.select(list(self.ids)), numbers)
        ids = [text for name in self.ids for text in bearing[name].to_pylist()]
        return sorted({text for text in ids if text})


def _rows_with(column: pa.ChunkedArray, wanted: str) -> Iterable[int]:
    if pa.types.is_list(column.type):
        parents, column = pc.list_parent_indices(column).to_pylist(), _flat(column)
    else:
        parents = range(len(column))
    codes, different = chunks.coded(column)
    matching = {n for n, text in enumerate(different) if text and (url_key(text) or text) == wanted}
    return (parents[row] for row in np.flatnonzero(np.isin(codes, list(matching))).tolist())
