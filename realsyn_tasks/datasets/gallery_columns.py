"""What pairs are chosen and sorted by: a few numbers of each, wherever its table comes from."""

from __future__ import annotations

from binascii import unhexlify
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import chunks
from realsyn_tasks.core.ids import ID_LENGTH
from realsyn_tasks.corpus.matches import domains_of
from realsyn_tasks.web.suffixes import is_public_suffix

HAS = (  # bits of `has`: eight, which is all that it holds
    *("caption", "alt", "syn_text", "text2", "text3", "context", "relevance"),
    "recaption",
)
LATER = ("recaption",)  # columns that versions of before they came do not have
READ = (
    *("image_id", "document_url", "licence", "width", "height", "cluster_id", "syn_score"),
    *("realistic_scores", "relevance", "sentence_ids", "caption", "alt", "syn_text"),
    *("text2", "text3", "context", *LATER),
)
PLACES = pa.schema(
    [
        ("offset", pa.int64()),  # of the picture in its shard's tar
        ("length", pa.int32()),
        ("about_offset", pa.int64()),  # of all columns as JSON
        ("about_length", pa.int32()),
    ]
)
COLUMNS = pa.schema(
    [
        *PLACES,
        ("image", pa.uint64()),  # the first half of its id
        ("score", pa.float32()),  # of picture and text1; NaN where there is none
        ("relevance", pa.float32()),  # of text1
        ("syn_score", pa.float32()),
        ("cluster", pa.int32()),
        ("domain", pa.int32()),  # place among the names; -1: none
        ("licence", pa.int32()),
        ("pixels", pa.int32()),
        ("has", pa.uint8()),
    ]
)
Values = np.ndarray[Any, Any]
# Addresses that are their own spelling (corpus.entries.url_of), with a path behind the host.
_PLAIN = r"^https?://([a-z0-9-]+\.)+[a-z][a-z0-9-]*/[A-Za-z0-9._~/?&=+,;:@-]*$"


@dataclass(frozen=True)
class Known:
    """The columns of some pairs, and the names that stand behind two of them."""

    pairs: int
    columns: dict[str, Values]
    domains: list[str]
    licences: list[str]

    @staticmethod
    def of(pairs: pa.Table) -> Known:
        """Work out the columns of a table that has those of READ."""
        names = names_of_columns()
        columns = {**numbers(pairs), **coded(pairs, names)}
        return Known(pairs.num_rows, columns, names["domains"].names, names["licences"].names)


def names_of_columns(known: Mapping[str, Sequence[str]] | None = None) -> dict[str, Names]:
    """Give what collects the names behind `domain` and `licence`, after those that are known."""
    return {name: Names((known or {}).get(name, ())) for name in ("domains", "licences")}


class Names:
    """Names, each once, in the order in which they came."""

    def __init__(self, known: Sequence[str] = ()) -> None:
        self._codes = {name: place for place, name in enumerate(known)}

    @property
    def names(self) -> list[str]:
        """Give all of them."""
        return list(self._codes)

    def coded(self, column: pa.ChunkedArray, name_of: Any) -> Values:
        """Give the place of each value's name; -1 where it has none; (n,) int32."""
        codes, different = chunks.coded(column)
        known = [name_of(value) for value in different]
        places = [self._codes.setdefault(name, len(self._codes)) if name else -1 for name in known]
        table = np.array([*places, -1], dtype=np.int32)  # a null is -1: the last one
        coded: Values = table[codes]
        return coded


def coded(pairs: pa.Table, names: dict[str, Names]) -> dict[str, Values]:
    """Give the columns that are places among names; takes in the new ones."""
    return {
        "domain": names["domains"].coded(_up_to_hosts(pairs["document_url"]), domain_of),
        "licence": names["licences"].coded(pairs["licence"], str),
    }


