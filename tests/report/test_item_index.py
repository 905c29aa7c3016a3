"""Items are found through their index: it reads few shards, grows by what is new, and heals."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from realsyn_tasks.core import progress
from realsyn_tasks.core.stage import Dropped
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.keys import key_of_address, key_of_id
from realsyn_tasks.datasets.index import ROW
from realsyn_tasks.extract.reasons import NOT_IN_CRAWL
from realsyn_tasks.report import inspection, item_index, item_search, item_segments
from realsyn_tasks.report.item_index import Items, Place
from realsyn_tasks.report.item_segments import Held, Segment
from realsyn_tasks.stages import PIPELINE
from tests import fabricated, fabricated_rows, finished

Opened = Callable[[str], Workspace]
FIRST, SECOND = (fabricated_rows.images_of(shard)[0] for shard in range(2))


def shards(items: Items, key: int) -> set[int]:
    return {shard for _, shard in items.places([key]).get(key, [])}


def place_of(workspace: Workspace, path: str) -> Path:
    return Path(workspace.storage.uri.removeprefix("file://")) / path


def every_place(items: Items) -> dict[int, list[Place]]:
    """Read a whole index, and look all of its keys up."""
    root = items.run.storage
    stored = (
        rows["key"].tolist()
        for segment in items.index.segments
        for rows in item_segments.rows_of(items.beside.get(segment.name, root), [segment])
    )
    return items.places({key for keys in stored for key in keys})


class Killed(Exception):
    """What nobody catches."""


class Reads:
    """Notes which tables are read for an index, and stops before one of them."""

    def __init__(self, patch: pytest.MonkeyPatch, stop: int | None = None) -> None:
        self.paths: list[str] = []
        self.stop = stop
        self._read = item_index.read_columns
        patch.setattr(item_index, "read_columns", self)

    def __call__(self, storage: Storage, ref: ObjectRef, columns: Sequence[str]) -> pa.Table:
        if len(self.paths) == self.stop:
            raise Killed
        self.paths.append(ref.path)
        return self._read(storage, ref, columns)


@pytest.fixture(scope="module")
def six_shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An extract with keys of two stages; never to be written to."""
    root = tmp_path_factory.mktemp("six")
    workspace = fabricated.extract(root, shards=6)
    for shard in (1, 3, 4):
        fabricated.damage(workspace, "filter_sentences", masked(3 * shard), shard)
    return root


@pytest.fixture
def extract(six_shards: Path, tmp_path: Path) -> Workspace:
    """A copy of it."""
    return finished.open_run(shutil.copytree(six_shards, tmp_path / "six"), "extract")


def masked(rows: int) -> Callable[[fabricated.Made], None]:
    """Let so many sentences be masked, three of them in every shard."""
    ids = {"sentence_id": list(map(name, range(rows)))}
    ids["original_id"] = list(map(name, range(1, rows + 1)))
    kinds = pa.array([["email"]] * rows, pa.list_(pa.string()))
    return lambda made: made.tables.update(masked=pa.table({**ids, "kinds": kinds}))


def name(number: int) -> str:
    """Give an id, whose first digits are its key."""
    return f"{number:02x}" * 16


def dropped(link: str) -> Callable[[fabricated.Made], None]:
    """Let a page show one more picture, which nothing holds."""
    return lambda made: made.dropped.append(Dropped("image", link, NOT_IN_CRAWL, url(link)))


def url(link: str) -> str:
    return f"https://pages.example/gone/{link[:6]}.jpg"


def test_each_key_leads_to_the_shards_that_bear_it(opened: Opened) -> None:
    items = item_index.of_run(opened("extract"))
    assert shards(items, key_of_id(FIRST["image_id"])) == {0}
    assert shards(items, key_of_address(FIRST["url"].replace("https", "http"))) == {0}
    assert shards(items, key_of_id(SECOND["document_id"])) == {1}
    assert shards(items, key_of_id("1.html:9")) == {1}
    assert items.places([key_of_id("f" * 32)]) == {}


def test_a_question_reads_no_shard_but_those_that_bear_the_answer(opened: Opened) -> None:
    workspace = opened("extract")
    item_index.of_run(workspace)
    for stage in workspace.stages():
        shutil.rmtree(place_of(workspace, f"{workspace.folder}/{stage.name}/shard=00001"), True)
    story = inspection.inspect(workspace.storage.uri, FIRST["image_id"], PIPELINE)
    assert story["verdict"].startswith("dropped as below_band: ")


