"""vectors/ against its peers in one run, each with the fastest product it can run on this CPU.

``--case`` runs parts: exact, recall, job, pairs, headline, growth, memory, projection. ``--scale``
multiplies 400,000 texts and 8,000 images; ``--threads 2`` runs everything on two. Timings are
medians of ``--repeats``. usearch is no dependency of the project and is left out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import numpy as np

from realsyn_tasks.vectors import audit, kmeans, search
from tests.benchmarks import vectors_pairs, vectors_peers, vectors_size
from tests.benchmarks.clip_like import texts_and_images
from tests.benchmarks.measure import Options, Row, Timed, alternate, timed, timing_rows
from tests.benchmarks.vectors_lab import DIM, ROWS_PER_LIST, SUITE, Lab, lab_of

__all__ = ["SUITE", "rows"]
TARGET = 0.95
PROBES = (1, 2, 4, 8, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512)
PAPER_STEPS, PAPER_POINTS = 20, 256  # iterations and points a centroid of a usual faiss.Kmeans


def rows(options: Options) -> Iterator[Row]:
    lab = lab_of(options)
    for name, case in CASES.items():
        if not options.cases or name in options.cases:
            yield from case(lab)


def exact(lab: Lab) -> Iterator[Row]:
    faiss, base, queries = lab.faiss, lab.base, lab.queries
    index = faiss.IndexFlatIP(DIM)
    index.add(base)
    ours, peer = alternate(
        lambda: search.exact_search(queries, [base], 10)[0],
        lambda: index.search(queries, 10)[1],
        lab.options.repeats,
    )
    case = lab.label(f"exact top-10, {lab.size}: IndexFlatIP")
    yield from timing_rows(SUITE, case, ours, peer, lab.machine)
    agreement = float(audit.recall_at(ours.value, peer.value, 10).mean())
    yield lab.row(case, agreement, 1.0, "recall@10 against the peer")
    rate = 2 * len(base) * len(queries) * DIM / ours.cpu / 1e9
    case = lab.label(f"exact top-10, {lab.size}: int8 product alone (torch._int_mm)")
    yield lab.row(case, rate, lab.int8_peak, "GOP per CPU s")


def recall(lab: Lab) -> Iterator[Row]:
    """Top-3 at the first setting of each that reaches the target."""
    truth = lab.truth()
    nprobe = enough(lambda p: ours_at(lab, p), PROBES, truth)
    ours = timed(lambda: ours_at(lab, nprobe), lab.options.repeats)
    mine = recall_of(ours.value, truth)
    for peer in vectors_peers.peers(lab):
        setting = enough(peer.search, peer.settings, truth[: lab.tuned_on], lab.tuned_on)
        theirs = timed(lambda peer=peer, setting=setting: peer.search(setting), lab.options.repeats)
        case = lab.label(
            f"top-3 at recall {TARGET}, {lab.size}, {nprobe} of {lab.lists} lists: "
            f"{peer.name} ({setting})"
        )
        yield from timing_rows(SUITE, case, ours, theirs, lab.machine)
        yield lab.row(case, mine, recall_of(theirs.value, truth), "recall@3")


def ours_at(lab: Lab, nprobe: int, count: int | None = None) -> np.ndarray:
    queries = lab.queries[:count]
    probed = search.probe(queries, lab.centroids, nprobe)
    return search.search_lists(queries, probed, lab.base, lab.base_lists, 3)[0]


def recall_of(found: np.ndarray, truth: np.ndarray) -> float:
    return float(audit.recall_at(found[: len(truth)], truth, 3).mean())


def enough(run: Callable, settings: tuple, truth: np.ndarray, count: int | None = None):  # type: ignore[no-untyped-def,type-arg]
    """The first setting whose recall reaches the target, else the last."""
    for setting in settings:
        found = run(setting, count) if count else run(setting)
        if recall_of(found, truth) >= TARGET:
            return setting
    return settings[-1]


def job(lab: Lab) -> Iterator[Row]:
    """Fit, assign and search from nothing, against the paper's scheme on tuned faiss."""
    truth = lab.truth()
    nprobe = enough(lambda p: ours_at(lab, p), PROBES, truth)
    ours, peer = alternate(
        lambda: whole_job(lab.base, lab.queries, nprobe), lambda: paper_scheme(lab), 1
    )
    case = lab.label(
        f"whole job, {lab.size}, {nprobe} of {lab.lists} lists: k-means of {PAPER_STEPS} steps, "
        "IndexIVFFlat, nprobe 1"
    )
    yield from timing_rows(SUITE, case, ours, peer, lab.machine)
    yield lab.row(case, recall_of(ours.value, truth), recall_of(peer.value, truth), "recall@3")
    sizes = np.bincount(lab.base_lists, minlength=lab.lists)
    yield lab.row(case, kmeans.imbalance(sizes), 1.0, "imbalance of the lists against equal ones")


