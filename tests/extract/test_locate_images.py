"""Pictures in other files are found by whatever leads to them, however many there are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from realsyn_tasks.core.stage import Output
from realsyn_tasks.extract import locate_images
from realsyn_tasks.extract.locate_images import PLACES, places_of_images
from realsyn_tasks.extract.picture_index import QUALITIES, Index
from realsyn_tasks.extract.places import rows_of
from realsyn_tasks.formats.warc_index import Row, What
from realsyn_tasks.kinds import CRAWL
from realsyn_tasks.vectors import components
from tests.support import FakeInputs, context

HOST = "https://a.test"


class Shards:
    """What the files of a crawl hold and seek, shard by shard."""

    def __init__(self, *shards: tuple[list[Row], list[str]]) -> None:
        self.shards = shards

    def digest(self, shard: int | None) -> str:
        return f"content of {shard}"

    def located(self, scratch: Path) -> FakeInputs:
        """Run the stage; what it made is an input of the one behind it."""
        scratch.mkdir(exist_ok=True)
        tables = []
        for rows, sought in self.shards:
            index = Index()
            for row in rows:
                index.note(0, row)
            tables.append(index.table([url] for url in sought))
        inputs = FakeInputs({("parse", "index"): tables}, sources={"crawl": self})
        self.output = run(inputs, scratch, len(tables))
        for name, table in self.output.tables.items():
            inputs.tables["locate_images", name] = [table]
        inputs.blobs["locate_images", "places"] = self.output.blobs["places"].read_bytes()
        return inputs

    def places(self, scratch: Path) -> dict[tuple[int, int], tuple[int, int, int]]:
        """Shard and offset of what was found for a row of a shard, and its quality."""
        inputs = self.located(scratch)
        return {
            (shard, int(row)): (int(at["shard"]), int(at["offset"]), int(at["quality"]))
            for shard in range(len(self.shards))
            for mine in [places_of_images(inputs, shard)]
            for row, at in zip(rows_of(mine["asker"]), mine, strict=True)
        }


def run(inputs: FakeInputs, scratch: Path, shards: int) -> Output:
    here = context(scratch, axes={CRAWL.axis: shards})
    return locate_images.run(inputs, locate_images.Config(), here)


def image(path: str, offset: int, *names: str, what: What = What.IMAGE) -> Row:
    return Row(what, offset, (f"//a.test/{path}", *names))


def link(path: str, *to: str) -> Row:
    return Row(What.LINK, 7, (f"//a.test/{path}",), to)


def test_what_leads_to_a_picture_in_another_file_stands_for_it(tmp_path: Path) -> None:
    shards = Shards(
        ([], [f"{HOST}/{name}" for name in ("a.jpg", "moved.jpg", "again.jpg", "gone.jpg")]),
        ([link("moved.jpg", "//a.test/c.jpg"), image("a.jpg", 10)], ["http://a.test:80/c.jpg"]),
        ([link("c.jpg", "//a.test/d.jpg"), link("again.jpg", "sha1:5", "//a.test/no.jpg")], []),
        ([image("d.jpg", 20, "sha1:4"), image("e.jpg", 30, "sha1:5")], []),
    )
    found = shards.places(tmp_path / "a")
    assert found == {
        (0, 0): (1, 10, 0),
        (0, 1): (3, 20, 0),
        (0, 2): (3, 30, 0),
        (1, 0): (3, 20, 0),
    }
    assert shards.output.counts == {"located": 4, "sought": 5}
    assert shards.output.tables["read"].to_pylist() == [
        {"shard": shard, "digest": f"content of {shard}"} for shard in (1, 3)
    ]


def test_the_best_picture_then_the_nearest_then_the_first_counts(tmp_path: Path) -> None:
    doubtful, unusable = What.DOUBTFUL, What.UNUSABLE
    shards = Shards(
        ([], [f"{HOST}/{name}" for name in ("a", "b", "c", "d")]),
        ([image("a", 1, what=doubtful), image("b", 2, what=unusable), image("c", 3)], []),
        ([image("a", 4), link("b", "//a.test/e"), image("c", 5), link("c", "//a.test/e")], []),
        ([image("e", 6, what=doubtful), image("d", 7, what=unusable)], []),
    )
    assert shards.places(tmp_path / "a") == {
        (0, 0): (2, 4, 0),
        (0, 1): (3, 6, QUALITIES[doubtful]),
        (0, 2): (1, 3, 0),
        (0, 3): (3, 7, QUALITIES[unusable]),
    }


def test_of_the_addresses_of_a_picture_the_first_that_holds_a_good_one_counts(
    tmp_path: Path,
) -> None:
    rows = [image("a", 1, what=What.DOUBTFUL), image("c", 2), image("b", 3), image("d", 4)]
    asked = [["a", "b", "c"], ["no", "c", "b"], ["no"], ["a", "no"]]
    tables = [Index(), Index()]
    for row in rows:
        tables[1].note(0, row)
    sought = [[f"{HOST}/{name}" for name in names] for names in asked]
    inputs = FakeInputs(
        {("parse", "index"): [tables[0].table(sought), tables[1].table([])]},
        sources={"crawl": Shards()},
    )
    output = run(inputs, tmp_path, 2)
    found = np.frombuffer(output.blobs["places"].read_bytes(), dtype=PLACES)
    assert found[["asker", "quality", "rank", "offset"]].tolist() == [
        (0, 0, 1, 3),
        (1, 0, 1, 2),
        (3, 1, 0, 1),
    ]


def test_circles_and_endless_chains_come_to_an_end(tmp_path: Path) -> None:
    most = locate_images.MOST_LINKS
    chain = [link(f"{n}", f"//a.test/{n + 1}") for n in range(most + 1)]
    shards = Shards(
        ([link("x", "//a.test/y"), link("z", "//a.test/z")], [f"{HOST}/{n}" for n in "xz01"]),
        ([link("y", "//a.test/x"), *chain], []),
        ([image(f"{most + 1}", 9)], []),
    )
    assert shards.places(tmp_path / "a") == {(0, 3): (2, 9, 0)}


def test_nobody_seeks_or_nothing_is_held(tmp_path: Path) -> None:
    for number, shards in enumerate((Shards(([], []), ([], [])), Shards(([image("a", 1)], [])))):
        assert shards.places(tmp_path / str(number)) == {}
        assert shards.output.tables["read"].num_rows == 0


@pytest.mark.parametrize("seed", range(12))
def test_it_finds_what_a_walk_from_each_address_finds(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where only a few rows are held at a time, and to the byte then."""
    shards = random_shards(np.random.default_rng(seed))
    whole = shards.places(tmp_path / "whole")
    assert whole == {key: place for key, place in whole.items() if place in nearest(shards, *key)}
    names = [(s, row) for s, (_, urls) in enumerate(shards.shards) for row in range(len(urls))]
    assert set(whole) == {key for key in names if nearest(shards, *key)}
    made = shards.output.blobs["places"].read_bytes()
    assert len(made) == len(whole) * PLACES.itemsize
    monkeypatch.setattr(components, "BLOCK", 16)
    shards.places(tmp_path / "blocks")
    assert shards.output.blobs["places"].read_bytes() == made


