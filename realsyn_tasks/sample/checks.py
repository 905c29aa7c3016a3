"""The gate's checks of a sample, beyond those that every gate has."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.counts import share
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.findings import MOST_SHARDS, Check, Finding, Settings, shorten
from realsyn_tasks.core.row_sample import some
from realsyn_tasks.sample.schemas import PUBLISHED_IN_BOTH
from realsyn_tasks.sample.statistics import published_by_cluster

LARGER_OR_SMALLER = (
    ", all that there are: build again for fewer (scale), over more of the corpus (crawl,"
    " generations), or allow a smaller dataset (allow_smaller)"
)
OF_PAGE = ("caption", "caption_verdict", "alt", "alt_verdict", "context")


def count(evidence: Evidence, settings: Settings) -> Finding:
    """Exactly the target is published; all there is, if the build may be smaller."""
    config = evidence.workspace.config
    available = evidence.rows("filter_pairs", "pairs")
    published = evidence.rows("export", "pairs")
    expected = min(config.target, available) if config.allow_smaller else config.target
    return Finding(
        name="count",
        about="pairs",
        expected=f"exactly {expected} pairs (target {config.target}, available {available})",
        saw=f"{published} pairs{'' if published >= expected else LARGER_OR_SMALLER}",
        passed=published == expected,
    )


def cap(evidence: Evidence, settings: Settings) -> Finding:
    """No cluster holds more pairs than the cap that was solved for, or one more."""
    limit = evidence.measure("solve_cap", "cap")
    sizes = published_by_cluster(evidence)
    over = [(n, name) for name, n in sizes.items() if limit is not None and n > limit + 1]
    return Finding(
        name="cap",
        about="clusters",
        expected=f"at most {limit:.0f} pairs in a cluster, one more in some of them"
        if limit is not None
        else "a solved cap",
        saw=f"{max(sizes.values(), default=0)} in the largest of {len(sizes)} clusters",
        passed=limit is not None and not over,
        examples=shorten([f"cluster {name} with {n}" for n, name in sorted(over, reverse=True)]),
    )


def tars(evidence: Evidence, settings: Settings) -> Finding:
    """The tars hold the same pairs as the tables: the image, and all columns of both."""
    wrong: list[str] = []
    checked = 0
    for commit in evidence.commits("export")[:MOST_SHARDS]:
        columns = PUBLISHED_IN_BOTH.names
        rows = evidence.first_rows(commit, "pairs", columns, int(settings["per_shard"]))
        samples = evidence.first_samples(commit.objects["samples"], len(rows))
        checked += len(rows)
        wrong += [f"sample {row['key']}: {why}" for row in rows if (why := _odd(row, samples))]
    return Finding(
        name="tars",
        about="pairs",
        expected="tars that hold the image, text1 and all columns of each row",
        saw=f"{len(wrong)} of {checked} samples that differ"
        if wrong
        else f"{checked} equal samples",
        passed=not wrong,
        examples=shorten(wrong),
    )


def _odd(row: Mapping[str, Any], samples: Mapping[str, Mapping[str, bytes]]) -> str:
    """Say what differs between a row and its sample; empty if nothing does."""
    sample = dict(samples.get(row["key"], {}))
    about, text = _record(sample.pop("json", b"")), sample.pop("txt", b"")
    if row["sha256"] not in {hashlib.sha256(data).hexdigest() for data in sample.values()}:
        return "no image with the row's sha256"
    if text != (row["text1"] or "").encode():
        return "another text1"
    return next((f"another {name}" for name in row if about.get(name) != row[name]), "")


def _record(about: bytes) -> dict[str, Any]:
    try:
        content = json.loads(about)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def withheld(evidence: Evidence, settings: Settings) -> Finding:
    """No caption, alternative text or context is published that was refused for certain reasons.

    Of a large dataset some shards are read: pairs are dealt to them at random.
    """
    reasons = set(settings["reasons"])
    commits = evidence.commits("export")
    chosen = some(commits, MOST_SHARDS, evidence.workspace.config.seed)
    shown = [example for commit in chosen for example in _shown(evidence, commit, reasons)]
    where = "" if len(chosen) == len(commits) else f" in {len(chosen)} shards, drawn at random"
    return Finding(
        name="withheld",
        about="pairs",
        expected=f"no words of a page that were refused as {', '.join(sorted(reasons))}",
        saw=(f"{len(shown)} of them published" if shown else "none published") + where,
        passed=not shown,
        examples=shorten(shown),
    )


def _shown(evidence: Evidence, commit: Commit, reasons: set[str]) -> list[str]:
    """Name the words of a shard that should not be there."""
    return [
        f"{row['key']}: {name} ({verdict})"
        for piece in evidence.read(commit.objects["pairs"], ["key", *OF_PAGE])
        for row in piece.to_pylist()
        for name, text, verdict in _of_page(row)
        if text and verdict in reasons
    ]


def _of_page(row: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Give column, text and verdict of all that a picture's own page says of it."""
    for name in ("caption", "alt"):
        yield name, row[name], row[f"{name}_verdict"]
    for near in row["context"]:
        yield "context", near["text"], near["verdict"]


def assignment(evidence: Evidence, settings: Settings) -> Finding:
    """Pictures are in their nearest cluster, nearly all, also where not every cluster was tried."""
    least = float(settings["share"])
    counts = evidence.counts("assign_images")
    compared, right = counts["compared"], counts["nearest"]
    return Finding(
        name="assignment",
        about="clusters",
        expected=f"at least {least:.0%} of the pictures in the nearest cluster of all",
        saw=f"{share(right, compared):.1%} of {compared} that were compared with every cluster"
        if compared
        else "every picture compared with every cluster",
        passed=not compared or share(right, compared) >= least,
    )


CHECKS: dict[str, Check] = {
    "count": count,
    "cap": cap,
    "assignment": assignment,
    "tars": tars,
    "withheld": withheld,
}
