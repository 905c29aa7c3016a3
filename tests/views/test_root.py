"""The page of a root: states of crawls and builds, and what was made from what."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus import tombstones
from realsyn_tasks.corpus.entries import Entry
from realsyn_tasks.corpus.known_crawls import KnownCrawl, note
from realsyn_tasks.runs.arrivals import Quarantined
from realsyn_tasks.runs.promotion import promote
from realsyn_tasks.views import root as views

Opened = Callable[[str], Workspace]


def crawl(root: Path, name: str, whole: bool = True) -> str:
    folder = root / "crawls" / name
    folder.mkdir(parents=True)
    (folder / "a.html").write_text("<p>text")
    if whole:
        (folder / "_SUCCESS").touch()
    return folder.as_uri()


def set_aside(root: Path, uri: str, name: str) -> None:
    note = Quarantined(crawl=uri, name=name, reason="gate_failed", why="too few images")
    (root / "quarantine").mkdir(exist_ok=True)
    (root / "quarantine" / f"{name}.json").write_text(note.model_dump_json())


def test_crawls_are_shown_by_state_with_their_reason(tmp_path: Path) -> None:
    crawl(tmp_path, "b")
    crawl(tmp_path, "a", whole=False)
    set_aside(tmp_path, crawl(tmp_path, "c"), "c")
    (tmp_path / "extracts" / "c").mkdir(parents=True)
    rows = views.crawls(str(tmp_path))["crawls"]
    assert [(row["name"], row["state"], row["extract"]) for row in rows] == [
        ("a", "arriving", ""),
        ("b", "ready", ""),
        ("c", "quarantined", "c"),
    ]
    assert rows[2]["why"] == "gate_failed: too few images"
    assert "_SUCCESS" in rows[0]["why"]


def test_a_deployment_has_a_marker_of_its_own(tmp_path: Path) -> None:
    crawl(tmp_path, "a", whole=False)
    (tmp_path / "crawls" / "a" / "DONE").touch()
    [row] = views.crawls(str(tmp_path), marker="DONE")["crawls"]
    assert row["state"] == "ready"


def test_a_crawl_that_brought_nothing_new_is_no_bad_one_and_may_be_tried_again(
    tmp_path: Path,
) -> None:
    uri = crawl(tmp_path, "c")
    note(Storage.at(str(tmp_path)), KnownCrawl(crawl=uri, name="c", why="no image is new"))
    [row] = views.crawls(str(tmp_path))["crawls"]
    assert (row["state"], row["why"]) == ("known", "no image is new")
    views.release(str(tmp_path), crawl="c")
    assert views.crawls(str(tmp_path))["crawls"][0]["state"] == "ready"


def test_a_released_crawl_is_ready_again(tmp_path: Path) -> None:
    set_aside(tmp_path, crawl(tmp_path, "c"), "c")
    assert views.release(str(tmp_path), crawl="c", by="ann")["by"] == "ann"
    assert views.crawls(str(tmp_path))["crawls"][0]["state"] == "ready"
    with pytest.raises(ConfigError, match="no crawl 'c' is quarantined"):
        views.release(str(tmp_path), crawl="c")


def test_an_empty_root_is_no_error(tmp_path: Path) -> None:
    known = views.overview(str(tmp_path))
    assert (known["generations"], known["builds"], known["versions"]) == ([], [], [])
    assert known["takedowns"] == [] and views.crawls(str(tmp_path)) == {"crawls": []}


def test_what_was_made_from_what(opened: Opened) -> None:
    run = opened("sample")
    before = views.overview(run.storage.uri)
    [build] = before["builds"]
    assert (build["state"], build["promoted"]) == ("begun", ["retrieve", "synthesize"])
    assert before["versions"] == []

    promoted = promote(run, "sample")
    after = views.overview(run.storage.uri)
    [generation], [build], [version] = after["generations"], after["builds"], after["versions"]
    assert (generation["generation"], generation["extract"]) == (1, "pages")
    assert generation["images"] > 0 and generation["sentences"] > 0 and generation["when"] > 0
    assert (build["state"], build["generations"]) == ("published", [1])
    assert build["version"] == version["path"]
    assert version["builds"] == [build["name"]] and version["latest"]
    assert version["uri"] == promoted["uri"] and version["generations"] == [1]
    assert version["pairs"] > 0 and version["bytes"] > 0
    assert json.dumps(after)


def test_a_failed_gate_is_the_state_of_its_build(opened: Opened) -> None:
    run = opened("sample")
    folder = Path(run.uri.removeprefix("file://"))
    gate = folder / "_gates" / "sample" / "result.json"
    record = json.loads(gate.read_text()) | {"passed": False, "summary": "2 of 9 failed"}
    gate.write_text(json.dumps(record))
    [build] = views.builds(run.storage.uri)["builds"]
    assert (build["state"], build["why"]) == ("failed", "2 of 9 failed")
    assert build["gate"] == {"group": "sample", "passed": False}


def test_a_build_that_was_only_opened_waits(opened: Opened) -> None:
    run = opened("sample")
    folder = Path(run.uri.removeprefix("file://"))
    for inner in folder.iterdir():
        if inner.is_dir():
            shutil.rmtree(inner)
    [build] = views.builds(run.storage.uri)["builds"]
    assert (build["state"], build["promoted"], build["gate"]) == ("waiting", [], None)


@pytest.mark.parametrize(
    ("path", "kind"),
    [("builds/tiny/config.json", "builds"), ("corpus/gen=0001/generation.json", "generations")],
)
def test_a_damaged_record_is_one_row_and_not_the_end(path: str, kind: str, opened: Opened) -> None:
    run = opened("sample")
    (Path(run.storage.uri.removeprefix("file://")) / path).write_bytes(b"")
    [row] = views.overview(run.storage.uri)[kind]
    assert row["state"] == "damaged" and "is empty" in row["why"]


def test_takedowns_in_force_are_listed(tmp_path: Path) -> None:
    storage = Storage.at(str(tmp_path))
    entries = tuple(Entry("domain", f"site-{n}.example") for n in range(30))
    tombstones.file(storage, tombstones.Request.of(entries, "case 7"))
    [row] = views.overview(str(tmp_path))["takedowns"]
    assert (row["number"], row["entries"], row["kinds"]) == (1, 30, {"domain": 30})
    assert row["note"] == "case 7" and len(row["first"]) == views.SHOWN_ENTRIES


def test_builds_come_newest_first(opened: Opened) -> None:
    run = opened("sample")
    folder = Path(run.uri.removeprefix("file://"))
    shutil.copytree(folder, folder.parent / "later")
    config = folder.parent / "later" / "config.json"
    config.write_text(config.read_text().replace('"name": "tiny"', '"name": "later"', 1))
    names = [row["name"] for row in views.builds(run.storage.uri)["builds"]]
    assert names == ["later", "tiny"]


def test_light_records_alone_are_read(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """No table and no commit of a stage is opened, however many there are."""
    run = opened("sample")
    read: list[str] = []
    mine = type(run.storage)
    monkeypatch.setattr(views, "_kept", views.Kept(limit=10))
    plain = mine.read

    def noted(storage: Any, path: str) -> bytes:
        read.append(path)
        return plain(storage, path)

    def refused(*words: Any, **more: Any) -> Any:
        raise AssertionError(f"opened {words}")

    monkeypatch.setattr(mine, "read", noted)
    monkeypatch.setattr(mine, "open", refused)
    views.overview(run.storage.uri)
    assert len(read) <= 6 and not [path for path in read if "commits" in path]
