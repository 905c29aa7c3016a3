"""Items are found through their index: it reads few shards, grows by what is new, and heals."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from realsyn_tasks.core.stage import Dropped
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.keys import key_of_address, key_of_id
from realsyn_tasks.extract.reasons import NOT_IN_CRAWL
from realsyn_tasks.report import inspection, item_index, item_search
from realsyn_tasks.stages import PIPELINE
from tests import fabricated, fabricated_rows

Opened = Callable[[str], Workspace]
FIRST, SECOND = (fabricated_rows.images_of(shard)[0] for shard in range(2))


def shards(items: item_index.Items, key: int) -> set[int]:
    return {shard for _, shard in items.places([key]).get(key, [])}


def place_of(workspace: Workspace, path: str) -> Path:
    return Path(workspace.storage.uri.removeprefix("file://")) / path


def dropped(name: str) -> Callable[[fabricated.Made], None]:
    """Let a page show one more picture, which nothing holds."""
    return lambda made: made.dropped.append(Dropped("image", name, NOT_IN_CRAWL, url(name)))


def url(name: str) -> str:
    return f"https://pages.example/gone/{name[:6]}.jpg"


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


def test_many_segments_become_one(opened: Opened) -> None:
    workspace = opened("extract")
    names = [f"{number:032x}" for number in range(item_index.MOST_SEGMENTS)]
    item_index.of_run(workspace)
    for name in names:
        fabricated.damage(workspace, "parse", dropped(name), shard=1)
        items = item_index.of_run(workspace)
    assert len(items.index.segments) == 1
    assert all(shards(items, key_of_id(name)) == {1} for name in names)
    folder = place_of(workspace, item_index.FOLDER)
    held = {path.parent.name for path in folder.rglob("part-*.parquet")}
    assert held == {items.index.segments[0].name}, "what is no longer named is gone"


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
