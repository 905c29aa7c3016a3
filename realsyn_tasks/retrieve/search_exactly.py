"""Search the shard's texts exactly for the sampled queries, and hand on what may matter.

This is the one reading of all vectors of the corpus that plan, audit and survey are made of. What
is below a query's floor (pool_samples) is nowhere among its nearest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core import chunks, tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.retrieve import schemas
from realsyn_tasks.retrieve.answers import answers
from realsyn_tasks.retrieve.known_items import DEEPEST, Captions, captions_of
from realsyn_tasks.retrieve.licensed import STAGE as LICENCES
from realsyn_tasks.retrieve.licensed import licensed
from realsyn_tasks.retrieve.own_texts import TEXT_COLUMNS, Images, strings, texts_of
from realsyn_tasks.retrieve.truth import RERANKED, SURVEYED, K, ranks
from realsyn_tasks.vectors.search import MAX_ID, TopK, visit


class Config(StageConfig):
    """Nothing to choose: pool_samples says how many images are asked for."""


@dataclass(frozen=True)
class Hits:
    """Texts of the shard for some queries, best first."""

    queries: np.ndarray  # (n,) int64
    rows: np.ndarray  # (n,) int64
    scores: np.ndarray  # (n,) float32

    @staticmethod
    def none() -> Hits:
        """Give those of no query."""
        return Hits(*(np.zeros(0, dtype=kind) for kind in (np.int64, np.int64, np.float32)))

    def of(self, chosen: np.ndarray, first: int = 0) -> Hits:
        """Give some of them, with queries counted from `first`."""
        return Hits(self.queries[chosen] - first, self.rows[chosen], self.scores[chosen])


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give the shard's nearest texts, and what else is told of sentences and sampled images.

    Memory: the shard's texts, and the sampled images.
    """
    images, device = inputs.table("pool_samples", "images"), context.device
    texts = Texts.of(answers(inputs))
    count = licensed(inputs, "sentences", ["sentence_id"]).num_rows
    sentences = Texts(texts.table.slice(0, count), texts.vectors[:count])
    if inputs.has(LICENCES):  # relevance is measured against refused sentences, too
        sentences = Texts.of(inputs.table("corpus", "sentences", [*TEXT_COLUMNS, "embedding"]))
    return Output(
        tables=_truth(images, texts, count, device) | _survey(inputs, images, sentences, device)
    )


@dataclass(frozen=True)
class Texts:
    """Texts of the shard with their vectors, (n, d)."""

    table: pa.Table
    vectors: np.ndarray

    @staticmethod
    def of(table: pa.Table) -> Texts:
        """Take the vectors from a table."""
        return Texts(table, tables.vectors_of(table))


def _truth(
    images: pa.Table, among: Texts, sentences: int, device: str | None
) -> dict[str, pa.Table]:
    """Search for the queries of plan and audit; captions come after the sentences."""
    texts, vectors = among.table, among.vectors
    plan, audit = (images.filter(images[name]) for name in ("plan", "audit"))
    if not (images.num_rows and texts.num_rows):
        return {
            "plan": schemas.PLAN_TRUTH.empty_table(),
            "audit": schemas.AUDIT_TRUTH.empty_table(),
        }
    queries = np.concatenate([tables.vectors_of(some, "query") for some in (plan, audit)])
    floors = np.concatenate([plan["plan_floor"].to_numpy(), audit["audit_floor"].to_numpy()])
    hits = above(queries, floors, vectors, RERANKED, device)
    planned = hits.of(hits.queries < plan.num_rows)
    audited = hits.of(hits.queries >= plan.num_rows, plan.num_rows)
    return {
        "plan": _near(schemas.PLAN_TRUTH, planned, texts, sentences, vectors),
        "audit": _near(schemas.AUDIT_TRUTH, audited, texts, sentences),
    }


def above(
    queries: np.ndarray, floors: np.ndarray, base: np.ndarray, k: int, device: str | None = None
) -> Hits:
    """Give the k best rows of a base for each query, of those that reach its floor.

    queries (q, d), floors (q,) float32, -inf for none, base (n, d).
    """
    best = TopK(len(queries), k)
    held = np.flatnonzero(np.isfinite(floors))
    below = np.nextafter(floors[held].astype(np.float32), np.float32(-np.inf))
    nobody = np.tile(MAX_ID - np.arange(k), len(held))
    best.update(np.repeat(held, k), nobody, np.repeat(below, k))
    if len(queries) and len(base):
        visit(best, np.arange(len(queries)), queries, base, np.arange(len(base)), device=device)
    rows, scores = best.result()
    query, slot = np.nonzero((rows >= 0) & (rows < len(base)))
    return Hits(query, rows[query, slot], scores[query, slot])


