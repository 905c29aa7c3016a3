"""How a picture's text was asked for: which prompt, what it said, and what was not taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.synthesize.material import OWN
from realsyn_tasks.synthesize.prompts import read_prompt

STAGE = "generate_texts"
Row = Mapping[str, Any]
Rows = Callable[[str, str], Sequence[Row]]  # of a stage and its table, of one picture


def retold(run: Workspace, rows: Rows) -> dict[str, Any]:
    """Give the answer that was taken and how it was asked for, and those that were refused."""
    answers = rows(STAGE, "texts")
    refused = [dict(row) for row in rows(STAGE, "rejected")]
    known: dict[str, Any] = {"answer": "", "refused": refused, "tags": _tags(rows)}
    if answers:
        row = answers[0]
        known |= {"answer": row["text"], "attempts": row["attempts"], "source": row["syn_source"]}
        known |= {"from_page": row["syn_source"] == OWN, **_prompt(run, row["prompt_id"])}
    return known


def _tags(rows: Rows) -> list[str]:
    tagged = rows("tag_images", "tags")
    return list(tagged[0]["tags"] or ()) if tagged else []


def _prompt(run: Workspace, prompt_id: str) -> dict[str, str]:
    """Name a prompt of the run; what it says, while its file still says just that."""
    settings = run.config.stages.get(STAGE, {})
    pairs = zip(settings.get("prompt_ids", ()), settings.get("ways", ()), strict=False)
    name = next((way["prompt"] for known, way in pairs if known == prompt_id), "")
    return {"prompt_id": prompt_id, "prompt": name, "instruction": _instruction(name, prompt_id)}


def _instruction(name: str, prompt_id: str) -> str:
    try:
        prompt = read_prompt(name) if name else None
    except ConfigError:
        return ""
    return prompt.instruction if prompt and prompt.prompt_id == prompt_id else ""
