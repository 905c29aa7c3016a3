"""What the gate and the reports are told of an extract: one row of counts and shares."""

from __future__ import annotations

from collections import Counter

from realsyn_tasks.core.counts import FunnelStep, Row, by_frequency, lost_on, share, way
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.extract.novelty import known, novelty
from realsyn_tasks.fetching.reasons import FETCHING


def statistics(evidence: Evidence) -> Row:
    """Give counts and shares of documents, images and sentences.

    `unaccounted` compares what went into a stage with what came out or was dropped with a reason,
    shard by shard; it is zero unless a stage lost or invented rows.
    """
    new = novelty(evidence)
    row: Row = {
        "documents": evidence.rows("parse", "documents"),
        "documents_dropped": evidence.dropped("parse", "document").total(),
        "records_dropped": evidence.dropped("parse", "record").total(),
        "no_new_images": int(new.no_images),
        "no_new_sentences": int(new.no_sentences),
        **_files(evidence),
    }
    images = way(evidence, "image")
    fetching = _fetching(images.dropped, images.taken)
    return row | _row(evidence, "image", fetching) | _row(evidence, "sentence")


def _files(evidence: Evidence) -> Row:
    """Count the crawl's files, and give the share of their bytes that could not be read."""
    total = evidence.counts("parse")
    return {
        "files": total["files"],
        "files_cut": total["files_cut"],
        "bytes_lost_share": share(total["bytes_lost"], total["bytes"]),
    }


def _row(evidence: Evidence, kind: str, more: Row | None = None) -> Row:
    table, items = f"{kind}s", way(evidence, kind)
    return {
        f"{table}_in": items.taken,
        f"{table}_kept": items.kept,
        f"{table}_usable_share": share(items.kept + known(evidence, kind), items.taken),
        f"{table}_unaccounted": lost_on(evidence, kind),
        **(more or {}),
        **{
            f"{table}_share_{reason}": share(items.dropped[reason], items.taken)
            for reason in sorted(items.dropped)
        },
    }


def _fetching(dropped: Counter[str], taken: int) -> Row:
    """Give the share of images that no failure to fetch them has cost, and of each class of it."""
    lost = {
        name: share(sum(dropped[r.code] for r in FETCHING if r.transient is transient), taken)
        for name, transient in (("transient", True), ("permanent", False))
    }
    classes = {f"images_fetch_{name}_share": value for name, value in lost.items()}
    return {"images_fetched_share": 1.0 - sum(lost.values()), **classes}


def funnel(evidence: Evidence) -> list[FunnelStep]:
    """Count records, documents, images and sentences: what went in, then what was kept."""
    documents = evidence.rows("parse", "documents")
    opted_out = evidence.dropped("parse", "document")
    records = evidence.dropped("parse", "record")
    steps = [
        FunnelStep("in", "document", documents + opted_out.total()),
        FunnelStep("kept", "document", documents, by_frequency(opted_out)),
        FunnelStep("dropped", "record", records.total(), by_frequency(records)),
    ]
    for kind in ("image", "sentence"):
        items = way(evidence, kind)
        steps.append(FunnelStep("in", kind, items.taken))
        steps.append(FunnelStep("kept", kind, items.kept, by_frequency(items.dropped)))
    return steps
