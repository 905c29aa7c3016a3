"""The vectors that a version is searched by: of its pictures, and of the sentences of text1.

They are those that the corpus holds, looked up by id; a pair whose text is none of the corpus's
sentences (a caption, say) has zeros and is near to nothing. Up to EXACT pairs all are kept as they
are (float16) and all are compared; of more, faiss keeps codes of a byte for four dimensions, at
most 96, in up to MOST_LISTS lists (IVF-PQ, seeded): 1,000,000 pairs take some 110 MB.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from math import isqrt
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from realsyn_tasks.core import arrow_files, tables
from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.errors import DamagedObject
from realsyn_tasks.core.progress import Countdown
from realsyn_tasks.core.records import DamagedRecord
from realsyn_tasks.core.storage import ObjectRef
from realsyn_tasks.corpus.generations import GenerationShard, generation_path, read_generation
from realsyn_tasks.corpus.pinned import KEYS
from realsyn_tasks.datasets.gallery_columns import first_ids_of, ids_of
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.vectors.hash_order import bottom_k, row_order

EXACT = 100_000  # pairs, up to which all are compared
MOST = 20_000_000  # pairs, or sentences of the corpus, beyond which none are looked up
CODE_BYTES = 96  # of a vector, at most
TRAINED_BY = 40  # rows for each list
MOST_LISTS = 2048  # each vector is compared with all: from 1,050,000 pairs on in a straight line
STEPS = 6  # of k-means
PROBES = 32  # lists that a search looks at
FEW = 20_000  # rows that are compared one by one instead
SEED = 0
READ = ("image_id", "sentence_ids")  # columns of pairs, which ids are of
SOURCES = {"image": "images", "text1": "sentences"}  # vectors of -> table of the corpus
_AT_ONCE = 1 << 14  # pairs whose vectors memory holds
Values = np.ndarray[Any, Any]


class About(Frozen):
    """How vectors are kept."""

    kept: Literal["exact", "coded"]
    dim: int
    known: int  # of how many pairs


class Vectors(About):
    """Vectors as they stand in storage."""

    object: ObjectRef


def searched_by(version: Version) -> list[str]:
    """Name the vectors that may be looked up; where pairs or corpus are more than MOST, none."""
    pairs = version.manifest.pairs
    return [name for name, of in SOURCES.items() if max(pairs, _count(version, of)) <= MOST]


def ids_in(name: str, pairs: pa.Table) -> Values:
    """Give the ids by which the vectors of some pairs are looked up, (n,) S16."""
    return ids_of(pairs["image_id"]) if name == "image" else first_ids_of(pairs["sentence_ids"])


@dataclass(frozen=True)
class Found:
    """The vectors of pairs in a file, float16, in the order in which they were found."""

    path: Path
    dim: int
    places: Values  # of each pair's in the file, (n,) int64; -1: it has none, or one of zeros

    @property
    def known(self) -> Values:
        """Give the pairs that have one."""
        return np.flatnonzero(self.places >= 0)

    def of(self, pairs: Values) -> Values:
        """Read the vectors of some pairs, (m, d) float16; of those that have none zeros.

        Row by row, as mapped pages would count as memory and be most of it.
        """
        rows = np.zeros((len(pairs), self.dim), dtype=np.float16)
        places = self.places[pairs]
        order = np.argsort(places, kind="stable")
        order = order[np.searchsorted(places[order], 0) :]
        with self.path.open("rb", buffering=0) as file:
            for at, start in zip(order.tolist(), places[order].tolist(), strict=True):
                os.preadv(file.fileno(), [rows[at]], start * rows.strides[0])
        return rows

    def pieces(self) -> Iterator[Values]:
        """Read those of all pairs, _AT_ONCE at a time."""
        count = len(self.places)
        for start in range(0, count, _AT_ONCE):
            yield self.of(np.arange(start, min(count, start + _AT_ONCE)))


def made(version: Version, name: str, ids: Values, scratch: Path) -> tuple[About, Path] | None:
    """Look up vectors by ids, and write what is searched by; of what is gone or damaged nothing."""
    found, path = None, scratch / f"{name}-vectors"
    with suppress(DamagedObject, DamagedRecord):
        found = _looked_up(version, SOURCES[name], ids, scratch / f"{name}-found")
    if found is None or not (known := len(found.known)):
        return None
    kept: Literal["exact", "coded"] = "exact" if len(ids) <= EXACT else "coded"
    (_write_exact if kept == "exact" else _write_coded)(found, path)
    found.path.unlink()
    return About(kept=kept, dim=found.dim, known=known), path


def _looked_up(version: Version, table: str, ids: Values, path: Path) -> Found | None:
    """Find the vectors of pairs by ids; None where there are none."""
    if not len(ids):
        return None
    wanted, pairs = np.unique(ids, return_inverse=True)
    places, dim, written = np.full(len(wanted), -1, dtype=np.int64), 0, 0
    with path.open("wb") as file:
        for at, vectors in _of_corpus(version, table, wanted):
            dim = dim or vectors.shape[1]
            if vectors.shape[1] != dim:
                raise ValueError(f"vectors of {table} have {dim} numbers, and {vectors.shape[1]}")
            real = vectors.any(axis=1)
            vectors[real].tofile(file)
            places[at] = np.where(real, written + np.cumsum(real) - 1, -1)
            written += int(real.sum())
    return Found(path, dim, places[pairs]) if dim else None


def _of_corpus(version: Version, table: str, wanted: Values) -> Iterator[tuple[Values, Values]]:
    """Give the places among some sorted ids that a piece of the corpus has, with their vectors."""
    columns = [KEYS[table], "embedding"]
    for shard in _shards(version):
        for piece in arrow_files.pieces(version.storage, shard.objects[table], columns):
            names = ids_of(piece[KEYS[table]])
            at = np.searchsorted(wanted, names).clip(max=len(wanted) - 1)
            mine = np.flatnonzero(wanted[at] == names)
            if len(mine):
                yield at[mine], tables.halves_of(piece)[mine]


def _count(version: Version, table: str) -> int:
    return sum(getattr(each, table) for each in version.manifest.generations)


def _shards(version: Version) -> Iterator[GenerationShard]:
    """Give the shards of the corpus that a version is of, as far as it is still there."""
    for pinned in version.manifest.generations:
        try:
            generation = read_generation(version.storage, generation_path(pinned.generation))
        except FileNotFoundError:
            continue
        if generation.digest == pinned.digest:
            yield from generation.shards


def _write_exact(found: Found, path: Path) -> None:
    """Write all vectors as numpy saves an array."""
    header: Any = np.lib.format.write_array_header_1_0
    shape = (len(found.places), found.dim)
    with path.open("wb") as file:
        header(file, {"descr": "<f2", "fortran_order": False, "shape": shape})
        for piece in found.pieces():
            piece.tofile(file)


def _write_coded(found: Found, path: Path) -> None:
    import faiss

    count, dim, known = len(found.places), found.dim, found.known
    lists = lists_of(count)
    parts = max(n for n in range(1, CODE_BYTES + 1) if dim % n == 0 and (n * 4 <= dim or n == 1))
    index = faiss.IndexIVFPQ(
        faiss.IndexFlatIP(dim), dim, lists, parts, 8, faiss.METRIC_INNER_PRODUCT
    )
    index.cp.seed = index.pq.cp.seed = SEED
    index.cp.niter = index.pq.cp.niter = STEPS
    drawn = known[bottom_k(row_order(len(known), SEED), lists * TRAINED_BY)]
    index.train(found.of(np.sort(drawn)).astype(np.float32))
    counted = Countdown("vectors of pairs", count, "pairs")
    for piece in found.pieces():
        index.add(piece.astype(np.float32))
        counted.add(len(piece))
    faiss.write_index(index, str(path))


def lists_of(count: int) -> int:
    """Give how many lists so many pairs are kept in."""
    return max(1, min(2 * isqrt(count), count // TRAINED_BY, MOST_LISTS))


@dataclass(frozen=True)
class Near:
    """Rows near to a vector, the nearest first, with their cosines."""

    rows: Values
    scores: Values


class Searcher:
    """Vectors in memory."""

    def __init__(self, about: Vectors, data: bytes) -> None:
        self.about = about
        if about.kept == "exact":
            self._rows = np.load(io.BytesIO(data), allow_pickle=False).astype(np.float32)
        else:
            import faiss

            index: Any = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
            self._index = index
            self._index.nprobe = PROBES

    @cached_property
    def _mapped(self) -> Any:
        self._index.make_direct_map()
        return self._index

    def vector(self, row: int) -> Values:
        """Give the vector of a pair as it is kept; (d,) float32."""
        exact = self.about.kept == "exact"
        vector: Values = self._rows[row] if exact else self._mapped.reconstruct(row)
        return vector

    def near(self, vector: Values, mask: Values | None, count: int) -> Near:
        """Find the rows of a mask that are nearest to a vector."""
        if mask is not None and not mask.any():
            return Near(np.zeros(0, np.int64), np.zeros(0, np.float32))
        if self.about.kept == "exact":
            scores = self._rows @ vector
            return _best(
                np.arange(len(scores)) if mask is None else np.flatnonzero(mask), scores, count
            )
        if mask is not None and (few := np.flatnonzero(mask)).size <= FEW:
            scores = np.zeros(len(mask), dtype=np.float32)
            scores[few] = self._mapped.reconstruct_batch(few) @ vector
            return _best(few, scores, count)
        return self._by_lists(vector, mask, count)

    def _by_lists(self, vector: Values, mask: Values | None, count: int) -> Near:
        import faiss

        chosen = None
        if mask is not None:
            bits = np.packbits(mask, bitorder="little")
            selector = faiss.IDSelectorBitmap(len(mask), faiss.swig_ptr(bits))
            parameters: Any = faiss.SearchParametersIVF
            chosen = parameters(sel=selector, nprobe=PROBES)
        scores, rows = self._index.search(vector[None, :], count, params=chosen)
        real = rows[0] >= 0
        return Near(rows[0][real], scores[0][real])


def _best(rows: Values, scores: Values, count: int) -> Near:
    """Give the best of some rows; of equals the first."""
    mine = scores[rows]
    if count < len(rows):
        rows = rows[np.sort(np.argpartition(-mine, count)[:count])]
        mine = scores[rows]
    order = np.argsort(-mine, kind="stable")
    return Near(rows[order], mine[order])
