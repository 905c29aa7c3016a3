"""Near-duplicates: what is linked, who stays, and that neither order nor portions matter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from realsyn_tasks.core import tables
from realsyn_tasks.core.errors import PermanentError
from realsyn_tasks.extract import dedup_images, fit_neighbourhoods, key_neighbours, schemas
from realsyn_tasks.extract.neighbours import by_hash, by_words
from realsyn_tasks.text.sameness import text_key
from realsyn_tasks.vectors import kmeans
from tests.extract.worlds import (
    DIM,
    Result,
    World,
    crawl_tables,
    dedup,
    random_world,
    split,
    unit,
)
from tests.support import BatchInputs, FakeInputs, context

AXES = np.eye(DIM, dtype=np.float32)
SMALL: dict[str, Any] = {"per_pivot": 12, "sample_per_pivot": 12}
SEMANTIC = "semantic_duplicate"
FAR = 0x0F0F_3333_5555_00FF


def near(vector: np.ndarray, other: np.ndarray, cosine: float) -> np.ndarray:
    """A unit vector at a cosine from one axis, towards another."""
    return unit(cosine * vector + np.sqrt(1 - cosine**2) * other)


def decisions(result: Result) -> list[tuple[str, str, str, str]]:
    return sorted((item.kind, item.id, item.reason.code, item.detail) for item in result.dropped)


def test_pictures_go_for_their_looks_or_their_meaning(tmp_path: Path) -> None:
    world = World()
    world.image("a", AXES[0], 0)
    world.image("b", near(AXES[0], AXES[1], 0.5), 0b1111)  # looks like a
    world.image("c", near(AXES[0], AXES[2], 0.93), FAR)  # means what a means
    world.image("d", near(AXES[3], AXES[0], 0.5), ~FAR & (1 << 64) - 1)
    result = dedup([world], tmp_path)
    assert result.kept["images"] == {"a", "d"}
    assert result.reasons() == {"b": "perceptual_duplicate", "c": "semantic_duplicate"}
    apart = dedup([world], tmp_path, link={"hash_radius": 3, "image_cosine": 0.94})
    assert apart.kept["images"] == {"a", "b", "c", "d"}
    looks = dedup([world], tmp_path, link={"image_cosine": None})
    assert looks.reasons() == {"b": "perceptual_duplicate"}


def test_sentences_go_for_their_letters_or_their_meaning(tmp_path: Path) -> None:
    world = World()
    world.sentence("a", AXES[0], "The cat sat.")
    world.sentence("b", AXES[1], "the CAT, sat!")
    world.sentence("c", AXES[2], "Vehicular collision today")
    world.sentence("d", near(AXES[2], AXES[4], 0.95), "Automobile incident today")
    world.sentence("e", AXES[5], "Another thing")
    result = dedup([world], tmp_path)
    assert result.reasons() == {"b": "exact_duplicate", "d": "semantic_duplicate"}
    assert result.kept_in_place_of() == {"b": "a", "d": "c"}
    assert "cosine 0.9" in next(item.detail for item in result.dropped if item.id == "d")


def test_pictures_of_one_kind_are_no_duplicates(tmp_path: Path) -> None:
    """A classifier's vector knows the kind alone: a hen is another hen to it, a bear a bear."""
    world = World()
    world.image("hen", AXES[0], FAR)
    world.image("another hen", near(AXES[0], AXES[1], 0.995), ~FAR & (1 << 64) - 1)
    world.image("hen, vignetted", near(AXES[0], AXES[2], 0.995), FAR ^ 0b1111_1111_1111)
    result = dedup([world], tmp_path, link={"image_bits": 14})
    assert result.reasons() in ({"hen, vignetted": SEMANTIC}, {"hen": SEMANTIC})
    assert "another hen" in result.kept["images"]
    assert len(dedup([world], tmp_path).kept["images"]) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("This vertical structure is old.", "This horizontal structure is old."),
        ("The tower is 300 m high.", "The tower is 330 m high."),
        ("The door is locked.", "The door is not locked."),
    ],
)
def test_sentences_that_differ_in_a_fact_are_no_duplicates(
    one: str, other: str, tmp_path: Path
) -> None:
    facts = {"same_facts": True}
    world = World()
    world.sentence("a", AXES[0], one)
    world.sentence("b", near(AXES[0], AXES[1], 0.98), other)
    assert dedup([world], tmp_path, link=facts).reasons() == {}
    assert len(dedup([world], tmp_path).kept["sentences"]) == 1
    paraphrase = World()
    paraphrase.sentence("c", near(AXES[0], AXES[2], 0.97), one.replace("is", "has been"))
    assert dedup([world, paraphrase], tmp_path, link=facts).kept["sentences"] & {"b"}
    assert len(dedup([world, paraphrase], tmp_path, link=facts).kept["sentences"]) == 2


