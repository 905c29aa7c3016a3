"""Pairs with known facts, as the stage that writes texts reads them in a build."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import pyarrow as pa

from realsyn_tasks.core import tables
from realsyn_tasks.core.kept_answers import NothingKept
from realsyn_tasks.core.stage import Context, Inputs, Kept, Output, Reporter
from realsyn_tasks.extract.schemas import CORPUS_IMAGES
from realsyn_tasks.retrieve.schemas import MATCHES
from realsyn_tasks.synthesize import generate_texts, schemas
from realsyn_tasks.synthesize.facts import Facts

Models = Callable[[str], Any]


def write(
    pairs: Sequence[Facts],
    config: generate_texts.Config,
    models: Models,
    kept: Kept | None = None,
    progress: Reporter = lambda *said: None,
) -> Output:
    """Give what the stage makes of these pairs, with its reranker, encoder and language model.

    `kept` are answers of this language model that need not be asked for again.
    """
    with tempfile.TemporaryDirectory() as folder:
        around = Context(
            shard=0,
            seed=0,
            axes={},
            scratch=Path(folder),
            model=models,
            progress=progress,
            kept=lambda model: kept or NothingKept(),
        )
        return generate_texts.run(cast(Inputs, _Known(pairs)), config, around)


class _Known:
    """What the stage reads of pairs with known facts: every picture is one of a corpus."""

    def __init__(self, pairs: Sequence[Facts]) -> None:
        others = [*pairs[1:], *pairs[:1]]
        self._tables = {
            "corpus": tables.from_rows(CORPUS_IMAGES, map(_page, pairs)),
            "merge_matches": tables.from_rows(MATCHES, [t for each in pairs for t in _texts(each)]),
            "tag_images": tables.from_rows(schemas.TAGS, map(_tags, pairs, others)),
        }

    def has(self, stage: str) -> bool:
        return stage in self._tables

    def table(self, stage: str, name: str, columns: list[str] | None = None) -> pa.Table:
        table = self._tables[stage]
        return table.select(columns) if columns else table


def _page(pair: Facts) -> dict[str, Any]:
    return {"image_id": pair.pair_id, "caption": pair.caption, "alt": "", "context": []}


def _texts(pair: Facts) -> list[dict[str, Any]]:
    return [
        {"image_id": pair.pair_id, "rank": rank, "text": text}
        for rank, text in enumerate(pair.texts, start=1)
    ]


def _tags(pair: Facts, other: Facts) -> dict[str, Any]:
    """Give two true tags, and one of another picture: taggers are wrong, too."""
    tags = [pair.names[0], *pair.kinds[:1], other.names[0]]
    return {"image_id": pair.pair_id, "tags": tags, "scores": [0.9, 0.8, 0.3][: len(tags)]}
