"""The tables of an analysis, made up: what the report shows of one is tried on them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from tests.crawls import picture

Row = dict[str, Any]
SOURCES = {
    "text1": 0.27,
    "text2": 0.25,
    "text3": 0.24,
    "synthetic": 0.26,
    "caption": 0.29,
    "in_document": 0.2,
    "random": 0.08,
}
HOSTILE = '"><script>alert(1)</script>'


def bell(measure: str, source: str, middle: float, width: float) -> list[Row]:
    bins = []
    for step in range(-16, 17):
        low = middle + step * width / 4
        count = round(400 * math.exp(-((step / 6) ** 2)))
        about = {"measure": measure, "source": source, "low": low, "high": low + width / 4}
        bins.append({**about, "count": count, "total": low * count})
    return bins


def _histograms() -> list[Row]:
    rows: list[Row] = []
    for source, middle in SOURCES.items():
        rows += bell("similarity", source, middle, 0.03)
        if source not in ("in_document", "random"):
            rows += bell("tokens", source, 22 + 40 * (middle - 0.2), 3.0)
            rows += bell("perplexity", source, 120 + 100 * middle, 20.0)
            rows += bell("density", source, 0.8, 0.02)
    return rows


def _topics(keys: Sequence[str]) -> list[Row]:
    names = [["dog", "cat", "horse", "tail", "fur"], ["boat", "sea", "sail"], ["tool", "hand"]]
    return [
        {
            "topic": n,
            "name": words[0],
            "share": 0.5 / (n + 1),
            "pairs": 9 - n,
            "words": words,
            "central": list(keys[n : n + 6]),
        }
        for n, words in enumerate(names)
    ]


def _overlaps() -> list[Row]:
    rows = []
    for kind in ("entity", "noun"):
        for left, right in (("text1", "text1"), ("synthetic", "synthetic"), ("text1", "synthetic")):
            same = left == right
            counts = (0, 900, 0) if same else (520, 380, 240)
            row = {"kind": kind, "left": left, "right": right, "texts": 1000}
            names = ("only_left", "both", "only_right")
            rows.append({**row, **dict(zip(names, counts, strict=True))})
    return rows


def _balance() -> list[Row]:
    curves = {"all": (400, 1.1), "random": (200, 0.9), "balanced": (40, 0.3)}
    return [
        {"sampling": name, "rank": rank, "pairs": max(1, round(top / rank**power))}
        for name, (top, power) in curves.items()
        for rank in (1, 2, 3, 5, 8, 13, 21, 34, 55, 89)
    ]


def _reasons() -> list[Row]:
    about = {"group": "extract", "run": "extracts/pages"}
    places = [
        ("filter_images", "image", "too_small", 40),
        ("filter_images", "image", "blank", 3),
        ("filter_sentences", "sentence", "too_short", 7),
    ]
    return [
        {**about, "stage": stage, "kind": kind, "reason": reason, "count": count}
        for stage, kind, reason, count in places
    ]


def _drop_examples() -> list[Row]:
    rows = []
    for row in _reasons():
        for kept in (False, True):
            is_image = row["kind"] == "image"
            example: Row = {"id": f"{row['reason']}-{kept}", "detail": "80x80" if not kept else ""}
            example |= {"text": f"words {HOSTILE}", "url": "https://a.example/1.jpg", "kept": kept}
            example |= {"reason": ""} if kept else {}
            rows.append({**row, **example, "picture": picture(3, (80, 60)) if is_image else None})
    return rows


def _pictures(keys: Sequence[str]) -> list[Row]:
    return [
        {
            "key": key,
            "image_id": f"{n:032x}",
            "domain": "a.example",
            "licence": "CC0-1.0",
            "cluster_id": n,
            "score": 0.4 - 0.01 * n,
            "synthetic_score": 0.3,
            "text1": f"A first text {HOSTILE}.",
            "text2": "A second.",
            "text3": "",
            "caption": "A caption.",
            "alt": f"picture {n}",
            "synthetic": "A written text.",
            "recaption": "What a captioner sees." if n == 0 else "",
            "raw_image_url": "https://a.example/1.jpg",
            "document_url": "https://a.example/",
            "width": 80,
            "height": 60,
            "picture": picture(n, (80, 60)),
        }
        for n, key in enumerate(keys)
    ]


def tables(keys: Sequence[str]) -> Callable[[str], pa.Table | None]:
    """Give what `Analysis.table` would, for pairs of these keys."""
    roles = ("best", "median", "worst")
    examples = [
        {"role": roles[n % 3], "rank": n // 3 + 1, "key": key, "score": 0.4 - 0.01 * n}
        for n, key in enumerate(keys)
    ]
    places = [
        {"key": key, "x": math.cos(n) * n, "y": math.sin(n) * n} for n, key in enumerate(keys)
    ]
    sources = [
        {"kind": kind, "name": name, "pairs": 9, "score": 0.25, "synthetic_score": None}
        | {"reasons": [{"reason": "too_small", "count": 4}]}
        for kind, name in (("domain", "a.example"), ("domain", None), ("licence", ""))
    ]
    rows: dict[str, list[Row]] = {
        "histograms": _histograms(),
        "measures": [],
        "topics": _topics(keys),
        "topic_pairs": [{"key": k, "topic": n % 3, "weight": 0.5} for n, k in enumerate(keys)],
        "overlaps": _overlaps(),
        "terms": [{"kind": "noun", "source": "text1", "term": "dog", "count": 9}],
        "evenness": _balance(),
        "map": places,
        "sources": sources,
        "drop_reasons": _reasons(),
        "drop_examples": _drop_examples(),
        "examples": examples,
        "pictures": _pictures(keys),
    }
    return lambda name: pa.Table.from_pylist(rows[name]) if rows.get(name) else None
