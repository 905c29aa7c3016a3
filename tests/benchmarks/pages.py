"""Template pages read by the product and by others: what they find, and pages a CPU second.

The pages are those of tests/web/templates, both halves. Each reader gets the markup as text. What
counts is measured alike for all, from the blocks of text and the first address of each picture.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

from tests.benchmarks.measure import Options, Row, machine_name
from tests.benchmarks.peers import peer_python
from tests.web.templates.development import TEMPLATES as DEVELOPMENT
from tests.web.templates.held_out import TEMPLATES as HELD_OUT
from tests.web.templates.measures import Measures, Reading, product
from tests.web.templates.pen import Page, written

PINS = ("trafilatura==2.3.1", "resiliparse==2.0.1")
PEERS = ("trafilatura", "resiliparse")
QUALITIES = ("recall", "intact", "boilerplate", "pictures")


def rows(suite: str, options: Options) -> Iterator[Row]:
    """Compare the product's reading of all template pages with that of each peer."""
    pages = written(DEVELOPMENT | HELD_OUT) * max(1, round(options.scale))
    mine, cpu = _read_by_product(pages, options.repeats)
    python = peer_python("pages", PINS)
    machine = machine_name(options.threads)
    for peer in PEERS:
        theirs, peer_cpu = read_by_peer(python, peer, pages, options.repeats)
        case = f"{len(pages)} template pages, beside {peer}"
        yield Row(suite, case, len(pages) / cpu, len(pages) / peer_cpu, "pages/s", machine)
        for quality in QUALITIES:
            unit = "off" if quality == "boilerplate" else "share"
            ours, others = getattr(mine, quality), getattr(theirs, quality)
            yield Row(suite, f"{quality} of {case}", ours, others, unit, machine)


def _read_by_product(pages: list[Page], repeats: int) -> tuple[Measures, float]:
    times = []
    for _ in range(repeats):
        started = process_time()
        readings = [product(page) for page in pages]
        times.append(process_time() - started)
    return _measured(pages, readings), median(times)


def read_by_peer(
    python: Path, peer: str, pages: list[Page], repeats: int
) -> tuple[Measures, float]:
    """Let a peer read the pages in its own process; give what it found and its CPU seconds."""
    script = Path(__file__).with_name("pages_peer.py")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "pages.json"
        path.write_text(json.dumps([page.html for page in pages]))
        command = [str(python), str(script), peer, str(path), str(repeats)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{peer} failed:\n{done.stderr[-2000:]}")
    answer = json.loads(done.stdout.splitlines()[-1])
    readings = [Reading(tuple(blocks), tuple(urls)) for blocks, urls in answer["readings"]]
    return _measured(pages, readings), answer["cpu"]


def _measured(pages: list[Page], readings: list[Reading]) -> Measures:
    measures = Measures()
    for page, reading in zip(pages, readings, strict=True):
        measures.add(page, reading)
    return measures
