"""The pictures of a build on their way: windows of some thousand, with what was dropped and why."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from realsyn_tasks.core import chunks
from realsyn_tasks.core.counts import by_frequency
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.ledger_view import LedgerView
from realsyn_tasks.core.names import safe_name
from realsyn_tasks.core.outlines import Outlines
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets.gallery_columns import Known, Values
from realsyn_tasks.datasets.gallery_selection import Filters, facets, mask_of, ordered
from realsyn_tasks.kinds import BUILD
from realsyn_tasks.report import pair_steps
from realsyn_tasks.views import pair_lookup, pair_marks, withheld
from realsyn_tasks.views.answer import Unknown
from realsyn_tasks.views.ledgers import LEDGERS
from realsyn_tasks.views.pair_cards import Part, card_of
from realsyn_tasks.views.pair_lookup import meaning_of


@dataclass(frozen=True)
class Way:
    """What is asked of a build's pictures beside filters."""

    words: str
    step: str
    reason: str
    first: int


def of_build(root: str, name: str, asked: Filters, way: Way, part: Part) -> dict[str, Any]:
    """Give a window of a build's pictures, with what was dropped of the whole build."""
    view = _ledgers(root, name)
    run, outlines = view.workspace, _outlines(view)
    try:
        window = pair_steps.window(run, way.first, _shards_with(outlines, way.reason))
    except IndexError as error:
        raise Unknown(str(error)) from None
    known = Known.of(window.pictures)
    mask = mask_of(known, asked) & _on_way(window.pictures, way)
    mask &= ~withheld.pictures(run.storage, window.pictures["image_id"])
    if way.words:
        mask &= pair_lookup.mask_of(window.pictures, meaning_of(way.words))
    chosen = ordered(known, np.flatnonzero(mask), part.sort)
    rows = chunks.taken(window.pictures, chosen[part.offset : part.offset + part.limit])
    marks = pair_marks.known_in(run.storage)
    rows = rows.rename_columns([_AS_PUBLISHED.get(name, name) for name in rows.column_names])
    return {
        "build": run.config.name,
        "state": "ready",
        "pairs": window.pictures.num_rows,
        "matching": len(chosen),
        "offset": part.offset,
        "first": window.first,
        "end": window.end,
        "shards": window.shards,
        "missing": list(window.missing),
        "rows": [card_of(marks, row, {}) for row in rows.to_pylist()],
        "facets": _facets_of_build(window.pictures, known, mask) if part.offset == 0 else None,
        "dropped": _dropped(run, outlines),
    }


_AS_PUBLISHED = {"url": "raw_image_url"}


def run_of(root: str, name: str) -> Workspace:
    """Open a build by name or URI; Unknown names those there are."""
    return _ledgers(root, name).workspace


def _ledgers(root: str, name: str) -> LedgerView:
    """Open a build by name or URI, with its ledgers; Unknown names those there are."""
    storage = Storage.at(root)
    if not name:
        names = [path.rsplit("/", 1)[-1] for path in storage.folders(BUILD.folder)]
        known = ", ".join(names) or "none"
        raise Unknown(f"choose a version or a build; builds of {root}: {known}")
    last = safe_name(name.rstrip("/").rsplit("/", 1)[-1], "build")
    return LEDGERS.of(root, f"{BUILD.folder}/{last}")


def _outlines(view: LedgerView) -> dict[str, Outlines]:
    """Give what the ledgers say of the stages that tell of pictures.

    Where what the build is pinned to is gone, nobody can say which markers hold: then all count.
    """
    run = view.workspace
    names = [stage.name for stage in pair_steps.telling(run)]
    try:
        stages = LEDGERS.snapshot(view).stages
    except ConfigError:
        return {name: run.ledger(name).outlines() for name in names}
    return {name: stages[name].status.outlines for name in names}


def _shards_with(outlines: Mapping[str, Outlines], reason: str) -> list[int] | None:
    """Give the shards of which anything was dropped for a reason; None without one."""
    if not reason:
        return None
    code = json.dumps(reason)
    lines = (zip(each.shards, each.drops, strict=True) for each in outlines.values())
    return sorted({shard for pairs in lines for shard, drops in pairs if code in drops})


def _on_way(pictures: pa.Table, way: Way) -> Values:
    mask = np.ones(pictures.num_rows, dtype=bool)
    if way.step:
        if way.step not in pair_steps.STEPS:
            raise ConfigError(f"step={way.step!r}: one of {', '.join(pair_steps.STEPS)}")
        reached = pair_steps.STEPS[pair_steps.STEPS.index(way.step) :]
        mask &= np.isin(pictures["step"].to_pylist(), reached)
    if way.reason:
        mask &= np.array(pictures["reason"].to_pylist(), dtype=object) == way.reason
    return mask


def _facets_of_build(pictures: pa.Table, known: Known, mask: Values) -> dict[str, Any]:
    steps = _counted(pictures["step"].to_pylist(), mask)
    reasons = _counted(pictures["reason"].to_pylist(), mask)
    reached, total = {}, 0
    for step in reversed(pair_steps.STEPS):
        total += steps.get(step, 0)
        reached[step] = total
    listed = [{"value": name, "pairs": n} for name, n in by_frequency(reasons).items() if name]
    return {
        **facets(known, mask),
        "step": [{"value": step, "pairs": reached[step]} for step in pair_steps.STEPS],
        "reason": listed,
    }


def _counted(values: Iterable[str], mask: Values) -> Counter[str]:
    return Counter(value for value, chosen in zip(values, mask, strict=True) if chosen)


def _dropped(run: Workspace, outlines: Mapping[str, Outlines]) -> list[dict[str, Any]]:
    """Count what was dropped of the whole build, by stage and reason, the most frequent first."""
    words = run.pipeline.reason_words
    rows = [
        {"stage": stage, "reason": code, "words": words.get(code, ""), "pairs": count}
        for stage, lines in outlines.items()
        for kind, counts in lines.drops_by_reason.items()
        if kind in pair_steps.KINDS
        for code, count in counts.items()
    ]
    return sorted(rows, key=lambda row: (-row["pairs"], row["reason"]))


def require_shown(run: Workspace, image: str) -> None:
    """Raise Unknown for a picture that was taken down."""
    if withheld.pictures(run.storage, pa.chunked_array([[image]], pa.string())).any():
        raise Unknown(f"picture {image} {withheld.SAID}")


def picture_of(run: Workspace, shard: int, image: str) -> dict[str, Any]:
    """Give what a build knows of a picture; Unknown if that shard has none of this id."""
    require_shown(run, image)
    if not 0 <= shard < pair_steps.shards_of(run):
        raise Unknown(f"{run.uri} has no shard {shard}")
    pictures = pair_steps.of_shard(run, shard)
    names = pictures["image_id"].to_pylist()
    if image not in names:
        raise Unknown(f"shard {shard} of {run.uri} has no picture {image}")
    [about] = pictures.slice(names.index(image), 1).to_pylist()
    return dict(about)
