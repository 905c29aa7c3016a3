"""Files a request, or shows what it would do; and looks things up in what is published."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from realsyn_tasks.core import kept_answers, prefixes
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.screen import stream, terminal
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus import entries, labels, removals, tombstones
from realsyn_tasks.corpus.entries import DOMAIN, IMAGE, MD5, SHA256, URL, Asked
from realsyn_tasks.corpus.generations import Generation, generations
from realsyn_tasks.corpus.tombstones import Request
from realsyn_tasks.datasets import gallery_index
from realsyn_tasks.datasets.versions import versions
from realsyn_tasks.runs.root import Runs
from realsyn_tasks.takedown import evaluations, lookup, preview, receipt, tunings

MAX_FILE = 64 << 20  # bytes
FIELDS = {"urls": (URL,), "domains": (DOMAIN,), "hashes": (SHA256, MD5, IMAGE)}
BAD_SHOWN = 20
FIRST_SHOWN = 12  # items, that travel and stand on the screen
MOST_ROWS = 100_000  # of the corpus, and of each dataset, that preview and receipt list
Result = dict[str, Any]


@dataclass(frozen=True)
class Form:
    """The fields of the form: lists, one entry a line, and the URI of a file of them."""

    urls: str = ""
    domains: str = ""
    hashes: str = ""
    file: str = ""
    note: str = ""


def read(root: str, form: Form) -> Asked:
    """Read what a form asks for; ConfigError where that is nothing at all."""
    parts = []
    for name, kinds in FIELDS.items():
        lines = getattr(form, name).encode(errors="replace").splitlines()
        parts.append(entries.read_lines(name, lines, kinds))
    if form.file:
        parts.append(_listed(root, form.file))
    asked = entries.together(parts)
    if not asked.entries:
        first = f"; the first bad line {asked.bad[0].why}" if asked.bad else ""
        raise ConfigError(
            f"the request names no URL, domain or hash ({len(asked.bad)} bad lines{first});"
            " give one to a line: https://site.example/a.jpg, site.example, or a SHA-256 or MD5"
        )
    return asked


def _listed(root: str, uri: str) -> Asked:
    """Read a file of entries below the root or a prefix of the deployment, no link followed out."""
    prefixes.below(uri, (root, *prefixes.named()))
    folder, _, name = prefixes.real(uri).rpartition("/")
    storage = Storage.at(folder or "/")
    size = storage.size(name)
    if size is None:
        raise ConfigError(f"there is no file {uri}; give its path or its file:// or s3:// URI")
    if size > MAX_FILE:
        raise ConfigError(f"{uri} has {size} bytes, more than {MAX_FILE}: split it")
    return entries.read_lines(uri, entries.lines_of(io.BytesIO(storage.read(name))))


def take_down(root: str, form: Form, dry_run: bool) -> Result:
    """File a request, list what it removes, and write a receipt.

    A dry run does none of these: it writes a preview, the page that the receipt would be.
    The same request again changes nothing but gives a receipt of how things are now.
    """
    storage = Storage.at(root)
    asked = read(root, form)
    meant = (*asked.entries, *lookup.originals(storage, asked.entries))
    request = Request.of(meant, form.note)
    number = 0 if dry_run else tombstones.file(storage, request).number
    corpus = generations(storage)  # once it holds: what is promoted from now on knows of it
    scans = {g.generation: removals.scan(storage, g, [request]) for g in corpus}
    in_corpus, pages = _in_corpus(storage, corpus, scans)
    in_datasets = lookup.in_datasets(storage, meant, MOST_ROWS)
    beside = _kept_beside(storage, scans, in_datasets)
    if number:
        request = tombstones.read(storage, request.id)
        _remove(storage, request, corpus, scans, beside)
        in_corpus = [{**i, "rows": preview.without_contents(i["rows"])} for i in in_corpus]
    facts: Result = {
        "request": request.id,
        "number": number,
        "note": request.note,
        "entries": {kind: list(values) for kind, values in request.entries.items()},
        "bad_lines": [asdict(line) for line in asked.bad],
        "corpus": in_corpus,
        "pages": pages,
        "builds": lookup.in_builds(storage, in_corpus, number),
        "datasets": in_datasets,
        "beside": beside,
    }
    listed = ((g, item["rows"]) for g, item in zip(corpus, in_corpus, strict=True))
    pictures = {} if number else preview.pictures(storage, listed)
    return _summary(facts, dry_run) | receipt.store(storage, facts, pictures)


def _in_corpus(
    storage: Storage, corpus: Sequence[Generation], scans: Mapping[int, pa.Table]
) -> tuple[list[Result], int]:
    """Tell what was found in each generation, and on how many pages in all."""
    found: list[Result] = []
    names: set[str] = set()
    left = MOST_ROWS
    for generation in corpus:
        hits = scans[generation.generation]
        rows = preview.items(storage, generation, hits, left)
        pages = preview.pages(storage, generation, hits)
        found.append(lookup.in_generation(generation, hits, rows, pages, MOST_ROWS))
        names |= pages.names()
        left -= len(rows)
    return found, len(names)


def _kept_beside(
    storage: Storage, scans: Mapping[int, pa.Table], datasets: Sequence[Result]
) -> Result:
    """Name what is kept elsewhere of what a request means: judgements, galleries, and runs."""
    ids = {item for scan in scans.values() for item in scan["id"].to_pylist()}
    hit = [item["dataset"] for item in datasets if item["pairs"] or item["texts"]]
    shown = {v.path: gallery_index.paths_of(v) for v in versions(storage) if v.path in hit}
    learnt = tunings.learnt(storage, hit, ids)
    return {
        "judgements": labels.count_of(storage, ids),
        "galleries": [path for paths in shown.values() for path in paths],
        "tunings": tunings.folders_of(learnt),
        "learnt": learnt,
        "evaluations": evaluations.folders_of(storage, hit),
    }


def _remove(
    storage: Storage,
    request: Request,
    corpus: Sequence[Generation],
    scans: Mapping[int, pa.Table],
    beside: Result,
) -> None:
    """List what a request removes, which holds now, and remove what was made of it beside.

    Models that have learnt of it are withdrawn.
    """
    state = tombstones.state(storage)
    for generation in corpus:
        known = {request.id: scans[generation.generation]}
        removals.removed(storage, generation, state, known)
    labels.forget(storage, {item for scan in scans.values() for item in scan["id"].to_pylist()})
    for version in versions(storage):
        if set(gallery_index.paths_of(version)) & set(beside["galleries"]):
            gallery_index.forget(version)
    tunings.withdraw(storage, request.id, beside["learnt"])
    receipt.empty_previews(storage)
    for run in Runs(storage.uri):  # what models answered to shards that were never finished
        kept_answers.forget(storage, run.folder, [s.name for s in run.stages() if s.models])


def _summary(facts: Result, dry_run: bool) -> Result:
    """Give what travels: counts, the first bad lines, and where things were found."""
    datasets = [
        {name: item[name] for name in ("dataset", "pairs", "texts", "by_entry")}
        for item in facts["datasets"]
        if item["pairs"] or item["texts"]
    ]
    for item in datasets:
        item["by_entry"] = item["by_entry"][:BAD_SHOWN]
    return {
        "dry_run": dry_run,
        "request": facts["request"],
        "number": facts["number"],
        "entries": {kind: len(values) for kind, values in facts["entries"].items()},
        "bad_lines": len(facts["bad_lines"]),
        "first_bad_lines": facts["bad_lines"][:BAD_SHOWN],
        "images": sum(item["images"] for item in facts["corpus"]),
        "sentences": sum(item["sentences"] for item in facts["corpus"]),
        "generations": [i["generation"] for i in facts["corpus"] if i["images"] or i["sentences"]],
        "builds": [item["build"] for item in facts["builds"] if not item["current"]],
        "datasets": datasets,
        "beside": facts["beside"] | {"galleries": len(facts["beside"]["galleries"])},
        "pages": facts["pages"],
        "first": [row for item in facts["corpus"] for row in item["rows"]][:FIRST_SHOWN],
    }


def find(root: str, things: Sequence[str], file: str = "") -> Result:
    """Say whether things are in any published dataset, and where; reads indexes only.

    `missing` are those that are in none, as far as they are one picture or page each.
    """
    lines = [thing.encode(errors="replace") for thing in things]
    parts = [entries.read_lines("words", lines)]
    if file:
        parts.append(_listed(root, file))
    asked = entries.together(parts)
    if not asked.entries:
        why = asked.bad[0].why if asked.bad else "nothing was named"
        raise ConfigError(f"no URL, domain or hash to look for: {why}")
    datasets = lookup.in_datasets(Storage.at(root), asked.entries)
    hits = [item for item in datasets if item["pairs"] or item["texts"]]
    there = {(each["kind"], each["value"]) for item in hits for each in item["by_entry"]}
    single = [entry for entry in asked.entries if entry.kind != DOMAIN]
    return {
        "missing": [e.value for e in single if (e.kind, e.value) not in there],
        "looked_for": len(asked.entries),
        "bad_lines": [asdict(line) for line in asked.bad],
        "searched": [item["dataset"] for item in datasets],
        "found": hits,
    }


def show(sightings: Result) -> None:
    """Print for people where things were found."""
    console = terminal(soft_wrap=True, highlight=False)
    for bad in sightings["bad_lines"]:
        console.print(_bad_line(bad), markup=False, style="yellow")
    if not (sightings["found"] or sightings.get("answers")):
        console.print(f"in none of {len(sightings['searched'])} published datasets", markup=False)
    for answer in sightings.get("answers", ()):
        console.print(entries.printable(f"{answer['asked']}: {answer['verdict']}"), markup=False)
    for item in sightings["found"]:
        counts = f"{item['pairs']} pairs, and texts of {item['texts']} others"
        console.print(f"{item['dataset']}: {counts}", markup=False, style="bold")
        for row in item["rows"]:
            words = f"    {row['key']}  {row['table']} row {row['row']}  {', '.join(row['as'])}"
            console.print(entries.printable(words), markup=False)


def _bad_line(bad: Result) -> str:
    return entries.printable(f"{bad['source']}, line {bad['line']} {bad['why']}")


def _item_lines(summary: Result) -> Iterator[str]:
    """Give what people read of what is kept beside, and of the first items."""
    beside = summary["beside"]
    if beside["judgements"] or beside["galleries"]:
        yield f"{beside['judgements']} judgements, {beside['galleries']} files of galleries"
    for folder in (*beside["tunings"], *beside["evaluations"]):
        yield f"{folder}: made of texts of these; stays until its folder is removed"
    for each in beside["learnt"]:
        yield _learnt_line(each)
    for row in summary["first"]:
        what = row.get("text") or row.get("url") or row["id"]
        page = row.get("document_url") or "no page"
        yield entries.printable(f"{row['kind']:8} {what[:70]}  on {page}")
    if (more := summary["images"] + summary["sentences"] - len(summary["first"])) > 0:
        yield f"and {more} more, of {summary['pages']} pages in all"


def _learnt_line(each: Result) -> str:
    if each["examples"] is None:
        had = "nothing tells how many of its examples hold any of it"
    else:
        had = f"{each['examples']} of its examples, {each['held_out']} of those held out hold any"
    gone = each["model"] and each["examples"] != 0
    return f"{each['tuning']}: {had}" + (f"; {each['model']} is withdrawn" if gone else "")


def show_takedown(summary: Result) -> None:
    """Print for people what a request removes, or would."""
    act = "would remove" if summary["dry_run"] else "removes"
    print(
        f"request {summary['request']} {act} {summary['images']} images and {summary['sentences']}"
        f" sentences of generations {summary['generations'] or 'none'}",
        file=stream(),
    )
    for item in summary["datasets"]:
        print(
            f"  {item['dataset']}: {item['pairs']} pairs, texts of {item['texts']} others",
            file=stream(),
        )
    for line in _item_lines(summary):
        print(f"  {line}", file=stream())
    for bad in summary["first_bad_lines"]:
        print(f"  {_bad_line(bad)}", file=stream())
    print(f"  in full: {summary.get('receipt') or summary['preview']}", file=stream())
