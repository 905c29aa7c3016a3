"""The vectors that a version is searched by: of its pictures, and of the sentences of text1.

They are those that the corpus holds, looked up by id; a pair whose text is none of the corpus's
sentences (a caption, say) has zeros and is near to nothing. Up to EXACT pairs all are kept as they
are (float16) and all are compared; of more, faiss keeps codes of a byte for four dimensions, at
most 96, in lists (IVF-PQ, seeded): 1,000,000 pairs take some 110 MB.
"""

from __future__ import annotations

import io
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
STEPS = 6  # of k-means
PROBES = 32  # lists that a search looks at
FEW = 20_000  # rows that are compared one by one instead
SEED = 0
SOURCES = {"image": "images", "text1": "sentences"}  # vectors of -> table of the corpus
_AT_ONCE = 1 << 16
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


def made(version: Version, ids: dict[str, Values], scratch: Path) -> dict[str, tuple[About, Path]]:
    """Look up vectors by ids, and write what is searched by; of what is gone or damaged nothing."""
    written: dict[str, tuple[About, Path]] = {}
    for name, mine in ids.items():
        rows = None
        with suppress(DamagedObject, DamagedRecord):
            rows = _looked_up(version, SOURCES[name], mine, scratch / f"{name}-rows")
        if rows is not None and (known := int(_known(rows).sum())):
            kept: Literal["exact", "coded"] = "exact" if len(rows) <= EXACT else "coded"
            path = scratch / f"{name}-vectors"
            (_write_exact if kept == "exact" else _write_coded)(rows, path)
            written[name] = (About(kept=kept, dim=rows.shape[1], known=known), path)
    return written


def _looked_up(version: Version, table: str, ids: Values, path: Path) -> Values | None:
    """Give (n, d) float16 on disk; None where there are none."""
    if not len(ids):
        return None
    wanted, places = np.unique(ids, return_inverse=True)
    rows: Values | None = None
    for at, vectors in _of_corpus(version, table, wanted):
        if rows is None:
            shape = (len(wanted), vectors.shape[1])
            rows = np.memmap(path, dtype=np.float16, mode="w+", shape=shape)
        rows[at] = vectors
    return None if rows is None else _spread(rows, places, path.with_suffix(".spread"))


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


def _spread(rows: Values, places: Values, path: Path) -> Values:
    """Give each pair its row."""
    shape = (len(places), rows.shape[1])
    spread = np.memmap(path, dtype=np.float16, mode="w+", shape=shape)
    for start in range(0, len(places), _AT_ONCE):
        spread[start : start + _AT_ONCE] = rows[places[start : start + _AT_ONCE]]
    return spread


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


def _known(rows: Values) -> Values:
    known = [rows[i : i + _AT_ONCE].any(axis=1) for i in range(0, len(rows), _AT_ONCE)]
    return np.concatenate(known)


def _write_exact(rows: Values, path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.asarray(rows))


def _write_coded(rows: Values, path: Path) -> None:
    import faiss

    count, dim = rows.shape
    lists = max(1, min(2 * isqrt(count), count // TRAINED_BY))
    parts = max(n for n in range(1, CODE_BYTES + 1) if dim % n == 0 and (n * 4 <= dim or n == 1))
    index = faiss.IndexIVFPQ(
        faiss.IndexFlatIP(dim), dim, lists, parts, 8, faiss.METRIC_INNER_PRODUCT
    )
    index.cp.seed = index.pq.cp.seed = SEED
    index.cp.niter = index.pq.cp.niter = STEPS
    known = np.flatnonzero(_known(rows))
    drawn = known[bottom_k(row_order(len(known), SEED), lists * TRAINED_BY)]
    index.train(rows[np.sort(drawn)].astype(np.float32))
    for start in range(0, count, _AT_ONCE):
        index.add(rows[start : start + _AT_ONCE].astype(np.float32))
    faiss.write_index(index, str(path))


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
