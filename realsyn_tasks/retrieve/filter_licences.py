"""Leave out the images and sentences of pages whose licence is not wanted, before anything else.

The decision depends on the licence alone, so what is handed on is the licences refused: whoever
reads images or sentences of the corpus leaves those out (`licensed`).
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow.compute as pc

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig
from realsyn_tasks.corpus.licences import is_refused
from realsyn_tasks.retrieve import reasons, schemas

KEYS = {"images": "image_id", "sentences": "sentence_id"}


class Config(StageConfig):
    """Shell patterns for the licences that pages state: CC-BY-ND-*, CC-*-NC-*, "" for none stated.

    What fits a refused pattern is left out; where any are allowed, all that fits none of those,
    too. Without lists nothing is refused, and this stage is off.
    """

    refused_licences: tuple[str, ...] = ()
    allowed_licences: tuple[str, ...] = ()

    def refuses(self, licence: str) -> bool:
        """Say whether what is under a licence is left out."""
        return is_refused(licence, self.refused_licences, self.allowed_licences)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Drop the shard's items of refused licences, and name those licences."""
    dropped = [item for table in KEYS for item in _refused(inputs, table, config)]
    refused = sorted({item.detail for item in dropped})
    return Output(
        tables={"refused": tables.build(schemas.REFUSED_LICENCES, {"licence": refused})},
        dropped=dropped,
    )


def _refused(inputs: Inputs, table: str, config: Config) -> Iterator[Dropped]:
    items = inputs.table("corpus", table, [KEYS[table], "licence"])
    for licence in pc.unique(items["licence"]).to_pylist():
        if config.refuses(licence):
            rows = items.filter(pc.equal(items["licence"], licence))
            for name in rows[KEYS[table]].to_pylist():
                yield Dropped(table.removesuffix("s"), name, reasons.LICENCE, licence)
