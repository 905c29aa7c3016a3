"""Captions may be texts of other images; each text is there once, however often it is met."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from realsyn_tasks.core.ids import sentence_id
from realsyn_tasks.core.stage import Output
from realsyn_tasks.extract.schemas import CORPUS_IMAGES, CORPUS_SENTENCES
from realsyn_tasks.retrieve import truth
from tests.retrieve.worlds import Corpus, filled, retrieve
from tests.support import TinyEncoder

SETTINGS: dict[str, dict[str, Any]] = {
    "embed_queries": {"captions_as_answers": True},
    "rerank_candidates": {"candidates": 0},
}
SENTENCES = [["A red fox", "Snow lies deep", "Nobody came"], ["The dog runs", "Nobody  came here"]]
CAPTIONS = [["A red fox", "Grey wolf", "Mask 1", "Mask 2"], ["Grey wolf", ""]]


@pytest.fixture
def corpus() -> Corpus:
    """Two shards, whose captions repeat a sentence and one another."""
    encoder, made = TinyEncoder(), Corpus(images=0, sentences=0, shards=0)
    for shard, (texts, captions) in enumerate(zip(SENTENCES, CAPTIONS, strict=True)):
        sentences = filled(
            CORPUS_SENTENCES,
            len(texts),
            sentence_id=[sentence_id(text) for text in texts],
            text=texts,
            embedding=encoder.encode_texts(texts),
        )
        images = filled(
            CORPUS_IMAGES,
            len(captions),
            image_id=[f"{shard:016x}{n:016x}" for n in range(len(captions))],
            caption=captions,
            document_id=["d"] * len(captions),
            document_url=["https://tiny.example/"] * len(captions),
            embedding=encoder.encode_texts([caption or "wolf" for caption in captions]),
        )
        made.add("corpus", Output(tables={"sentences": sentences, "images": images}))
    return made


def matches_of(corpus: Corpus, scratch: Path, **pool: Any) -> dict[str, list[str]]:
    settings = {**SETTINGS, "pool_candidates": {"max_word_overlap": 1.0, **pool}}
    matches, audited, _ = retrieve(corpus, scratch, settings=settings, nprobe=1000)
    assert audited["recall_at_3"] == 1.0
    texts: dict[str, list[str]] = {}
    for row in matches.sort_by([("image_id", "ascending"), ("rank", "ascending")]).to_pylist():
        texts.setdefault(row["image_id"], []).append(row["text"])
    return texts


def test_captions_of_others_are_texts_and_an_image_never_gets_its_own(
    corpus: Corpus, tmp_path: Path
) -> None:
    texts = matches_of(corpus, tmp_path)
    wolf = texts[f"{1:016x}{1:016x}"]
    assert wolf[0] == "Grey wolf"
    for shard, captions in enumerate(CAPTIONS):
        for number, caption in enumerate(captions):
            mine = texts[f"{shard:016x}{number:016x}"]
            assert caption not in mine
            assert len(set(mine)) == len(mine) == 3
            assert not {"Mask 1", "Mask 2"} & set(mine)


def test_the_paper_may_give_an_image_its_own_caption(corpus: Corpus, tmp_path: Path) -> None:
    assert matches_of(corpus, tmp_path, own_captions=True)["0" * 32][0] == "A red fox"


def test_each_text_is_gone_through_once(corpus: Corpus, tmp_path: Path) -> None:
    matches_of(corpus, tmp_path)
    audited = truth.nearest(corpus, "audit", truth.RERANKED)
    images = truth.sampled(corpus, "audit", ["image_id"]).num_rows
    everything = sorted([*SENTENCES[0], *SENTENCES[1], "Grey wolf"])
    texts = truth.by_query(audited, images, "text")
    assert [sorted(some) for some in texts] == [everything] * images
    keyed = pa.concat_tables(corpus.tables["search_lists", "candidates"])
    firsts = keyed.filter(pa.array(np.array(keyed["text"].to_pylist()) == "Grey wolf"))
    counts = firsts.group_by("image_id").aggregate([("rank", "count")])["rank_count"].to_pylist()
    assert set(counts) == {1}