def test_what_is_new_is_added_and_the_rest_is_not_read_again(opened: Opened) -> None:
    workspace = opened("extract")
    before = item_index.of_run(workspace)
    fabricated.damage(workspace, "parse", dropped("a" * 32), shard=1)
    commit = workspace.ledger("parse").commits()[0]
    workspace.storage.delete(commit.objects["sentences"].path)
    after = item_index.of_run(workspace)
    assert len(after.index.segments) == len(before.index.segments) + 1
    assert shards(after, key_of_address(url("a" * 32))) == {1}
    assert shards(after, key_of_id(FIRST["image_id"])) == {0}
    again = item_index.of_run(workspace)
    assert again.index == after.index


@pytest.mark.parametrize("rows", [1, 140, 160, 230, 380])
def test_slices_say_what_one_would(
    rows: int, extract: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = item_index.of_run(extract)
    known = every_place(whole)
    assert len(whole.index.segments) == 1
    shutil.rmtree(place_of(extract, item_index.FOLDER))
    monkeypatch.setattr(item_segments, "SLICE_ROWS", rows)
    sliced = item_index.of_run(extract)
    assert len(sliced.index.segments) > 1
    assert every_place(sliced) == known
    assert (sliced.index.contents, sliced.index.covered) == (
        whole.index.contents,
        whole.index.covered,
    )


@pytest.mark.parametrize("rows", [1, 150])
@pytest.mark.parametrize("stop", [0, 1, 7, 18, 20])
def test_who_comes_after_a_kill_reads_what_no_slice_holds(
    stop: int, rows: int, extract: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(item_segments, "SLICE_ROWS", rows)
    with monkeypatch.context() as patch:
        whole = Reads(patch)
        made = item_index.of_run(extract)
        known = every_place(made)
    shutil.rmtree(place_of(extract, item_index.FOLDER))
    with monkeypatch.context() as patch:
        Reads(patch, stop)
        with pytest.raises(Killed):
            item_index.of_run(extract)
    with monkeypatch.context() as patch:
        rest = Reads(patch)
        again = item_index.of_run(extract)
    assert every_place(again) == known
    assert again.index == made.index
    assert rest.paths == whole.paths[-len(rest.paths) :]
    read_twice = stop - (len(whole.paths) - len(rest.paths))
    assert 0 <= read_twice < {1: 4, 150: 8}[rows], "of the slice that it was at"


def test_what_a_root_did_not_take_is_made_by_who_comes_next(
    extract: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(item_segments, "SLICE_ROWS", 1)
    stored: list[str] = []
    upload = extract.storage.upload

    def refused(source: Path, path: str) -> Any:
        stored.append(path)
        if len(stored) in (2, 3):
            raise OSError("the disk is full")
        return upload(source, path)

    with monkeypatch.context() as patch:
        patch.setattr(extract.storage, "upload", refused)
        items = item_index.of_run(extract)
    known = every_place(items)
    assert len(items.beside) == 2
    with monkeypatch.context() as patch:
        reads = Reads(patch)
        again = item_index.of_run(extract)
    assert every_place(again) == known
    assert len({Path(path).parent for path in reads.paths}) == 2
    assert not again.beside


def test_many_small_segments_become_one_and_large_ones_stay(
    extract: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [name(100 + number) for number in range(item_segments.MOST_SEGMENTS + 1)]
    [large] = item_index.of_run(extract).index.segments
    monkeypatch.setattr(item_segments, "SLICE_ROWS", 2 * large.rows)
    for each in names:
        fabricated.damage(extract, "parse", dropped(each), shard=1)
        items = item_index.of_run(extract)
    assert len(items.index.segments) == 2
    assert items.index.segments[0] == large
    assert all(shards(items, key_of_id(each)) == {1} for each in names)
    assert shards(items, key_of_id(FIRST["image_id"])) == {0}
    folder = place_of(extract, item_index.FOLDER)
    held = {path.parent.name for path in folder.rglob("part-*.parquet")}
    assert held == {s.name for s in items.index.segments}, "what is no longer named is gone"


def test_a_merge_that_cannot_be_done_is_no_trouble(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = opened("extract")
    items = item_index.of_run(workspace)
    monkeypatch.setattr(item_segments, "MOST_SEGMENTS", 1)
    for part in items.index.segments[0].parts:
        workspace.storage.delete(part.object.path)
    fabricated.damage(workspace, "parse", dropped("a" * 32), shard=1)
    items = item_index.of_run(workspace)
    assert shards(items, key_of_id("a" * 32)) == {1}
    assert shards(items, key_of_id(FIRST["image_id"])) == {0}


def small(*rows: int) -> list[Segment]:
    return [Segment(name=str(number), rows=n, parts=()) for number, n in enumerate(rows)]


def test_no_merge_is_of_more_than_a_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_segments, "SLICE_ROWS", 100)
    few = small(*[40] * item_segments.MOST_SEGMENTS)
    assert item_segments.to_merge([*small(50, 70, 100), *few]) == []
    many = small(50, 40, 30, 49, 90, 20, 45, 44, 43)
    assert [segment.rows for segment in item_segments.to_merge(many)] == [40, 30, 20]


def test_a_shard_of_more_than_a_slice_is_one_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_segments, "SLICE_ROWS", 100)
    held = [Held("parse", number, "", rows) for number, rows in enumerate((60, 40, 1, 300, 0, 100))]
    sizes = [[shard.rows for shard in some] for some in item_segments.sliced(held)]
    assert sizes == [[60, 40], [1], [300], [0, 100]]


@pytest.mark.parametrize(("rows", "parts"), [(0, 0), (1, 1), (19, 1), (20, 3), (47, 3)])
def test_a_segment_has_no_part_without_rows(
    rows: int, parts: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(item_segments, "ROWS_PER_PART", 20)
    pieces = [np.zeros(1, dtype=ROW) for _ in range(rows)]
    for number, piece in enumerate(pieces):
        piece["key"] = number << 58
    with item_segments.spooled(pieces, 50) as spool:
        made = spool.stored(Storage.at(str(tmp_path)), "segment") if spool else ()
    assert len(made) == parts
    assert sum(pq.read_metadata(tmp_path / part.object.path).num_rows for part in made) == rows


def test_an_index_says_how_far_it_is(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "PAUSE", 0.0)
    [segment] = item_index.of_run(opened("extract")).index.segments
    lines = capsys.readouterr().err.splitlines()
    read = [line for line in lines if f" of {segment.rows:,} keys, " in line]
    assert read[-1].startswith(f"index of items: {segment.rows:,} of ")
    assert read[-1].endswith("about 0 s left")


@pytest.mark.parametrize("lost", ["index.json", "part-0000.parquet"])
def test_a_lost_file_is_made_anew(lost: str, opened: Opened) -> None:
    workspace = opened("extract")
    item_index.of_run(workspace)
    folder = place_of(workspace, item_index.FOLDER)
    for path in folder.rglob(lost):
        path.unlink()
    items = item_index.of_run(workspace)
    assert shards(items, key_of_id(FIRST["image_id"])) == {0}


def test_a_root_that_takes_no_index_is_searched_all_the_same(opened: Opened) -> None:
    workspace = opened("extract")
    place = place_of(workspace, "views")
    place.write_text("no folder")
    items = item_index.of_run(workspace)
    assert shards(items, key_of_id(FIRST["image_id"])) == {0}
    assert place.read_text() == "no folder"


def test_a_damaged_table_hides_no_other_and_is_read_once_it_is_mended(opened: Opened) -> None:
    workspace = opened("extract")
    ref = workspace.ledger("parse").commits()[1].objects["images"]
    path = place_of(workspace, ref.path)
    data = path.read_bytes()
    path.unlink()
    items = item_index.of_run(workspace)
    assert shards(items, key_of_id(FIRST["image_id"])) == {0}
    lost = key_of_address(fabricated_rows.images_of(1)[1]["url"])
    assert shards(items, lost) == set()
    path.write_bytes(data)
    assert shards(item_index.of_run(workspace), lost) == {1}


def test_what_stands_in_very_many_shards_is_followed_in_some(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(item_search, "MOST_SHARDS", 1)
    workspace = opened("extract")
    for shard in range(2):
        fabricated.damage(workspace, "parse", dropped("b" * 32), shard=shard)
    story = inspection.inspect(workspace.storage.uri, url("b" * 32), PIPELINE)
    assert [event["shard"] for event in story["way"]] == [0]
