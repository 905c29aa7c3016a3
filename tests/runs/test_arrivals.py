"""Crawls as they arrive: never half, never twice, and a bad one does not stop the next."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from realsyn_tasks import cli
from realsyn_tasks.core.errors import ConfigError, GateFailed, TransientError
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.files import LocalStorage
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus.generations import generations
from realsyn_tasks.extract.checks import cut_off
from realsyn_tasks.quality import gate
from realsyn_tasks.runs import arrivals
from realsyn_tasks.runs.arrivals import Arrivals, crawls, ready, release, set_aside
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.opening import open_extract
from realsyn_tasks.runs.promotion import promote
from tests.crawls import write_tiny_warc
from tests.prose import TOPICS
from tests.support import run_group

CHOICES = Choices(stages={"link_neighbours": {"image_cosine": 0.999}})  # the tiny encoder's own


def arrived(root: Path, settle: float = 0.0, **changes: str) -> Arrivals:
    return Arrivals(str(root), settle_seconds=settle, **changes)


def deliver(root: Path, name: str, pages: int = 4, marker: str = "_SUCCESS") -> str:
    folder = root / "crawls" / name
    write_tiny_warc(folder, pages=pages, images=2 * pages, files=1)
    if marker:
        (folder / marker).touch()
    return folder.as_uri()


def deliver_without_images(root: Path, name: str) -> str:
    folder = root / "crawls" / name
    folder.mkdir(parents=True)
    text = "".join(f"<p>{paragraph}</p>" for paragraph in TOPICS[0][2])
    (folder / "page.html").write_text(f"<html><body>{text}</body></html>")
    (folder / "_SUCCESS").touch()
    return folder.as_uri()


def ingest(root: Path) -> None:
    """What realsyn_ingest does in a night."""
    for crawl in ready(arrived(root)):
        try:
            run = open_extract(str(root), crawl.crawl, crawl.name, CHOICES)
            run_group(run, "extract")
            gate(run, "extract").raise_if_failed()
            promote(run, "extract")
        except (GateFailed, ConfigError):
            continue


def states(root: Path) -> dict[str, str]:
    return {crawl.name: crawl.state for crawl in crawls(arrived(root))}


def test_a_crawl_without_its_marker_is_left_alone(tmp_path: Path) -> None:
    uri = deliver(tmp_path, "first", marker="")
    [crawl] = crawls(arrived(tmp_path))
    assert (crawl.state, crawl.why) == ("arriving", "its marker _SUCCESS is not there")
    assert [found.crawl for found in ready(arrived(tmp_path, marker=""))] == [uri]
    (tmp_path / "crawls/first/DONE").touch()
    assert [found.crawl for found in ready(arrived(tmp_path, marker="DONE"))] == [uri]
    assert ready(arrived(tmp_path)) == []


def test_a_marker_further_down_belongs_to_a_part_of_the_crawl(tmp_path: Path) -> None:
    deliver(tmp_path, "first", marker="")
    part = tmp_path / "crawls/first/part-1"
    part.mkdir()
    (part / "_SUCCESS").touch()
    assert states(tmp_path) == {"first": "arriving"}


def test_a_crawl_whose_listing_changes_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(tmp_path, "still"), deliver(tmp_path, "whole")
    late = tmp_path / "crawls/still/late.warc.gz"
    monkeypatch.setattr("time.sleep", lambda seconds: late.write_bytes(b"x" * int(seconds)))
    found = {crawl.name: crawl for crawl in crawls(arrived(tmp_path, settle=5.0))}
    assert found["whole"].state == "ready"
    assert (found["still"].state, found["still"].why) == ("arriving", "its files still change")


def test_a_crawl_that_changes_while_it_is_opened_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = deliver(tmp_path, "first")
    content = LocalStorage.content

    def late(storage: LocalStorage, path: str) -> str:
        (tmp_path / "crawls/first/late.warc.gz").touch()
        return content(storage, path)

    monkeypatch.setattr(LocalStorage, "content", late)
    with pytest.raises(TransientError, match="changed while it was read"):
        open_extract(str(tmp_path), uri, "", CHOICES)
    assert not (tmp_path / "extracts").exists()


def test_crawls_arrive_in_another_folder_too(tmp_path: Path) -> None:
    uri = deliver(tmp_path / "elsewhere", "first")
    folder = str(tmp_path / "elsewhere" / "crawls")
    [crawl] = ready(arrived(tmp_path, folder=folder))
    assert (crawl.crawl, crawl.name) == (uri, "first")


def test_extracts_of_different_crawls_have_different_names() -> None:
    names = [
        arrivals.extract_name(uri, {"first": "s3://a/first"})
        for uri in ("s3://a/first", "s3://b/first", "s3://a/First", "s3://a/first!")
    ]
    assert names[0] == "first"
    assert len(set(names)) == 4


def test_a_bad_crawl_between_two_good_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deliver(tmp_path, "a")
    bad = deliver_without_images(tmp_path, "b")
    deliver(tmp_path, "c", pages=6)
    (tmp_path / "crawls/d").mkdir()
    (tmp_path / "crawls/d/notes.txt").write_text("no crawl at all")
    (tmp_path / "crawls/d/_SUCCESS").touch()
    ingest(tmp_path)
    assert [g.crawl for g in generations(Storage.at(str(tmp_path)))] == ["a", "c"]

    assert set_aside(arrived(tmp_path))["unfinished"] == []
    want = {"a": "ingested", "b": "quarantined", "c": "ingested", "d": "quarantined"}
    assert states(tmp_path) == want
    notes = {note.name: note for note in arrivals.quarantined(Storage.at(str(tmp_path)))}
    assert (notes["b"].crawl, notes["b"].reason) == (bad, "gate_failed")
    assert "images" in notes["b"].why
    assert Path(notes["b"].page.removeprefix("file://")).is_file()
    assert notes["d"].reason == "unreadable"
    assert "warc" in notes["d"].why, "it says which formats there are"

    opened = (tmp_path / "extracts/b/config.json").stat().st_mtime_ns
    ingest(tmp_path)
    assert ready(arrived(tmp_path)) == []
    assert (tmp_path / "extracts/b/config.json").stat().st_mtime_ns == opened, "not tried again"

    cli.progress.status(root=str(tmp_path))
    said = capsys.readouterr()
    shown = {crawl["name"]: crawl for crawl in json.loads(said.out)["crawls"]}
    assert shown["b"]["state"] == "quarantined"
    assert shown["b"]["page"] == notes["b"].page
    assert "quarantined" in said.err


def test_a_released_crawl_is_tried_again_and_may_be_mended(tmp_path: Path) -> None:
    bad = deliver_without_images(tmp_path, "b")
    ingest(tmp_path)
    set_aside(arrived(tmp_path))
    with pytest.raises(ConfigError, match="quarantined: b"):
        release(str(tmp_path), "a")
    assert release(str(tmp_path), "b").crawl == bad
    assert states(tmp_path) == {"b": "ready"}
    for path in (tmp_path / "crawls/b").iterdir():
        path.unlink()
    deliver(tmp_path, "b")
    ingest(tmp_path)
    assert states(tmp_path) == {"b": "ingested"}


def test_a_crawl_without_a_verdict_is_another_nights_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = deliver(tmp_path, "a")
    assert set_aside(arrived(tmp_path)) == {"quarantined": [], "unfinished": []}, "nobody tried"
    run = open_extract(str(tmp_path), uri, "a", CHOICES)
    run_group(run, "extract", until="filter_images")
    assert not gate(run, "extract").passed
    assert set_aside(arrived(tmp_path)) == {"quarantined": [], "unfinished": [uri]}
    with pytest.raises(ConfigError, match="tried again"):
        cli.crawls.quarantine(root=str(tmp_path), crawls="")
    assert states(tmp_path) == {"a": "ready"}


def test_a_mixed_crawl_is_set_aside_unless_somebody_has_said_how_to_read_it(
    tmp_path: Path,
) -> None:
    uris = [deliver(tmp_path, name) for name in ("a", "b")]
    for name in ("a", "b"):
        (tmp_path / "crawls" / name / "index.html").write_text("<html><p>An index.</p></html>")
    open_extract(str(tmp_path), uris[0], "a", CHOICES, "warc")
    found = set_aside(arrived(tmp_path))
    assert found["unfinished"] == [uris[0]]
    [note] = found["quarantined"]
    assert (note["crawl"], note["reason"]) == (uris[1], "unreadable")
    assert "--format" in note["why"]


def test_a_note_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver_without_images(tmp_path, "b")
    ingest(tmp_path)
    puts: list[str] = []
    put = LocalStorage.put_if_absent

    def counted(self: LocalStorage, path: str, data: bytes) -> bool:
        puts.append(path)
        return put(self, path, data)

    monkeypatch.setattr(LocalStorage, "put_if_absent", counted)
    set_aside(arrived(tmp_path))
    set_aside(arrived(tmp_path))
    assert puts == ["quarantine/b.json"]


def promoted(root: Path) -> list[str]:
    return [g.crawl for g in generations(Storage.at(str(root)))]


def test_a_crawl_with_nothing_new_is_no_bad_one(tmp_path: Path) -> None:
    deliver(tmp_path, "a"), deliver(tmp_path, "b")
    ingest(tmp_path)
    assert promoted(tmp_path) == ["a"]
    assert set_aside(arrived(tmp_path)) == {"quarantined": [], "unfinished": []}
    assert states(tmp_path) == {"a": "ingested", "b": "known"}
    [b] = [crawl for crawl in crawls(arrived(tmp_path)) if crawl.name == "b"]
    assert b.why.startswith("no image is new: older generations hold all 8 that passed")
    record = json.loads((tmp_path / "extracts/b/_gates/extract/result.json").read_text())
    assert record["passed"] and "1 with a warning" in record["summary"]

    opened = (tmp_path / "extracts/b/config.json").stat().st_mtime_ns
    ingest(tmp_path)
    assert (tmp_path / "extracts/b/config.json").stat().st_mtime_ns == opened, "not tried again"
    assert release(str(tmp_path), "b").name == "b"
    assert states(tmp_path) == {"a": "ingested", "b": "ready"}


def test_a_crawl_with_next_to_nothing_new_is_a_generation(tmp_path: Path) -> None:
    deliver(tmp_path, "a")
    write_tiny_warc(tmp_path / "crawls/b", pages=4, images=9, files=1)
    (tmp_path / "crawls/b/_SUCCESS").touch()
    ingest(tmp_path)
    assert promoted(tmp_path) == ["a", "b"]


def cut(path: Path, share: float = 0.7) -> None:
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def deliver_rows(root: Path, name: str, files: int = 3) -> list[Path]:
    """A crawl of Parquet files, of which two differ in nothing but their addresses."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = root / "crawls" / name
    folder.mkdir(parents=True)
    paths = [folder / f"part-{number}.parquet" for number in range(files)]
    for number, path in enumerate(paths):
        rows = {
            "images": [[f"https://a.example/{number}.jpg", None]],
            "texts": [[None, TOPICS[number][2][0]]],
        }
        pq.write_table(pa.table(rows), path)
    (folder / "_SUCCESS").touch()
    return paths


