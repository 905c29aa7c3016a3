"""Run benchmark suites, print a table, keep the rows in ``.bench/results.json``."""

from __future__ import annotations

import argparse
import importlib
import json
import os
from pathlib import Path

from tests.benchmarks.measure import Options, Row

SUITES = {
    "fetching": "tests.benchmarks.fetching",
    "ledgers": "tests.benchmarks.ledgers",
    "lookups": "tests.benchmarks.lookups",
    "filtering": "tests.benchmarks.filtering",
    "vectors": "tests.benchmarks.vectors",
    "models": "tests.benchmarks.models",
    "orchestration": "tests.benchmarks.orchestration",
    "relevance": "tests.benchmarks.relevance",
    "rerankers": "tests.benchmarks.rerankers",
    "scale": "tests.benchmarks.scale",
    "ui": "tests.benchmarks.ui",
}
LONG = {"scale"}  # run only when asked for; these have options of their own
RESULTS = Path(__file__).parents[2] / ".bench" / "results.json"
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def main() -> None:
    options, suites = arguments()
    for variable in THREAD_VARIABLES:  # read when numpy and faiss are first imported
        os.environ[variable] = str(options.threads)
    fresh: list[Row] = []
    whole = False
    try:
        for suite in suites:
            for row in importlib.import_module(SUITES[suite]).rows(options):
                fresh.append(row)
        whole = not options.cases and options.threads == 1
    finally:  # what was measured before a failure is kept
        show(fresh)
        save(fresh, suites, parts=not whole)


def arguments() -> tuple[Options, list[str]]:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("suite", nargs="?", choices=sorted(SUITES), help="default: all but scale")
    parser.add_argument("--repeats", type=int, default=3, help="timings are medians of this many")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the number of rows")
    parser.add_argument("--case", action="append", default=[], help="only these parts of a suite")
    given, more = parser.parse_known_args()
    if more and given.suite not in LONG:
        parser.error(f"unrecognized arguments: {' '.join(more)}")
    suites = [given.suite] if given.suite else sorted(SUITES.keys() - LONG)
    options = Options(given.repeats, given.threads, given.scale, tuple(given.case), tuple(more))
    return options, suites


def show(rows: list[Row]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=rows[0].machine if rows else None)
    for heading in ("case", "ours", "peer", "better by", "unit"):
        text = heading in {"case", "unit"}
        table.add_column(heading, justify="left" if text else "right", overflow="fold")
    for row in rows:
        peer = "" if row.peer is None else f"{row.peer:.4g}"
        ratio = "" if row.ratio is None else f"{row.ratio:.2f} x"
        table.add_row(row.case, f"{row.ours:.4g}", peer, ratio, row.unit)
    Console().print(table)


def save(rows: list[Row], suites: list[str], *, parts: bool = False) -> None:
    """Replace the rows of these suites (with ``parts``, of the same cases), keep the others."""
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    cases = {row.case for row in rows}
    kept = [
        row for row in known if row["suite"] not in suites or (parts and row["case"] not in cases)
    ]
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps([*kept, *(row.record() for row in rows)], indent=1) + "\n")


if __name__ == "__main__":
    main()
