"""Finding things by any key: where they are published, and why the others are not."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from realsyn_tasks import cli
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.report import inspection, item_md5, whereabouts
from realsyn_tasks.runs.root import Runs
from realsyn_tasks.stages import PIPELINE

LOST = ["https://nobody.example/a.jpg", "0" * 64, "0" * 32, "image: " + "1" * 32]
LOST += ["9999999999", "No such sentence stands anywhere.", "such words nowhere"]


def keys(root: Path) -> list[str]:
    """Of a published pair each thing that names it."""
    path = sorted(root.glob("datasets/*/*/data/*.parquet"))[0]
    pair = next(row for row in pq.read_table(path).to_pylist() if len(row["text1"].split()) > 6)
    phrase = " ".join(pair["text1"].split()[1:5])
    names = ("raw_image_url", "sha256", "original_md5", "key", "image_id", "text1")
    return [*(pair[name] for name in names), pair["sentence_ids"][0], phrase]


def test_find_takes_any_key(root: Path) -> None:
    places = whereabouts.find(str(root), PIPELINE, keys(root))
    assert places["missing"] == []
    assert {answer["state"] for answer in places["answers"]} == {"published"}
    assert places["looked_for"] == 8
    shown = CliRunner().invoke(cli.app, ["find", "--root", str(root), *keys(root)]).stdout
    assert "in none of" not in shown and len(shown.splitlines()) < 40


def test_of_what_is_not_there_it_says_why(root: Path) -> None:
    places = whereabouts.find(str(root), PIPELINE, LOST)
    assert len(places["missing"]) == len(LOST)
    assert {answer["state"] for answer in places["answers"]} == {"never_seen"}
    for thing in LOST:
        assert inspection.inspect(str(root), thing, PIPELINE)["state"] == "never_seen", thing


def test_nothing_is_nothing_to_look_for(root: Path) -> None:
    with pytest.raises(ConfigError, match="name something"):
        whereabouts.find(str(root), PIPELINE, [" "])


def test_what_was_not_published_is_known_by_the_md5_of_its_bytes(root: Path) -> None:
    published = {
        row["image_id"]
        for path in root.glob("datasets/*/*/data/*.parquet")
        for row in pq.read_table(path, columns=["image_id"]).to_pylist()
    }
    extract = Runs.at(f"{root.as_uri()}/extracts/second")
    commits = [commit for commit, _ in item_md5.shards_of(extract)]
    tables = [item_md5.hashes_of(extract.storage, commit) for commit in commits]
    hashes = {row["image_id"]: row["md5"] for table in tables for row in table.to_pylist()}
    image = sorted(set(hashes) - published)[0]
    story = inspection.inspect(str(root), hashes[image], PIPELINE)
    assert story["state"] not in ("published", "never_seen")
    assert (story["id"], story["scanned"]["as"]) == (image, "an MD5")
    assert list(root.glob("views/md5/*.parquet")), "the next question reads no picture"
    unknown = inspection.inspect(str(root), "0" * 32, PIPELINE)["scanned"]
    assert unknown["shards"] == unknown["of"] > 1


def test_an_md5_is_looked_for_in_as_much_as_takes_seconds(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = [
        commit
        for run in Runs(str(root))
        if run.config.kind == "extract"
        for commit, _ in item_md5.shards_of(run)
    ]
    monkeypatch.setattr("realsyn_tasks.report.item_search.SCANNED_BYTES", 1)  # less than any has
    stories = [inspection.inspect(str(root), "0" * 32, PIPELINE) for _ in commits]
    assert [each["scanned"]["shards"] for each in stories] == list(range(1, len(commits) + 1))
    more = "GB of pictures are left out: ask again to look further"
    assert [more in each["verdict"] for each in stories] == [True] * (len(commits) - 1) + [False]


def test_a_phrase_says_what_it_was_not_looked_for_in(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realsyn_tasks.report.item_search.SCANNED_ROWS", 1)
    story = inspection.inspect(str(root), "Nobody ever wrote this.", PIPELINE)
    assert story["scanned"]["shards"] == 1 < story["scanned"]["of"]
    assert "sentences are left out: give the whole sentence" in story["verdict"]
