"""Relevance as it is measured, against brute force over a small world of documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from realsyn_tasks.core import tables
from realsyn_tasks.core.ids import sentence_id
from realsyn_tasks.core.stage import Output
from realsyn_tasks.extract.schemas import CORPUS_SENTENCES
from realsyn_tasks.retrieve import measure_relevance
from tests.retrieve.documents import Documents
from tests.retrieve.worlds import filled, with_samples
from tests.support import TinyEncoder, context


def measured(corpus: Documents, scratch: Path, **settings: Any) -> Output:
    images = {"survey_images": settings.pop("images", 2000)}
    config = measure_relevance.Config(**settings)
    return measure_relevance.run(
        with_samples(corpus, scratch, pool_samples=images), config, context(scratch)
    )


def row_of(output: Output, query: str, site: str = "") -> dict[str, Any]:
    rows: list[dict[str, Any]] = output.tables["agreement"].to_pylist()
    [row] = [row for row in rows if (row["query"], row["site"]) == (query, site)]
    return row


def by_hand(corpus: Documents) -> np.ndarray:
    """Say of each image (row) and dealt texts (column) whether text1 and any of three are own."""
    documents = [corpus.whole(name)["document_id"].to_pylist() for name in ("images", "sentences")]
    best = np.argsort(-corpus.scores(), axis=1, kind="stable")[:, :3]
    found = np.array(documents[1])[best]  # (images, 3)
    own: np.ndarray = found[None, :, :] == np.array(documents[0])[:, None, None]
    return np.stack([own[:, :, 0], own.any(axis=2)])


def test_agreement_and_chance_are_those_of_brute_force(tmp_path: Path) -> None:
    corpus = Documents(skill=0.8).pooled().matched()
    own = by_hand(corpus)
    images = own.shape[1]
    dealt = (own.sum(axis=(1, 2)) - np.trace(own, axis1=1, axis2=2)) / (images * (images - 1))

    found = row_of(measured(corpus, tmp_path), "image")

    assert found["images"] == 24
    assert found["documents"] == 12
    assert [found["text1"], found["any"]] == pytest.approx(
        [own[0].trace() / images, own[1].trace() / images], abs=1e-6
    )
    assert [found["text1_chance"], found["any_chance"]] == pytest.approx(dealt, abs=1e-6)
    assert found["text1_low"] < found["text1"] < found["text1_high"]
    assert found["text1_low"] > found["text1_chance"]


def test_images_that_know_nothing_are_at_chance(tmp_path: Path) -> None:
    found = row_of(measured(Documents(40, skill=0.0).pooled().matched(), tmp_path), "image")
    assert found["text1_low"] <= found["text1_chance"] < 0.1
    assert found["any_low"] <= found["any_chance"]


def test_the_image_alone_is_asked_even_if_the_build_asked_otherwise(tmp_path: Path) -> None:
    """Queries that hold the documents' words find all; the pictures still know nothing."""
    corpus = Documents(40, skill=0.0)
    knowing = Documents(40, skill=5.0).pooled().matched()
    corpus.tables["merge_matches", "sampled"] = knowing.tables["merge_matches", "sampled"]
    output = measured(corpus, tmp_path)
    assert row_of(output, "used")["text1"] == 1.0
    assert row_of(output, "image")["text1_low"] <= row_of(output, "image")["text1_chance"]


def test_sites_are_told_apart_and_dealt_among_themselves(tmp_path: Path) -> None:
    corpus = Documents(skill=5.0).pooled().matched()
    output = measured(corpus, tmp_path, sites=1)
    even, rest = (row_of(output, "image", site) for site in ("even.example", "other sites"))
    assert even["images"] == rest["images"] == 12
    assert even["text1_chance"] == pytest.approx(1 / 11, abs=1e-6)  # the other of two images
    assert row_of(output, "image")["text1_chance"] == pytest.approx(1 / 23, abs=1e-6)


def test_what_stands_beside_counts_where_a_copy_of_it_was_kept_elsewhere(tmp_path: Path) -> None:
    corpus = Documents(skill=5.0).pooled().matched()
    for number, table in enumerate(corpus.tables["corpus", "sentences"]):
        moved = pa.array([f"another {n}" for n in range(table.num_rows)])
        place = table.column_names.index("document_id")
        corpus.tables["corpus", "sentences"][number] = table.set_column(place, "document_id", moved)
    assert row_of(measured(corpus, tmp_path), "image")["text1"] == 0.0
    best = corpus.scores().argmax(axis=1)
    ids = corpus.whole("sentences")["sentence_id"].to_pylist()
    images = corpus.whole("images")
    beside = [
        [{"text": "It.", "offset": 1, "verdict": "", "sentence_id": ids[place]}] for place in best
    ]
    place = images.column_names.index("context")
    kind = images.schema.field("context").type
    images = images.set_column(place, "context", pa.array(beside, type=kind))
    corpus.tables["corpus", "images"] = [images]
    assert row_of(measured(corpus, tmp_path), "image")["text1"] == 1.0


