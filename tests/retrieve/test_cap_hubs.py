"""No sentence serves more images than the cap, whatever the shards and partitions."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Output
from realsyn_tasks.extract import schemas as extract_schemas
from realsyn_tasks.retrieve import cap_hubs, merge_matches
from realsyn_tasks.retrieve import schemas as retrieve_schemas
from realsyn_tasks.vectors.hash_order import hash_order
from tests.retrieve.worlds import Corpus, retrieve
from tests.support import BatchInputs, FakeInputs, context

ALL = {"nprobe": 1000}


def settings(cap: int | None, penalty: float = 0.0) -> dict[str, dict[str, Any]]:
    return {
        "cap_hubs": {"max_images_per_sentence": cap},
        "search_lists": {"hub_penalty": penalty},
        "pool_candidates": {"max_word_overlap": 0.99},
    }


def used(matches: pa.Table) -> Counter[str]:
    return Counter(matches["sentence_id"].to_pylist())


def test_no_sentence_serves_more_images_than_the_cap(tmp_path: Path) -> None:
    free, _, _ = retrieve(Corpus(images=200), tmp_path, 2, settings(None), **ALL)
    corpus = Corpus(images=200)
    capped, audited, _ = retrieve(corpus, tmp_path, 2, settings(5), **ALL)
    assert used(free).most_common(1)[0][1] > 20
    assert used(capped).most_common(1)[0][1] == 5
    assert len(used(capped)) > len(used(free))
    assert corpus.measures["cap_hubs"]["hubs"] > 10
    assert corpus.measures["cap_hubs"]["rounds"] > 1
    assert audited["recall_at_3"] == 1.0  # of the search, whatever is chosen among what it found


@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_neither_shards_nor_partitions_matter_to_the_cap(penalty: float, tmp_path: Path) -> None:
    whole = Corpus(images=150)
    order = [("image_id", "ascending"), ("rank", "ascending")]
    found = []
    for shards, partitions in ((1, 1), (2, 3), (5, 2)):
        cut = whole.recut(shards, shards)
        matches, _, _ = retrieve(cut, tmp_path, partitions, settings(4, penalty), **ALL)
        found.append(matches.combine_chunks().sort_by(order))
    assert used(found[0]).most_common(1)[0][1] <= 4
    assert found[0].equals(found[1]) and found[0].equals(found[2])


@pytest.mark.parametrize("seed", range(6))
def test_nobody_could_do_better_by_a_text_that_has_room(seed: int, tmp_path: Path) -> None:
    """Stable, against brute force: whoever lacks a better choice finds it full of nearer images."""
    random, cap = np.random.default_rng(seed), 3
    rows = [
        {"image_id": f"i{i:02d}", "sentence_id": f"s{s:02d}", "score": float(np.float32(score))}
        for i in range(25)
        for s, score in enumerate(np.round(random.normal(size=12) + 3 * (np.arange(12) < 3), 1))
    ]
    inputs = pooled(rows)
    config = cap_hubs.Config(max_images_per_sentence=cap)
    output = cap_hubs.run(inputs, config, context(tmp_path))
    inputs.tables["cap_hubs", "hubs"] = [output.tables["hubs"]]
    merged = merge_matches.run(inputs, merge_matches.Config(), context(tmp_path))
    score = {(row["image_id"], row["sentence_id"]): row["score"] for row in rows}
    texts: dict[str, list[str]] = {}
    served: dict[str, list[str]] = {}
    for row in merged.tables["matches"].to_pylist():
        texts.setdefault(row["image_id"], []).append(row["sentence_id"])
        served.setdefault(row["sentence_id"], []).append(row["image_id"])
    assert max(map(len, served.values())) == cap
    assert output.measures["rounds"] > 1
    for (image, sentence), near in score.items():
        mine = texts.get(image, [])
        if sentence in mine:
            continue
        better = len(mine) < 3 or near > min(score[image, s] for s in mine)
        there = served.get(sentence, [])
        nearer = [i for i in there if (-score[i, sentence], i) < (-near, image)]
        assert not better or len(nearer) == cap


def test_the_most_similar_images_keep_a_hub_and_the_others_take_the_next_best(
    tmp_path: Path,
) -> None:
    rows = [
        {"image_id": f"i{n}", "sentence_id": name, "score": score}
        for n, near in enumerate([0.9, 0.8, 0.8, 0.7])
        for name, score in (("hub", near), (f"own {n}", 0.5))
    ]
    inputs = pooled(rows)
    config = cap_hubs.Config(max_images_per_sentence=2)
    output = cap_hubs.run(inputs, config, context(tmp_path))
    [hub] = output.tables["hubs"].to_pylist()
    assert (hub["sentence_id"], hub["images"], hub["last_image"]) == ("hub", 4, "i1")
    assert output.measures == {"hubs": 1.0, "rounds": 1.0, "refused": 2.0}
    inputs.tables["cap_hubs", "hubs"] = [output.tables["hubs"]]
    merged = merge_matches.run(inputs, merge_matches.Config(), context(tmp_path))
    first = {r["image_id"]: r["sentence_id"] for r in merged.tables["matches"].to_pylist()[::-1]}
    assert first == {"i0": "hub", "i1": "hub", "i2": "own 2", "i3": "own 3"}


def test_limits_are_made_ready_once_for_the_shards_of_a_batch(tmp_path: Path) -> None:
    rows = [{"image_id": f"i{n}", "sentence_id": "hub", "score": 0.5 - n / 10} for n in range(3)]
    inputs = BatchInputs(pooled(rows).tables)
    output = cap_hubs.run(inputs, cap_hubs.Config(max_images_per_sentence=1), context(tmp_path))
    inputs.tables["cap_hubs", "hubs"] = [output.tables["hubs"]]
    for _ in range(3):
        merged = merge_matches.run(inputs, merge_matches.Config(), context(tmp_path))
        assert merged.tables["matches"]["image_id"].to_pylist() == ["i0"]
    assert inputs.reads["cap_hubs", "hubs"] == 1


def test_who_has_only_hubs_is_dropped_with_the_reason(tmp_path: Path) -> None:
    inputs = pooled(
        [{"image_id": f"i{n}", "sentence_id": "hub", "score": 0.5 - n / 10} for n in range(3)]
    )
    output = cap_hubs.run(inputs, cap_hubs.Config(max_images_per_sentence=1), context(tmp_path))
    inputs.tables["cap_hubs", "hubs"] = [output.tables["hubs"]]
    merged = merge_matches.run(inputs, merge_matches.Config(), context(tmp_path))
    assert merged.tables["matches"]["image_id"].to_pylist() == ["i0"]
    assert [(item.id, item.reason.code) for item in merged.dropped] == [
        ("i1", "no_match"),
        ("i2", "no_match"),
    ]
    assert "serve as many images as they may" in merged.dropped[0].detail


@pytest.mark.parametrize("rows", [0, 1])
def test_nothing_to_cap_is_no_trouble(rows: int, tmp_path: Path) -> None:
    inputs = pooled([{"image_id": "i", "sentence_id": "s", "score": 0.5}][:rows])
    output: Output = cap_hubs.run(inputs, cap_hubs.Config(), context(tmp_path))
    assert output.tables["hubs"].num_rows == 0
    assert output.measures == {"hubs": 0.0, "rounds": 0.0, "refused": 0.0}


def pooled(rows: list[dict[str, Any]]) -> FakeInputs:
    """Candidates as pool_candidates gives them, and the images they are for."""
    blank: dict[str, Any] = {"rank": 1, "document_url": "u"}
    full = [{**blank, **row, "adjusted": row["score"], "text": row["sentence_id"]} for row in rows]
    full.sort(key=lambda row: (row["image_id"], -row["score"], row["sentence_id"]))
    keys = hash_order([row["sentence_id"] for row in full], 0).tolist()
    images = sorted({row["image_id"] for row in rows})
    choices: Counter[str] = Counter()
    for row, key in zip(full, keys, strict=True):
        choices[row["image_id"]] += 1
        row |= {"choice": choices[row["image_id"]], "key": key}
    corpus = {name: [None] * len(images) for name in extract_schemas.CORPUS_IMAGES.names}
    corpus["image_id"] = images
    return FakeInputs(
        {
            ("corpus", "images"): [tables.build(extract_schemas.CORPUS_IMAGES, corpus)],
            ("pool_candidates", "candidates"): [tables.from_rows(retrieve_schemas.POOL, full)],
            ("draw_samples", "images"): [pa.table({"image_id": pa.array(images, pa.string())})],
        }
    )


def test_scores_that_tie_are_told_apart_by_id(tmp_path: Path) -> None:
    names = [f"i{n:02d}" for n in np.random.default_rng(0).permutation(20)]
    rows = [{"image_id": name, "sentence_id": "hub", "score": 0.5} for name in names]
    config = cap_hubs.Config(max_images_per_sentence=7)
    [hub] = cap_hubs.run(pooled(rows), config, context(tmp_path)).tables["hubs"].to_pylist()
    assert hub["last_image"] == "i06"


def random_pool(seed: int) -> FakeInputs:
    random = np.random.default_rng(seed)
    return pooled(
        [
            {"image_id": f"i{i:03d}", "sentence_id": f"s{s:02d}", "score": float(np.float32(score))}
            for i in range(120)
            for s, score in enumerate(random.normal(size=15) + 2 * (np.arange(15) < 4))
        ]
    )


@pytest.mark.parametrize("counters", [1, 8, 1 << 16])
def test_neither_counters_nor_the_disk_matter(
    counters: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sentences that share a counter wait on disk for no reason, and come out as they would."""
    config = cap_hubs.Config(max_images_per_sentence=20)
    whole = cap_hubs.run(random_pool(1), config, context(tmp_path / "whole"))
    assert whole.measures["rounds"] > 1
    monkeypatch.setattr(cap_hubs, "COUNTERS", counters)
    spilling = partial(cap_hubs.Spill, held_rows=10)
    monkeypatch.setattr(cap_hubs, "Spill", spilling)
    again = cap_hubs.run(random_pool(1), config, context(tmp_path / "again"))
    assert again.tables["hubs"].equals(whole.tables["hubs"])
    assert again.measures == whole.measures
