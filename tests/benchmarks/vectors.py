"""vectors/ against its peers in one run, each with the fastest product it can run on this CPU.

``--case`` runs parts: exact, recall, scann, codes, hnsw, usearch, fit, job, pairs, real (exact,
recall, scann, codes, job and pairs on embedded sentences), stages, headline, growth, memory,
projection. ``--scale`` multiplies 400,000 texts and 8,000 images; ``--threads 2`` runs everything
on two. Timings are medians of ``--repeats``; a search that takes a peer long is run once, and its
case says so. usearch, superkmeans and ScaNN run in environments of their own, which the first run
installs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from time import perf_counter

import numpy as np

from realsyn_tasks.vectors import audit, kmeans, search
from tests.benchmarks import (
    vectors_codes,
    vectors_outside,
    vectors_pairs,
    vectors_peers,
    vectors_size,
    vectors_stages,
)
from tests.benchmarks.clip_like import texts_and_images
from tests.benchmarks.measure import Options, Row, Timed, alternate, timed, timing_rows
from tests.benchmarks.vectors_jobs import (
    PLANNED,
    TARGET,
    enough,
    fitted,
    nearest,
    ours_at,
    planned,
    recall_of,
    whole_job,
)
from tests.benchmarks.vectors_lab import DIM, PLAN_IMAGES, PROBES, SUITE, Lab, lab_of, real_lab

__all__ = ["SUITE", "rows"]
SLOW = 10.0  # seconds of wall time of one search
PAPER_STEPS, PAPER_POINTS = 20, 256  # iterations and points a centroid of a usual faiss.Kmeans


def rows(options: Options) -> Iterator[Row]:
    lab = lab_of(options)
    for name, case in CASES.items():
        if not options.cases or name in options.cases:
            started = perf_counter()
            yield from case(lab)
            print(f"{name}: {perf_counter() - started:.0f} s", file=sys.stderr, flush=True)


def exact(lab: Lab) -> Iterator[Row]:
    faiss, base, queries = lab.faiss, lab.base, lab.queries
    index = faiss.IndexFlatIP(lab.dim)
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
    wide = lab.coded(256)  # directions: floors are lower than those of three rows
    kept, peer = alternate(
        lambda: wide.search_all(queries, 10)[0],
        lambda: index.search(queries, 10)[1],
        lab.options.repeats,
    )
    assert np.array_equal(kept.value, ours.value)
    kept_case = lab.label(f"exact top-10, {lab.size}, codes of lists kept: IndexFlatIP")
    yield from timing_rows(SUITE, kept_case, kept, peer, lab.machine)
    rate = 2 * len(base) * len(queries) * lab.dim / ours.cpu / 1e9
    case = lab.label(f"exact top-10, {lab.size}: int8 product alone (torch._int_mm)")
    yield lab.row(case, rate, lab.int8_peak, "GOP per CPU s")


def recall(lab: Lab) -> Iterator[Row]:
    """Top-3 at the first setting of each that reaches the target."""
    yield from against(lab, vectors_peers.peers(lab))


def graph(lab: Lab) -> Iterator[Row]:
    yield from against(lab, iter([vectors_peers.graph(lab)]))


def against(lab: Lab, peers: Iterator[vectors_peers.Peer]) -> Iterator[Row]:
    truth = lab.truth()
    nprobe = enough(lambda p: ours_at(lab, p), PROBES, truth)
    ours = timed(lambda: ours_at(lab, nprobe), lab.options.repeats)
    mine = recall_of(ours.value, truth)
    for peer in peers:
        setting = enough(peer.search, peer.settings, truth[: lab.tuned_on], lab.tuned_on)
        searching = partial(peer.search, setting)
        once = timed(searching, 1)
        slow = once.wall > SLOW
        theirs = once if slow else timed(searching, lab.options.repeats)
        words = f"{peer.name} ({setting}{', run once' if slow else ''})"
        case = f"top-3 at recall {TARGET}, {lab.size}, {nprobe} of {lab.lists} lists: {words}"
        yield from timing_rows(SUITE, lab.label(case), ours, theirs, lab.machine)
        yield lab.row(lab.label(case), mine, recall_of(theirs.value, truth), "recall@3")


def job(lab: Lab) -> Iterator[Row]:
    """Fit, assign and search from nothing, against the paper's scheme on tuned faiss."""
    truth = lab.truth()
    nprobe = planned(lab.base, lab.plan_queries, fitted(lab.base))
    ours, peer = alternate(
        lambda: whole_job(lab.base, lab.queries, nprobe), lambda: paper_scheme(lab), 1
    )
    case = lab.label(
        f"whole job, {lab.size}, {nprobe} of {lab.lists} lists, {PLANNED}, not timed: "
        f"k-means of {PAPER_STEPS} steps, IndexIVFFlat, nprobe 1"
    )
    yield from timing_rows(SUITE, case, ours, peer, lab.machine)
    yield lab.row(case, recall_of(ours.value, truth), recall_of(peer.value, truth), "recall@3")
    sizes = np.bincount(lab.base_lists, minlength=lab.lists)
    yield lab.row(case, kmeans.imbalance(sizes), 1.0, "imbalance of the lists against equal ones")


