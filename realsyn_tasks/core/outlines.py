"""Outlines of a stage's markers, in columns: what tells whether they hold, and what tables show.

A run of 30,000 shards has three quarters of a million markers, so they are held as arrays and
judged column by column; an Outline is one row of them, made when it is asked for.
"""

from __future__ import annotations

import json
import re
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property, lru_cache
from hashlib import sha256
from itertools import chain, compress, repeat
from typing import Any, NamedTuple, Protocol, TypeVar, cast, overload

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from realsyn_tasks.core.ids import digest

Texts = Sequence[str]
Column = TypeVar("Column", bound=Sequence[Any])
SUMS = ("contents", "rows_by_table", "drops_by_reason", "settings")
_HEX = re.compile(r"(?:[0-9a-f]{2})+")
_NOTHING = json.dumps({})
_SHARD, _ATTEMPT = "\0", "\1"  # which JSON has only escaped


class Marker(Protocol):
    """A whole marker (core.commits)."""

    @property
    def digest(self) -> str:
        """Digest the content of the output."""
        ...

    def model_dump(self) -> dict[str, Any]:
        """Give it as a dict."""
        ...


class Outline(NamedTuple):
    """What of a marker tells whether it still holds, and what tables show of it."""

    shard: int
    fingerprint: str
    digest: str  # of the content
    inputs: dict[str, str]
    sizes: tuple[tuple[str, int], ...]  # path and bytes of each object
    attempt: str
    rows: int
    dropped: int
    tables: dict[str, int]  # rows of each
    drops: dict[str, dict[str, int]]  # kind -> reason -> count
    counts: dict[str, int]
    measures: dict[str, float]
    objects: tuple[str, ...]  # their names, in the order of `sizes`
    stored_bytes: int  # in all objects
    seconds: float
    cpu_seconds: float
    gpu_seconds: float
    grown: bool  # from what an earlier build found
    origin: str

    @staticmethod
    def of(commit: Marker) -> Outline:
        """Give the outline of a whole marker."""
        return _outline_of(cast(_Marker, commit.model_dump()), commit.digest)

    @staticmethod
    def parsed(data: bytes) -> Outline | None:
        """Read a marker's outline; one that is torn counts as none."""
        try:
            marker = _MARKER.validate_json(data)
        except ValidationError:
            return None
        checksums = {name: ref["sha256"] for name, ref in marker["objects"].items()}
        return _outline_of(marker, digest(checksums))


class Tally(NamedTuple):
    """What a shard kept, dropped and counted."""

    shard: int
    rows: Mapping[str, int]  # of each table
    dropped: Mapping[str, Mapping[str, int]]  # kind -> reason -> count
    counts: Mapping[str, int]


class _Object(TypedDict):
    path: str
    size: int
    sha256: str


class _Marker(TypedDict):
    """What an outline takes of a marker; nobody looks at the rest, which saves two thirds."""

    shard: int
    fingerprint: str
    attempt: str
    objects: dict[str, _Object]
    rows: dict[str, int]
    dropped: dict[str, dict[str, int]]
    counts: dict[str, int]
    measures: dict[str, float | None]  # null where it is no number
    inputs: dict[str, str]
    cost: dict[str, float]
    origin: str


_MARKER = TypeAdapter(_Marker)


def _outline_of(marker: _Marker, content: str) -> Outline:
    cost = marker["cost"]
    return Outline(
        shard=marker["shard"],
        fingerprint=marker["fingerprint"],
        digest=content,
        inputs=marker["inputs"],
        sizes=tuple((ref["path"], ref["size"]) for ref in marker["objects"].values()),
        attempt=marker["attempt"],
        rows=sum(marker["rows"].values()),
        dropped=sum(sum(reasons.values()) for reasons in marker["dropped"].values()),
        tables=marker["rows"],
        drops=marker["dropped"],
        counts=marker["counts"],
        measures={name: n for name, n in marker["measures"].items() if n is not None},
        objects=tuple(marker["objects"]),
        stored_bytes=sum(ref["size"] for ref in marker["objects"].values()),
        seconds=cost.get("seconds", 0.0),
        cpu_seconds=cost.get("cpu_seconds", 0.0),
        gpu_seconds=cost.get("gpu_seconds", 0.0),
        grown=bool(cost.get("reused_shards")),
        origin=marker["origin"],
    )


@dataclass(frozen=True)
class Alike(Sequence[str]):
    """So many times the same text."""

    text: str
    length: int

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[str]:
        return repeat(self.text, self.length)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Texts: ...
    def __getitem__(self, place: int | slice) -> str | Texts:
        if isinstance(place, slice):
            return [self.text] * len(range(self.length)[place])
        return self.text


