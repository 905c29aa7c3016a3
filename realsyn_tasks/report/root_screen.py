"""A root on one screen of a terminal: crawls, generations, builds, versions, takedowns in short."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from realsyn_tasks.core.screen import terminal
from realsyn_tasks.report.console import short

Row = Mapping[str, Any]
MOST = 6  # rows of a kind
SETTLED = frozenset({"ingested", "published"})  # states that nobody has to look at


def show(root: str, crawls: Sequence[Row], overview: Mapping[str, Sequence[Row]]) -> None:
    """Print what there is below a root for people."""
    console = terminal()
    console.print(root, style="bold", highlight=False, markup=False)
    for line in lines(crawls, overview):
        console.print(line, highlight=False, markup=False, no_wrap=True, overflow="ellipsis")


def lines(crawls: Sequence[Row], overview: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """Give the screen line by line: of each kind how many, and those that matter most."""
    yield from _section("crawls", sorted(crawls, key=_matters), _crawl)
    yield from _section("generations", overview["generations"][::-1], _generation)
    yield from _section("builds", sorted(overview["builds"], key=_matters), _build)
    yield from _section("versions", sorted(overview["versions"], key=_not_latest), _version)
    yield from _section("takedowns", overview["takedowns"][::-1], _takedown)


def _section(name: str, rows: Sequence[Row], words: Callable[[Row], str]) -> Iterator[str]:
    states = Counter(str(row["state"]) for row in rows if "state" in row)
    counts = ", ".join(f"{count} {state}" for state, count in states.most_common())
    yield f"{name:<12} {len(rows)}" + (f"  ({counts})" if counts else "")
    yield from (f"  {words(row)}" for row in rows[:MOST])
    if len(rows) > MOST:
        yield f"  ... and {len(rows) - MOST} more"


def _matters(row: Row) -> tuple[bool, str]:
    return row["state"] in SETTLED, str(row["name"])


def _not_latest(row: Row) -> tuple[bool, str]:
    return not row.get("latest"), str(row["path"])


def _crawl(row: Row) -> str:
    return _said(row["name"], row["state"], row["why"], row["page"])


def _generation(row: Row) -> str:
    if "images" not in row:
        return _said(row["generation"], row["state"], row["why"])
    if row["state"] not in SETTLED:
        number = row["generation"]
        return _said(number, row["state"], f"see `realsyn repair --root … --generation {number}`")
    counts = f"{short(row['images'])} images, {short(row['sentences'])} sentences"
    return _said(row["generation"], row["crawl"], counts)


def _build(row: Row) -> str:
    promoted = ", ".join(row.get("promoted", ()))
    words = row.get("why") or row.get("version") or (promoted and f"promoted: {promoted}")
    return _said(row["name"], row["state"], words)


def _version(row: Row) -> str:
    if "pairs" not in row:
        return _said(row["path"], row["state"], row["why"])
    latest = "latest" if row["latest"] else ""
    return _said(row["path"], f"{row['pairs']:,} pairs", latest, f"of {', '.join(row['builds'])}")


def _takedown(row: Row) -> str:
    entries = f"{row['entries']:,} entries" if row["entries"] != 1 else "1 entry"
    return _said(row["number"], entries, row["note"])


def _said(name: object, *words: object) -> str:
    return f"{name!s:<24} " + ", ".join(" ".join(str(word).split()) for word in words if word)
