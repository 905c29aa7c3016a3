"""Pages at size: the seconds until one may work with a page, in Chromium, first and again.

`shards` fabricates runs of 10,000 shards in each stage and opens the pages root, build and shards;
`pairs` a version of 1,000,000 pairs, and opens the pages pairs and versions. The peer is the goal.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from urllib.parse import urlencode

from playwright.sync_api import Browser

from realsyn_tasks.stages import PIPELINE
from tests.benchmarks import ledgers, many_pairs
from tests.benchmarks.measure import Options, Row, machine_name
from tests.ui.browser import chromium, visit
from tests.ui.conftest import viewing

SHARDS, PAIRS = 10_000, 1_000_000
GOAL = 1.0  # seconds
CASES = ("shards", "pairs")


def rows(options: Options) -> Iterator[Row]:
    """Measure each page twice: as the first one of a viewer, and again."""
    machine = machine_name(options.threads)
    for case in options.cases or CASES:
        with tempfile.TemporaryDirectory(prefix="realsyn-bench-") as folder:
            size, pages = _fabricated(case, Path(folder), options)
            for name, words in pages.items():
                with viewing(Path(folder)) as site, chromium() as browser:
                    address = f"{site}#/{name}?{urlencode({'root': folder, **words})}"
                    for time in ("first", "again"):
                        said = f"page {name}, {size}, {time}"
                        yield Row("ui", said, _opened(browser, address), GOAL, "wall s", machine)


def _fabricated(case: str, folder: Path, options: Options) -> tuple[str, dict[str, dict[str, str]]]:
    """Fill a folder; give its size in words, and the pages to open with their parameters."""
    if case == "pairs":
        count = options.rows(PAIRS)
        version = many_pairs.fabricate(folder, count).path.removeprefix("datasets/")
        pages = {"pairs": {"version": version}, "versions": {}}
        return f"{count} pairs", pages
    count = round(SHARDS * options.scale)
    build, _ = ledgers.fabricate(folder, count, PIPELINE.group_names)
    return f"{count} shards", {name: {"build": build.uri} for name in ("root", "build", "shards")}


def _opened(browser: Browser, address: str) -> float:
    """Open a page in a fresh context; give the seconds until nothing of it is waited for."""
    with visit(browser) as seen:
        started = monotonic()
        seen.page.goto(address)
        seen.page.wait_for_function(
            "() => document.querySelector('main .card, main .gallery img, main canvas')"
            " && !document.querySelector('main .skeleton')",
            timeout=600_000,
        )
        return monotonic() - started