@dataclass(frozen=True)
class Hex(Sequence[str]):
    """Texts of hexadecimal digits, all equally long, in half of their space."""

    data: bytes
    width: int  # bytes of each

    def __len__(self) -> int:
        return len(self.data) // self.width

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Texts: ...
    def __getitem__(self, place: int | slice) -> str | Texts:
        if isinstance(place, slice):
            return list(self)[place]
        start = range(len(self))[place] * self.width
        return self.data[start : start + self.width].hex()

    def __iter__(self) -> Iterator[str]:
        text, width = self.data.hex(), 2 * self.width
        return (text[start : start + width] for start in range(0, len(text), width))


def column_of(texts: Iterable[str]) -> Texts:
    """Give texts as a column, in as little space as they allow."""
    given = list(texts)
    if len(set(given)) <= 1:
        return Alike(given[0] if given else "", len(given))
    width = len(given[0])
    if set(map(len, given)) == {width} and _HEX.fullmatch("".join(given)) and width % 2 == 0:
        return Hex(bytes.fromhex("".join(given)), width // 2)
    return given


@dataclass(frozen=True)
class Outlines(Mapping[int, Outline]):
    """The outlines of a stage's markers by shard, in columns that are sorted by it."""

    shards: Sequence[int]
    fingerprints: Texts
    digests: Texts
    inputs: Mapping[str, Texts]  # empty where a marker has no such input
    paths: Texts  # JSON: of each object, with marks for its marker's shard and attempt
    sizes: Texts  # JSON: bytes of each object
    attempts: Texts
    rows: Sequence[int]
    dropped: Sequence[int]
    tables: Texts  # JSON
    drops: Texts  # JSON
    counts: Texts  # JSON
    measures: Texts  # JSON
    names: Texts  # JSON: of each object
    stored_bytes: Sequence[int]  # in all objects
    seconds: Sequence[float]
    cpu_seconds: Sequence[float]
    gpu_seconds: Sequence[float]
    grown: Sequence[int]
    origins: Texts

    @staticmethod
    def of(outlines: Iterable[Outline]) -> Outlines:
        """Put outlines into columns; of two of a shard, the later one counts."""
        by_shard = {line.shard: line for line in outlines}
        lines = [by_shard[shard] for shard in sorted(by_shard)]
        names = sorted({name for line in lines for name in line.inputs})
        return Outlines(
            shards=array("q", (line.shard for line in lines)),
            fingerprints=column_of(line.fingerprint for line in lines),
            digests=column_of(line.digest for line in lines),
            inputs={n: column_of(line.inputs.get(n, "") for line in lines) for n in names},
            paths=column_of(_marked(line) for line in lines),
            sizes=column_of(json.dumps([size for _, size in line.sizes]) for line in lines),
            attempts=column_of(line.attempt for line in lines),
            rows=array("q", (line.rows for line in lines)),
            dropped=array("q", (line.dropped for line in lines)),
            tables=column_of(json.dumps(line.tables) for line in lines),
            drops=column_of(json.dumps(line.drops) for line in lines),
            counts=column_of(json.dumps(line.counts) for line in lines),
            measures=column_of(json.dumps(line.measures) for line in lines),
            names=column_of(json.dumps(line.objects) for line in lines),
            stored_bytes=array("q", (line.stored_bytes for line in lines)),
            seconds=array("d", (line.seconds for line in lines)),
            cpu_seconds=array("d", (line.cpu_seconds for line in lines)),
            gpu_seconds=array("d", (line.gpu_seconds for line in lines)),
            grown=array("B", (line.grown for line in lines)),
            origins=column_of(line.origin for line in lines),
        )

    def __len__(self) -> int:
        return len(self.shards)

    def __iter__(self) -> Iterator[int]:
        return iter(self.shards)

    def __contains__(self, shard: object) -> bool:
        return isinstance(shard, int) and self._place(shard) is not None

    def __getitem__(self, shard: int) -> Outline:
        place = self._place(shard)
        if place is None:
            raise KeyError(shard)
        inputs = {name: texts[place] for name, texts in self.inputs.items()}
        return Outline(
            shard=shard,
            fingerprint=self.fingerprints[place],
            digest=self.digests[place],
            inputs={name: value for name, value in inputs.items() if value},
            sizes=self._sizes_at(place),
            attempt=self.attempts[place],
            rows=self.rows[place],
            dropped=self.dropped[place],
            tables=json.loads(self.tables[place]),
            drops=json.loads(self.drops[place]),
            counts=json.loads(self.counts[place]),
            measures=json.loads(self.measures[place]),
            objects=tuple(json.loads(self.names[place])),
            stored_bytes=self.stored_bytes[place],
            seconds=self.seconds[place],
            cpu_seconds=self.cpu_seconds[place],
            gpu_seconds=self.gpu_seconds[place],
            grown=bool(self.grown[place]),
            origin=self.origins[place],
        )

    def _sizes_at(self, place: int) -> tuple[tuple[str, int], ...]:
        texts, shards, attempts = [self.paths[place]], [self.shards[place]], [self.attempts[place]]
        paths = _unmarked(texts, shards, attempts)
        return tuple(zip(paths, json.loads(self.sizes[place]), strict=True))

    def _place(self, shard: int) -> int | None:
        place = bisect_left(self.shards, shard)
        return place if place < len(self) and self.shards[place] == shard else None

    @cached_property
    def settings(self) -> str:
        """Digest the settings by which each fingerprint is known to follow from its inputs.

        Empty where nobody has looked: whoever has tells it (`knowing`).
        """
        return ""

    @cached_property
    def contents(self) -> str:
        """Digest what the markers' outputs hold: the digest of the list of their digests."""
        listed = '","'.join(self.digests)
        return sha256(f'["{listed}"]'.encode()).hexdigest() if listed else digest([])

    def digests_of(self, shards: int) -> Texts:
        """Digest what each of so many first shards holds; empty where there is no marker."""
        if self.cover(shards):
            return self.digests
        digest_by_shard = dict(zip(self.shards, self.digests, strict=True))
        return [digest_by_shard.get(shard, "") for shard in range(shards)]

    def cover(self, shards: int) -> bool:
        """Say whether these are all shards from 0 on, and no others."""
        return len(self) == shards and (not shards or self.shards[-1] == shards - 1)

    def read(self, inputs: Mapping[str, Texts]) -> bool:
        """Say whether the markers read just these inputs, of their shards in order."""
        blank = Alike("", len(self))
        return all(
            _alike(self.inputs.get(name, blank), inputs.get(name, blank))
            for name in {*self.inputs, *inputs}
        )

    def content_of(self, shard: int) -> str:
        """Digest what one shard holds; empty if it has no marker here."""
        place = self._place(shard)
        return "" if place is None else self.digests[place]

    def tallies(self) -> Iterator[Tally]:
        """Give what each shard kept, dropped and counted, in order."""
        kept, dropped, counted = map(_parsed_each, (self.tables, self.drops, self.counts))
        return map(Tally, self.shards, kept, dropped, counted)

    def measured(self) -> Iterator[tuple[int, dict[str, float]]]:
        """Give what each shard measured, in order, without those that measured nothing."""
        pairs = zip(self.shards, self.measures, strict=True)
        return ((shard, json.loads(text)) for shard, text in pairs if text != _NOTHING)

    def named(self) -> Iterator[tuple[int, str]]:
        """Name the objects of each shard, in order."""
        names = {text: json.loads(text) for text in set(self.names)}
        pairs = zip(self.shards, self.names, strict=True)
        return ((shard, name) for shard, text in pairs for name in names[text])

    def objects(self) -> tuple[list[str], list[int]]:
        """Give path and bytes of each object, those of one marker after those of another."""
        return list(_unmarked(self.paths, self.shards, self.attempts)), _flat(self.sizes)

    def owners(self) -> Iterator[int]:
        """Give the shard of each object, in the order of `objects`."""
        counts = map(len, json.loads(f"[{','.join(self.sizes)}]"))
        return chain.from_iterable(map(repeat, self.shards, counts))

    def counted(self, name: str) -> dict[int, int]:
        """Give what shards counted under a name, without those that counted none."""
        texts = set(self.counts)
        value = {text: int(json.loads(text).get(name, 0)) for text in texts}
        pairs = zip(self.shards, self.counts, strict=True)
        return {shard: value[text] for shard, text in pairs if value[text]}

    @cached_property
    def rows_by_table(self) -> dict[str, int]:
        """Add up the rows of each table."""
        total: dict[str, int] = {}
        for rows, times in _distinct(self.tables):
            _add(total, rows, times)
        return total

    @cached_property
    def drops_by_reason(self) -> dict[str, dict[str, int]]:
        """Add up what was dropped, by kind of item and reason."""
        total: dict[str, dict[str, int]] = {}
        for drops, times in _distinct(self.drops):
            for kind, reasons in drops.items():
                _add(total.setdefault(kind, {}), reasons, times)
        return total

    @property
    def sums(self) -> dict[str, Any]:
        """Give what is worked out of all markers together, by the names of the properties."""
        return {name: getattr(self, name) for name in SUMS}

    def knowing(self, sums: Mapping[str, Any]) -> Outlines:
        """Let it know what `sums` gave, without working it out."""
        self.__dict__.update({name: sums[name] for name in SUMS if name in sums})
        return self

    def only(self, shards: Collection[int]) -> Outlines:
        """Leave out the markers of other shards."""
        if len(shards) == len(self) and all(shard in shards for shard in self.shards):
            return self
        wanted = [shard in shards for shard in self.shards]
        return self._mapped(lambda column: _kept(column, wanted))

    def and_those(self, others: Outlines) -> Outlines:
        """Add markers; of two of a shard, the other one counts."""
        if not others:
            return self
        names = sorted({*self.inputs, *others.inputs})
        mine, theirs = (each._with_inputs(names) for each in (self.without(others), others))
        shards = [*mine.shards, *theirs.shards]
        order = sorted(range(len(shards)), key=shards.__getitem__)
        joined = {
            field.name: _joined(getattr(mine, field.name), getattr(theirs, field.name), order)
            for field in fields(self)
            if field.name != "inputs"
        }
        inputs = {n: _joined(mine.inputs[n], theirs.inputs[n], order) for n in names}
        return Outlines(**joined, inputs=inputs)

    def without(self, others: Outlines) -> Outlines:
        """Leave out the shards that others hold."""
        gone = set(others.shards)
        return self.only({shard for shard in self.shards if shard not in gone})

    def brief(self) -> Outlines:
        """Give it without what only judging needs: half of its memory."""
        nothing = Alike("[]", len(self))
        brief = replace(self, inputs={}, paths=nothing, sizes=nothing)
        return brief.knowing(self.__dict__)

    def _with_inputs(self, names: Iterable[str]) -> Outlines:
        blank = Alike("", len(self))
        return replace(self, inputs={name: self.inputs.get(name, blank) for name in names})

    def _mapped(self, change: Callable[[Any], Any]) -> Outlines:
        columns = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "inputs"}
        changed = {name: change(column) for name, column in columns.items()}
        return Outlines(**changed, inputs={n: change(c) for n, c in self.inputs.items()})


