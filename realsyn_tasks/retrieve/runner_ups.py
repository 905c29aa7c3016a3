"""Why a text is not one of a picture's three: worked out of what the stages kept of candidates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import arrow_files
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.retrieve.group import POOLS
from realsyn_tasks.retrieve.own_words import letters
from realsyn_tasks.vectors.hash_order import hash_order

POOLED, RERANKED, JUDGED = POOLS
Row = Mapping[str, Any]
Rows = Callable[[str, str], Sequence[Row]]  # of a stage and its table, of one picture
SHOWN = (
    *("sentence_id", "text", "document_id", "document_url", "licence", "anaphoric"),
    *("score", "adjusted", "rerank", "relevance"),
)


def runner_ups(run: Workspace, rows: Rows, own_words: Iterable[str]) -> list[dict[str, Any]]:
    """Give the candidates of a picture, the chosen ones first, each with why it is none of them.

    `own_words` are its caption and alternative text, which are no texts of it.
    """
    taken = {row["sentence_id"]: row["rank"] for row in rows("merge_matches", "matches")}
    pools = [rows(stage, "candidates") for stage in POOLS if run.runs(stage)]
    last = next((pool for pool in reversed(pools) if pool), [])
    if not last:
        chosen = rows("merge_matches", "matches")
        return [{**_shown(row), "taken": row["rank"], "why": ""} for row in chosen]
    first = {row["sentence_id"]: row for row in pools[0]}
    why = _Why(run, own_words, first, last, taken)
    ordered = sorted(last, key=lambda row: (taken.get(row["sentence_id"], 9), _place(row)))
    return [
        {**_shown(row), "taken": taken.get(row["sentence_id"]), "why": why.of(row)}
        for row in ordered
    ]


def _shown(row: Row) -> dict[str, Any]:
    return {name: row.get(name) for name in SHOWN}


def _place(row: Row) -> tuple[bool, int, int]:
    return row["choice"] == 0, row["choice"], row["rank"]


class _Why:
    """Why candidates lost."""

    def __init__(
        self,
        run: Workspace,
        own_words: Iterable[str],
        first: Mapping[str, Row],
        last: Sequence[Row],
        taken: Mapping[str, int],
    ) -> None:
        self._settings = run.config.stages
        self._own = {letters(text) for text in own_words if text}
        self._first, self._taken = first, taken
        self._threshold = _threshold(run)
        self._full = _full(run, [row["sentence_id"] for row in last])

    def of(self, row: Row) -> str:
        """Say why a candidate is no text of its picture; "" for one that is."""
        identity = row["sentence_id"]
        if identity in self._taken:
            return ""
        if not self._first.get(identity, row)["choice"]:
            return self._unlike_enough(row)
        if not row["choice"]:
            return self._unlikely(row)
        return self._crowded(row) or self._behind(row)

    def _unlike_enough(self, row: Row) -> str:
        """Say why the pool did not line it up."""
        settings = self._settings.get(POOLED, {})
        if letters(row["text"]) in self._own and not settings.get("own_captions"):
            return "is the picture's own caption or alternative text, and kept as that"
        if row["score"] < settings.get("min_score", -1.0):
            return f"score {row['score']:.3f} is below min_score {settings['min_score']}"
        copy = self._copied(row)
        most = settings.get("max_word_overlap", 1.0)
        return f"nearly the same words as a better one (share {most} or more){copy}"

    def _copied(self, row: Row) -> str:
        words = set(row["text"].lower().split())
        overlaps = [
            (len(words & other) / max(1, len(words | other)), text)
            for text, other in self._better(row)
        ]
        share, text = max(overlaps, default=(0.0, ""))
        return f": {share:.2f} with “{text}”" if text else ""

    def _better(self, row: Row) -> Iterable[tuple[str, set[str]]]:
        lined_up = (each for each in self._first.values() if each["choice"])
        return (
            (each["text"], set(each["text"].lower().split()))
            for each in lined_up
            if each["sentence_id"] != row["sentence_id"]
        )

    def _unlikely(self, row: Row) -> str:
        if row["relevance"] is None:
            return "was not lined up"
        limit = "" if self._threshold is None else f" {self._threshold:.3f}"
        return f"relevance {row['relevance']:.3f} is below the threshold{limit}"

    def _crowded(self, row: Row) -> str:
        """Say that a sentence serves as many pictures as it may, all nearer to it."""
        full = self._full.get(row["sentence_id"])
        if full is None or row["score"] > full["last_score"]:
            return ""
        most = self._settings.get("cap_hubs", {}).get("max_images_per_sentence")
        asked = f"{full['images']} pictures asked for it, and it serves {most}"
        return f"{asked}; the last of them scores {full['last_score']:.3f}"

    def _behind(self, row: Row) -> str:
        place = f"place {row['choice']} of its candidates"
        if row["rerank"] is not None:
            return f"{place}, by the reranker's {row['rerank']:.2f}: three stood before it"
        return f"{place}: three stood before it"


def _threshold(run: Workspace) -> float | None:
    commit = run.ledger("fit_relevance").find(0) if run.runs("fit_relevance") else None
    return commit.measures.get("threshold") if commit else None


def _full(run: Workspace, sentences: Sequence[str]) -> dict[str, Row]:
    """Give those of some sentences that serve as many pictures as they may."""
    commit = run.ledger("cap_hubs").find(0) if run.runs("cap_hubs") else None
    ref = commit.objects.get("hubs") if commit else None
    if ref is None or not ref.rows:
        return {}
    wanted = pa.array(np.unique(hash_order(list(sentences), seed=0)), pa.uint64())
    parts = (
        piece.filter(pc.is_in(piece["key"], value_set=wanted))
        for piece in arrow_files.pieces(run.storage, ref)
    )
    rows = [row for part in parts for row in part.to_pylist()]
    return {row["sentence_id"]: row for row in rows if row["sentence_id"] in set(sentences)}
