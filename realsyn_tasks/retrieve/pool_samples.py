"""Pool what the shards drew, and say of each sampled query how near a text has to be to matter.

Sampled sentences are searched for them: no text of the corpus that is among an image's nearest is
farther than the one of that rank in a part of the corpus. So the exact search that follows, a shard
at a time, hands on little. A quarter of a corpus is enough for that: four times as many are handed
on as of all of it, and a small corpus is not searched twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pyarrow as pa
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.ids import sentence_id
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.retrieve import schemas
from realsyn_tasks.retrieve.own_words import COLUMNS as WORDS
from realsyn_tasks.retrieve.own_words import caption_of
from realsyn_tasks.retrieve.truth import RERANKED, SURVEYED, Half, K
from realsyn_tasks.vectors.hash_order import bottom_k
from realsyn_tasks.vectors.scan import as_rows, pair_scores
from realsyn_tasks.vectors.search import TopK, visit

BATCH = 256  # captions embedded at once
FLOORS_OF = 1 << 62  # hashes below it: of a quarter of the corpus
VISITED = 1 << 10  # sampled sentences that all queries are compared with at once


class Config(StageConfig):
    """How many images the number of probes is planned by, and recall and relevance measured on.

    Of those that draw_samples draws, which are a few more.
    """

    plan_images: int = Field(default=2000, ge=1)
    audit_images: int = Field(default=1000, ge=1)  # others than those of the plan
    survey_images: int = Field(default=2000, ge=1)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give the sampled images, in order of id, and the vectors of the captions of those surveyed.

    Memory: the sampled images, and a thousand sentences beside what one shard drew of them.
    """
    images = tables.ordered(_all(inputs, "images", schemas.DRAWN_IMAGES), ["image_id"])
    sizes = {"plan": config.plan_images, "audit": config.audit_images}
    keys = images["key"].to_numpy()
    chosen = {name: half_of(keys, sizes[name], half) for name, half in _HALVES.items()}
    chosen["survey"] = marked(len(keys), bottom_k(keys, config.survey_images))
    surveyed = images.filter(pa.array(chosen["survey"]))
    vector_of = _caption_vectors(inputs, surveyed, context)
    floors = _floors(inputs, images, chosen, vector_of, context)
    columns = {name: images[name] for name in images.column_names} | chosen | floors
    ids = sorted(vector_of)
    captions = {"sentence_id": ids, "embedding": np.array([vector_of[name] for name in ids])}
    sizes["survey"] = config.survey_images
    return Output(
        tables={
            "images": tables.build(schemas.SAMPLED_IMAGES, columns),
            "captions": tables.build(schemas.CAPTION_VECTORS, captions)
            if ids
            else schemas.CAPTION_VECTORS.empty_table(),
            "sizes": tables.from_rows(schemas.SAMPLE_SIZES, [sizes]),
        }
    )


_HALVES = {"plan": Half.PLAN, "audit": Half.AUDIT}


def half_of(keys: np.ndarray, wanted: int, half: Half) -> np.ndarray:
    """Mark those of a half with the smallest hashes; of all, if the half is empty; (n,) bool."""
    rows = np.flatnonzero(keys % 2 == int(half))
    rows = rows if len(rows) else np.arange(len(keys))
    return marked(len(keys), rows[bottom_k(keys[rows], wanted)])


def marked(count: int, rows: np.ndarray) -> np.ndarray:
    """Mark some of so many rows; (count,) bool."""
    marks = np.zeros(count, dtype=bool)
    marks[rows] = True
    return marks


def _all(inputs: Inputs, name: str, schema: pa.Schema) -> pa.Table:
    pieces = [piece for _, piece in inputs.stream("draw_samples", name) if piece.num_rows]
    return pa.concat_tables(pieces) if pieces else schema.empty_table()


def _caption_vectors(inputs: Inputs, images: pa.Table, context: Context) -> dict[str, np.ndarray]:
    """Give the vectors of the images' captions, those of embed_queries or else new ones, by id."""
    rows = images.select(WORDS).to_pylist()
    texts = {sentence_id(text): text for row in rows if (text := caption_of(row).text)}
    known: dict[str, np.ndarray] = {}
    for _, table in inputs.stream("draw_samples", "captions"):
        pairs = zip(table["sentence_id"].to_pylist(), tables.vectors_of(table), strict=True)
        known |= {name: vector for name, vector in pairs if name in texts}
    return known | new_vectors({n: text for n, text in texts.items() if n not in known}, context)


