"""Near-duplicates against brute force: what is found, and why whatever goes may go."""

from __future__ import annotations

import operator
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realsyn_tasks.text.sameness import text_key
from tests.extract.worlds import DIM, Result, World, dedup, random_world, split, unit

COSINE, RADIUS = 0.9, 4  # the defaults of link_neighbours
FINE: dict[str, Any] = {"per_pivot": 40, "sample_per_pivot": 16}
Pairs = set[tuple[str, str]]


def alike(world: World) -> Pairs:
    """All pairs that are near-duplicates, by comparing everything with everything."""
    near: Pairs = set()
    for rows, key in ((world.images, "image_id"), (world.sentences, "sentence_id")):
        if not rows:
            continue
        vectors = np.array([row["embedding"] for row in rows]).astype(np.float16)
        close = vectors.astype(np.float32) @ vectors.T.astype(np.float32) >= COSINE
        if key == "image_id":
            hashes = np.array([row["phash"] for row in rows], dtype=np.uint64)
            close |= np.bitwise_count(hashes[:, None] ^ hashes[None, :]) <= RADIUS
        else:
            letters = np.array([text_key(row["text"]) for row in rows])
            close |= letters[:, None] == letters[None, :]
        ids = [row[key] for row in rows]
        near |= {(ids[i], ids[j]) for i, j in np.argwhere(np.triu(close, 1)).tolist()}
    return near


def groups_of(pairs: Pairs) -> dict[str, str]:
    """The smallest id of each id's connected component."""
    leader: dict[str, str] = {}

    def find(one: str) -> str:
        while leader.setdefault(one, one) != one:
            one = leader[one]
        return one

    for a, b in pairs:
        low, high = sorted((find(a), find(b)))
        leader[high] = low
    return {one: find(one) for one in leader}


def together(worlds: list[World]) -> World:
    return World(
        [row for world in worlds for row in world.images],
        [row for world in worlds for row in world.sentences],
    )


def dealt(world: World, parts: int, seed: int) -> list[World]:
    random = np.random.default_rng(seed)
    found = [World() for _ in range(parts)]
    for image, sentence in zip(world.images, world.sentences, strict=True):
        found[random.integers(parts)].images.append(image)
        found[random.integers(parts)].sentences.append(sentence)
    return found


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 999), st.integers(1, 3), st.integers(1, 4), st.integers(1, 5))
def test_crawl_after_crawl_every_item_leads_to_one_that_stays(
    seed: int, crawls: int, shards: int, partitions: int
) -> None:
    """However the items arrive: what is kept once stays, and what goes is tied to what stays."""
    world = random_world(seed, count=60)
    near, group = alike(world), groups_of(alike(world))
    older: list[Result] = []
    kept: set[str] = set()
    for number, crawl in enumerate(dealt(world, crawls, seed)):
        with tempfile.TemporaryDirectory() as scratch:
            cut = split(crawl, shards, number)
            result = dedup(cut, Path(scratch), older, partitions, FINE)
        mine = result.kept["images"] | result.kept["sentences"]
        assert not mine & kept
        for item in result.dropped:
            instead = result.kept_in_place_of()[item.id]
            if item.reason.code == "older_duplicate":
                assert instead in kept
                assert (item.id, instead) in near or (instead, item.id) in near
            else:
                assert instead in mine
                assert group[item.id] == group[instead]
        kept |= mine
        older.append(result)
    everything = {row["image_id"] for row in world.images}
    everything |= {row["sentence_id"] for row in world.sentences}
    assert {group.get(one, one) for one in kept} == {group.get(one, one) for one in everything}


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 999), st.permutations(range(4)), st.integers(1, 5))
def test_the_order_of_shards_decides_nothing(seed: int, order: list[int], partitions: int) -> None:
    cut = split(random_world(seed, count=60), 4, seed)
    with tempfile.TemporaryDirectory() as scratch:
        older = [dedup([random_world(seed, count=20, prefix="o")], Path(scratch), (), 2, FINE)]
        one = dedup(cut, Path(scratch), older, 2, FINE)
        other = dedup([cut[n] for n in order], Path(scratch), older, partitions, FINE)
    assert one.kept == other.kept
    assert one.dropped
    key = operator.attrgetter("kind", "id")
    assert sorted(one.dropped, key=key) == sorted(other.dropped, key=key)


def planted(seed: int, families: int = 250) -> World:
    """Families of three: an item, a copy just within a threshold, and one just beyond it."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(12, DIM))
    world = World()
    for number in range(families):
        vector = unit(centres[number % 12] + random.normal(size=DIM))
        bits = int(random.integers(1 << 63))
        for member, cosine, flips in (("a", 1.0, 0), ("b", 0.92, RADIUS), ("c", 0.7, RADIUS + 2)):
            other = random.normal(size=DIM)
            other = unit(other - (other @ vector) * vector)
            moved = unit(cosine * vector + np.sqrt(1 - cosine**2) * other)
            changed = random.choice(64, flips, replace=False)
            phash = bits ^ sum(1 << int(bit) for bit in changed)
            alone = unit(random.normal(size=DIM))
            world.image(f"looks{number:04d}{member}", alone, phash)
            world.image(f"means{number:04d}{member}", moved, int(random.integers(1 << 63)))
            world.sentence(f"says{number:04d}{member}", moved, f"text {number} {member}")
    return world


@pytest.mark.parametrize("seed", range(2))
def test_99_of_100_pairs_are_found(seed: int, tmp_path: Path) -> None:
    world = planted(seed)
    near = alike(world)
    result = dedup(split(world, 3, seed), tmp_path, (), 5, FINE)
    instead = result.kept_in_place_of()
    for kind in ("looks", "means", "says"):
        pairs = [(a, b) for a, b in near if a.startswith(kind)]
        found = [instead.get(a, a) == instead.get(b, b) for a, b in pairs]
        assert len(pairs) >= 250
        assert np.mean(found) >= 0.99
        if kind == "looks":
            assert all(found)  # within the radius none is ever missed
    group = groups_of(near)
    assert all(group[one] == group[kept] for one, kept in instead.items())
