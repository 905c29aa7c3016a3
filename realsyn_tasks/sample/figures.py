"""What can be counted of a dataset as it is published: repetition, shares, licences, crawl dates.

Counted a piece at a time. Licences, dates and sentences are counted over every pair. What takes
reading texts and addresses is counted over MOST_SHARDS shards of the dataset at most: pairs are
dealt to shards at random, so these are a random sample, and counts of it are told as shares of all.
Memory: about 200 bytes a host of the sample.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.counts import share
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.findings import MOST_SHARDS
from realsyn_tasks.core.row_sample import some
from realsyn_tasks.corpus.keys import hashes_of_ids
from realsyn_tasks.sample.group import GROUP
from realsyn_tasks.sample.licence_use import LicenceUse
from realsyn_tasks.vectors.hash_order import hash_order
from realsyn_tasks.vectors.repetition import Repetition, Repetitions

TEXTS = ("text1", "syn_text")
READ = [  # of a sample of shards
    *(*TEXTS, "recaption"),
    *("caption", "caption_verdict", "alt", "alt_verdict", "context"),
    *("document_url", "licence", "text_urls", "text_licences"),
]
READ_OF_ALL = ["licence", "text_licences", "crawled", "sentence_ids"]
Row = dict[str, Any]


@dataclass(frozen=True)
class Repeated:
    """How often the texts of a column repeat."""

    texts: int  # pairs that have one
    distinct: int
    most: int  # pairs that have the most used one
    text: str  # the most used one

    @property
    def distinct_share(self) -> float:
        """Give the share of the texts that are different ones."""
        return share(self.distinct, self.texts)


@dataclass
class Dates:
    """Between which dates the pages of the pictures were crawled."""

    first: str = ""
    last: str = ""
    unknown: int = 0  # pairs whose crawl says nothing

    def add(self, crawled: pa.ChunkedArray) -> None:
        """Count some pairs."""
        known = [date for date in pc.unique(crawled).to_pylist() if date]
        self.first = min([*known, *filter(None, [self.first])], default="")
        self.last = max([*known, self.last])
        self.unknown += pc.sum(pc.equal(pc.fill_null(crawled, ""), "")).as_py() or 0


@dataclass(frozen=True)
class Figures:
    """What is counted of the published pairs."""

    pairs: int
    looked_at: int  # pairs that texts, hosts and what pairs have are counted of
    repeated: dict[str, Repeated]  # text1, syn_text
    hubs: dict[str, float]  # how much of text1..3 hangs on few sentences
    having: dict[str, int]  # pairs looked at that have a caption, an alt, a context, ...
    licences: LicenceUse
    dates: Dates

    def share(self, name: str) -> float:
        """Give the share of the pairs that have something."""
        return share(self.having[name], self.looked_at)

    @property
    def whole(self) -> bool:
        """Say whether every pair was looked at."""
        return self.looked_at == self.pairs


@dataclass
class _Tally:
    """What was counted so far of the pairs that are looked at."""

    pairs: int = 0
    texts: dict[str, Repetitions] = field(
        default_factory=lambda: {name: Repetitions() for name in TEXTS}
    )
    having: Counter[str] = field(default_factory=Counter)

    def add(self, rows: list[Row]) -> None:
        """Count some pairs."""
        self.pairs += len(rows)
        for name in TEXTS:
            self.texts[name].add(hash_order(_stated(rows, name), seed=0))
        for row in rows:
            self.having.update(name for name, has in HAVING.items() if has(row))


def has_caption(row: Row) -> bool:
    """Say whether a pair's caption is there and was kept."""
    return bool(row["caption"]) and not row["caption_verdict"]


def has_alt(row: Row) -> bool:
    """Say whether a pair's alternative text is there and was kept."""
    return bool(row["alt"]) and not row["alt_verdict"]


def has_context(row: Row) -> bool:
    """Say whether any sentence around a pair's picture is there and was kept."""
    return any(near["text"] and is_kept(near) for near in row["context"])


def is_kept(near: Row) -> bool:
    """Say whether a sentence around a picture was kept, or one for it of which it is a copy."""
    return not near["verdict"] or near["sentence_id"] is not None


def has_own_text(row: Row) -> bool:
    """Say whether a pair has any text of its picture's own page that was kept."""
    return has_caption(row) or has_alt(row) or has_context(row)


HAVING: dict[str, Callable[[Row], bool]] = {
    "caption": has_caption,
    "alt": has_alt,
    "context": has_context,
    "own_text": has_own_text,
    "syn_text": lambda row: bool(row["syn_text"]),
    "recaption": lambda row: bool(row["recaption"]),
    "text1_of_own_page": lambda row: row["document_url"] in row["text_urls"][:1],
}


def figures(evidence: Evidence) -> Figures:
    """Count over everything that the group exported."""
    [pairs] = GROUP.hands_on
    commits = evidence.commits(pairs.stage)
    tally, sentences, licences, dates = _Tally(), Repetitions(), LicenceUse(), Dates()
    for piece in _pieces(evidence, commits, READ_OF_ALL):
        sentences.add(hashes_of_ids(pc.list_flatten(piece["sentence_ids"])))
        licences.add_licences(piece)
        dates.add(piece["crawled"])
    chosen = some(commits, MOST_SHARDS, evidence.workspace.config.seed)
    for piece in _pieces(evidence, chosen, READ):
        rows: list[Row] = piece.to_pylist()
        tally.add(rows)
        for row in rows:
            licences.add_hosts(row)
    return Figures(
        pairs=evidence.rows(pairs.stage, pairs.table),
        looked_at=tally.pairs,
        repeated={
            name: _repeated(evidence, chosen, name, texts.result())
            for name, texts in tally.texts.items()
        },
        hubs=_hubs(sentences.result()),
        having={name: tally.having[name] for name in HAVING},
        licences=licences,
        dates=dates,
    )


def _hubs(sentences: Repetition) -> dict[str, float]:
    return {
        "sentences_used": sentences.distinct,
        "images_of_most_used": sentences.most,
        "hub_share": sentences.share,
    }


def _pieces(
    evidence: Evidence, commits: Iterable[Commit], columns: list[str]
) -> Iterator[pa.Table]:
    [pairs] = GROUP.hands_on
    for commit in commits:
        yield from evidence.read(commit.objects[pairs.table], columns)


def _stated(rows: list[Row], name: str) -> list[str]:
    return [row[name] for row in rows if row[name]]


def _repeated(
    evidence: Evidence, commits: Iterable[Commit], name: str, use: Repetition
) -> Repeated:
    text = _text_of(evidence, commits, name, use.commonest)
    return Repeated(use.items, use.distinct, use.most, text)


def _text_of(evidence: Evidence, commits: Iterable[Commit], name: str, key: int) -> str:
    """Read on until a text of this hash comes."""
    for piece in _pieces(evidence, commits, [name]):
        texts = [text for text in piece[name].to_pylist() if text]
        for text, mine in zip(texts, hash_order(texts, seed=0).tolist(), strict=True):
            if mine == key:
                return str(text)
    return ""