@lru_cache(maxsize=1 << 18)
def digits_of(shard: int) -> str:
    """Write a shard's number as its names have it; once, though many stages have a shard of it."""
    return f"{shard:05d}"


def _marked(line: Outline) -> str:
    """Write the paths of a marker's objects so that those of all markers of a stage are alike."""
    text = json.dumps([path for path, _ in line.sizes])
    if line.attempt:
        text = text.replace(line.attempt, _ATTEMPT)
    return text.replace(digits_of(line.shard), _SHARD)


def _unmarked(texts: Texts, shards: Sequence[int], attempts: Texts) -> Iterator[str]:
    """Give the paths of which `_marked` made texts.

    A text is parsed once for all shards that have it, unless something may be escaped in it: then
    only in JSON can marks be told from the same characters of a path.
    """
    alike: dict[str, list[str]] = {}
    for text, shard, attempt in zip(texts, shards, attempts, strict=True):
        number = digits_of(shard)
        if "\\" in text or not attempt.isalnum():
            yield from json.loads(text.replace(_SHARD, number).replace(_ATTEMPT, attempt))
            continue
        if text not in alike:
            alike[text] = json.loads(text, strict=False)
        for path in alike[text]:
            yield path.replace(_SHARD, number).replace(_ATTEMPT, attempt)


