"""Gather what only the runs of a version know: why items are not in it, with a few examples each.

Counts are of all shards. Examples, and what was dropped of each domain and licence, are of some
shards by a seeded choice: a sample, told as such. Also the sizes of clusters before the cap.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pydantic import Field

from realsyn_tasks.analyze import schemas
from realsyn_tasks.analyze.left_out import KEYS, LeftOut, Row, Run, TakenDown, said_of
from realsyn_tasks.analyze.places import place_of
from realsyn_tasks.analyze.show_pictures import Config as Shown
from realsyn_tasks.analyze.show_pictures import small
from realsyn_tasks.core import arrow_files, tables
from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.row_sample import some_shards
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.text.pii import KINDS, mask_pii
from realsyn_tasks.web.suffixes import registered_domain

SIZES = ("rank_pairs", "sizes")
PICTURED = ("image", "pair")


class Config(StageConfig):
    """How much is looked at."""

    shards: int = Field(default=4, ge=1)  # of each stage, that examples are from
    examples: int = Field(default=4, ge=1)  # dropped ones of each reason, and kept ones
    names: int = Field(default=500, ge=1)  # domains and licences
    side: int = Field(default=112, ge=16)  # px, of the pictures


@dataclass
class Gathered:
    """Rows of the tables, so far."""

    reasons: list[Row] = field(default_factory=list)
    examples: list[Row] = field(default_factory=list)
    sources: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    sizes: list[int] = field(default_factory=list)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Look at every stage of every run that may drop something."""
    reader = inputs.source("dataset")
    gathered, taken_down = Gathered(), TakenDown(reader.storage)
    for each in reader.runs():
        known = Run(reader, each)
        for group in known.groups:
            for stage in group.declared:
                _gather(gathered, known, stage, config, context.seed, taken_down)
        gathered.sizes += _sizes(known)
    return Output(
        tables={
            "reasons": tables.from_rows(schemas.DROP_REASONS, gathered.reasons),
            "examples": tables.from_rows(schemas.DROP_EXAMPLES, gathered.examples),
            "sources": tables.from_rows(schemas.SOURCE_DROPS, _largest(gathered, config.names)),
            "sizes": tables.build(
                schemas.CLUSTER_SIZES, {"size": sorted(gathered.sizes, reverse=True)}
            ),
        }
    )


def _gather(
    gathered: Gathered, run: Run, stage: Stage, config: Config, seed: int, taken_down: TakenDown
) -> None:
    counts, lines = Counter[tuple[str, str]](), run.outlines(stage.name)
    for tally in lines.tallies():
        for kind, reasons in tally.dropped.items():
            counts.update({(kind, reason): n for reason, n in reasons.items()})
    about = {"run": run.name, "stage": stage.name}
    gathered.reasons += [
        {**about, "group": stage.group, "kind": kind, "reason": reason, "count": count}
        for (kind, reason), count in sorted(counts.items())
    ]
    dropping = [shard for shard, n in zip(lines.shards, lines.dropped, strict=True) if n]
    chosen = list(run.commits(stage.name, some_shards(dropping, config.shards, seed)))
    items = [(item, c) for c in chosen for item in run.dropped(stage, c)]
    seen = [(i, c) for i, c in items if not i.unseen and not taken_down.means(i.id, i.known)]
    _count_sources(gathered.sources, (item for item, _ in items))
    for kind, reason in counts:
        mine = [item for item, _ in seen if (item.kind, item.reason) == (kind, reason)]
        picked = _picked(mine, config.examples, seed)
        gathered.examples += [
            {**about, "kept": False, **_example(run, item, config)} for item in picked
        ]
    for kind in sorted({kind for kind, _ in counts}):
        kept = _kept(run, stage, chosen, kind, config, seed, taken_down)
        gathered.examples += [
            {**about, "kept": True, **_example(run, item, config)} for item in kept
        ]


def _picked(items: list[LeftOut], most: int, seed: int) -> list[LeftOut]:
    """Pick some by a seeded hash of their ids; those of which something is known come first."""
    places = place_of([item.id for item in items], seed)
    order = sorted(range(len(items)), key=lambda n: (not items[n].known, int(places[n])))
    return [items[number] for number in order[:most]]


def _kept(
    run: Run,
    stage: Stage,
    commits: list[Commit],
    kind: str,
    config: Config,
    seed: int,
    taken_down: TakenDown,
) -> Iterator[LeftOut]:
    for commit in commits[:1]:
        ids = run.kept(stage, commit, kind)
        order = np.argsort(place_of(ids, seed), kind="stable")[: config.examples]
        rows: list[Row] = [{"kind": kind, "id": ids[number]} for number in order]
        known = run.known(stage, commit.shard, rows)
        for row in rows:
            said = known.get((KEYS[kind], row["id"]), {})
            if said and not taken_down.means(row["id"], said):
                yield LeftOut(kind, row["id"], "", "", said)


def _example(run: Run, item: LeftOut, config: Config) -> dict[str, Any]:
    shown = Shown(side=config.side)
    data = run.picture(item.known) if item.kind in PICTURED else b""
    return {
        "kind": item.kind,
        "reason": item.reason,
        "id": item.id,
        "detail": mask_pii(item.detail, KINDS)[0],
        "text": said_of(item.known),
        "url": item.known.get("url") or item.known.get("document_url") or "",
        "picture": (small(data, shown) if data else {}).get("picture"),
    }


def _count_sources(counts: Counter[tuple[str, str, str]], items: Iterable[LeftOut]) -> None:
    for item in items:
        if item.kind in PICTURED and item.known:
            url = item.known.get("document_url") or item.known.get("url") or ""
            counts["domain", registered_domain(url), item.reason] += 1
            counts["licence", item.known.get("licence") or "", item.reason] += 1


def _largest(gathered: Gathered, most: int) -> list[Row]:
    totals: Counter[tuple[str, str]] = Counter()
    for (kind, name, _), count in gathered.sources.items():
        totals[kind, name] += count
    largest = set(sorted(totals, key=lambda place: (-totals[place], place))[:most])
    return [
        {"kind": kind, "name": name, "reason": reason, "count": count}
        for (kind, name, reason), count in sorted(gathered.sources.items())
        if (kind, name) in largest
    ]


def _sizes(run: Run) -> list[int]:
    stage, table = SIZES
    commits = run.commits(stage, run.outlines(stage).shards)
    refs = (commit.objects[table] for commit in commits if table in commit.objects)
    return [
        size
        for ref in refs
        for piece in arrow_files.pieces(run.storage, ref, ["size"])
        for size in piece["size"].to_pylist()
    ]
