"""Follows sentences through the masking of personal data, which gives them another id.

What a sentence was before is followed by its id alone: nothing that was to be hidden is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from realsyn_tasks.core import arrow_files
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.extract.holders import HOLDERS
from realsyn_tasks.text.pii import KINDS, mask_pii

BEFORE = (*HOLDERS, "filter_images", "embed_images")
STAGE, TABLE = "filter_sentences", "masked"
IMAGES = ("images", "linked_images")
RAW = {  # stages and tables with texts as the crawl had them, by the stage that hides them
    STAGE: {("parse", "sentences")},
    "describe_images": {
        ("parse", "documents"),
        *((stage, table) for stage in BEFORE for table in IMAGES),
    },
}
TEXTS = ("text", "title", "heading", "caption", "alt", "context")
Mask = dict[str, Any]


def masks_of(workspace: Workspace, identity: str, shards: Iterable[int]) -> list[Mask]:
    """Give the rows of masked sentences, in some shards, that have an id as the new or the old."""
    masks: list[Mask] = []
    either = [[("sentence_id", "=", identity)], [("original_id", "=", identity)]]
    for _, commit in sorted(workspace.ledger(STAGE).find_each(shards).items()):
        ref = commit.objects.get(TABLE)
        if ref and ref.rows:
            workspace.storage.verify(ref)
            with arrow_files.opened(workspace.storage, ref.path) as source:
                table: pa.Table = pq.read_table(source, filters=either)
            masks += table.to_pylist()
    return masks


def told(masks: list[Mask], identity: str) -> str:
    """Say what became of the sentence that was asked for, or which ones it comes from."""
    became = sorted({mask["sentence_id"] for mask in masks if mask["original_id"] == identity})
    was = sorted({mask["original_id"] for mask in masks if mask["sentence_id"] == identity})
    kinds = ", ".join(sorted({kind for mask in masks for kind in mask["kinds"]}))
    parts = [f"masked ({kinds}) as {name}" for name in became]
    parts += [f"masked ({kinds}), before that {', '.join(was)}"] if was else []
    return "".join(f"{part}; " for part in parts)


def hidden(workspace: Workspace, stage: str, table: str, row: dict[str, Any]) -> dict[str, Any]:
    """Give a row with the personal data in its texts masked, unless the run is to keep that."""
    hider = next((name for name, places in RAW.items() if (stage, table) in places), "")
    settings = workspace.config.stages.get(hider, {})
    if not hider or settings.get("pii") == "keep":
        return row
    kinds = settings.get("pii_kinds", KINDS)
    return {name: _hidden(row[name], kinds) if name in TEXTS else row[name] for name in row}


def _hidden(value: Any, kinds: Sequence[str]) -> Any:
    """Mask a text, or those of the sentences in a list."""
    if isinstance(value, str):
        return mask_pii(value, kinds)[0]
    return [{**part, "text": mask_pii(part["text"], kinds)[0]} for part in value or ()]
