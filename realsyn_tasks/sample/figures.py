"""What can be counted of a dataset as it is published: repetition, shares, licences, crawl dates.

Counted over every pair, a piece at a time. Memory: 8 bytes a text for repetition, about 200 bytes a
host for licences.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import pyarrow as pa

from realsyn_tasks.core.counts import share
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.sample.group import GROUP
from realsyn_tasks.sample.licence_use import LicenceUse
from realsyn_tasks.vectors.hash_order import hash_order
from realsyn_tasks.vectors.repetition import Repetition, repetition
from realsyn_tasks.vectors.scan import Hashes

TEXTS = ("text1", "syn_text")
READ = [
    *TEXTS,
    *("caption", "caption_verdict", "alt", "alt_verdict", "context"),
    *("document_url", "licence", "crawled", "text_urls", "text_licences", "sentence_ids"),
]
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

    def add(self, crawled: str | None) -> None:
        """Count a pair."""
        if not crawled:
            self.unknown += 1
            return
        self.first = min(self.first or crawled, crawled)
        self.last = max(self.last, crawled)


@dataclass(frozen=True)
class Figures:
    """What is counted of all published pairs."""

    pairs: int
    repeated: dict[str, Repeated]  # text1, syn_text
    hubs: dict[str, float]  # how much of text1..3 hangs on few sentences
    having: dict[str, int]  # pairs that have a caption, an alt, a context, ... that was kept
    licences: LicenceUse
    dates: Dates

    def share(self, name: str) -> float:
        """Give the share of the pairs that have something."""
        return share(self.having[name], self.pairs)

    def statistics(self) -> dict[str, float]:
        """Give what the gate is told."""
        return {
            **{f"{name}_share": self.share(name) for name in self.having},
            **{f"{name}_distinct_share": r.distinct_share for name, r in self.repeated.items()},
        }


@dataclass
class _Tally:
    """What was counted so far."""

    pairs: int = 0
    hashes: dict[str, list[Hashes]] = field(default_factory=lambda: {name: [] for name in TEXTS})
    sentences: list[Hashes] = field(default_factory=list)
    having: Counter[str] = field(default_factory=Counter)
    licences: LicenceUse = field(default_factory=LicenceUse)
    dates: Dates = field(default_factory=Dates)

    def add(self, piece: pa.Table) -> Self:
        """Count a piece of the published table."""
        rows: list[Row] = piece.to_pylist()
        self.pairs += len(rows)
        for name in TEXTS:
            self.hashes[name].append(hash_order(_stated(rows, name), seed=0))
        self.sentences.append(hash_order((i for row in rows for i in row["sentence_ids"]), seed=0))
        for row in rows:
            self.having.update(name for name, has in HAVING.items() if has(row))
            self.licences.add(row)
            self.dates.add(row["crawled"])
        return self


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
    "text1_of_own_page": lambda row: row["document_url"] in row["text_urls"][:1],
}


def figures(evidence: Evidence) -> Figures:
    """Count over everything that the group exported."""
    tally = _Tally()
    for piece in _pieces(evidence, READ):
        tally.add(piece)
    uses = {name: repetition(parts) for name, parts in tally.hashes.items()}
    sentences = repetition(tally.sentences)
    return Figures(
        pairs=tally.pairs,
        repeated={name: _repeated(evidence, name, use) for name, use in uses.items()},
        hubs={
            "sentences_used": sentences.distinct,
            "images_of_most_used": sentences.most,
            "hub_share": sentences.share,
        },
        having={name: tally.having[name] for name in HAVING},
        licences=tally.licences,
        dates=tally.dates,
    )


def _pieces(evidence: Evidence, columns: list[str]) -> Iterator[pa.Table]:
    [pairs] = GROUP.hands_on
    for commit in evidence.commits(pairs.stage):
        yield from evidence.read(commit.objects[pairs.table], columns)


def _stated(rows: list[Row], name: str) -> list[str]:
    return [row[name] for row in rows if row[name]]


def _repeated(evidence: Evidence, name: str, use: Repetition) -> Repeated:
    return Repeated(use.items, use.distinct, use.most, _text_of(evidence, name, use.commonest))


def _text_of(evidence: Evidence, name: str, key: int) -> str:
    """Read on until a text of this hash comes."""
    for piece in _pieces(evidence, [name]):
        texts = [text for text in piece[name].to_pylist() if text]
        for text, mine in zip(texts, hash_order(texts, seed=0).tolist(), strict=True):
            if mine == key:
                return str(text)
    return ""