def _flat(lists: Iterable[str]) -> list[Any]:
    """Parse JSON lists as one, of what is in all of them, one behind the other."""
    return list(json.loads(f"[{','.join(inner for text in lists if (inner := text[1:-1]))}]"))


def _distinct(texts: Texts) -> Iterator[tuple[dict[str, Any], int]]:
    """Parse JSON objects at once, each of different ones with how often it comes."""
    times = Counter(texts)
    return zip(json.loads(f"[{','.join(times)}]"), times.values(), strict=True)


def _parsed_each(texts: Texts) -> Iterator[Any]:
    """Parse JSON texts one by one; of those that are all alike, one."""
    if isinstance(texts, Alike) and texts:
        return repeat(json.loads(texts.text), len(texts))
    return map(json.loads, texts)


def _add(total: dict[str, int], counts: Mapping[str, int], times: int) -> None:
    for name, count in counts.items():
        total[name] = total.get(name, 0) + count * times


def _alike(one: Texts, other: Texts) -> bool:
    return one == other if type(one) is type(other) else list(one) == list(other)


def _kept(column: Column, wanted: Sequence[bool]) -> Column:
    return _like(column, compress(column, wanted))


def _joined(first: Column, second: Column, order: Sequence[int]) -> Column:
    both = [*first, *second]
    return _like(first, map(both.__getitem__, order))


def _like(column: Column, values: Iterable[Any]) -> Column:
    if isinstance(column, array):
        return cast(Column, array(column.typecode, values))
    return cast(Column, column_of(values))
