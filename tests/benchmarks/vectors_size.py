"""Memory when the base comes from storage, and a projection to the paper's size."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from realsyn_tasks.vectors import kmeans, search
from realsyn_tasks.vectors.scan import Vectors
from tests.benchmarks.clip_like import texts_and_images
from tests.benchmarks.measure import Row, timed
from tests.benchmarks.vectors_lab import DIM, Lab

IMAGES, BLOCK = 4000, 16_384
SENTENCES, PAPER_IMAGES, PAPER_DIM, PROBED = 840_000_000, 198_000_000, 1024, 256
GPU_PEAK, GPU_SHARE, GPUS = 312e12, 0.5, 8  # bfloat16 of one A100, and how much of it is assumed
ROOT = Path(__file__).parents[2]


def memory(lab: Lab) -> Iterator[Row]:
    """Peak memory of a process beyond what its libraries take, for two sizes of the base."""
    for count in (lab.options.rows(100_000), lab.options.rows(400_000)):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "base.f16"
            stored(path, count)
            queries = texts_and_images(1, IMAGES, DIM, seed=7)[1]
            np.save(path.with_name("queries.npy"), queries)
            for way in ("exact", "lists"):
                done = subprocess.run(
                    [sys.executable, "-m", "tests.benchmarks.vectors_size", way, str(path)],
                    cwd=ROOT,
                    capture_output=True,
                    text=True,
                    check=True,
                )
                case = f"peak memory over libraries, {way}, {IMAGES} x {count} from storage"
                yield lab.row(lab.label(f"{case}: the goal"), float(done.stdout), 200.0, "MB")


def stored(path: Path, count: int) -> None:
    with path.open("wb") as file:
        for start in range(0, count, BLOCK):
            rows = texts_and_images(min(BLOCK, count - start), 1, DIM, seed=start + 1)[0]
            file.write(rows.astype(np.float16).tobytes())


def measured(way: str, path: Path) -> float:
    """MB at the peak of a search, of which libraries that have been used once are no part."""
    few = next(read(path))[:512].copy()
    search.exact_search(few[:50], [few], 10)
    centroids = kmeans.fit(few, 64, seed=1)
    before = peak()
    queries = np.load(path.with_name("queries.npy"))
    if way == "exact":
        search.exact_search(queries, read(path), 10)
    else:
        probes = search.probe(queries, centroids, 16)
        lists = enumerate(read(path))  # a block stands for a list of as many rows
        parts = ((n % 64, rows, np.arange(len(rows)) + n * BLOCK) for n, rows in lists)
        search.search_stored_lists(queries, probes, parts, 10)
    return peak() - before


def read(path: Path) -> Iterator[Vectors]:
    with path.open("rb") as file:
        while data := file.read(2 * BLOCK * DIM):
            yield np.frombuffer(data, dtype=np.float16).reshape(-1, DIM)


def peak() -> float:
    """Of this process image: getrusage would begin with what its parent took."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def projection(lab: Lab) -> Iterator[Row]:
    """The paper's size from rates measured here; computed, not run."""
    work = operations()
    rate = scan_rate(lab)
    whole = sum(work.values())
    counts = ", ".join(f"{name} {count:.1e}" for name, count in work.items())
    gigabytes = (SENTENCES + PAPER_IMAGES) * PAPER_DIM * 2 / 1e9
    case = (
        f"projection, not a run: {PAPER_IMAGES} images x {SENTENCES} sentences of {PAPER_DIM}, "
        f"{PROBED} probes, {gigabytes:.0f} GB of float16 read once; operations: {counts}"
    )
    pod_hours = whole / (2 * rate * 1e9) / 3600
    yield lab.row(f"{case}: pods of 2 cores at the measured rate", pod_hours, 1.0, "pod hours")
    gpu = whole / (GPU_PEAK * GPU_SHARE * GPUS) / 3600
    yield lab.row(
        f"{case}: {GPUS} A100 at {GPU_SHARE:.0%} of {GPU_PEAK / 1e12:.0f} TFLOP/s",
        gpu,
        1.0,
        "hours",
    )


def operations() -> dict[str, float]:
    lists = SENTENCES // 400
    look = 2.0 * PAPER_DIM * lists**0.5 * (4 + kmeans.GROUPS / 4)  # one row among grouped centroids
    return {
        "fit": 64 * lists * 3 * look,
        "assign": SENTENCES * look,
        "probe": PAPER_IMAGES * look * 4,
        "scan": 2.0 * PAPER_DIM * PAPER_IMAGES * PROBED * 400 * 1.5,
    }


def scan_rate(lab: Lab) -> float:
    base, queries = texts_and_images(50_000, 1000, DIM, seed=9)
    run = timed(lambda: search.exact_search(queries, [base], 3), lab.options.repeats)
    return 2 * len(base) * len(queries) * DIM / run.cpu / 1e9


if __name__ == "__main__":
    print(measured(sys.argv[1], Path(sys.argv[2])))
