"""No sentence serves more images than the cap, whatever the shards and partitions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Output, Piece
from realsyn_tasks.extract import schemas as extract_schemas
from realsyn_tasks.retrieve import cap_hubs, merge_matches, wishes
from realsyn_tasks.retrieve import schemas as retrieve_schemas
from realsyn_tasks.retrieve.limits import COLUMNS
from realsyn_tasks.retrieve.wishes import Wishes
from realsyn_tasks.vectors import components
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
    rows: list[dict[str, Any]] = [
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
    rows: list[dict[str, Any]] = [
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


@dataclass
class Counted(FakeInputs):
    """Candidates of several shards; counts how often each is read."""

    reads: list[list[str] | None] = field(default_factory=list)

    def pieces(self, stage: str, name: str) -> list[Piece]:
        return [Piece(p.rows, partial(self._read, p)) for p in super().pieces(stage, name)]

    def _read(self, piece: Piece, columns: list[str] | None) -> pa.Table:
        self.reads.append(columns)
        return piece.read(columns)


def cut(inputs: FakeInputs, images: list[list[str]]) -> Counted:
    """Put the candidates of these images into a shard each."""
    [pool] = inputs.tables["pool_candidates", "candidates"]
    pieces = [
        pool.filter(pc.is_in(pool["image_id"], pa.array(some, pa.string()))) for some in images
    ]
    return Counted({("pool_candidates", "candidates"): pieces})


def random_pool(seed: int, digits: int = 7) -> Counted:
    """Images of three shards; the fewer digits, the more scores tie. Some candidates are none."""
    random = np.random.default_rng(seed)
    near = random.normal(size=(120, 15)) + 2 * (np.arange(15) < 4)
    rows: list[dict[str, Any]] = [
        {"image_id": f"i{i:03d}", "sentence_id": f"s{s:02d}", "score": float(np.float32(score))}
        for i in range(120)
        for s, score in enumerate(np.round(near[i], digits))
    ]
    pool = pooled(rows)
    [table] = pool.tables["pool_candidates", "candidates"]
    order = np.argsort(random.random((120, 15)) + 0.1 * np.arange(15), axis=1).astype(np.int32)
    choices = pa.array((order * (order < random.integers(0, 16, (120, 1)))).ravel())
    place = table.schema.get_field_index("choice")
    table = table.set_column(place, table.schema.field(place), choices)
    pool.tables["pool_candidates", "candidates"] = [table]
    names = random.permutation(sorted({row["image_id"] for row in rows})).tolist()
    return cut(pool, [names[:50], names[50:50], names[50:]])


def by_the_rule(inputs: FakeInputs, cap: int) -> tuple[list[tuple[Any, ...]], dict[str, float]]:
    """Deferred acceptance as it is defined: all that all images ask for, round by round."""
    wishes: dict[str, list[tuple[int, str, float]]] = {}
    for _, table in inputs.stream("pool_candidates", "candidates"):
        for row in table.to_pylist():
            if row["choice"]:
                wish = (row["choice"], row["sentence_id"], -row["score"])
                wishes.setdefault(row["image_id"], []).append(wish)
    last: dict[str, tuple[float, str]] = {}
    asked: dict[str, int] = {}
    rounds = refused = 0
    while True:
        asking: dict[str, list[tuple[float, str]]] = {}
        for image, mine in wishes.items():
            free = [w for w in sorted(mine) if w[1] not in last or (w[2], image) <= last[w[1]]]
            for _, sentence, far in free[:3]:
                asking.setdefault(sentence, []).append((far, image))
        over = {name: sorted(who) for name, who in asking.items() if len(who) > cap}
        if not over:
            hubs = [(name, asked[name], -far, image) for name, (far, image) in last.items()]
            return sorted(hubs), {"hubs": len(last), "rounds": rounds, "refused": refused}
        rounds += 1
        refused += sum(len(who) - cap for who in over.values())
        last |= {name: who[cap - 1] for name, who in over.items()}
        asked |= {name: len(who) for name, who in over.items()}


@pytest.mark.parametrize("seed", range(20))
def test_hubs_are_those_of_the_rule_whatever_waits_on_the_disk(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cap, block = 1 + 7 * (seed % 4), (1 << 18, 512, 64)[seed % 3]
    monkeypatch.setattr(components, "BLOCK", block)
    monkeypatch.setattr(wishes, "IMAGES_AT_ONCE", min(block, 16))
    inputs = random_pool(seed, digits=seed % 2)
    found = cap_hubs.run(inputs, cap_hubs.Config(max_images_per_sentence=cap), context(tmp_path))
    columns = ["sentence_id", "images", "last_score", "last_image"]
    table = found.tables["hubs"]
    hubs, measures = by_the_rule(inputs, cap)
    assert sorted(tuple(row.values()) for row in table.select(columns).to_pylist()) == hubs
    assert found.measures == measures and measures["rounds"] > 1
    assert table["key"].to_pylist() == sorted(hash_order(table["sentence_id"].to_pylist(), 0))


def test_candidates_are_read_once_however_many_rounds_there_are(tmp_path: Path) -> None:
    inputs = random_pool(1)
    config = cap_hubs.Config(max_images_per_sentence=10)
    output = cap_hubs.run(inputs, config, context(tmp_path))
    assert output.measures["rounds"] > 2
    assert sum(columns == COLUMNS for columns in inputs.reads) == 3
    assert len(inputs.reads) <= 3 + 2, "and those that name what is full"


def test_what_is_held_does_not_grow_with_what_a_hub_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence that all images ask for: no more than a block of them is sorted at once."""
    monkeypatch.setattr(components, "BLOCK", 64)
    sorted_at_once, nearest = [], cap_hubs.nearest

    def noted(rows: components.Numbers, cap: int, wishes: Wishes) -> Any:
        sorted_at_once.append(len(rows))
        return nearest(rows, cap, wishes)

    monkeypatch.setattr(cap_hubs, "nearest", noted)
    rows = [{"image_id": f"i{n:04d}", "sentence_id": "hub", "score": n / 2048} for n in range(2000)]
    config = cap_hubs.Config(max_images_per_sentence=3)
    [hub] = cap_hubs.run(pooled(rows), config, context(tmp_path)).tables["hubs"].to_pylist()
    assert (hub["images"], hub["last_image"], hub["sentence_id"]) == (2000, "i1997", "hub")
    assert max(sorted_at_once) <= 64 + 3
