"""Retrieval over a corpus of made-up vectors, against brute force."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Output
from realsyn_tasks.extract.schemas import CORPUS_IMAGES
from realsyn_tasks.retrieve import (
    assign_sentences,
    fit_lists,
    merge_matches,
    pool_candidates,
    probe_images,
    schemas,
    search_lists,
)
from tests.retrieve.worlds import (
    DIM,
    IMAGES,
    Corpus,
    brute_force,
    filled,
    retrieve,
    source_rows,
    unit,
    with_samples,
)
from tests.support import BatchInputs, FakeInputs, context, whole


def test_every_list_probed_is_exact_search(tmp_path: Path) -> None:
    corpus = Corpus()
    matches, measures, _ = retrieve(corpus, tmp_path, nprobe=1000)
    found: dict[str, list[str]] = {}
    for row in matches.sort_by([("image_id", "ascending"), ("rank", "ascending")]).to_pylist():
        found.setdefault(row["image_id"], []).append(row["sentence_id"])
    assert found == brute_force(corpus)
    assert measures["recall_at_3"] == 1.0
    assert measures["regret"] == pytest.approx(0.0, abs=1e-6)


def test_matches_do_not_depend_on_the_partitions_of_lists(tmp_path: Path) -> None:
    """The penalty lifts sentences that are far down: how far must not hang on where lists lie."""
    found = [
        retrieve(
            Corpus(), tmp_path, partitions, {"search_lists": {"hub_penalty": 1.0}}, nprobe=1000
        )[0]
        for partitions in (1, 2, 5)
    ]

    assert found[0].num_rows == 3 * IMAGES
    assert all(other.equals(found[0]) for other in found)


def test_the_audit_sees_what_few_probes_miss(tmp_path: Path) -> None:
    corpus = Corpus()
    matches, measures, _ = retrieve(corpus, tmp_path, nprobe=1)
    truth = brute_force(corpus)
    sampled = pa.concat_tables(corpus.tables["audit_recall", "audit"])["image_id"].to_pylist()
    rows = [row for row in matches.to_pylist() if row["image_id"] in sampled]
    hits = sum(row["sentence_id"] in truth[row["image_id"]] for row in rows)
    assert measures["sampled"] == len(sampled) > 8
    assert measures["recall_at_3"] == pytest.approx(hits / (3 * len(sampled)))
    assert measures["recall_at_3"] < 0.9
    assert measures["regret"] > 0
    assert measures["recall_low"] < measures["recall_at_3"] < measures["recall_high"]


@pytest.mark.parametrize("stage", [assign_sentences, probe_images])
def test_lists_are_made_ready_once_for_the_shards_of_a_batch(stage: Any, tmp_path: Path) -> None:
    corpus = Corpus(images=20, sentences=60, shards=1)
    rows = unit(corpus.rng.normal(size=(6, DIM)))
    lists = {"list_id": np.arange(6, dtype=np.int32), "embedding": rows}
    inputs = BatchInputs(dict(corpus.tables))
    inputs.tables["fit_lists", "centroids"] = [tables.build(schemas.CENTROIDS, lists)]
    inputs.tables["fit_lists", "plan"] = [pa.table({"nprobe": [2]})]
    outputs = [stage.run(inputs, stage.Config(), context(tmp_path, shard=0)) for _ in range(3)]
    first, *others = [whole(table) for made in outputs for table in made.tables.values()]
    assert first.num_rows and all(other.equals(first) for other in others)
    assert inputs.reads["fit_lists", "centroids"] == 1


def _found(*rows: tuple[str, float, str]) -> FakeInputs:
    """What the search found for image a, and nothing for image z."""
    images = filled(CORPUS_IMAGES, 2, image_id=["a", "z"], alt=["Snow in the hills.", ""])
    columns = {
        "partition": [0] * len(rows),
        "image_id": ["a"] * len(rows),
        "rank": list(range(1, len(rows) + 1)),
        "sentence_id": [name for name, _, _ in rows],
        "score": [score for _, score, _ in rows],
        "text": [text for _, _, text in rows],
        "document_id": ["d"] * len(rows),
        "document_url": ["u"] * len(rows),
        "licence": [""] * len(rows),
        "anaphoric": [text.startswith("it ") for _, _, text in rows],
        "adjusted": [score for _, score, _ in rows],
    }
    return FakeInputs(
        {
            ("corpus", "images"): [images],
            ("draw_samples", "images"): [images.select(["image_id"])],
            ("search_lists", "candidates"): [tables.build(schemas.CANDIDATES, columns)],
            ("cap_hubs", "hubs"): [schemas.HUBS.empty_table()],
        }
    )


def _merged(inputs: FakeInputs, scratch: Path, **settings: Any) -> Output:
    config = pool_candidates.Config(**settings)
    pooled = pool_candidates.run(inputs, config, context(scratch)).tables["candidates"]
    inputs.tables["pool_candidates", "candidates"] = [pooled]
    return merge_matches.run(inputs, merge_matches.Config(), context(scratch))


def test_near_identical_texts_give_way_to_the_next_best(tmp_path: Path) -> None:
    inputs = _found(
        ("1", 0.9, "a red fox jumps over a fence"),
        ("2", 0.8, "A red fox jumps over the fence"),
        ("3", 0.7, "foxes hunt at night"),
        ("4", 0.6, "the snow lies deep"),
        ("5", 0.5, "nobody came"),
    )
    rows = _merged(inputs, tmp_path).tables["matches"].to_pylist()
    assert [(row["rank"], row["sentence_id"]) for row in rows] == [(1, "1"), (2, "3"), (3, "4")]


def test_images_without_a_text_are_dropped_with_a_reason(tmp_path: Path) -> None:
    inputs = _found(("1", 0.9, "a red fox"), ("2", 0.1, "something else"))
    output = _merged(inputs, tmp_path, min_score=0.5)
    assert output.tables["matches"].num_rows == 1
    assert [(item.id, item.reason.code) for item in output.dropped] == [("z", "no_match")]


def test_an_image_never_gets_its_own_caption(tmp_path: Path) -> None:
    inputs = _found(("1", 0.9, "snow in the hills"), ("2", 0.5, "a red fox"))
    rows = _merged(inputs, tmp_path).tables["matches"].to_pylist()
    assert [row["sentence_id"] for row in rows] == ["2"]
    rows = _merged(inputs, tmp_path, own_captions=True).tables["matches"].to_pylist()
    assert [row["sentence_id"] for row in rows] == ["1", "2"]


def test_a_pronoun_without_its_noun_ranks_behind(tmp_path: Path) -> None:
    inputs = _found(
        *(("1", 0.9, "it hunts at night"), ("2", 0.5, "a red fox")),
        *(("3", 0.4, "the snow lies deep"), ("4", 0.3, "nobody came")),
    )
    rows = _merged(inputs, tmp_path).tables["matches"].to_pylist()
    assert [row["sentence_id"] for row in rows] == ["2", "3", "4"]
    rows = _merged(inputs, tmp_path, anaphoric_last=False).tables["matches"].to_pylist()
    assert [row["sentence_id"] for row in rows] == ["1", "2", "3"]
    alone = _found(("1", 0.9, "it hunts at night"), ("2", 0.5, "a red fox"))
    rows = _merged(alone, tmp_path).tables["matches"].to_pylist()
    assert [row["sentence_id"] for row in rows] == ["2", "1"]


def test_the_sample_for_the_lists_is_the_same_for_any_sharding(tmp_path: Path) -> None:
    corpus = Corpus()
    whole = Corpus()
    joined = pa.concat_tables(whole.tables["corpus", "sentences"])
    whole.tables["corpus", "sentences"] = [joined]
    config = fit_lists.Config(sentences_per_list=100)
    centroids = [
        fit_lists.run(
            with_samples(inputs, tmp_path),
            config,
            context(tmp_path, source_rows=source_rows(inputs)),
        ).tables["centroids"]
        for inputs in (corpus, whole)
    ]
    assert centroids[0].equals(centroids[1])


def _around(rng: np.random.Generator, centre: np.ndarray, count: int, spread: float) -> np.ndarray:
    return unit(centre + spread * rng.normal(size=(count, len(centre))))


def test_hubs_give_way_where_they_are_penalised(tmp_path: Path) -> None:
    """Every image lies nearest to one sentence, and a little less near to one of its own."""
    rng = np.random.default_rng(0)
    hub = unit(rng.normal(size=(1, 24)))
    images = _around(rng, hub[0], 20, 0.15)
    own = unit(images - 0.8 * hub)
    inputs = FakeInputs()
    inputs.tables["assign_sentences", "sentences"] = [
        filled(
            schemas.KEYED_SENTENCES,
            21,
            partition=[0] * 21,
            list_id=[0] * 21,
            sentence_id=["hub"] + [f"own {n:02d}" for n in range(20)],
            embedding=np.concatenate([hub, own]),
        )
    ]
    inputs.tables["probe_images", "probes"] = [
        filled(
            schemas.PROBES,
            20,
            partition=[0] * 20,
            image_id=[f"image {n:02d}" for n in range(20)],
            shard=[0] * 20,
            lists=[[0]] * 20,
            embedding=images,
        )
    ]
    best = {}
    for penalty in (0.0, 1.0):
        config = search_lists.Config(hub_penalty=penalty)
        output = search_lists.run(inputs, config, context(tmp_path))
        rows = whole(output.tables["candidates"]).to_pylist()
        rows.sort(key=lambda row: -row["adjusted"])
        best[penalty] = {row["image_id"]: row["sentence_id"] for row in reversed(rows)}
    assert set(best[0.0].values()) == {"hub"}
    assert [best[1.0][f"image {n:02d}"] for n in range(20)] == [f"own {n:02d}" for n in range(20)]
