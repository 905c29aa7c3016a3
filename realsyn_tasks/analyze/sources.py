"""Where the texts of a pair come from, and how a published row says each of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realsyn_tasks.web.suffixes import registered_domain

REALISTIC = ("text1", "text2", "text3")
CAPTION, ALT, SYNTHETIC, RECAPTION = "caption", "alt", "synthetic", "recaption"
SOURCES = (*REALISTIC, CAPTION, ALT, SYNTHETIC, RECAPTION)
IN_DOCUMENT, RANDOM = "in_document", "random"  # what they are compared with
COMPARED = (IN_DOCUMENT, RANDOM)
ABOUT = [  # columns of a published row that are read
    *("key", "image_id", *REALISTIC, "syn_text", "recaption", "caption", "caption_verdict"),
    *("alt", "alt_verdict", "context", "raw_image_url", "document_url", "licence"),
    *("realistic_scores", "syn_score", "cluster_id"),
]
Row = Mapping[str, Any]


def texts_of(row: Row) -> dict[str, str]:
    """Give the texts of a published row by source; "" for what it lacks, or a filter refused."""
    return {
        **{name: row[name] or "" for name in REALISTIC},
        CAPTION: _kept(row, "caption"),
        ALT: _kept(row, "alt"),
        SYNTHETIC: row["syn_text"] or "",
        RECAPTION: row.get("recaption") or "",  # versions of before there were any lack it
    }


def about(row: Row) -> dict[str, Any]:
    """Give what a published row says of itself beside its texts."""
    scores = row["realistic_scores"] or [None]
    return {
        "key": row["key"],
        "image_id": row["image_id"],
        "domain": domain_of(row),
        "licence": row["licence"] or "",
        "cluster_id": row["cluster_id"],
        "score": scores[0],
        "synthetic_score": row["syn_score"],
    }


def domain_of(row: Row) -> str:
    """Give the registered domain of the page, else of the picture; "" where neither has one."""
    return registered_domain(row["document_url"] or "") or registered_domain(
        row["raw_image_url"] or ""
    )


def in_document(row: Row, place: int) -> str:
    """Give a sentence near the picture on its own page, chosen by the pair's random place."""
    kept = [each["text"] for each in row["context"] or () if each["text"] and not each["verdict"]]
    return str(kept[place % len(kept)]) if kept else ""


def _kept(row: Row, name: str) -> str:
    return "" if row[f"{name}_verdict"] else row[name] or ""