def test_second_signs_count_against_older_generations(tmp_path: Path) -> None:
    """The nearest older item that agrees is named, not a nearer one that differs in a fact."""
    old, new = World(), World()
    old.sentence("near", near(AXES[0], AXES[1], 0.99), "The tower is 330 m high.")
    old.sentence("same", near(AXES[0], AXES[2], 0.95), "A tower stands 300 m high there.")
    old.image("shape", near(AXES[0], AXES[1], 0.99), FAR)
    link = {"same_facts": True, "image_bits": 14}
    first = dedup([old], tmp_path, link=link)
    new.sentence("n", AXES[0], "The tower is 300 m high.")
    new.image("m", AXES[0], ~FAR & (1 << 64) - 1)
    second = dedup([new], tmp_path, [first], link=link)
    assert second.reasons() == {"n": "older_duplicate"}
    assert second.kept_in_place_of() == {"n": "same"}


def test_the_member_nearest_the_centroid_stays(tmp_path: Path) -> None:
    world = World()
    for name, angle in (("a", 0.0), ("b", 0.2), ("c", 0.4), ("d", 0.6), ("e", 0.8)):
        world.image(name, unit(np.cos(angle) * AXES[0] + np.sin(angle) * AXES[1]), hash(name))
    for number, row in enumerate(world.images):
        row["phash"] = FAR * (number + 1) % (1 << 64)
    result = dedup([world], tmp_path, link={"image_cosine": 0.97})
    assert result.kept["images"] == {"c"}
    assert set(result.kept_in_place_of().values()) == {"c"}


def test_the_same_item_in_two_shards_stays_once(tmp_path: Path) -> None:
    shards = [World(), World(), World()]
    for world in shards:
        world.image("same", AXES[0], 7)
        world.sentence("one", AXES[1], "One sentence here")
    shards[1].image("like", near(AXES[0], AXES[1], 0.99), 7)
    result = dedup(shards, tmp_path)
    assert len(result.kept["images"]) == 1
    assert result.kept["sentences"] == {"one"}
    reasons = [(item.id, item.reason.code) for item in result.dropped if item.kind == "image"]
    assert reasons.count(("same", "exact_duplicate")) == 2


@pytest.mark.parametrize("seed", range(3))
def test_neither_shards_nor_partitions_matter(seed: int, tmp_path: Path) -> None:
    world = random_world(seed)
    whole = dedup([world], tmp_path, partitions=1, fit=SMALL)
    assert 10 < len(whole.kept["images"]) < 110
    assert 10 < len(whole.kept["sentences"]) < 110
    for shards, partitions in ((1, 5), (4, 1), (4, 3)):
        parts = split(world, shards, seed)
        for order in (parts, parts[::-1]):
            assert decisions(dedup(order, tmp_path, partitions=partitions, fit=SMALL)) == decisions(
                whole
            )


@pytest.mark.parametrize("seed", range(3))
def test_every_item_that_goes_leads_to_one_that_stays(seed: int, tmp_path: Path) -> None:
    first = dedup(split(random_world(seed), 2), tmp_path, fit=SMALL)
    again = random_world(seed, prefix="n")  # all of it once more, under other ids
    second = dedup(split(again, 3), tmp_path, [first], partitions=3, fit=SMALL)
    for result in (first, second):
        stay = first.kept["images"] | first.kept["sentences"]
        stay = stay | result.kept["images"] | result.kept["sentences"]
        assert set(result.kept_in_place_of().values()) <= stay
        assert not set(result.reasons()) & stay
    assert set(second.reasons().values()) >= {"older_duplicate"}


