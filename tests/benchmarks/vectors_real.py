"""Real sentences and their embeddings: WordNet's nouns, GCIDE, and the help pages of the crawl.

Run by itself (``python -m tests.benchmarks.vectors_real``) it embeds them once and keeps them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from time import process_time

import numpy as np

from tests.benchmarks.clip_like import Floats

FOLDER = Path(__file__).resolve().parents[2] / ".bench" / "vectors"
BASE, QUERIES, PLANNED, BLOCK = 100_000, 2_000, 2_000, 2_048
WANTED = BASE + QUERIES + PLANNED
HELP_PACKAGES = ("gimp-help-en", "hugin-data", "stellarium-data")


def base_and_queries() -> tuple[Floats, Floats, Floats]:
    """Unit rows of the sentences that are searched, and of others: to search for, to plan by."""
    path = FOLDER / f"sentences-{WANTED}.npy"
    if not path.exists():
        embed(path)
    vectors = np.load(path)
    queries, planned, base = np.split(vectors, [QUERIES, QUERIES + PLANNED])
    return base, queries, planned


def embed(path: Path) -> None:
    """Embed as a build does, with the embedded encoder, and keep what it took beside it."""
    from realsyn_tasks.runs.models import load_named

    texts = sentences()
    encoder = load_named("encoder", "conse", {})
    started = process_time()
    blocks = [encoder.encode_texts(texts[n : n + BLOCK]) for n in range(0, len(texts), BLOCK)]
    took = {"sentences": len(texts), "cpu_seconds": round(process_time() - started, 1)}
    FOLDER.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".json").write_text(json.dumps(took))
    np.save(path.with_suffix(".part.npy"), np.concatenate(blocks))
    path.with_suffix(".part.npy").rename(path)


def sentences() -> list[str]:
    """Distinct sentences in a seeded order."""
    from realsyn_tasks.core import include
    from realsyn_tasks.sample_crawl.packages import fetch
    from realsyn_tasks.text.sentences import split_sentences

    roots = {
        name: distinct.root for name, distinct in fetch(include.cache_folder() / "debian").items()
    }
    distinct: dict[str, None] = {}
    for prose in (glosses(roots), definitions(roots), help_pages(roots)):
        for text in prose:
            pieces = split_sentences(text)
            distinct.update(dict.fromkeys(piece for piece in pieces if len(piece.split()) >= 3))
    everything = np.array(list(distinct), dtype=object)
    if len(everything) < WANTED:
        raise ValueError(f"{len(everything)} distinct sentences where {WANTED} are wanted")
    return list(np.random.default_rng(4).permutation(everything)[:WANTED])


def glosses(roots: dict[str, Path]) -> Iterator[str]:
    """Definitions and examples of WordNet's nouns."""
    for line in (roots["wordnet-base"] / "usr/share/wordnet/data.noun").read_text().splitlines():
        gloss = line.partition(" | ")[2]
        yield from (part.strip(' ;"') for part in re.split(r';\s*(?=")', gloss))


def definitions(roots: dict[str, Path]) -> Iterator[str]:
    from realsyn_tasks.sample_crawl.dictionaries import Gcide

    gcide = Gcide(roots["dict-gcide"] / "usr/share/dictd")
    index = (gcide.folder / "gcide.index").read_text(encoding="utf-8", errors="replace")
    for noun in dict.fromkeys(line.split("\t")[0].lower() for line in index.splitlines()):
        yield from gcide.definitions(noun)


def help_pages(roots: dict[str, Path]) -> Iterator[str]:
    from selectolax.lexbor import LexborHTMLParser

    for package in HELP_PACKAGES:
        for path in sorted(roots[package].rglob("*")):
            if path.suffix in {".html", ".utf8"}:
                page = LexborHTMLParser(path.read_text(encoding="utf-8", errors="replace"))
                yield from (" ".join(node.text().split()) for node in page.css("p, dd, li"))


def took() -> str:
    """What the embedding cost."""
    record = json.loads((FOLDER / f"sentences-{WANTED}.json").read_text())
    return f"embedded once in {record['cpu_seconds']:.0f} CPU s"


if __name__ == "__main__":
    base_and_queries()