def _near(
    schema: pa.Schema,
    hits: Hits,
    texts: pa.Table,
    sentences: int | None = None,
    vectors: np.ndarray | None = None,
) -> pa.Table:
    """Make a table of hits; from row `sentences` on, texts are captions."""
    if not len(hits.rows):
        return schema.empty_table()
    names = [name for name in ("sentence_id", "text", "document_id") if name in schema.names]
    columns = {
        "query": hits.queries,
        "late": hits.rows >= (texts.num_rows if sentences is None else sentences),
        "place": hits.rows,
        "score": hits.scores,
        **{name: chunks.taken_column(texts[name], hits.rows) for name in names},
    }
    if vectors is not None:
        columns["embedding"] = vectors[hits.rows]
    return tables.build(schema, columns)


def _survey(
    inputs: Inputs, sampled: pa.Table, seen: Texts, device: str | None
) -> dict[str, pa.Table]:
    """See all sentences of the shard for the sampled images."""
    sentences, vectors = seen.table, seen.vectors
    surveyed = tables.taken(sampled, _marked(sampled))
    images = Images.of(surveyed)
    captions = captions_of(inputs, images)
    copied = pc.is_in(sentences["sentence_id"], value_set=strings(captions.ids))
    copies = copied.to_numpy(zero_copy_only=False).astype(bool)
    sums = {
        "sentences": sentences.num_rows,
        "copies": int(copies.sum()),
        "total": vectors.sum(axis=0, dtype=np.float64).tolist(),
    }
    hits = [Hits.none(), Hits.none()]
    if sentences.num_rows and surveyed.num_rows:
        hits = _hits(surveyed, images, captions, vectors, device)
    owners = np.arange(len(images.ids)), captions.rows
    near = [
        _near(schemas.SURVEYED_TEXTS, _answers(some, rows, images, sentences), sentences)
        for some, rows in zip(hits, owners, strict=True)
    ]
    return {
        "near_images": near[0],
        "near_captions": near[1],
        "outranking": _outranking(hits[0], surveyed, copies),
        "own": _own(Images.of(sampled), sentences, vectors),
        "sums": tables.from_rows(schemas.SENTENCE_SUMS, [sums]),
    }


def _marked(images: pa.Table) -> pa.Array:
    return pa.array(np.flatnonzero(images["survey"].to_numpy()))


def _hits(
    surveyed: pa.Table, images: Images, captions: Captions, vectors: np.ndarray, device: str | None
) -> list[Hits]:
    """Search for pictures, as far down as their captions are, and for captions."""
    floors, scores, of_captions = (
        surveyed[name].to_numpy() for name in ("survey_floor", "caption_score", "caption_floor")
    )
    queries = np.concatenate([images.vectors, captions.queries])
    lowest = np.concatenate([np.fmin(floors, scores), of_captions[captions.rows]])
    hits, count = above(queries, lowest, vectors, DEEPEST, device), len(images.ids)
    mine = hits.queries < count
    return [hits.of(mine), hits.of(~mine, count)]


def _answers(hits: Hits, images_of: np.ndarray, images: Images, sentences: pa.Table) -> Hits:
    """Leave of each query's nearest the first that are not of the image's own caption."""
    near = hits.of(ranks(hits.queries) < SURVEYED)
    texts = texts_of(sentences, near.rows)
    owners = images_of[near.queries].tolist()
    others = [not images.is_caption(row, text) for row, text in zip(owners, texts, strict=True)]
    rest = near.of(np.array(others, dtype=bool))
    return rest.of(ranks(rest.queries) < K)


def _outranking(hits: Hits, surveyed: pa.Table, copies: np.ndarray) -> pa.Table:
    """Count the sentences that are as near to a picture as its caption, and copies among them."""
    scores = surveyed["caption_score"].to_numpy()
    nearer = hits.of(hits.scores >= scores[hits.queries])  # NaN, without a caption, is never less
    queries, counts = np.unique(nearer.queries, return_counts=True)
    copied = np.bincount(nearer.queries, copies[nearer.rows], minlength=surveyed.num_rows)
    columns = {"query": queries, "sentences": counts, "copies": copied[queries].astype(np.int32)}
    return tables.build(schemas.OUTRANKING, columns)


def _own(images: Images, sentences: pa.Table, vectors: np.ndarray) -> pa.Table:
    """Give for each sampled image the similarity of the nearest text of its document."""
    nearest: dict[int, float] = {}
    for place, _, owners in images.own_rows(sentences):
        for row in owners:
            score = similarity(images.vectors[row], vectors[place])
            nearest[row] = max(nearest.get(row, -1.0), score)
    columns = {"image": list(nearest), "similarity": list(nearest.values())}
    return tables.build(schemas.NEAREST_OWN, columns, ["image"])


def similarity(left: np.ndarray, right: np.ndarray) -> float:
    """Give the product of two rows in double precision."""
    return float(left.astype(np.float64) @ right.astype(np.float64))
