"""vectors/ against faiss, each with the fastest matrix product it can run on this CPU."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np

from realsyn_tasks.vectors import audit, duplicates, kmeans, search
from tests.benchmarks.clip_like import Floats, texts_and_images, with_near_copies
from tests.benchmarks.measure import Options, Row, alternate, machine_name, timing_rows

SUITE = "vectors"
DIM = 512
ROWS_PER_LIST = 400
NPROBE = 16


def rows(options: Options) -> Iterator[Row]:
    faiss = tuned_faiss(options.threads)
    machine = f"{machine_name(options.threads)}, faiss {faiss.__version__} tuned"
    texts, images = texts_and_images(options.rows(40_000), options.rows(2_000), DIM, seed=1)
    yield from exact(faiss, texts, images, options, machine)
    yield from list_major(faiss, texts, images, options, machine)
    yield from fitting(faiss, texts, options, machine)
    copies = with_near_copies(images_only(options), share=0.15, seed=3)
    yield from near_pairs(faiss, copies, options, machine)


def tuned_faiss(threads: int) -> ModuleType:
    """faiss with the product kernel of this CPU.

    Its wheel carries an OpenBLAS too old to know recent CPUs, which then runs SSE2 code; the core
    type has to be named before the import. numpy, imported above, has its own OpenBLAS.
    """
    info = Path("/proc/cpuinfo")
    flags = info.read_text() if info.exists() else ""
    if "avx512bw" in flags:
        os.environ.setdefault("OPENBLAS_CORETYPE", "SkylakeX")
    elif "avx2" in flags:
        os.environ.setdefault("OPENBLAS_CORETYPE", "Haswell")
    import faiss

    faiss.omp_set_num_threads(threads)
    return faiss


def images_only(options: Options) -> Floats:
    return texts_and_images(1, options.rows(15_000), DIM, seed=2)[1]


def exact(
    faiss: ModuleType, base: Floats, queries: Floats, options: Options, machine: str
) -> Iterator[Row]:
    index = faiss.IndexFlatIP(DIM)
    index.add(base)
    ours, peer = alternate(
        lambda: search.exact_search(queries, [base], 10)[0],
        lambda: index.search(queries, 10)[1],
        options.repeats,
    )
    case = f"exact top-10, {len(queries)} x {len(base)}: IndexFlatIP"
    yield from timing_rows(SUITE, case, ours, peer, machine)
    agreement = float(audit.recall_at(ours.value, peer.value, 10).mean())
    yield Row(SUITE, case, agreement, 1.0, "recall@10 against the peer", machine)


def list_major(
    faiss: ModuleType, base: Floats, queries: Floats, options: Options, machine: str
) -> Iterator[Row]:
    lists = len(base) // ROWS_PER_LIST
    centroids = kmeans.fit(base, lists, seed=1)
    base_lists = kmeans.assign(base, centroids)
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(DIM), DIM, lists, faiss.METRIC_INNER_PRODUCT)
    index.train(base)
    index.add(base)
    index.nprobe = NPROBE

    def ours_once() -> np.ndarray:
        probed = search.probe(queries, centroids, NPROBE)
        return search.search_lists(queries, probed, base, base_lists, 3)[0]

    ours, peer = alternate(ours_once, lambda: index.search(queries, 3)[1], options.repeats)
    case = f"top-3 in {NPROBE} of {lists} lists, {len(queries)} x {len(base)}: IndexIVFFlat.search"
    yield from timing_rows(SUITE, case, ours, peer, machine)
    truth = search.exact_search(queries, [base], 3)[0]
    recalls = [float(audit.recall_at(found.value, truth, 3).mean()) for found in (ours, peer)]
    yield Row(SUITE, case, *recalls, "recall@3", machine)


def fitting(faiss: ModuleType, base: Floats, options: Options, machine: str) -> Iterator[Row]:
    lists = len(base) // ROWS_PER_LIST

    def peer_once() -> Floats:
        clustering = faiss.Kmeans(
            DIM, lists, niter=3, spherical=True, seed=1, max_points_per_centroid=ROWS_PER_LIST * 2
        )
        clustering.train(base)
        return clustering.centroids

    ours, peer = alternate(
        lambda: kmeans.fit(base, lists, iterations=3, seed=1), peer_once, options.repeats
    )
    case = f"k-means, {len(base)} rows, {lists} centroids, 3 steps: faiss.Kmeans"
    yield from timing_rows(SUITE, case, ours, peer, machine)
    cosines = [float((base @ fit.value.T).max(axis=1).mean()) for fit in (ours, peer)]
    yield Row(SUITE, case, *cosines, "mean cosine", machine)


def near_pairs(faiss: ModuleType, rows: Floats, options: Options, machine: str) -> Iterator[Row]:
    index = faiss.IndexFlatIP(DIM)
    index.add(rows)

    def peer_once() -> np.ndarray:
        limits, _, found = index.range_search(rows, 0.95)
        pairs = np.stack(
            [np.repeat(np.arange(len(rows)), np.diff(limits.astype(np.int64))), found], axis=1
        )
        return pairs[pairs[:, 0] < pairs[:, 1]]

    ours, peer = alternate(lambda: duplicates.near_pairs(rows, 0.95)[0], peer_once, options.repeats)
    case = f"pairs of cosine >= 0.95 among {len(rows)}: IndexFlatIP.range_search"
    yield from timing_rows(SUITE, case, ours, peer, machine)
    yield Row(SUITE, case, len(ours.value), len(peer.value), "pairs found", machine)
