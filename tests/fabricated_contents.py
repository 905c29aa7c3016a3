"""What the stages of a fabricated run put out, of the rows of `fabricated_rows`."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from realsyn_tasks.core import ids, tables
from realsyn_tasks.core.reasons import Reason
from realsyn_tasks.core.stage import Dropped
from realsyn_tasks.core.tar import TarWriter
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets import index
from realsyn_tasks.extract import schemas as extract_schemas
from realsyn_tasks.extract.reasons import (
    EXACT_DUPLICATE,
    NO_TEXT,
    PERCEPTUAL_DUPLICATE,
    PERPLEXITY_HIGH,
    TOO_SHORT,
    TOO_SMALL,
)
from realsyn_tasks.formats.reasons import MALFORMED_RECORD
from realsyn_tasks.kinds import CORPUS
from realsyn_tasks.retrieve import schemas as retrieve_schemas
from realsyn_tasks.retrieve.reasons import NO_MATCH
from realsyn_tasks.sample import schemas as sample_schemas
from realsyn_tasks.sample.export import place_of
from realsyn_tasks.sample.group import DATASET
from realsyn_tasks.sample.reasons import BELOW_BAND, OVER_CAP
from realsyn_tasks.synthesize import schemas as synthesize_schemas
from realsyn_tasks.synthesize.reasons import COPIED
from tests.fabricated_rows import (
    KEPT,
    Rows,
    images_of,
    in_band,
    matches_of,
    pairs_of,
    raw_images_of,
    sentences_of,
    vector,
)


@dataclass
class Made:
    """What a fabricated stage puts out for one shard."""

    tables: dict[str, pa.Table] = field(default_factory=dict)
    dropped: list[Dropped] = field(default_factory=list)
    blobs: dict[str, bytes] = field(default_factory=dict)
    measures: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)


def _judged(row: dict[str, Any]) -> dict[str, Any]:
    [part] = row["context"]
    kept = {"verdict": "", "sentence_id": ids.sentence_id(part["text"])}
    return {"caption_verdict": NO_TEXT.code, "alt_verdict": "", "context": [part | kept]}


def _table(schema: pa.Schema, rows: Rows, *sort_by: str) -> pa.Table:
    return tables.from_rows(schema, [{n: row[n] for n in schema.names} for row in rows], sort_by)


def _with_vectors(rows: Rows, key: str) -> Rows:
    return [{**row, "embedding": vector(row[key]).astype(np.float16)} for row in rows]


def extract(workspace: Workspace, stage: str, shard: int) -> Made:
    """Give what a stage of an extract puts out for a shard."""
    images, sentences = images_of(shard), sentences_of(shard)
    if stage == "parse":
        return _parse(shard)
    if stage == "filter_images":
        last = raw_images_of(shard)[0][-1]["image_id"]
        made = {"images": _table(extract_schemas.IMAGES, images, "image_id")}
        return Made(made, [Dropped("image", last, TOO_SMALL, "80x80")])
    if stage == "embed_images":
        return Made({"images": _table(extract_schemas.IMAGES, images, "image_id")})
    if stage == "filter_sentences":
        return _kept_sentences(extract_schemas.FILTERED_SENTENCES, sentences, 4, TOO_SHORT)
    if stage == "filter_perplexity":
        schema = extract_schemas.SCORED_SENTENCES
        return _kept_sentences(schema, sentences[:-4], 2, PERPLEXITY_HIGH)
    if stage == "dedup_images":
        judged = [{**row, **_judged(row)} for row in images[:KEPT]]
        kept = _with_vectors(judged, "image_id")
        gone = Dropped("image", images[-1]["image_id"], PERCEPTUAL_DUPLICATE, "kept another")
        return Made({"images": _table(extract_schemas.CORPUS_IMAGES, kept, "image_id")}, [gone])
    if stage == "dedup_sentences":
        kept = _with_vectors(sentences[:-6], "sentence_id")
        return _kept_sentences(extract_schemas.CORPUS_SENTENCES, kept, 0, EXACT_DUPLICATE)
    return Made()


def _parse(shard: int) -> Made:
    rows, tar = raw_images_of(shard)
    documents = [
        {
            "document_id": row["document_id"],
            "url": row["document_url"],
            "source": row["source"],
            "source_offset": row["source_offset"],
            "images": 3,
            "sentences": 7,
            "language": "en",
            **{name: row[name] for name in ("title", "licence", "crawled")},
        }
        for row in rows[:4]
    ]
    return Made(
        {
            "documents": _table(extract_schemas.DOCUMENTS, documents, "document_id"),
            "images": _table(extract_schemas.RAW_IMAGES, rows, "image_id"),
            "sentences": _table(extract_schemas.SENTENCES, sentences_of(shard), "sentence_id"),
        },
        [
            Dropped("image", rows[0]["image_id"], EXACT_DUPLICATE, rows[0]["url"]),
            Dropped("record", f"{shard}.html:9", MALFORMED_RECORD, ""),
        ],
        {"pixels": tar},
    )


def _kept_sentences(schema: pa.Schema, rows: Rows, cut: int, reason: Reason) -> Made:
    kept = rows[: len(rows) - cut]
    dropped = [Dropped("sentence", row["sentence_id"], reason) for row in rows[len(kept) :]]
    return Made({"sentences": _table(schema, kept, "sentence_id")}, dropped)


def retrieve(workspace: Workspace, stage: str, shard: int) -> Made:
    """Give what a stage of the group retrieve puts out for a shard."""
    if stage == "merge_matches":
        rows = [row for texts in matches_of(shard) for row in texts]
        table = _table(retrieve_schemas.MATCHES, rows, "image_id", "rank")
        last = images_of(shard)[KEPT - 1]["image_id"]
        return Made({"matches": table}, [Dropped("image", last, NO_MATCH)])
    if stage == "fit_lists":
        planned = {"planned_recall": 0.98, "planned_low": 0.96, "planned_high": 0.99}
        chosen = {"target_recall": 0.95, "nprobe": 3.0, "lists": 8.0, "planned_images": 30.0}
        return Made(measures={**planned, **chosen, "imbalance": 1.25})
    if stage == "audit_recall":
        row = {"image_id": "0" * 32, "found": ["a", "b"], "exact": ["a", "c"]}
        row |= {"reranked": ["a"], "exact_reranked": ["a"]}
        measures = {"recall_at_3": 0.97, "recall_low": 0.95, "recall_high": 0.98, "regret": 0.001}
        table = _table(retrieve_schemas.AUDIT, [row])
        asked = {"rerank_recall": 0.96, "reranked": 20.0}
        return Made({"audit": table}, measures={**measures, **asked, "sampled": 24.0})
    return _relevance(stage)


SHARE = {"text1": 0.3, "text1_low": 0.2, "text1_high": 0.4, "text1_chance": 0.1}
ANY = {"any": 0.5, "any_low": 0.3, "any_high": 0.7, "any_chance": 0.2}
RELEVANCE = {
    **{f"{query}_{name}": value for query in ("image", "used") for name, value in SHARE.items()},
    "sampled": 24.0,
    "documents_with_own_text": 40.0,
    "distinct_text1": 20.0,
    "most_used_text1": 2.0,
}
PRECISION = {
    "target_precision": 0.5,
    "threshold": 0.4,
    "precision": 0.6,
    "precision_low": 0.45,
    "precision_high": 0.7,
    "yield": 0.8,
    "texts": 60.0,
    "fitted_documents": 40.0,
    "held_out_documents": 41.0,
}


def _relevance(stage: str) -> Made:
    """Give what the stages that measure and estimate relevance put out; the rest puts out none."""
    if stage == "measure_relevance":
        whole = {"query": "image", "site": "", "images": 24, "documents": 8, **SHARE, **ANY}
        known = dict.fromkeys(("r1", "r5", "r10", "r10_low", "r10_high", "mrr"), 0.25)
        rows: dict[str, dict[str, Any]] = {
            "agreement": whole,
            "known_items": {"site": "", "questions": 24, "texts": 99, **known},
            "baselines": {"text": "text1", "images": 24, "similarity": 0.4},
            "provenance": {"text1": "elsewhere", "images": 24, "share": 1.0},
        }
        made = {n: _table(getattr(retrieve_schemas, n.upper()), [row]) for n, row in rows.items()}
        return Made(made, measures=RELEVANCE)
    if stage == "fit_relevance":
        share = {"precision": 0.6, "precision_low": 0.45, "precision_high": 0.7}
        point = {"threshold": 0.4, "texts": 60, "images": 40, "yield": 0.8, **share}
        return Made(
            {"curve": _table(retrieve_schemas.PRECISION_CURVE, [point])}, measures=PRECISION
        )
    return Made()


def synthesize(workspace: Workspace, stage: str, shard: int) -> Made:
    """Give what a stage of the group synthesize puts out for a shard."""
    pairs = pairs_of(shard)
    rejected = matches_of(shard)[-1][0]["image_id"]
    if stage == "tag_images":
        rows = [{"scores": [0.9, 0.4], **pair} for pair in pairs]
        return Made({"tags": _table(synthesize_schemas.TAGS, rows, "image_id")})
    if stage == "generate_texts":
        known = [{**pair, "text": pair["syn_text"], "source": 1} for pair in pairs]
        rows = [pair for pair in known if pair["text"]]
        written = {
            "asked": _table(synthesize_schemas.ASKED, pairs, "image_id"),
            "texts": _table(synthesize_schemas.TEXTS, rows, "image_id"),
        }
        counts = {"asked": len(pairs) + 1, "generated": len(pairs) + 1, "rejected_copied": 2}
        out = [Dropped("pair", rejected, COPIED, "as text1")]
        return Made(written, out, counts=counts)
    if stage == "score_pairs":
        return Made({"pairs": _table(synthesize_schemas.PAIRS, pairs, "image_id")})
    return Made()


def sample(workspace: Workspace, stage: str, shard: int) -> Made:
    """Give what a stage of the group sample puts out for a shard."""
    if stage == "fit_band":
        row = {"low": 0.31, "high": 0.9, "quantile_low": 0.1, "quantile_high": 1.0, "pairs": 9}
        return Made(
            {"band": _table(sample_schemas.BAND, [row])}, measures={"low": 0.31, "high": 0.9}
        )
    if stage == "filter_pairs":
        pairs = pairs_of(shard)
        out = [Dropped("pair", pairs[0]["image_id"], BELOW_BAND, "0.300")]
        return Made({"pairs": _table(synthesize_schemas.PAIRS, in_band(pairs), "image_id")}, out)
    makers = {
        "rank_pairs": _ranked,
        "solve_cap": _solved,
        "balance": _balanced,
        "export": _exported,
    }
    return makers[stage](workspace, shard) if stage in makers else Made()


def _available(workspace: Workspace) -> Rows:
    corpus = range(workspace.config.shards(CORPUS.axis))
    return [pair for n in corpus for pair in in_band(pairs_of(n))]


def _chosen(workspace: Workspace) -> Rows:
    return _available(workspace)[: workspace.config.target]


def _ranked(workspace: Workspace, shard: int) -> Made:
    return sizes(_available(workspace))


def _solved(workspace: Workspace, shard: int) -> Made:
    target, available = workspace.config.target, len(_available(workspace))
    return Made(measures={"cap": 6.0, "target": float(target), "available": float(available)})


def _balanced(workspace: Workspace, shard: int) -> Made:
    shards = workspace.config.shards(DATASET)
    chosen = {pair["image_id"] for pair in _chosen(workspace)}
    return balance(shard, chosen, lambda number: number % shards)


def _exported(workspace: Workspace, shard: int) -> Made:
    shards = workspace.config.shards(DATASET)
    return export([p for n, p in enumerate(_chosen(workspace)) if n % shards == shard], shard)


def sizes(pairs: Rows, times: int = 1) -> Made:
    """Give how large the clusters of some pairs are, in so many shards that are alike."""
    names = [pair["cluster_id"] for pair in pairs]
    rows = [{"cluster_id": n, "size": times * names.count(n)} for n in sorted(set(names))]
    return Made({"sizes": _table(sample_schemas.CLUSTER_SIZES, rows, "cluster_id")})


def balance(shard: int, chosen: set[str], published_in: Callable[[int], int]) -> Made:
    """Keep the chosen pairs of a shard, each for a shard of the version by its number."""
    pairs = in_band(pairs_of(shard))
    kept = [
        {**pair, "partition": published_in(n), "image": pair["data"]}
        for n, pair in enumerate(pairs)
        if pair["image_id"] in chosen
    ]
    gone = [pair["image_id"] for pair in pairs if pair["image_id"] not in chosen]
    table = _table(sample_schemas.CHOSEN_PAIRS, kept, "image_id")
    return Made({"pairs": table}, [Dropped("pair", name, OVER_CAP) for name in gone])


def export(pairs: Rows, shard: int) -> Made:
    """Give a shard of a version: table, tar, and where the pairs and their keys are."""
    for number, pair in enumerate(pairs):
        pair["key"] = f"{shard:05d}{number:05d}"
        pair["sha256"] = hashlib.sha256(pair["data"]).hexdigest()
        pair["original_md5"] = hashlib.md5(pair["data"]).hexdigest()
        pair["image"] = {"bytes": pair["data"], "path": f"{pair['key']}.jpg"}
    table = _table(sample_schemas.PUBLISHED_PAIRS, pairs)
    whole = [
        {**row, "data": pair["data"]} for row, pair in zip(table.to_pylist(), pairs, strict=True)
    ]
    entries = index.entries_of(table, table["original_md5"].to_pylist())
    columns = {name: entries[name] for name in sample_schemas.INDEX_ENTRIES.names}
    tar, places = tar_and_places_of(whole)
    made = {
        "pairs": table,
        "entries": tables.build(sample_schemas.INDEX_ENTRIES, columns),
        "places": tables.from_rows(sample_schemas.PLACES, places),
    }
    return Made(made, blobs={"samples": tar})


def tar_of(pairs: Rows) -> bytes:
    """Give a WebDataset tar of pairs that carry their image as `data`."""
    return tar_and_places_of(pairs)[0]


def tar_and_places_of(pairs: Rows) -> tuple[bytes, Rows]:
    """Give it with the places of images and columns in it."""
    places: Rows = []
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "samples.tar"
        with closing(TarWriter(path)) as tar:
            for pair in pairs:
                about = {name: pair[name] for name in sample_schemas.PUBLISHED_IN_BOTH.names}
                said = json.dumps(about).encode()
                image = (tar.add(f"{pair['key']}.jpg", pair["data"]), len(pair["data"]))
                places.append(place_of(image, (tar.add(f"{pair['key']}.json", said), len(said))))
                tar.add(f"{pair['key']}.txt", pair["text1"].encode())
        return path.read_bytes(), places