def test_what_is_kept_once_is_kept_and_keeps_others_out(tmp_path: Path) -> None:
    first = dedup(split(random_world(5), 2), tmp_path, fit=SMALL)
    second = dedup(split(random_world(5), 2, seed=9), tmp_path, [first], fit=SMALL)
    for name in ("images", "sentences"):  # the same crawl again: nothing that was kept comes back
        assert not second.kept[name] & first.kept[name]
        sizes = sum(table.num_rows for table in first.corpus[name])
        assert sizes == len(first.kept[name])
    same = {item.id for item in second.dropped if item.detail.startswith(f"kept {item.id}")}
    assert same == first.kept["images"] | first.kept["sentences"]


def test_only_what_is_itself_near_an_older_item_goes_for_it(tmp_path: Path) -> None:
    older = World()
    older.image("old", AXES[0], 0)
    first = dedup([older], tmp_path)
    chain = World()
    chain.image("x", near(AXES[0], AXES[1], 0.95), FAR)
    chain.image("y", near(AXES[0], AXES[1], 0.80), FAR ^ 0xFFFF)
    chain.image("z", AXES[5], 0b11)  # looks like the old one
    result = dedup([chain], tmp_path, [first])
    assert result.reasons() == {"x": "older_duplicate", "z": "older_duplicate"}
    assert set(result.kept_in_place_of().values()) == {"old"}
    assert result.kept["images"] == {"y"}


def test_the_nearest_older_item_is_named(tmp_path: Path) -> None:
    older = World()
    for number in range(4):
        older.sentence(f"old{number}", AXES[number], f"text {number}")
    first = dedup([older], tmp_path)
    new = World()
    new.sentence("x", near(AXES[2], AXES[3], 0.95), "another text")
    result = dedup([new], tmp_path, [first])
    assert result.kept_in_place_of() == {"x": "old2"}
    assert "cosine 0.950" in result.dropped[0].detail


def test_pivots_come_from_a_sample_that_shards_do_not_change(tmp_path: Path) -> None:
    config = fit_neighbourhoods.Config(per_pivot=10, sample_per_pivot=5, max_sample=30)
    world = random_world(4)
    found = []
    for shards in (1, 3):
        inputs = FakeInputs(crawl_tables(split(world, shards)))
        output = fit_neighbourhoods.run(inputs, config, context(tmp_path))
        assert output.measures == {
            "image_pivots": 6.0,
            "sentence_pivots": 6.0,
            "kept_pivots": 0.0,
        }
        found.append(output.tables["pivots"])
    assert found[0].equals(found[1])


