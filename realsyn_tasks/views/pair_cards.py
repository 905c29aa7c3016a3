"""One pair as the page shows it, wherever it comes from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from realsyn_tasks.views import pair_marks
from realsyn_tasks.views.pair_marks import Marks

SHOWN = (
    *("image_id", "key", "sha256", "text1", "text2", "text3", "syn_text", "recaption", "caption"),
    *("caption_verdict", "alt", "alt_verdict", "title", "heading", "context", "raw_image_url"),
    *("document_url", "licence", "crawled", "width", "height", "realistic_scores", "relevance"),
    *("syn_score", "syn_source", "cluster_id", "tags", "sentence_ids", "text_urls"),
    *("text_licences", "step", "stage", "reason", "detail", "shard"),
)


@dataclass(frozen=True)
class Part:
    """Which part of the answer is wanted."""

    sort: str
    offset: int
    limit: int


def card_of(marks: Marks, row: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Give what of a row is shown, and how its texts were marked."""
    known = {name: _plain(row[name]) for name in SHOWN if name in row}
    return {**known, **more, "marks": pair_marks.marks_of(marks, row)}


def _plain(value: Any) -> Any:
    """Give None for what is no number."""
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 6)
    return [_plain(each) for each in value] if isinstance(value, list) else value
