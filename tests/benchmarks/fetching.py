"""The stage fetch against img2dataset: images a second from the same server on loopback.

Both ask with as many requests at a time, write a tar, and leave the images as they are. Ours also
reads robots.txt, checks every address and looks at every image's header, as it always does. The
peer is timed from the start to the end of its shard, without its start-up. CPU seconds are those of
the whole process less those of a run over one image.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from tests.benchmarks.measure import Options, Row
from tests.benchmarks.peers import ROOT, peer_python, said

SUITE = "fetching"
PINS = (  # its own requirements, resolved once
    "img2dataset==1.47.0",
    "albumentations==1.4.24",
    "numpy==2.4.6",
    "opencv-python-headless==4.14.0.94",
    "pandas==2.3.3",
    "pyarrow==26.0.1",
    "webdataset==0.2.111",
)
HOSTS = 16
AT_ONCE = 64
CASES = ((0.0, "no latency"), (0.05, "50 ms latency"))
Result = dict[str, float]


def rows(options: Options) -> Iterator[Row]:
    python = peer_python("img2dataset", PINS)
    images = options.rows(4_000)
    for latency, name in CASES:
        with server(latency) as port:
            runs = [
                (ours(port, images), peer(python, port, images)) for _ in range(options.repeats)
            ]
            starts = [(ours(port, 1), peer(python, port, 1)) for _ in range(options.repeats)]
        start = tuple(median(run[side]["cpu"] for run in starts) for side in (0, 1))
        yield from _rows(f"{name}, {images} images of {HOSTS} hosts", runs, start)


def _rows(case: str, runs: list[tuple[Result, Result]], start: tuple[float, ...]) -> Iterator[Row]:
    machine = f"{os.cpu_count()} cores, {AT_ONCE} requests at a time, {PINS[0]}"
    rates = [median(run[side]["images"] / run[side]["seconds"] for run in runs) for side in (0, 1)]
    cpu = [median(run[side]["cpu"] for run in runs) - start[side] for side in (0, 1)]
    yield Row(SUITE, case, rates[0], rates[1], "images/s", machine)
    yield Row(SUITE, case, cpu[0], cpu[1], "CPU s", machine)


@contextmanager
def server(latency: float) -> Iterator[int]:
    """Serve images in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.image_server", str(HOSTS), str(latency)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdin and process.stdout
        yield int(process.stdout.readline())
        process.stdin.close()


def addresses(port: int, images: int) -> list[str]:
    return [f"http://127.0.0.{n % HOSTS + 1}:{port}/{n}.jpg" for n in range(images)]


def ours(port: int, images: int) -> Result:
    command = [sys.executable, "-m", "tests.benchmarks.fetching", str(port), str(images)]
    return _result(said(command), images)


def peer(python: Path, port: int, images: int) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        urls = Path(folder, "urls.txt")
        urls.write_text("\n".join(addresses(port, images)) + "\n")
        script = Path(__file__).with_name("fetching_peer.py")
        out = str(Path(folder, "out"))
        return _result(said([str(python), str(script), str(urls), out, str(AT_ONCE)]), images)


def _result(printed: str, images: int) -> Result:
    result: Result = json.loads(printed.splitlines()[-1])
    assert result["images"] == images, f"{result['images']:.0f} of {images} images arrived"
    return result


def run_stage(port: int, images: int) -> Result:
    """The stage itself, over a shard of addresses."""
    import realsyn_tasks.fetching.batch  # noqa: F401, start-up is not timed, as with the peer
    from realsyn_tasks.extract import fetch
    from tests.fetching.test_fetch_stage import parsed
    from tests.support import context

    settings: dict[str, Any] = {
        "contact": "bench@example.org",
        "concurrency": AT_ONCE,
        "per_host": AT_ONCE // HOSTS,
        "host_delay": 0.0,
        "allowed_networks": ("127.0.0.0/8",),
    }
    inputs = parsed(addresses(port, images))
    with tempfile.TemporaryDirectory() as folder:
        started = perf_counter()
        output = fetch.run(inputs, fetch.Config(**settings), context(Path(folder)))
        seconds = perf_counter() - started
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu = usage.ru_utime + usage.ru_stime
    return {"images": output.tables["images"].num_rows, "seconds": seconds, "cpu": cpu}


if __name__ == "__main__":
    print(json.dumps(run_stage(int(sys.argv[1]), int(sys.argv[2]))))
