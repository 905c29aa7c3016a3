"""What the cases of the vectors suite share: data, fitted lists, peers' settings, peaks."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import ModuleType

import numpy as np

from realsyn_tasks.vectors import kmeans, native, search
from realsyn_tasks.vectors.basis import WIDTH
from realsyn_tasks.vectors.coded_lists import CodedLists
from tests.benchmarks import vectors_real
from tests.benchmarks.clip_like import Floats, texts_and_images
from tests.benchmarks.measure import Options, Row, machine_name, timed

SUITE = "vectors"
DIM = 512
ROWS_PER_LIST = 400
PROBES = (1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
PLAN_IMAGES = 2_000  # as a build: searched exactly, to plan by


@dataclass
class Lab:
    options: Options
    faiss: ModuleType
    machine: str
    int8_peak: float  # GOP per CPU second of torch's int8 product
    tuned_on: int = 500  # queries that choose a peer's settings
    given: tuple[Floats, Floats, Floats] | None = None  # base, queries, queries to plan by
    kind: str = ""
    _truth: list[np.ndarray] = field(default_factory=list)

    @cached_property
    def _data(self) -> tuple[Floats, Floats, Floats]:
        if self.given:
            return self.given
        images = self.options.rows(8_000)
        base, both = texts_and_images(self.options.rows(400_000), images + PLAN_IMAGES, DIM, seed=1)
        return base, both[:images], both[images:]

    @property
    def base(self) -> Floats:
        return self._data[0]

    @property
    def queries(self) -> Floats:
        return self._data[1]

    @property
    def plan_queries(self) -> Floats:
        """Queries that a number of probes is planned by, and that are never measured."""
        return self._data[2]

    @property
    def dim(self) -> int:
        return int(self.base.shape[1])

    @property
    def lists(self) -> int:
        return len(self.base) // ROWS_PER_LIST

    @cached_property
    def centroids(self) -> Floats:
        return kmeans.fit(self.base[: 64 * self.lists], self.lists, seed=1)

    @cached_property
    def base_lists(self) -> np.ndarray:
        return kmeans.assign(self.base, self.centroids)

    @cached_property
    def kept(self) -> CodedLists:
        """The base in its lists with codes: made before any search, as peers make their indexes."""
        return self.coded(WIDTH)

    def coded(self, width: int) -> CodedLists:
        return CodedLists(self.base, self.base_lists, self.plan_queries, width)

    @property
    def size(self) -> str:
        return f"{len(self.queries)} x {len(self.base)}{self.kind}"

    def truth(self) -> np.ndarray:
        if not self._truth:
            self._truth.append(search.exact_search(self.queries, [self.base], 3)[0])
        return self._truth[0]

    def label(self, case: str) -> str:
        return case if self.options.threads == 1 else f"{case}, {self.options.threads} threads"

    def row(self, case: str, ours: float, peer: float, unit: str) -> Row:
        return Row(SUITE, case, ours, peer, unit, self.machine)


def lab_of(options: Options) -> Lab:
    faiss = tuned_faiss(options.threads)
    peak = int8_peak(options.threads)
    machine = (
        f"{machine_name(options.threads)}, int8 GEMM {peak:.0f} GOP per CPU s, "
        f"kernel {native.kernel_name()}, faiss {faiss.__version__} tuned"
    )
    return Lab(options, faiss, machine, peak)


def real_lab(lab: Lab) -> Lab:
    """The same with embedded sentences of the sample crawl's sources, whatever the scale."""
    given = vectors_real.base_and_queries()
    kind = f" real sentences of {given[0].shape[1]}, {vectors_real.took()}"
    return replace(lab, given=given, kind=kind, _truth=[])


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


def int8_peak(threads: int) -> float:
    """What torch's int8 product reaches, with nothing selected from it: operations per CPU ns."""
    import torch

    torch.set_num_threads(threads)
    left = torch.ones((2048, DIM), dtype=torch.int8)
    right = torch.ones((DIM, 4096), dtype=torch.int8)
    best = min(timed(lambda: torch._int_mm(left, right), 1).cpu for _ in range(8))
    return 2 * 2048 * 4096 * DIM / best / 1e9