def whole_job(base: np.ndarray, queries: np.ndarray, nprobe: int) -> np.ndarray:
    centroids, lists = fitted(base)
    probed = search.probe(queries, centroids, nprobe)
    return search.search_lists(queries, probed, base, lists, 3)[0]


def fitted(base: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centroids from 64 rows each, three steps, and the list of every row."""
    lists = max(1, len(base) // ROWS_PER_LIST)
    sample = base[np.random.default_rng(1).permutation(len(base))[: 64 * lists]]
    centroids = kmeans.fit(sample, lists, seed=1)
    if lists < kmeans.GROUPED_FROM:
        return centroids, kmeans.assign(base, centroids)
    return centroids, kmeans.Grouped.of(centroids).assign(base)


def paper_scheme(lab: Lab) -> np.ndarray:
    faiss = lab.faiss
    clustering = faiss.Kmeans(
        DIM,
        lab.lists,
        niter=PAPER_STEPS,
        spherical=True,
        seed=1,
        max_points_per_centroid=PAPER_POINTS,
    )
    clustering.train(lab.base)
    index = faiss.IndexIVFFlat(clustering.index, DIM, lab.lists, faiss.METRIC_INNER_PRODUCT)
    index.add(lab.base)
    return index.search(lab.queries, 3)[1]


def headline(lab: Lab) -> Iterator[Row]:
    """Our own exact run against the same job at the target recall, fit included."""
    texts = int(os.environ.get("REALSYN_BENCH_TEXTS", 1_000_000 * lab.options.scale))
    images = int(os.environ.get("REALSYN_BENCH_IMAGES", 100_000 * lab.options.scale))
    scanned = int(os.environ.get("REALSYN_BENCH_EXACT_IMAGES", images))
    base, queries = texts_and_images(texts, images, DIM, seed=5)
    exact = timed(lambda: search.exact_search(queries[:scanned], [base], 3)[0], 1)
    nprobe = planned(base, queries, exact.value[: min(scanned, 500)])
    ours = timed(lambda: whole_job(base, queries, nprobe), 1)
    share = images / scanned
    case = lab.label(f"headline, {images} x {texts}, {nprobe} probes, fit included: exact search")
    if scanned < images:
        case += f" (run for {scanned} images and multiplied)"
    peer = Timed(exact.value, exact.cpu * share, exact.wall * share)
    yield from timing_rows(SUITE, case, ours, peer, lab.machine)
    yield lab.row(case, recall_of(ours.value, exact.value), 1.0, "recall@3")


def planned(base: np.ndarray, queries: np.ndarray, truth: np.ndarray) -> int:
    """Fewest probes for the target, from the true neighbours of some queries."""
    centroids, lists = fitted(base)
    probed = search.probe(queries[: len(truth)], centroids, min(1024, len(centroids)))
    found = audit.probes_for_recall(probed, lists[truth], len(centroids), TARGET, level=0.5)
    return found.nprobe or len(centroids)


def growth(lab: Lab) -> Iterator[Row]:
    """Whole job at the target recall, with a fiftieth as many images as texts."""
    sizes = [round(400_000 * lab.options.scale / 2**i) for i in (4, 3, 2, 1, 0)]
    seconds, told = [], []
    for size in sizes:
        base, queries = lab.base[:size], lab.queries[: max(100, size // 50)]
        truth = search.exact_search(queries, [base], 3)[0]
        nprobe = planned(base, queries, truth)
        run = timed(
            lambda base=base, queries=queries, nprobe=nprobe: whole_job(base, queries, nprobe),
            lab.options.repeats,
        )
        seconds.append(run.cpu)
        told.append(f"{size}: {run.cpu:.2f} s at {nprobe} probes")
    exponent = float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])
    case = lab.label(f"growth of the whole job at recall {TARGET} ({', '.join(told)}): the goal")
    yield lab.row(case, exponent, 1.5, "exponent")


CASES: dict[str, Callable[[Lab], Iterator[Row]]] = {
    "exact": exact,
    "recall": recall,
    "job": job,
    "pairs": vectors_pairs.rows,
    "headline": headline,
    "growth": growth,
    "memory": vectors_size.memory,
    "projection": vectors_size.projection,
}
