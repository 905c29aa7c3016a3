"""A preview counts all that would go, and lists no more of it than a page can hold."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus import removals
from realsyn_tasks.corpus.entries import DOMAIN, Entry
from realsyn_tasks.corpus.generations import Generation, generations
from realsyn_tasks.corpus.tombstones import Request
from realsyn_tasks.takedown import command, preview
from realsyn_tasks.takedown.command import Form, take_down

EVERYTHING = "tiny.example"
MANY = 1 << 20


@pytest.fixture(scope="module")
def storage(pristine: Path) -> Storage:
    return Storage.at(str(pristine))


@pytest.fixture(scope="module")
def generation(storage: Storage) -> Generation:
    return generations(storage)[0]


@pytest.fixture(scope="module")
def hits(storage: Storage, generation: Generation) -> pa.Table:
    """All items of a generation, each meant by two requests."""
    requests = [Request.of((Entry(DOMAIN, EVERYTHING),), note) for note in ("", "again")]
    found = [removals.scan(storage, generation, [request]) for request in requests]
    return pa.concat_tables(found).sort_by([("shard", "ascending"), ("kind", "ascending")])


def test_the_first_items_are_listed_and_no_more_shards_read_than_hold_them(
    storage: Storage, generation: Generation, hits: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = preview.items(storage, generation, hits, MANY)
    assert Counter(row["kind"] for row in whole) == {
        kind: removals.count(hits, kind) for kind in ("image", "sentence")
    }
    assert len({row["shard"] for row in whole}) == 2
    asked: list[int] = []
    real = preview._rows_of

    def noted(*given: Any) -> Any:
        asked.append(len(given[3]))
        return real(*given)

    monkeypatch.setattr(preview, "_rows_of", noted)
    assert preview.items(storage, generation, hits, 9) == whole[:9]
    assert sum(asked) == 9 and len(asked) == 2, "images and sentences of the first shard"
    assert preview.items(storage, generation, hits, 0) == []


def test_pages_of_all_items_are_counted(
    storage: Storage, generation: Generation, hits: pa.Table
) -> None:
    counts: dict[str, Counter[str]] = {}
    for row in preview.items(storage, generation, hits, MANY):
        counts.setdefault(row["document_url"], Counter())[row["kind"]] += 1
    pages = preview.pages(storage, generation, hits)
    assert pages.names() == set(counts)
    assert pages.listed(MANY) == [
        {"page": page, "images": some["image"], "sentences": some["sentence"]}
        for page, some in sorted(counts.items())
    ]
    assert pages.listed(1) == pages.listed(MANY)[:1]


def test_an_item_that_its_shard_lacks_is_of_no_page(
    storage: Storage, generation: Generation, hits: pa.Table
) -> None:
    row = hits.slice(0, 1).to_pylist()[0]
    gone = pa.Table.from_pylist([row, {**row, "id": "gone"}], schema=hits.schema)
    assert preview.pages(storage, generation, gone).by_kind["image"][""] == 1
    assert [row["id"] for row in preview.items(storage, generation, gone, MANY)][1:] == ["gone"]


def test_counts_are_of_all_however_little_is_listed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = Form(domains=EVERYTHING)
    whole = take_down(str(root), form, dry_run=True)
    monkeypatch.setattr(command, "MOST_ROWS", 5)
    short = take_down(str(root), form, dry_run=True)
    counted = ("images", "sentences", "pages", "generations", "builds")
    assert {name: short[name] for name in counted} == {name: whole[name] for name in counted}
    assert short["first"] == whole["first"][:5]
    listed = json.loads(Path(short["preview_json"].removeprefix("file://")).read_text())
    first, second = listed["corpus"]
    assert [len(item["rows"]) for item in (first, second)] == [5, 0]
    assert len(second["pages"]) <= 5 and second["page_count"] > 0
    page = Path(short["preview"].removeprefix("file://")).read_text()
    assert f"Items of generation 1 ({first['images'] + first['sentences']})" in page
    assert "The first 5; 5 are in the JSON beside this page." in page
