"""Indexes that find the three nearest at a chosen recall. All inverted files have our lists."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.benchmarks.measure import timed
from tests.benchmarks.vectors_lab import Lab

PROBES = (8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
LINKS, WIDTH_OF_BUILDING = 32, 40
WIDTHS = (16, 32, 64, 128, 256, 512, 1024, 2048)
Search = Callable[..., np.ndarray]


@dataclass(frozen=True)
class Peer:
    name: str
    settings: tuple[Any, ...]
    search: Search


def peers(lab: Lab) -> Iterator[Peer]:
    flat = filled(lab, lab.faiss.IndexIVFFlat(*inverted(lab)))
    probes = tuple(p for p in PROBES if p <= lab.lists)
    yield Peer("IndexIVFFlat.search", probes, by_probes(lab, flat, flat))
    yield Peer("big_batch_search", probes, by_big_batches(lab, flat))
    del flat
    yield Peer("IVF SQ8", probes, by_probes(lab, *[filled(lab, sq8(lab))] * 2))
    *lists, metric = inverted(lab)
    for factor in (8, 16):
        name = f"IVFPQ{lab.dim // 2}x4 FastScan + refine x{factor}"
        quantiser = lab.faiss.IndexIVFPQFastScan(*lists, lab.dim // 2, 4, metric)
        yield refined(lab, name, quantiser, factor)
    for factor in (8, 32):
        name = f"IVF-RaBitQ + refine x{factor}"
        yield refined(lab, name, lab.faiss.IndexIVFRaBitQ(*inverted(lab)), factor)
    name = "IVF-RaBitQ FastScan + refine x32"
    yield refined(lab, name, lab.faiss.IndexIVFRaBitQFastScan(*inverted(lab)), 32)


def sq8(lab: Lab) -> Any:
    *lists, metric = inverted(lab)
    return lab.faiss.IndexIVFScalarQuantizer(*lists, lab.faiss.ScalarQuantizer.QT_8bit, metric)


def inverted(lab: Lab) -> tuple[Any, ...]:
    coarse = lab.faiss.IndexFlatIP(lab.dim)
    coarse.add(lab.centroids)
    _KEPT.append(coarse)
    return coarse, lab.dim, lab.lists, lab.faiss.METRIC_INNER_PRODUCT


_KEPT: list[Any] = []  # faiss does not own the quantisers given to it


def filled(lab: Lab, index: Any) -> Any:
    index.train(lab.base[: 64 * 1024])
    index.add(lab.base)
    return index


def refined(lab: Lab, name: str, index: Any, factor: int) -> Peer:
    refine = lab.faiss.IndexRefineFlat(index)
    refine.k_factor = factor
    _KEPT.append(index)
    filled(lab, refine)
    probes = tuple(p for p in PROBES if p <= lab.lists)
    return Peer(name, probes, by_probes(lab, refine, index))


def by_probes(lab: Lab, index: Any, inverted_file: Any) -> Search:
    def search(nprobe: int, count: int | None = None) -> np.ndarray:
        inverted_file.nprobe = nprobe
        return np.asarray(index.search(lab.queries[:count], 3)[1])

    return search


def by_big_batches(lab: Lab, index: Any) -> Search:
    from faiss.contrib import big_batch_search

    search_all: Callable[..., tuple[np.ndarray, ...]] = big_batch_search.big_batch_search

    def search(nprobe: int, count: int | None = None) -> np.ndarray:
        index.nprobe = nprobe
        threads = lab.options.threads
        with redirect_stdout(io.StringIO()):  # it reports on every list
            _, rows = search_all(index, lab.queries[:count], 3, computation_threads=threads)
            return np.asarray(rows)

    return search


def graph(lab: Lab) -> Peer:
    index = lab.faiss.IndexHNSWFlat(lab.dim, LINKS, lab.faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = WIDTH_OF_BUILDING
    built = timed(lambda: index.add(lab.base), 1)

    def search(ef: int, count: int | None = None) -> np.ndarray:
        index.hnsw.efSearch = ef
        return np.asarray(index.search(lab.queries[:count], 3)[1])

    name = (
        f"HNSW{LINKS}, not counting its building with efConstruction {WIDTH_OF_BUILDING}"
        f" in {built.cpu:.0f} CPU s, {built.wall:.0f} wall s"
    )
    return Peer(name, WIDTHS, search)