def random_shards(random: np.random.Generator) -> Shards:
    names = [f"n{number}" for number in range(60)]
    kinds = [What.IMAGE, What.DOUBTFUL, What.UNUSABLE]

    def rows() -> list[Row]:
        held = [
            image(str(random.choice(names)), int(random.integers(9999)), what=random.choice(kinds))
            for _ in range(random.integers(6))
        ]
        for _ in range(random.integers(20)):
            start, *ends = random.choice(names, random.integers(2, 5))
            held.append(link(str(start), *(f"//a.test/{end}" for end in ends)))
        return [held[number] for number in random.permutation(len(held))]

    def sought() -> list[str]:
        chosen = random.choice(names, random.integers(12), replace=False)
        return [f"http://a.test/{name}" for name in chosen]

    return Shards(*((rows(), sought()) for _ in range(random.integers(2, 7))))


def nearest(shards: Shards, shard: int, row: int) -> list[tuple[int, int, int]]:
    """Walk from one address: the places of the best quality that take the fewest links."""
    everything = [(number, row) for number, (rows, _) in enumerate(shards.shards) for row in rows]
    names = {shards.shards[shard][1][row].removeprefix("http:")}
    reached: set[str] = set()
    best: list[tuple[int, int, int]] = []
    for _ in range(locate_images.MOST_LINKS + 1):
        here = [(number, item) for number, item in everything if item.names[0] in names - reached]
        held = [(n, i.offset, QUALITIES[i.what]) for n, i in here if i.what in QUALITIES]
        better = [place for place in held if not best or place[2] < best[0][2]]
        best = [place for place in better if place[2] == min(p[2] for p in better)] or best
        reached |= names
        names = {target for _, item in here for target in item.leads_to}
    return best