def new_vectors(texts: Mapping[str, str], context: Context) -> dict[str, np.ndarray]:
    """Embed texts, by id, as the corpus's texts are embedded and stored."""
    vectors: dict[str, np.ndarray] = {}
    names = sorted(texts)
    for start in range(0, len(names), BATCH):
        some = names[start : start + BATCH]
        made = context.model("encoder").encode_texts([texts[name] for name in some])
        stored = np.asarray(made, dtype=np.float16).astype(np.float32)
        vectors |= dict(zip(some, stored, strict=True))
    return vectors


def _floors(
    inputs: Inputs,
    images: pa.Table,
    chosen: Mapping[str, np.ndarray],
    vector_of: Mapping[str, np.ndarray],
    context: Context,
) -> dict[str, np.ndarray]:
    """Give the columns of floors, NaN for what is not asked."""
    asked, pictures = tables.vectors_of(images, "query"), tables.vectors_of(images)
    plan, audit, survey = (np.flatnonzero(marks) for marks in chosen.values())
    captioned, captions = _captions_of(images, survey, vector_of)
    everything = {
        "plan_floor": (plan, asked[plan], K),
        "audit_floor": (audit, asked[audit], RERANKED),
        "survey_floor": (survey, pictures[survey], SURVEYED),
        "caption_floor": (captioned, captions, SURVEYED),
    }
    columns = dict.fromkeys((*everything, "caption_score"), _unasked(images.num_rows))
    if images.num_rows:
        queries = np.concatenate([vectors for _, vectors, _ in everything.values()])
        best, first = _best_of_sample(inputs, queries, context), 0
        for name, (rows, _, rank) in everything.items():
            columns[name] = _set(rows, best[first : first + len(rows), rank - 1], images.num_rows)
            first += len(rows)
        scores = pair_scores(pictures, captioned, captions, np.arange(len(captioned)))
        columns["caption_score"] = _set(captioned, scores, images.num_rows)
    return columns


def _captions_of(
    images: pa.Table, rows: np.ndarray, vector_of: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Give those of some rows whose image has a caption, and the captions' vectors; (m, d)."""
    texts = [caption_of(row).text for row in images.select(WORDS).to_pylist()]
    captioned = np.array([row for row in rows.tolist() if texts[row]], dtype=np.int64)
    vectors = [vector_of[sentence_id(texts[row])] for row in captioned.tolist()]
    dim = tables.vectors_of(images.slice(0, 1)).shape[1]
    return captioned, np.array(vectors, dtype=np.float32).reshape(len(captioned), dim)


def _unasked(count: int) -> np.ndarray:
    return np.full(count, np.nan, dtype=np.float32)


def _set(rows: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    column = _unasked(count)
    column[rows] = values
    return column


def _best_of_sample(inputs: Inputs, queries: np.ndarray, context: Context) -> np.ndarray:
    """Give the best scores of (q, d) queries with some sampled sentences, each once; (q, k)."""
    best, everyone, first = TopK(len(queries), SURVEYED), np.arange(len(queries)), 0
    for vectors in _together(_unmet(inputs)):
        ids = np.arange(first, first + len(vectors))
        visit(best, everyone, queries, as_rows(vectors), ids, device=context.device)
        first += len(vectors)
    return best.result()[1]


def _unmet(inputs: Inputs) -> Iterator[np.ndarray]:
    """Give the vectors of those sampled sentences, shard by shard, each once; (n, d) float16."""
    met: set[int] = set()
    for _, table in inputs.stream("draw_samples", "sentences", ["key", "embedding"]):
        keys = table["key"].to_numpy()
        new = [row for row in np.flatnonzero(keys < FLOORS_OF).tolist() if keys[row] not in met]
        if new:
            met.update(keys[new].tolist())
            yield tables.halves_of(table)[new]


def _together(pieces: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Put the few vectors of many shards together: queries are made ready for each visit."""
    held: list[np.ndarray] = []
    for piece in pieces:
        held.append(piece)
        if sum(map(len, held)) >= VISITED:
            yield np.concatenate(held)
            held = []
    if held:
        yield np.concatenate(held)