def _up_to_hosts(urls: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cut plain addresses behind their hosts, which decide alone, so that each is judged once."""
    odd = pc.or_(pc.match_substring(urls, "/."), pc.ends_with(urls, "?"))
    plain = pc.and_not(pc.match_substring_regex(urls, _PLAIN), odd)
    hosts = pc.replace_substring_regex(urls, "^(https?://[^/]*/).*", r"\1")
    return pc.if_else(plain, hosts, urls)


def domain_of(url: str | None) -> str:
    """Name the domain that a page is of, without subdomains; "" for what is no address."""
    return _without_subdomains(domains_of(url))


@lru_cache(maxsize=100_000)
def _without_subdomains(every: tuple[str, ...]) -> str:
    """Choose of a host and the domains above it the shortest that somebody can own."""
    owned = (name for name in reversed(every) if not is_public_suffix(name))
    return next(owned, "".join(every[:1]))


def numbers(pairs: pa.Table) -> dict[str, Values]:
    """Give the columns that are numbers, but for where things lie."""
    area = pc.multiply(pairs["width"].cast(pa.int64()), pairs["height"].cast(pa.int64()))
    return {
        "image": ids_of(pairs["image_id"]).view(">u8")[::2].astype(np.uint64),
        "score": _firsts(pairs["realistic_scores"]),
        "relevance": _firsts(pairs["relevance"]),
        "syn_score": _floats(pairs["syn_score"]),
        "cluster": pc.fill_null(pairs["cluster_id"], -1).to_numpy(),
        "pixels": np.minimum(pc.fill_null(area, 0).to_numpy(), 2**31 - 1).astype(np.int32),
        "has": _bits(pairs),
    }


def ids_of(names: pa.ChunkedArray) -> Values:
    """Give ids as bytes, (n,) S16; of "" and of null zeros."""
    known = pc.fill_null(names, "")
    digits = pc.if_else(pc.equal(known, ""), "0" * ID_LENGTH, known).cast(pa.binary(ID_LENGTH))
    raw = b"".join(unhexlify(_content(chunk)) for chunk in digits.chunks if len(chunk))
    return np.frombuffer(raw, dtype=f"S{ID_LENGTH // 2}")


def _content(fixed: pa.FixedSizeBinaryArray) -> memoryview:
    """Give the bytes of all values, one after another, where they lie."""
    width = fixed.type.byte_width
    start = fixed.offset * width
    return memoryview(fixed.buffers()[1])[start : start + len(fixed) * width]


def first_ids_of(lists: pa.ChunkedArray) -> Values:
    """Give the first id of each list as `ids_of` does; of an empty list zeros."""
    ids = np.zeros(len(lists), dtype=f"S{ID_LENGTH // 2}")
    known, firsts = _firsts_of(lists)
    ids[known] = ids_of(firsts)
    return ids


def _firsts(lists: pa.ChunkedArray) -> Values:
    """Give the first number of each list; NaN where there is none."""
    values = np.full(len(lists), np.nan, dtype=np.float32)
    known, firsts = _firsts_of(lists)
    values[known] = _floats(firsts)
    return values


def _firsts_of(lists: pa.ChunkedArray) -> tuple[Values, pa.ChunkedArray]:
    """Say which lists have anything in them, and give the first of each of those."""
    known = _filled(lists)
    return known, pc.list_element(lists.filter(pa.array(known)), 0)


def _floats(column: pa.ChunkedArray) -> Values:
    floats: Values = pc.fill_null(column, float("nan")).to_numpy().astype(np.float32)
    return floats


def _bits(pairs: pa.Table) -> Values:
    bits = np.zeros(pairs.num_rows, dtype=np.uint8)
    for place, name in enumerate(HAS):
        if name not in LATER or name in pairs.column_names:
            bits |= _filled(pairs[name]).astype(np.uint8) << np.uint8(place)
    return bits


def _filled(column: pa.ChunkedArray) -> Values:
    """Say which rows have a text, or a number in their list; (n,) bool."""
    if pa.types.is_list(column.type):
        first = pc.list_value_length(column)
        return pc.fill_null(pc.greater(first, 0), False).to_numpy()  # type: ignore[no-any-return]
    return pc.fill_null(pc.not_equal(column, ""), False).to_numpy()  # type: ignore[no-any-return]
