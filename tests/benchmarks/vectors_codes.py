"""What codes that are kept, their first dimensions and a cut are worth, each against none of them.

The other side is ``search.scan_lists``: products of all dimensions, codes made anew. All find the
same three rows but with a cut, which says what it loses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from realsyn_tasks.vectors import search
from realsyn_tasks.vectors.coded_lists import EXACT, NARROW, CodedLists, Cut, calibrated
from tests.benchmarks.measure import Row, alternate, timed, timing_rows
from tests.benchmarks.vectors_jobs import enough, ours_at
from tests.benchmarks.vectors_lab import PROBES, SUITE, Lab


def rows(lab: Lab) -> Iterator[Row]:
    nprobe = enough(lambda p: ours_at(lab, p), PROBES, lab.truth())
    probes = search.probe(lab.queries, lab.centroids, nprobe)
    size = f"{lab.size}, {nprobe} of {lab.lists} lists"
    yield from probing(lab, nprobe, size)
    yield from searching(lab, probes, f"{size}: codes kept", lab.kept, EXACT)
    made = timed(lambda: lab.coded(NARROW), 1)
    yield Row(SUITE, lab.label(f"{size}: making codes"), made.cpu, None, "CPU s", lab.machine)
    plan_probes = search.probe(lab.plan_queries, lab.centroids, nprobe)
    cut = calibrated(made.value, lab.plan_queries, plan_probes, 3)
    name = f"{size}: codes kept, share {cut.share:.2f}, gain {cut.gain}"
    yield from searching(lab, probes, name, made.value, cut)
    found = made.value.search(lab.queries, probes, 3, cut)[0]
    kept = float((found == lab.kept.search(lab.queries, probes, 3)[0]).mean())
    yield lab.row(lab.label(f"{name}: of the exact three"), kept, 1.0, "share")


def probing(lab: Lab, nprobe: int, size: str) -> Iterator[Row]:
    ours, peer = alternate(
        lambda: search.probe(lab.queries, lab.centroids, nprobe),
        lambda: search.search_list(lab.queries, lab.centroids, nprobe)[0],
        lab.options.repeats,
    )
    assert np.array_equal(np.asarray(ours.value), np.asarray(peer.value))
    case = lab.label(f"{size}: probing by the scan of all dimensions")
    yield from timing_rows(SUITE, case, ours, peer, lab.machine)


def searching(
    lab: Lab, probes: np.ndarray, what: str, lists: CodedLists, cut: Cut
) -> Iterator[Row]:
    scanned: Callable[[], np.ndarray] = lambda: search.scan_lists(  # noqa: E731
        lab.queries, probes, lab.base, lab.base_lists, 3
    )[0]
    coded: Callable[[], np.ndarray] = lambda: lists.search(  # noqa: E731
        lab.queries, probes, 3, cut
    )[0]
    mine, other = alternate(coded, scanned, lab.options.repeats)
    assert cut != EXACT or np.array_equal(mine.value, other.value)
    case = lab.label(f"{what}: the scan of all dimensions, codes made anew")
    yield from timing_rows(SUITE, case, mine, other, lab.machine)
