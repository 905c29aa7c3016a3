"""`inspect` and `find` by everything that names a thing, in roots of very many shards.

Each question is a process of its own, as typed in a shell. The first one of a root makes its
indices (and those of ledgers). The peer of each figure is its goal. By hand:

    python -m tests.benchmarks.lookups FOLDER 10000 fabricate
    python -m tests.benchmarks.lookups FOLDER 10000 inspect   ask: CPU seconds, seconds, lines
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

from tests import fabricated_rows
from tests.benchmarks import many_items
from tests.benchmarks.ledgers import PROJECT
from tests.benchmarks.measure import Options, Row, machine_name

SHARDS = (625, 2_500, 10_000)
COMMANDS = ("inspect", "find")
GOAL_SECONDS, GOAL_LINES = 10.0, 40.0  # of an answer


def keys(shards: int) -> dict[str, str]:
    """Give what a thing in the midst of many is asked for by: what that is, and the key."""
    shard = many_items.asked(shards)[2]
    taken, _ = fabricated_rows.raw_images_of(shard)
    lost = taken[-1]
    kept = many_items.chosen(shard)[3]
    [sentence, *_] = fabricated_rows.sentences_of(shard)
    gone = fabricated_rows.picture(shard, lost["number"])
    where, first = many_items.place(shards, shard)
    return {
        "address of a picture": kept["url"],
        "address of a page": kept["document_url"],
        "SHA-256": hashlib.sha256(kept["data"]).hexdigest(),
        "MD5": hashlib.md5(kept["data"], usedforsecurity=False).hexdigest(),
        "key of a sample": f"{where:05d}{first + 3:05d}",
        "id of a picture": kept["image_id"],
        "id of a sentence": sentence["sentence_id"],
        "sentence": sentence["text"],
        "phrase": f"Folder {shard} shows a quiet",
        "address of what was dropped": lost["url"],
        "SHA-256 of what was dropped": hashlib.sha256(gone).hexdigest(),
        "MD5 of what was dropped": hashlib.md5(gone, usedforsecurity=False).hexdigest(),
        "sentence that was dropped": fabricated_rows.sentences_of(shard)[-1]["text"],
        "picture over the cap": fabricated_rows.in_band(fabricated_rows.pairs_of(shard))[-1]["url"],
        "picture without a match": taken[fabricated_rows.KEPT - 1]["url"],
        "address that nobody has seen": "https://nowhere.example/1.jpg",
        "SHA-256 that nobody has seen": "0" * 64,
        "MD5 that nobody has seen": "0" * 32,
        "phrase that nobody has seen": "a phrase that stands nowhere",
    }


def ask(root: str, command: str, key: str) -> tuple[float, float, int]:
    """Ask in a process: CPU seconds and seconds, start of the process too, and lines of answer."""
    words = [sys.executable, "-m", "realsyn_tasks", command, key, "--root", root]
    before, started = os.times(), monotonic()
    answer = subprocess.run(words, cwd=PROJECT, check=True, capture_output=True, text=True)
    after, seconds = os.times(), monotonic() - started
    spent = after.children_user + after.children_system
    cpu = spent - before.children_user - before.children_system
    return cpu, seconds, len(answer.stdout.splitlines())


def answers(root: str, shards: int, command: str) -> Iterator[tuple[str, float, float, int]]:
    """Ask for each key once; what is asked by an address first makes what indices are lacking."""
    first = {"address, asked first": f"https://{shards}.example/1"}
    for what, key in {**first, **keys(shards)}.items():
        yield (what, *ask(root, command, key))


def rows(options: Options) -> Iterator[Row]:
    """Measure each size and command."""
    machine = machine_name(options.threads)
    for size in (round(shards * options.scale) for shards in SHARDS):
        with tempfile.TemporaryDirectory(prefix="realsyn-bench-") as folder:
            many_items.fabricate(Path(folder), size)
            for command in options.cases or COMMANDS:
                for what, cpu, seconds, lines in answers(folder, size, command):
                    case = f"{size} shards: {command} by {what}"
                    yield Row("lookups", case, cpu, GOAL_SECONDS, "CPU s", machine)
                    yield Row("lookups", case, seconds, GOAL_SECONDS, "wall s", machine)
                    yield Row("lookups", case, lines, GOAL_LINES, "lines", machine)


def main() -> None:
    """Do as the words of the command line say."""
    folder, shards, what = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    if what == "fabricate":
        many_items.fabricate(Path(folder), shards)
        return
    for name, cpu, seconds, lines in answers(folder, shards, what):
        print(f"{name:32} {cpu:6.2f} CPU-s {seconds:6.1f} s {lines:3} lines", flush=True)


if __name__ == "__main__":
    main()
