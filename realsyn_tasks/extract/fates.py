"""What became of the sentences of a crawl's shard: why they were dropped, who stands for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core.stage import Inputs
from realsyn_tasks.extract import reasons
from realsyn_tasks.extract.duplicates import members_of
from realsyn_tasks.extract.neighbours import SENTENCES

FILTERS = ("filter_sentences", "filter_perplexity")


@dataclass(frozen=True)
class Fate:
    """Why a sentence is not in the corpus ("" for one that is), and the id that it has there.

    Of a duplicate that is the id of the one kept in its place; None where nothing is.
    """

    verdict: str
    sentence_id: str | None


@dataclass(frozen=True)
class Fates:
    """The sentences of a shard by their ids as parse gave them; a copy elsewhere counts as kept."""

    dropped: dict[str, tuple[str, str]]  # by a filter: reason and detail
    masked: dict[str, str]  # the id of a sentence with its personal data masked
    replaced: dict[str, tuple[str, str]]  # duplicates: reason and the id of the one kept
    kept: frozenset[str]  # by the filters

    @staticmethod
    def of(inputs: Inputs) -> Fates:
        """Read them from the filters and the groups of duplicates."""
        kept = inputs.table("filter_perplexity", "sentences", ["sentence_id"])["sentence_id"]
        masked = inputs.table("filter_sentences", "masked")
        ids = (masked[name].to_pylist() for name in ("original_id", "sentence_id"))
        dropped = (_dropped(inputs, stage) for stage in FILTERS)
        return Fates(
            {row["id"]: (row["reason"], row["detail"]) for rows in dropped for row in rows},
            dict(zip(*ids, strict=True)),
            _replaced(inputs, kept),
            frozenset(kept.to_pylist()),
        )

    def of_sentence(self, identity: str) -> Fate:
        """Say what became of a sentence."""
        identity = self.masked.get(identity, identity)
        if identity in self.dropped:
            reason, detail = self.dropped[identity]
            again = reason == reasons.MASKED_DUPLICATE.code
            return Fate(reason, self.of_sentence(detail.split()[-1]).sentence_id if again else None)
        if identity in self.replaced:
            return Fate(*self.replaced[identity])
        return Fate("", identity) if identity in self.kept else Fate(reasons.NOT_TAKEN.code, None)


def _dropped(inputs: Inputs, stage: str) -> list[dict[str, Any]]:
    table = inputs.table(stage, "dropped", ["kind", "id", "reason", "detail"])
    rows: list[dict[str, Any]] = table.filter(pc.equal(table["kind"], SENTENCES.name)).to_pylist()
    return rows


def _replaced(inputs: Inputs, kept: pa.ChunkedArray) -> dict[str, tuple[str, str]]:
    members = members_of(inputs, SENTENCES)
    everywhere = pc.is_null(members["shard"])
    mine = members.filter(pc.and_(everywhere, pc.is_in(members["id"], value_set=kept)))
    columns = (mine[name].to_pylist() for name in ("id", "reason", "kept_id"))
    return {name: (reason, kept) for name, reason, kept in zip(*columns, strict=True)}
