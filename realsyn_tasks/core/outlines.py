"""Outlines of a stage's markers, in columns: what tells whether they hold, and what tables show.

A run of 30,000 shards has three quarters of a million markers, so they are held as arrays and
judged column by column; an Outline is one row of them, made when it is asked for.
"""

from __future__ import annotations

import json
from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from hashlib import sha256
from itertools import chain, repeat
from typing import Any, NamedTuple, Protocol, cast

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from realsyn_tasks.core.columns import (
    Alike,
    Texts,
    are_equal,
    column_of,
    distinct,
    flat,
    joined,
    parsed_each,
    selected,
)
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.marked_paths import marked, unmarked

SUMS = ("contents", "rows_by_table", "drops_by_reason", "settings")
_NOTHING = json.dumps({})


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


def _paths_of(line: Outline) -> str:
    return marked((path for path, _ in line.sizes), line.shard, line.attempt)


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
            paths=column_of(_paths_of(line) for line in lines),
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
        paths = unmarked(texts, shards, attempts)
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
            are_equal(self.inputs.get(name, blank), inputs.get(name, blank))
            for name in {*self.inputs, *inputs}
        )

    def content_of(self, shard: int) -> str:
        """Digest what one shard holds; empty if it has no marker here."""
        place = self._place(shard)
        return "" if place is None else self.digests[place]

    def tallies(self) -> Iterator[Tally]:
        """Give what each shard kept, dropped and counted, in order."""
        kept, dropped, counted = map(parsed_each, (self.tables, self.drops, self.counts))
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
        return list(unmarked(self.paths, self.shards, self.attempts)), flat(self.sizes)

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
        for rows, times in distinct(self.tables):
            _add(total, rows, times)
        return total

    @cached_property
    def drops_by_reason(self) -> dict[str, dict[str, int]]:
        """Add up what was dropped, by kind of item and reason."""
        total: dict[str, dict[str, int]] = {}
        for drops, times in distinct(self.drops):
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
        return self._mapped(lambda column: selected(column, wanted))

    def and_those(self, others: Outlines) -> Outlines:
        """Add markers; of two of a shard, the other one counts."""
        if not others:
            return self
        names = sorted({*self.inputs, *others.inputs})
        mine, theirs = (each._with_inputs(names) for each in (self.without(others), others))
        shards = [*mine.shards, *theirs.shards]
        order = sorted(range(len(shards)), key=shards.__getitem__)
        both = {
            field.name: joined(getattr(mine, field.name), getattr(theirs, field.name), order)
            for field in fields(self)
            if field.name != "inputs"
        }
        inputs = {n: joined(mine.inputs[n], theirs.inputs[n], order) for n in names}
        return Outlines(**both, inputs=inputs)

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


def _add(total: dict[str, int], counts: Mapping[str, int], times: int) -> None:
    for name, count in counts.items():
        total[name] = total.get(name, 0) + count * times
