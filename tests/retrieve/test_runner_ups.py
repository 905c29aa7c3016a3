"""Each text that a picture did not get says why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from realsyn_tasks.core import tables
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.retrieve import schemas
from realsyn_tasks.retrieve.runner_ups import runner_ups
from realsyn_tasks.vectors.hash_order import hash_order
from tests import fabricated

Opened = Callable[[str], Workspace]
TEXTS = {
    "taken": "A red house stands by the river.",
    "own": "My own caption",
    "low": "Nothing near at all.",
    "copy": "A red house stands by the river",
    "unlikely": "A fish swims.",
    "full": "Everybody asks for this.",
    "behind": "A green house stands by a lake.",
}


def row(name: str, **values: Any) -> dict[str, Any]:
    known = {"sentence_id": name, "text": TEXTS[name], "score": 0.5, "adjusted": 0.5, "rank": 1}
    judged = {"choice": 1, "rerank": 1.5, "relevance": 0.9}
    origin = {"document_id": "d", "document_url": "u", "licence": "", "anaphoric": False}
    return {**known, **judged, **origin, **values}


POOL = [
    row("taken"),
    row("own", choice=0),
    row("low", choice=0, score=-0.5),
    row("copy", choice=0),
    row("unlikely", choice=2),
    row("full", choice=3, score=0.3),
    row("behind", choice=4),
]
JUDGED = [
    {**each, "choice": 0, "relevance": 0.2} if each["sentence_id"] == "unlikely" else each
    for each in POOL
]


def stored(stage: str, table: str) -> list[dict[str, Any]]:
    if table == "matches":
        return [row("taken", rank=1)]
    return {"judge_candidates": JUDGED}.get(stage, POOL)


def test_every_candidate_that_lost_says_why(opened: Opened) -> None:
    run = opened("retrieve")
    key = int(hash_order(["full"], seed=0)[0])
    full = {"key": key, "sentence_id": "full", "images": 9, "last_score": 0.4, "last_image": "x"}

    def crowded(made: fabricated.Made) -> None:
        made.tables["hubs"] = tables.from_rows(schemas.HUBS, [full])

    fabricated.damage(run, "cap_hubs", crowded)
    settings = {**run.config.stages, "pool_candidates": {"min_score": 0.0, "max_word_overlap": 0.8}}
    changed = Workspace(
        run.storage, run.folder, run.config.model_copy(update={"stages": settings}), run.pipeline
    )
    candidates = runner_ups(changed, stored, ["My own caption!", ""])
    why = {each["sentence_id"]: each["why"] for each in candidates}
    assert (
        candidates[0]["sentence_id"] == "taken" and candidates[0]["taken"] == 1 and not why["taken"]
    )
    assert "own caption" in why["own"]
    assert why["low"] == "score -0.500 is below min_score 0.0"
    assert why["copy"].startswith("nearly the same words as a better one (share 0.8 or more)")
    assert TEXTS["taken"] in why["copy"]
    assert why["unlikely"] == "relevance 0.200 is below the threshold 0.400"
    assert why["full"] == "9 pictures asked for it, and it serves 5; the last of them scores 0.400"
    assert why["behind"].startswith("place 4 of its candidates, by the reranker's 1.50")
