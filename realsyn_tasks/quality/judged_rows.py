"""The samples of rows that a gate judges, with columns derived for checking."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa

from realsyn_tasks.core import ids
from realsyn_tasks.core.declaration import HandedOn
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.row_sample import draw


def samples(evidence: Evidence, rows: int) -> dict[str, pa.Table]:
    """Draw about so many rows of every table of a group, with columns derived for checking."""
    seed = evidence.workspace.config.seed
    handed_on = evidence.workspace.pipeline.group(evidence.group).hands_on
    drawn = {
        what.name: draw(evidence, what, rows, seed, _without_pictures(evidence, what))
        for what in handed_on
    }
    return {name: derive(table) for name, table in drawn.items() if table is not None}


def _without_pictures(evidence: Evidence, what: HandedOn) -> list[str]:
    schema: pa.Schema = evidence.stage(what.stage).schemas()[what.table]
    return [field.name for field in schema if not pa.types.is_struct(field.type)]


def derive(table: pa.Table) -> pa.Table:
    """Replace columns that no expectation can look into by numbers about them."""
    derived: dict[str, Any] = {}
    names = set(table.column_names)
    if "embedding" in names:
        derived |= _about_vectors(table)
    if {"width", "height"} <= names:
        derived["aspect"] = _aspect(table)
    if {"sentence_id", "text"} <= names:
        derived["id_of_text"] = [ids.sentence_id(t or "") for t in table["text"].to_pylist()]
    if "realistic_scores" in names:
        derived |= _about_scores(table["realistic_scores"].to_pylist())
    if "syn_text" in names:
        table, derived["copied_text"] = _without_empty_texts(table), _copied(table)
        derived["written"] = _written(table)
    if {"syn_text", "syn_score"} <= names:
        derived["scored_if_written"] = _scored_if_written(table)
    if {"image_id", "rank", "rerank", "anaphoric"} <= names:
        derived["in_order"] = _in_order(table)
    flat = [n for n in table.column_names if not pa.types.is_list(table[n].type)]
    kept = table.select([n for n in flat if not pa.types.is_binary(table[n].type)])
    for name, values in derived.items():
        kept = kept.append_column(name, pa.array(values))
    return kept


def _about_vectors(table: pa.Table) -> dict[str, Any]:
    rows = table["embedding"].to_pylist()
    return {
        "embedding_norm": [_norm(row) for row in rows],
        "embedding_dim": pa.array([len(row or ()) for row in rows], pa.int32()),
    }


def _norm(row: list[float] | None) -> float:
    norm = float(np.linalg.norm(np.array(row or [], dtype=np.float64)))
    return norm if math.isfinite(norm) else 0.0


def _aspect(table: pa.Table) -> Any:
    width = table["width"].to_numpy().astype(float)
    height = table["height"].to_numpy().astype(float)
    long, short = np.maximum(width, height), np.minimum(width, height)
    return long / np.maximum(short, 1e-9)


def _about_scores(rows: list[list[float] | None]) -> dict[str, Any]:
    known = [[score for score in row or () if score is not None] for row in rows]
    return {
        "texts": pa.array([len(row) for row in known], pa.int32()),
        "worst_realistic_score": pa.array([min(row, default=None) for row in known], pa.float64()),
        "best_realistic_score": pa.array([max(row, default=None) for row in known], pa.float64()),
    }


def _without_empty_texts(table: pa.Table) -> pa.Table:
    """Give null for an empty synthetic text: expectations are of those that there are."""
    place = table.column_names.index("syn_text")
    texts = [text if text else None for text in table["syn_text"].to_pylist()]
    return table.set_column(place, "syn_text", pa.array(texts, pa.string()))


def _written(table: pa.Table) -> list[str | None]:
    """Give the synthetic texts; where there is not one, ids: nothing repeats itself."""
    texts = table["syn_text"].to_pylist()
    return texts if any(texts) else [str(place) for place in range(len(texts))]


def _scored_if_written(table: pa.Table) -> list[bool]:
    scores = table["syn_score"].to_pylist()
    texts = table["syn_text"].to_pylist()
    return [(score is None) == (not text) for score, text in zip(scores, texts, strict=True)]


def _copied(table: pa.Table) -> list[bool]:
    columns = [n for n in ("text1", "text2", "text3") if n in table.column_names]
    texts = [table[name].to_pylist() for name in ("syn_text", *columns)]
    plain = [[" ".join((text or "").casefold().split()) for text in column] for column in texts]
    return [bool(row[0]) and row[0] in row[1:] for row in zip(*plain, strict=True)]


def _in_order(table: pa.Table) -> list[bool]:
    """Say of each row whether it follows the one before: next rank, no better by the reranker.

    Texts that begin with a pronoun for something in another one may stand behind worse ones.
    """
    good: list[bool] = []
    image, rank, scores = None, 0, {True: math.inf, False: math.inf}
    for row in table.select(["image_id", "rank", "rerank", "anaphoric"]).to_pylist():
        if row["image_id"] != image:
            image, rank, scores = row["image_id"], 0, {True: math.inf, False: math.inf}
        behind = bool(row["anaphoric"])
        score = -math.inf if row["rerank"] is None else row["rerank"]
        good.append(row["rank"] == rank + 1 and score <= scores[behind])
        rank, scores[behind] = row["rank"] or 0, score
    return good
