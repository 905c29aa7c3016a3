"""Near-duplicate pairs: all of them, and what SemDeDup's way within clusters finds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from realsyn_tasks.vectors import duplicates, kmeans, search
from tests.benchmarks.clip_like import Floats, texts_and_images, with_near_copies
from tests.benchmarks.measure import Row, Timed, timed, timing_rows
from tests.benchmarks.vectors_lab import DIM, ROWS_PER_LIST, SUITE, Lab

COSINE = 0.95
BLOCK = 2048
PEER_ROWS = 10_000  # rows for which the slowest peers are timed; the rest is multiplied


def rows(lab: Lab) -> Iterator[Row]:
    count = lab.options.rows(100_000)
    vectors = with_near_copies(texts_and_images(1, count, DIM, seed=2)[1], share=0.15, seed=3)
    yield from compared(lab, vectors, str(count))


def compared(lab: Lab, vectors: Floats, among: str) -> Iterator[Row]:
    ours = timed(lambda: duplicates.near_pairs(vectors, COSINE)[0], lab.options.repeats)
    all_pairs, looked_at = len(ours.value), int((ours.value < PEER_ROWS).sum())
    for name, peer, count in exact_peers(lab, vectors):
        case = lab.label(f"pairs of cosine >= {COSINE} among {among}: {name}")
        yield from timing_rows(SUITE, case, ours, peer, lab.machine)
        yield lab.row(case, looked_at, count, "pairs found, from both ends")
    semantic = timed(lambda: within_clusters(lab, vectors), lab.options.repeats)
    case = lab.label(f"pairs of cosine >= {COSINE} among {among}: within clusters, as SemDeDup")
    yield from timing_rows(SUITE, case, ours, semantic, lab.machine)
    yield lab.row(case, 1.0, semantic.value / all_pairs, "share of all pairs")
    two = timed(lambda: len(in_two_lists(vectors)), lab.options.repeats)
    case = lab.label(f"pairs among {among} in the two nearest lists of each: as SemDeDup")
    yield from timing_rows(SUITE, case, two, semantic, lab.machine)
    yield lab.row(case, two.value / all_pairs, semantic.value / all_pairs, "share of all pairs")


def exact_peers(lab: Lab, vectors: Floats) -> Iterator[tuple[str, Timed[int], int]]:
    index = lab.faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    part = vectors[:PEER_ROWS]
    share = len(vectors) / len(part)
    note = f" (run for {len(part)} rows and multiplied)" if share > 1 else ""
    ranged = timed(lambda: int(index.range_search(part, COSINE)[0][-1]), 1)
    yield f"IndexFlatIP.range_search{note}", multiplied(ranged, share), ranged.value - len(part)
    blocked = timed(lambda: by_products(vectors, len(part)), 1)
    yield f"blocked float32 GEMM{note}", multiplied(blocked, share / 2), blocked.value - len(part)


def multiplied(run: Timed[int], share: float) -> Timed[int]:
    return Timed(run.value, run.cpu * share, run.wall * share)


def by_products(vectors: Floats, count: int) -> int:
    """Pairs of the first ``count`` rows with any, themselves too; of all rows, half would do."""
    pairs = 0
    for start in range(0, count, BLOCK):
        for other in range(0, len(vectors), BLOCK):
            scores = vectors[start : min(count, start + BLOCK)] @ vectors[other : other + BLOCK].T
            pairs += len(np.flatnonzero(scores >= COSINE))
    return pairs


def within_clusters(lab: Lab, vectors: Floats) -> int:
    """k-means and all pairs of each cluster, by faiss and numpy."""
    count = max(1, len(vectors) // ROWS_PER_LIST)
    clustering = lab.faiss.Kmeans(
        vectors.shape[1], count, niter=3, spherical=True, seed=1, max_points_per_centroid=64
    )
    clustering.train(vectors)
    labels = clustering.index.search(vectors, 1)[1][:, 0]
    pairs = 0
    for rows_of_cluster in np.split(np.argsort(labels), np.cumsum(np.bincount(labels))[:-1]):
        some = vectors[rows_of_cluster]
        pairs += int(np.triu(some @ some.T >= COSINE, 1).sum())
    return pairs


def in_two_lists(vectors: Floats) -> np.ndarray:
    count = max(1, len(vectors) // ROWS_PER_LIST)
    centroids = kmeans.fit(vectors[: 64 * count], count, seed=1)
    lists = search.probe(vectors, centroids, 2)
    return duplicates.near_pairs_in_lists(vectors, lists, COSINE)[0]