def pairs_apart(seed: int, count: int) -> World:
    """Pairs of sentences at a cosine of about 0.93, in loose clusters whose borders cut many."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(20, DIM))
    world = World()
    for number in range(count):
        first = unit(centres[number % 20] + random.normal(size=DIM))
        second = unit(first + 0.07 * random.normal(size=DIM))
        world.sentence(f"a{number:04d}", first, f"first {number}")
        world.sentence(f"b{number:04d}", second, f"second {number}")
    return world


@pytest.mark.parametrize("seed", range(2))
def test_near_pairs_of_vectors_are_found(seed: int, tmp_path: Path) -> None:
    """At least 99 % of what a comparison of everything with everything drops is dropped."""
    world = pairs_apart(seed, 700)
    exact = dedup(split(world, 2), tmp_path, partitions=1, fit={"per_pivot": 5000})
    assert 500 < len(exact.dropped) < 700
    result = dedup(split(world, 2), tmp_path, partitions=3, fit={"per_pivot": 50})
    assert 0.99 * len(exact.dropped) <= len(result.dropped) <= len(exact.dropped)


def test_hashes_within_the_radius_always_meet() -> None:
    random = np.random.default_rng(0)
    for partitions in (1, 7, 64):
        for _ in range(200):
            a = int(random.integers(1 << 63)) * 2 + 1
            b = a ^ sum(1 << int(bit) for bit in random.choice(64, 4, replace=False))
            hashes = pa.chunked_array([np.array([a, b], dtype=np.uint64)])
            table = by_hash(pa.chunked_array([["a", "b"]]), hashes, 0, partitions)
            places = {"a": set(), "b": set()}
            for row in table.to_pylist():
                places[row["id"]].add(row["partition"])
            assert places["a"] & places["b"]
            assert max(table["partition"].to_pylist()) < partitions


def test_texts_of_the_same_letters_meet() -> None:
    assert text_key("The cat, sat!") == text_key("the CAT sat")
    assert text_key("Straße") == text_key("STRASSE")
    assert text_key("1.5 km") != text_key("1.6 km")
    assert text_key("?!") != text_key("!?")
    texts = pa.chunked_array([["The cat", "the CAT."]])
    table = by_words(pa.chunked_array([["a", "b"]]), texts, 0, 50)
    assert len(set(table["partition"].to_pylist())) == 1


def test_an_empty_crawl_is_no_trouble(tmp_path: Path) -> None:
    result = dedup([World()], tmp_path)
    assert result.corpus["images"][0].schema == schemas.CORPUS_IMAGES
    assert result.corpus["sentences"][0].num_rows == 0
    first = dedup([random_world(1)], tmp_path)
    assert dedup([World()], tmp_path, [first]).dropped == []


def test_vectors_of_other_items_are_noticed(tmp_path: Path) -> None:
    rows = [dict.fromkeys(schemas.IMAGES.names) | {"image_id": "a", "phash": 1}]
    vectors = tables.build(schemas.IMAGE_VECTORS, {"image_id": ["b"], "embedding": AXES[:1]})
    inputs = FakeInputs(
        {
            ("embed_images", "images"): [tables.from_rows(schemas.IMAGES, rows)],
            ("embed_images", "vectors"): [vectors],
            ("describe_images", "descriptions"): [schemas.IMAGE_DESCRIPTIONS.empty_table()],
        }
    )
    with pytest.raises(PermanentError, match="embed_images has other items"):
        dedup_images.run(inputs, dedup_images.Config(), context(tmp_path))


def test_pivots_are_made_ready_once_for_the_shards_of_a_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grouped = []

    def of(pivots: Any) -> kmeans.Nearest:
        grouped.append(len(pivots))
        return ready(pivots)

    inputs = BatchInputs(crawl_tables([random_world(5)]))
    config = fit_neighbourhoods.Config(per_pivot=10, sample_per_pivot=5)
    fitted = fit_neighbourhoods.run(inputs, config, context(tmp_path))
    inputs.tables["fit_neighbourhoods", "pivots"] = [fitted.tables["pivots"]]
    ready = kmeans.Nearest.of
    monkeypatch.setattr(kmeans.Nearest, "of", of)
    for _ in range(3):
        output = key_neighbours.run(inputs, key_neighbours.Config(), context(tmp_path))
        assert output.tables["images"].num_rows and output.tables["sentences"].num_rows
    assert inputs.reads["fit_neighbourhoods", "pivots"] == 1
    assert len(grouped) == 2, "of images and of sentences"


class Followed(FakeInputs):
    """Inputs of an extract that follows another, of which it has the pivots."""

    def earlier_fit(self, content: str) -> dict[str, pa.Table] | None:
        return {"pivots": self.tables["followed", "pivots"][0]} if content == "them" else None


@pytest.mark.parametrize("kinds", ["both", "images", "none"])
def test_pivots_that_are_kept_have_the_same_bytes(kinds: str, tmp_path: Path) -> None:
    world = World() if kinds == "none" else random_world(4)
    if kinds == "images":
        world.sentences.clear()
    sizes = {"per_pivot": 10, "sample_per_pivot": 5}
    inputs = Followed(crawl_tables([world]))
    config = fit_neighbourhoods.Config(**sizes)
    fitted = fit_neighbourhoods.run(inputs, config, context(tmp_path)).tables["pivots"]
    inputs.tables["followed", "pivots"] = [fitted]
    config = fit_neighbourhoods.Config(**sizes, frozen="them")
    kept = fit_neighbourhoods.run(inputs, config, context(tmp_path))
    assert kept.measures["kept_pivots"] == 1.0
    tables.write_table(fitted, tmp_path / "fitted")
    tables.write_table(kept.tables["pivots"], tmp_path / "kept")
    assert (tmp_path / "fitted").read_bytes() == (tmp_path / "kept").read_bytes()
