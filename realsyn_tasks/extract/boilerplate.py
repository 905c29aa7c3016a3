"""Counts the sentences that recur on the documents of one site.

Notices, invitations to subscribe and lines about the author stand on page after page, and parse
takes each of them for a sentence like any other. Counted are documents, not
occurrences; of several captures of an address one counts, or those of one shard together.

Memory is bounded by `most` pairs of a site and a sentence: about 100 bytes each while they are
merged, half a gigabyte for the default of 5 million. A crawl that has more is sampled by a hash of
its documents' addresses, so that the result depends neither on the order of shards nor on how they
were cut.
"""

from __future__ import annotations

from binascii import unhexlify
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from realsyn_tasks.core import chunks, tables
from realsyn_tasks.core.stage import Inputs
from realsyn_tasks.extract import reasons, schemas
from realsyn_tasks.web.suffixes import is_public_suffix

RECURS = 5  # documents; what is on fewer of a site's is not written down
KEY_DIGITS = 16  # of a sentence's id, in hex
MERGED_AT_ONCE = 1_000_000  # pairs
_FRONTS = ("www.", "m.", "amp.")

Hashes = NDArray[np.uint64]
Counts = NDArray[np.uint32]


def site_of(url: str) -> str:
    """Name a document's site: its host, without "www."; empty for a page of a folder.

    A host and not a registered domain: what recurs on all of a small blog must not drown in the
    pages of its large neighbours. What would leave a public suffix alone, as of www.co.uk, stays.
    """
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""
    front = next((prefix for prefix in _FRONTS if host.startswith(prefix)), "")
    rest = host[len(front) :]
    return host if front and is_public_suffix(rest) else rest


def sentence_key(sentence_id: str) -> str:
    """Shorten a sentence's id to what recurring sentences are known by."""
    return sentence_id[:KEY_DIGITS]


@dataclass(frozen=True)
class _Documents:
    """The sampled documents, each address once: (n,) arrays sorted by shard and address."""

    addresses: Hashes
    sites: Hashes
    shards: NDArray[np.int32]  # where the one of its captures that counts is

    def of_large_sites(self) -> tuple[_Documents, dict[int, int]]:
        """Keep the documents of sites that have enough; give the number of each of these too."""
        sites, place, counts = np.unique(self.sites, return_inverse=True, return_counts=True)
        rows = counts[place] >= RECURS
        large = counts >= RECURS
        sizes = dict(zip(sites[large].tolist(), counts[large].tolist(), strict=True))
        return _Documents(self.addresses[rows], self.sites[rows], self.shards[rows]), sizes

    def of_shard(self, shard: int) -> _Documents:
        """Keep the documents that count in a shard."""
        first, last = np.searchsorted(self.shards, [shard, shard + 1]).tolist()
        rows = slice(first, last)
        return _Documents(self.addresses[rows], self.sites[rows], self.shards[rows])

    def places_of(self, addresses: Hashes) -> NDArray[np.int64]:
        """Give the row of each address among the documents of one shard, which has some; or -1."""
        rows = np.searchsorted(self.addresses, addresses).clip(max=len(self.addresses) - 1)
        return np.where(self.addresses[rows] == addresses, rows, -1)