def paper_scheme(lab: Lab) -> np.ndarray:
    faiss = lab.faiss
    clustering = faiss.Kmeans(
        lab.dim,
        lab.lists,
        niter=PAPER_STEPS,
        spherical=True,
        seed=1,
        max_points_per_centroid=PAPER_POINTS,
    )
    clustering.train(lab.base)
    index = faiss.IndexIVFFlat(clustering.index, lab.dim, lab.lists, faiss.METRIC_INNER_PRODUCT)
    index.add(lab.base)
    return np.asarray(index.search(lab.queries, 3)[1])


def headline(lab: Lab) -> Iterator[Row]:
    """Our own exact run against the same job at the target recall, fit included.

    Recall is that of images which the number of probes was not planned by.
    """
    texts = int(os.environ.get("REALSYN_BENCH_TEXTS", 1_000_000 * lab.options.scale))
    images = int(os.environ.get("REALSYN_BENCH_IMAGES", 100_000 * lab.options.scale))
    scanned = int(os.environ.get("REALSYN_BENCH_EXACT_IMAGES", images))
    base, both = texts_and_images(texts, images + PLAN_IMAGES, DIM, seed=5)
    queries, others = both[:images], both[images:]
    exact = timed(lambda: search.exact_search(queries[:scanned], [base], 3)[0], 1)
    fit = timed(lambda: fitted(base), 1)
    plan = timed(lambda: planned(base, others, fit.value), 1)
    nearest_rows = timed(lambda: nearest(base, queries, fit.value, plan.value), 1)
    ours = Timed(nearest_rows.value, fit.cpu + nearest_rows.cpu, fit.wall + nearest_rows.wall)
    share = images / scanned
    size = f"headline, {images} x {texts}, {plan.value} probes"
    case = lab.label(f"{size}, fit included, planning not: exact search")
    if scanned < images:
        case += f" (run for {scanned} images and multiplied)"
    peer = Timed(exact.value, exact.cpu * share, exact.wall * share)
    yield from timing_rows(SUITE, case, ours, peer, lab.machine)
    yield lab.row(case, recall_of(ours.value, exact.value), 1.0, "recall@3")
    case = lab.label(f"{size}, planning, which a build does once for its lists: {PLANNED}")
    yield Row(SUITE, case, plan.cpu, None, "CPU s", lab.machine)
    yield Row(SUITE, case, plan.wall, None, "wall s", lab.machine)


def growth(lab: Lab) -> Iterator[Row]:
    """Whole job at the target recall, with a fiftieth as many images as texts."""
    sizes = [round(400_000 * lab.options.scale / 2**i) for i in (4, 3, 2, 1, 0)]
    seconds, figures = [], []
    for size in sizes:
        base, queries = lab.base[:size], lab.queries[: max(100, size // 50)]
        nprobe = planned(base, lab.plan_queries, fitted(base))
        run = timed(partial(whole_job, base, queries, nprobe), lab.options.repeats)
        seconds.append(run.cpu)
        truth = search.exact_search(queries, [base], 3)[0]
        recall = recall_of(run.value, truth)
        figures.append(f"{size}: {run.cpu:.2f} s at {nprobe} probes, recall {recall:.3f}")
    exponent = float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])
    case = f"growth of the whole job, {PLANNED}, not timed ({'; '.join(figures)}): the goal"
    yield lab.row(lab.label(case), exponent, 1.5, "exponent")


def real(lab: Lab) -> Iterator[Row]:
    """The same questions to embedded sentences: images there are none, queries are held out."""
    sentences = real_lab(lab)
    for case in (exact, recall, vectors_outside.scann, vectors_codes.rows, job):
        yield from case(sentences)
    yield from vectors_pairs.compared(
        sentences, sentences.base, f"{len(sentences.base)}{sentences.kind}"
    )


CASES: dict[str, Callable[[Lab], Iterator[Row]]] = {
    "exact": exact,
    "recall": recall,
    "scann": vectors_outside.scann,
    "codes": vectors_codes.rows,
    "hnsw": graph,
    "usearch": vectors_outside.usearch,
    "fit": vectors_outside.fit,
    "job": job,
    "pairs": vectors_pairs.rows,
    "real": real,
    "stages": vectors_stages.rows,
    "headline": headline,
    "growth": growth,
    "memory": vectors_size.memory,
    "projection": vectors_size.projection,
}