@pytest.mark.parametrize("share", [0.7, 0.0])
def test_a_crawl_with_a_file_that_was_cut_off_is_no_good_one(tmp_path: Path, share: float) -> None:
    """Of three files, one lacks its end, or all that was in it."""
    folder = tmp_path / "crawls" / "a"
    _, _, last = write_tiny_warc(folder, pages=6, images=12, files=3)
    (folder / "_SUCCESS").touch()
    cut(last, share)
    ingest(tmp_path)
    assert promoted(tmp_path) == []
    [note] = set_aside(arrived(tmp_path))["quarantined"]
    assert note["reason"] == "cut_off"
    assert "1 of 3 files end in the middle" in note["why"] and last.name in note["why"]


def test_a_table_without_its_end_is_a_file_cut_off(tmp_path: Path) -> None:
    paths = deliver_rows(tmp_path, "a")
    cut(paths[1])
    run = open_extract(str(tmp_path), str(paths[0].parent), "a", CHOICES)
    run_group(run, "extract", until="parse")
    finding = cut_off(Evidence(run, "extract"), {"share": 0.01})
    assert not finding.passed and finding.saw.startswith("1 of 3 files")
    assert finding.examples[0].startswith("part-1.parquet: ")


def test_of_many_files_few_may_be_cut_off(tmp_path: Path) -> None:
    paths = deliver_rows(tmp_path, "a")
    cut(paths[1])
    run = open_extract(str(tmp_path), str(paths[0].parent), "a", CHOICES)
    run_group(run, "extract", until="parse")
    assert cut_off(Evidence(run, "extract"), {"share": 0.4}).passed


def test_a_verdict_is_asked_for_of_one_crawl(tmp_path: Path) -> None:
    bad, _ = (deliver_without_images(tmp_path, name) for name in ("a", "b"))
    ingest(tmp_path)
    [note] = set_aside(arrived(tmp_path, only=bad))["quarantined"]
    assert note["crawl"] == bad
    assert states(tmp_path) == {"a": "quarantined", "b": "ready"}