@dataclass
class _Tally:
    """Documents by site and sentence, held as sorted arrays."""

    sites: Hashes = field(default_factory=lambda: np.zeros(0, np.uint64))
    sentences: Hashes = field(default_factory=lambda: np.zeros(0, np.uint64))
    documents: Counts = field(default_factory=lambda: np.zeros(0, np.uint32))
    _fresh: list[tuple[Hashes, Hashes]] = field(default_factory=list)

    def add(self, sites: Hashes, sentences: Hashes) -> None:
        """Add one document for each pair."""
        self._fresh.append((sites, sentences))
        if sum(len(added) for added, _ in self._fresh) > max(MERGED_AT_ONCE, len(self.sites) // 4):
            self.merge()

    def merge(self) -> None:
        """Add up what was added since."""
        fresh, self._fresh = self._fresh, []
        sites = np.concatenate([self.sites, *(added for added, _ in fresh)])
        sentences = np.concatenate([self.sentences, *(added for _, added in fresh)])
        more = len(sites) - len(self.documents)
        documents = np.concatenate([self.documents, np.ones(more, np.uint32)])
        order = np.lexsort((sentences, sites))
        sites, sentences, documents = sites[order], sentences[order], documents[order]
        first = np.flatnonzero(_differs(sites) | _differs(sentences))
        self.sites, self.sentences = sites[first], sentences[first]
        self.documents = (
            np.add.reduceat(documents, first, dtype=np.uint32) if len(first) else documents
        )


def count_recurring(inputs: Inputs, most: int) -> pa.Table:
    """Give the sentences that are on at least RECURS documents of their site.

    Reads what parse gave, sentence by sentence and document by document, and what it dropped as
    an exact duplicate.
    """
    documents, sizes = _sample(inputs, most).of_large_sites()
    tally = _Tally()
    names: dict[int, str] = {}
    if sizes:
        for known, sightings in _sightings(inputs, documents):
            names |= _count_shard(sightings, known, tally)
    tally.merge()
    return _table(tally, sizes, names)


def _sample(inputs: Inputs, most: int) -> _Documents:
    """Choose documents by the hash of their address, and one capture of each by its id."""
    total = 0
    for _, table in inputs.stream("parse", "documents", ["sentences"]):
        total += max(table.num_rows, pc.sum(table["sentences"]).as_py() or 0)
    limit = 2**64 if total <= most else 2**64 * most // total
    parts = [_captures(table, shard, limit) for shard, table in _addresses(inputs)]
    empty = (np.zeros(0, np.uint64), np.zeros(0, np.uint64), np.zeros(0, np.uint64))
    columns = zip(*[(*empty, np.zeros(0, np.int32)), *parts], strict=True)
    addresses, captures, sites, shards = (np.concatenate(column) for column in columns)
    order = np.lexsort((captures, addresses))
    rows = order[_differs(addresses[order])]
    rows = rows[np.argsort(shards[rows], kind="stable")]
    return _Documents(addresses[rows], sites[rows], shards[rows])


def _addresses(inputs: Inputs) -> Iterator[tuple[int, pa.Table]]:
    return inputs.stream("parse", "documents", ["document_id", "url"])


def _captures(
    table: pa.Table, shard: int, limit: int
) -> tuple[Hashes, Hashes, Hashes, NDArray[np.int32]]:
    urls = table["url"].to_pylist()
    hashes = _hashes(urls)
    rows = np.flatnonzero(hashes <= np.uint64(limit - 1))
    return (
        hashes[rows],
        _keys(chunks.taken_column(table["document_id"], rows)),
        _hashes(site_of(urls[row]) for row in rows.tolist()),
        np.full(len(rows), shard, dtype=np.int32),
    )


def _sightings(inputs: Inputs, documents: _Documents) -> Iterator[tuple[_Documents, pa.Table]]:
    """Give which sentences are on which documents, shard by shard, with those seen before.

    Where no document of a shard counts, as in many of a crawl that is sampled, its sentences are
    not read.
    """
    kept = inputs.pieces("parse", "sentences")
    gone = inputs.stream("parse", "dropped", ["kind", "reason", "id", "detail"])
    for piece, (shard, dropped) in zip(kept, gone, strict=True):
        known = documents.of_shard(shard)
        if len(known.addresses):
            table = piece.read(["sentence_id", "document_url"]).rename_columns(["id", "detail"])
            yield known, pa.concat_tables([table, _repeated(dropped)])


def _repeated(dropped: pa.Table) -> pa.Table:
    copies = pc.equal(dropped["reason"], reasons.EXACT_DUPLICATE.code)
    again = pc.and_(pc.equal(dropped["kind"], "sentence"), copies)
    return dropped.filter(again).select(["id", "detail"])


def _count_shard(sightings: pa.Table, known: _Documents, tally: _Tally) -> dict[int, str]:
    """Add the pairs of a shard's known documents; give the names of their sites.

    Of what is on no known document, only the address is looked at, and each of these once.
    """
    places, urls = chunks.coded(sightings["detail"])
    found = known.places_of(_hashes(urls))
    sites = known.sites[found]  # of what is not known, any
    rows = found[places] >= 0
    places, keys = places[rows], _keys(sightings["id"].filter(pa.array(rows)))
    order = np.lexsort((keys, places))
    once = order[_differs(places[order]) | _differs(keys[order])]
    tally.add(sites[places[once]], keys[once])
    inside = np.flatnonzero(found >= 0)
    met, first = np.unique(sites[inside], return_index=True)
    pages = (urls[number] for number in inside[first].tolist())
    return dict(zip(met.tolist(), map(site_of, pages), strict=True))


def _table(tally: _Tally, sizes: dict[int, int], names: dict[int, str]) -> pa.Table:
    rows = np.flatnonzero(tally.documents >= RECURS)
    sites = tally.sites[rows].tolist()
    columns = {
        "site": [names[site] for site in sites],
        "sentence_key": [f"{key:0{KEY_DIGITS}x}" for key in tally.sentences[rows].tolist()],
        "documents": tally.documents[rows],
        "site_documents": [sizes[site] for site in sites],
    }
    return tables.build(schemas.RECURRING, columns, sort_by=("site", "sentence_key"))


def _hashes(texts: Iterable[str]) -> Hashes:
    digests = b"".join(blake2b(text.encode(), digest_size=8).digest() for text in texts)
    return np.frombuffer(digests, dtype=">u8").astype(np.uint64)


def _keys(ids: pa.ChunkedArray) -> Hashes:
    """Turn the first digits of hexadecimal ids into numbers."""
    texts = pc.utf8_slice_codeunits(ids, 0, KEY_DIGITS).cast(pa.binary())
    heads = texts.cast(pa.binary(KEY_DIGITS)).chunks
    digits = b"".join(_digits(chunk) for chunk in heads if len(chunk))
    return np.frombuffer(digits, dtype=">u8").astype(np.uint64)


def _digits(heads: pa.FixedSizeBinaryArray) -> bytes:
    first, last = (KEY_DIGITS * row for row in (heads.offset, heads.offset + len(heads)))
    return unhexlify(memoryview(heads.buffers()[1])[first:last])


def _differs(column: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Say of each element whether it differs from the one before; the first one does."""
    differs = np.ones(len(column), dtype=bool)
    differs[1:] = column[1:] != column[:-1]
    return differs
