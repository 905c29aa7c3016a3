"""However images and lists are cut, and in whatever order: the bytes of one exact search."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from realsyn_tasks.core import tables
from realsyn_tasks.extract import schemas as extract_schemas
from realsyn_tasks.retrieve import pool_candidates
from realsyn_tasks.retrieve import schemas as retrieve_schemas
from realsyn_tasks.vectors.search import exact_search
from tests.retrieve.worlds import Corpus, filled, retrieve, unit

WORDS = ("a", "red", "blue", "fox", "cat", "runs", "sleeps", "here")
CANDIDATES = 6
SETTINGS: dict[str, dict[str, Any]] = {
    "fit_lists": {"sentences_per_list": 8},
    "search_lists": {"candidates": CANDIDATES},
    "pool_candidates": {"candidates": CANDIDATES, "max_word_overlap": 0.6},
}


def tied_corpus(seed: int) -> Corpus:
    """Few words and few directions: near-identical texts and equal scores are everywhere."""
    random = np.random.default_rng(seed)
    directions = random.normal(size=(5, 8))
    corpus = Corpus(images=0, sentences=0, shards=0)

    def vectors(count: int) -> np.ndarray:
        rough = np.round(random.normal(size=(count, 8)))
        return unit(directions[random.integers(5, size=count)] + rough)

    count = int(random.integers(3, 90))
    texts = [" ".join(random.choice(WORDS, 4)) for _ in range(count)]
    sentences = filled(
        extract_schemas.CORPUS_SENTENCES,
        count,
        sentence_id=[f"{n:032x}" for n in random.permutation(count)],
        text=texts,
        document_url=["https://tiny.example/"] * count,
        embedding=vectors(count),
    )
    images = int(random.integers(1, 25))
    pictures = filled(
        extract_schemas.CORPUS_IMAGES,
        images,
        image_id=[f"{n:032x}" for n in random.permutation(images)],
        embedding=vectors(images),
    )
    corpus.tables["corpus", "sentences"], corpus.tables["corpus", "images"] = (
        [sentences],
        [pictures],
    )
    return corpus


def exact_matches(corpus: Corpus) -> pa.Table:
    """One exact search over everything, and the first three texts that are no near-copies."""
    [sentences], [images] = (corpus.tables["corpus", name] for name in ("sentences", "images"))
    base, queries = tables.vectors_of(sentences), tables.vectors_of(images)
    found, scores = exact_search(queries, [base], CANDIDATES)
    config = pool_candidates.Config(**SETTINGS["pool_candidates"])
    rows = []
    for image, ids, near in zip(images["image_id"].to_pylist(), found, scores, strict=True):
        texts = [
            {**sentences.slice(int(one), 1).to_pylist()[0], **of(image, score)}
            for one, score in zip(ids, near, strict=True)
            if one >= 0
        ]
        kept = pool_candidates.distinct(texts, config)[:3]
        rows += [{**row, "rank": rank} for rank, row in enumerate(kept, start=1)]
    names = retrieve_schemas.MATCHES.names
    plain = [{name: row[name] for name in names} for row in rows]
    return tables.from_rows(retrieve_schemas.MATCHES, plain, ["image_id", "rank"])


def of(image: str, score: float) -> dict[str, Any]:
    return {"image_id": image, "score": score, "adjusted": score, "rerank": None, "relevance": None}


def as_bytes(matches: pa.Table) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "matches"
        tables.write_table(matches.combine_chunks().sort_by("image_id"), path)
        return path.read_bytes()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(1, 7), st.integers(0, 99))
def test_any_split_gives_the_bytes_of_one_exact_call(
    seed: int, shards: int, partitions: int, order: int
) -> None:
    corpus = tied_corpus(seed)
    expected = exact_matches(corpus)
    with tempfile.TemporaryDirectory() as scratch:
        cut = corpus.recut(shards, order)
        found, audited, _ = retrieve(cut, Path(scratch), partitions, SETTINGS, **EXACT)
    order_by = [("image_id", "ascending"), ("rank", "ascending")]
    assert as_bytes(found.sort_by(order_by)) == as_bytes(expected.sort_by(order_by))
    assert audited["regret"] == 0.0


EXACT = {"nprobe": 1000, "sentences_per_list": 8}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_texts_of_an_image_differ_and_the_next_best_moves_up(seed: int) -> None:
    """Against a rule told another way: a text stays out for one reason only."""
    corpus = tied_corpus(seed)
    with tempfile.TemporaryDirectory() as scratch:
        retrieve(corpus, Path(scratch), 2, SETTINGS, **EXACT)
    pooled = pa.concat_tables(corpus.tables["pool_candidates", "candidates"]).to_pylist()
    matches = pa.concat_tables(corpus.tables["merge_matches", "matches"]).to_pylist()
    for image in {row["image_id"] for row in pooled}:
        candidates = [row for row in pooled if row["image_id"] == image]
        texts = [row for row in matches if row["image_id"] == image]
        taken = {row["sentence_id"]: row["rank"] for row in texts}
        assert all(overlap(a, b) < 0.6 for a in texts for b in texts if a["rank"] < b["rank"])
        for place, row in enumerate(candidates):
            better = [c for c in candidates[:place] if c["sentence_id"] in taken]
            near = any(overlap(row, other) >= 0.6 for other in better)
            assert (row["sentence_id"] in taken) == (not near and len(better) < 3)


def overlap(a: dict[str, Any], b: dict[str, Any]) -> float:
    left, right = set(a["text"].split()), set(b["text"].split())
    return len(left & right) / len(left | right)
