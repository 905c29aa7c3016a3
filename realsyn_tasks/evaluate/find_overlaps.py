"""Find what an evaluation set and a version share, so that nothing is asked that was taught.

Pictures are the same where their bytes are, or where their perceptual hashes differ in few bits,
as extract tells evaluation sets (`evaluation_radius`). Texts are the same where their letters and
digits are, or where one has most of another's runs of words. Only what is asked counts: what a
linear probe learns from may be anywhere. Memory: 8 bytes a question and its texts' runs of words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.ids import ID_LENGTH, normalise_text
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.datasets import samples
from realsyn_tasks.evaluate import schemas
from realsyn_tasks.pictures.phash import perceptual_hash
from realsyn_tasks.pictures.pixels import BROKEN, decode
from realsyn_tasks.text.sameness import text_key

BITS = 64  # of a perceptual hash
HASHED_SIDE = 256  # px
PICTURE, TEXT = "picture", "text"
ASKED = ["set", "item", "split", "texts", "image_id", "phash"]
TEXTS = ["text1", "text2", "text3", "syn_text", "recaption", "caption", "alt"]
COLUMNS = ["key", "image_id", "sha256", *TEXTS, "context"]
_WORD = re.compile(r"\w+")
Row = dict[str, Any]
Found = dict[int, float]  # closeness by number of the question


class Config(StageConfig):
    """How near is the same."""

    radius: int = Field(default=6, ge=0, lt=BITS)  # bits of 64, as in extract's evaluation_radius
    least_words: int = Field(default=3, ge=1)  # shorter texts are anybody's
    run_words: int = Field(default=8, ge=2)  # of a run; texts with fewer are compared whole
    contained: float = Field(default=0.5, gt=0, le=1)  # share of a question's runs in a text
    most: int = Field(default=100, ge=1)  # questions that are noted of one pair, the closest


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Compare the pairs of a shard with all questions."""
    asked = Asked.of(inputs, config)
    version = inputs.source("datasets").version_of(context.shard)
    overlaps: list[Row] = []
    pairs = inputs.table("datasets", "pairs", COLUMNS).to_pylist()
    hashes = dict(_hashes(inputs, context, len(pairs)))
    for row in pairs:
        alike = {PICTURE: asked.pictures_of(row, hashes.get(row["key"]))}
        alike[TEXT] = asked.texts_of(row)
        for what, found in alike.items():
            overlaps += [
                {**asked.items[number], "version": version, "key": row["key"], "what": what}
                | {"closeness": closeness}
                for number, closeness in _closest(found, config.most)
            ]
    table = tables.from_rows(schemas.OVERLAPS, overlaps, sort_by=("set", "item", "key", "what"))
    counts = {
        "pairs": len(pairs),
        "questions": len(asked.items),
        "overlapping_pairs": len(pc.unique(table["key"])),
    }
    return Output(tables={"overlaps": table}, counts=counts)


@dataclass
class Asked:
    """What all sets ask, told by pictures and by texts."""

    config: Config
    items: list[Row] = field(default_factory=list)  # set and item
    by_bytes: dict[str, list[int]] = field(default_factory=dict)
    by_text: dict[str, list[int]] = field(default_factory=dict)
    by_run: dict[str, list[int]] = field(default_factory=dict)  # numbers of long texts
    long_texts: list[tuple[int, int]] = field(default_factory=list)  # their question, their runs
    hashes: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, dtype=np.uint64))

    @classmethod
    def of(cls, inputs: Inputs, config: Config) -> Asked:
        """Take what is asked of the test splits; pictures themselves are not read."""
        asked, hashes = cls(config), [np.zeros(0, dtype=np.uint64)]
        for _, table in inputs.stream("draw_questions", "questions", ASKED):
            tested = table.filter(pc.equal(table["split"], "test"))
            hashes.append(tested["phash"].to_numpy().astype(np.uint64))
            for row in tested.to_pylist():
                asked._add(row)
        asked.hashes = np.concatenate(hashes)
        return asked

    def _add(self, row: Row) -> None:
        number = len(self.items)
        self.items.append({"set": row["set"], "item": row["item"]})
        self.by_bytes.setdefault(row["image_id"], []).append(number)
        for text in row["texts"]:
            words = words_of(text)
            if len(words) >= self.config.least_words:
                self.by_text.setdefault(_key(text), []).append(number)
            runs = runs_of(words, self.config.run_words)
            if runs:
                for each in runs:
                    self.by_run.setdefault(each, []).append(len(self.long_texts))
                self.long_texts.append((number, len(runs)))

    def pictures_of(self, row: Row, phash: int | None) -> Found:
        """Name the questions whose picture a pair has; share of the hash's bits that agree."""
        found: Found = {}
        if phash is not None and len(self.hashes):
            bits = np.bitwise_count(self.hashes ^ np.uint64(phash))
            near = np.flatnonzero(bits <= self.config.radius).tolist()
            found = {number: 1 - int(bits[number]) / BITS for number in near}
        for known in {row["image_id"], row["sha256"][:ID_LENGTH]}:
            found |= dict.fromkeys(self.by_bytes.get(known, ()), 1.0)
        return found

    def texts_of(self, row: Row) -> Found:
        """Name the questions one of whose texts a pair has; share of its runs of words."""
        found: Found = {}
        for text in dict.fromkeys(_texts(row)):
            for number, closeness in self._alike(text):
                found[number] = max(closeness, found.get(number, 0.0))
        return found

    def _alike(self, text: str) -> Iterator[tuple[int, float]]:
        for number in self.by_text.get(_key(text), ()):
            yield number, 1.0
        runs = runs_of(words_of(text), self.config.run_words)
        shared = Counter(number for each in runs for number in self.by_run.get(each, ()))
        for number, count in shared.items():
            question, of_all = self.long_texts[number]
            if count >= self.config.contained * of_all:
                yield question, count / of_all


def words_of(text: str) -> list[str]:
    """Give the words of a text, without case and punctuation."""
    return _WORD.findall(normalise_text(text).casefold())


def runs_of(words: list[str], length: int) -> set[str]:
    """Give the different runs of so many words; none of a shorter text."""
    return {" ".join(words[at : at + length]) for at in range(len(words) - length + 1)}


def _hashes(inputs: Inputs, context: Context, total: int) -> Iterator[tuple[str, int]]:
    """Hash the pictures of the shard by key, without those that cannot be decoded."""
    keys = inputs.table("datasets", "pairs", ["key"])["key"].to_pylist()
    with inputs.blob("datasets", "samples") as source:
        for number, (key, data) in enumerate(samples.pictures(source, set(keys)), start=1):
            try:
                yield key, perceptual_hash(decode(data, HASHED_SIDE))
            except BROKEN:
                continue
            finally:
                context.progress(number, total)


def _texts(row: Row) -> Iterator[str]:
    yield from (row[name] for name in TEXTS if row[name])
    yield from (each["text"] for each in row["context"] or () if each["text"])


def _key(text: str) -> str:
    return text_key(normalise_text(text))


def _closest(found: Found, most: int) -> list[tuple[int, float]]:
    return sorted(found.items(), key=lambda known: (-known[1], known[0]))[:most]