def captions_as_sentences(corpus: Documents) -> pa.Table:
    """The captions as sentences of the corpus, nearer to their pictures than anything else."""
    images = corpus.whole("images")
    captions = images["caption"].to_pylist()
    return filled(
        CORPUS_SENTENCES,
        len(captions),
        sentence_id=[sentence_id(text) for text in captions],
        text=captions,
        document_id=images["document_id"],
        embedding=images["embedding"],
    )


def test_the_own_caption_is_no_answer_to_the_image(tmp_path: Path) -> None:
    corpus = Documents(images=1, skill=5.0).pooled().matched()
    corpus.tables["corpus", "sentences"].append(captions_as_sentences(corpus))
    nearest = corpus.whole("sentences")["text"].take(pa.array(corpus.scores().argmax(axis=1)))
    assert nearest.to_pylist() == corpus.whole("images")["caption"].to_pylist()
    found = row_of(measured(corpus, tmp_path), "image")
    assert (found["text1"], found["any"]) == (1.0, 1.0)


def test_a_text1_that_is_the_own_caption_is_told_as_what_it_is(tmp_path: Path) -> None:
    corpus = Documents(images=1, skill=5.0)
    corpus.tables["corpus", "sentences"] = [captions_as_sentences(corpus)]
    output = measured(corpus.pooled(candidates=1).matched(), tmp_path)
    shares = {row["text1"]: row["share"] for row in output.tables["provenance"].to_pylist()}
    assert shares == {"own_caption": 1.0, "own_document": 0.0, "elsewhere": 0.0}
    assert row_of(output, "used")["text1"] == 0.0
    assert output.measures["with_own_text"] == 0.0


def test_known_items_are_ranked_as_by_brute_force(tmp_path: Path) -> None:
    corpus = Documents(skill=0.8).pooled().matched()
    output = measured(corpus, tmp_path)
    images = corpus.whole("images")
    captions = sorted(set(images["caption"].to_pylist()))
    made = np.asarray(TinyEncoder().encode_texts(captions), dtype=np.float16).astype(np.float32)
    vectors = tables.vectors_of(images)
    scores = np.concatenate([corpus.scores(), vectors @ made.T], axis=1)
    offset = corpus.whole("sentences").num_rows
    own = [offset + captions.index(text) for text in images["caption"].to_pylist()]
    ranks = np.array([1 + (row > row[at]).sum() for row, at in zip(scores, own, strict=True)])

    [found] = [row for row in output.tables["known_items"].to_pylist() if row["site"] == ""]

    assert found["questions"] == 24
    assert found["texts"] == offset + len(captions)
    assert [found["r1"], found["r5"], found["r10"]] == pytest.approx(
        [(ranks <= k).mean() for k in (1, 5, 10)], abs=1e-6
    )
    assert found["mrr"] == pytest.approx((1 / ranks).mean(), abs=1e-6)


def test_captions_that_a_filter_left_out_are_no_questions(tmp_path: Path) -> None:
    corpus = Documents().pooled().matched()
    for number, table in enumerate(corpus.tables["corpus", "images"]):
        place = table.column_names.index("caption_verdict")
        verdicts = pa.array(["too_short"] * table.num_rows)
        corpus.tables["corpus", "images"][number] = table.set_column(
            place, "caption_verdict", verdicts
        )
    output = measured(corpus, tmp_path)
    assert output.measures["known_questions"] == 0
    assert "known_r1" not in output.measures


def test_baselines_are_mean_similarities(tmp_path: Path) -> None:
    corpus = Documents().pooled().matched()
    output = measured(corpus, tmp_path)
    found = {row["text"]: row["similarity"] for row in output.tables["baselines"].to_pylist()}
    documents = [corpus.whole(name)["document_id"].to_pylist() for name in ("images", "sentences")]
    mine = np.array(documents[0])[:, None] == np.array(documents[1])[None, :]
    scores = corpus.scores()
    assert found["random"] == pytest.approx(scores.mean(), abs=1e-4)
    assert found["own_document"] == pytest.approx(
        np.where(mine, scores, -1).max(axis=1).mean(), abs=1e-4
    )
    assert found["text1"] == pytest.approx(scores.max(axis=1).mean(), abs=1e-4)


def test_shards_and_the_size_of_the_sample_are_respected(tmp_path: Path) -> None:
    corpus = Documents().pooled().matched()
    whole = measured(corpus, tmp_path)
    for name in ("images", "sentences"):
        corpus.tables["corpus", name] = [corpus.whole(name)]
    again = measured(corpus, tmp_path)
    assert all(again.tables[name].equals(table) for name, table in whole.tables.items())
    assert measured(corpus, tmp_path, images=7).measures["sampled"] == 7
