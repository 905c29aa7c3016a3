"""A page has its pictures in whatever file of the crawl they stand, as if there were one file."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core import arrow_files, ids
from realsyn_tasks.core.answers import ShardState
from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.generations import generations
from realsyn_tasks.extract import checks, promotion
from realsyn_tasks.extract.holders import holder
from realsyn_tasks.extract.picture_index import What
from realsyn_tasks.extract.statistics import statistics
from realsyn_tasks.pictures.pixels import read_at
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.opening import open_extract
from tests.crawls import picture, write_tiny_warc
from tests.extract import split_crawls as warcs
from tests.extract.split_crawls import HOST
from tests.support import run_group

FIELD = Path(__file__).parents[3] / "shared/field/warc_img"
SOUGHT = ("locate_images", "gather_images")


def extracted(folder: Path, root: Path, **stages: dict[str, Any]) -> Workspace:
    workspace = open_extract(str(root), str(folder), "crawl", Choices(stages=stages))
    run_group(workspace, "extract", until="filter_images")
    return workspace


def rows(workspace: Workspace, stage: str, table: str) -> list[dict[str, Any]]:
    commits = Planner(workspace).status(workspace.pipeline.stage(stage)).commits
    return [
        row
        for _, commit in sorted(commits.items())
        for piece in arrow_files.pieces(workspace.storage, commit.objects[table])
        for row in piece.to_pylist()
    ]


def shown(workspace: Workspace) -> set[tuple[str, str, str]]:
    """The pages' pictures: whose, under which address, and what."""
    images = rows(workspace, holder(workspace.runs), "images")
    return {(row["document_url"], row["url"], row["image_id"]) for row in images}


def dropped(workspace: Workspace) -> Counter[str]:
    stages = [name for name in ("parse", "gather_images") if workspace.runs(name)]
    return sum((Evidence(workspace, "extract").dropped(s, "image") for s in stages), Counter())


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The site in one file, where every picture is found without looking elsewhere."""
    folder = tmp_path_factory.mktemp("whole")
    warcs.write(folder / "crawl/all.warc.gz", warcs.linked_site())
    return extracted(folder / "crawl", folder / "root")


def test_a_crawl_of_one_file_looks_nowhere_else(whole: Workspace, tmp_path: Path) -> None:
    assert not any(whole.runs(name) for name in SOUGHT)
    assert len(shown(whole)) == 8 * warcs.WAYS
    assert dropped(whole) == {"not_in_crawl": 16}
    (tmp_path / "html").mkdir()
    for name in ("a.html", "b.html"):
        (tmp_path / "html" / name).write_text("<p>The old red tram climbs the hill.</p>")
    other = open_extract(str(tmp_path / "root"), str(tmp_path / "html"), "html", Choices())
    assert not any(other.runs(name) for name in SOUGHT)


@pytest.mark.parametrize(("files", "seed"), [(2, 0), (3, 1), (5, 2), (9, 3), (24, 4)])
def test_records_in_any_file_give_the_pictures_of_one(
    files: int, seed: int, whole: Workspace, tmp_path: Path
) -> None:
    warcs.write_shuffled(tmp_path / "crawl", warcs.linked_site(), files, seed)
    workspace = extracted(tmp_path / "crawl", tmp_path / "root")
    assert shown(workspace) == shown(whole)
    assert dropped(workspace) == {"not_in_crawl": 16}
    found = statistics(Evidence(workspace, "extract"))
    assert (found["images_in"], found["images_unaccounted"]) == (8 * (warcs.WAYS + 2), 0)


def test_what_its_page_says_of_a_picture_goes_with_it(tmp_path: Path) -> None:
    """And its address is the one that the page names: by that it is found for a takedown."""
    address = f"http://{HOST}/a.jpg"
    files = [
        [warcs.page(1, ["/own.jpg", address]), warcs.response(f"https://{HOST}/own.jpg", OWN)],
        [warcs.moved(f"https://{HOST}/a.jpg", "https://cdn.example/b.jpg")],
        [warcs.response("https://cdn.example/b.jpg", FAR)],
    ]
    workspace = extracted(written(tmp_path, files), tmp_path / "root")
    [own, far] = sorted(rows(workspace, "filter_images", "images"), key=lambda r: r["position"])
    assert (own["image_id"], far["image_id"]) == (ids.image_id(OWN), ids.image_id(FAR))
    assert (far["url"], far["alt"]) == (address, f"Picture of {address}")
    assert far["document_id"] == own["document_id"] and far["title"] == "Page 1"
    assert far["position"] == own["position"] + 1 and far["context"] == own["context"]


OWN, FAR = picture(1), picture(2)


def written(folder: Path, files: list[list[warcs.Record]]) -> Path:
    for number, records in enumerate(files):
        warcs.write(folder / f"crawl/{number}.warc.gz", records)
    return folder / "crawl"


def test_pixels_lie_where_the_table_says_and_a_tar_is_not_written_twice(tmp_path: Path) -> None:
    files = [
        [warcs.page(1, ["/own.jpg", "/far.jpg"]), warcs.response(f"https://{HOST}/own.jpg", OWN)],
        [warcs.page(2, ["/far.jpg"]), warcs.response(f"https://{HOST}/far.jpg", FAR)],
    ]
    workspace = extracted(written(tmp_path, files), tmp_path / "root")
    first, second = (commits(workspace, "gather_images")[shard] for shard in (0, 1))
    assert second.objects["pixels"] == commits(workspace, "parse")[1].objects["pixels"]
    for commit, wanted in ((first, {OWN, FAR}), (second, {FAR})):
        [table] = arrow_files.pieces(workspace.storage, commit.objects["images"])
        with workspace.storage.open(commit.objects["pixels"].path) as tar:
            held = {read_at(tar, r["offset"], r["length"]) for r in table.to_pylist()}
        assert held == wanted


def commits(workspace: Workspace, stage: str) -> dict[int, Commit]:
    return dict(Planner(workspace).status(workspace.pipeline.stage(stage)).commits)


def test_a_tar_that_two_stages_share_is_made_again_where_it_is_gone(tmp_path: Path) -> None:
    write_tiny_warc(tmp_path / "crawl")
    workspace = extracted(tmp_path / "crawl", tmp_path / "root")
    before = shown(workspace)
    workspace.storage.delete(commits(workspace, "gather_images")[1].objects["pixels"].path)
    again = run_group(workspace, "extract", until="filter_images")
    assert [report.committed for report in again["parse"]] == [[1]]
    assert shown(workspace) == before
    assert (
        commits(workspace, "gather_images")[1]
        .objects["pixels"]
        .path.startswith(f"{workspace.folder}/parse/")
    )


def test_a_picture_of_several_addresses_has_the_one_that_the_crawl_holds(tmp_path: Path) -> None:
    choice = '<img src="/small.jpg" srcset="/huge.jpg 2000w, /large.jpg 1000w" alt="A tram">'
    page = warcs.page(1, [], choice)
    held = warcs.response(f"https://{HOST}/large.jpg", OWN)
    kinds = []
    for number, files in enumerate(([[page, held]], [[page], [held]])):
        workspace = extracted(written(tmp_path / str(number), files), tmp_path / f"root-{number}")
        assert not dropped(workspace)
        kinds.append(shown(workspace))
    assert kinds[0] == kinds[1] and kinds[0]


def test_every_picture_that_is_not_taken_has_its_reason(tmp_path: Path) -> None:
    names = ["gone.jpg", "forbidden.jpg", "empty.jpg", "same.jpg", "own.jpg"]
    forbidden = "X-Robots-Tag: noai\r\n"
    files = [
        [warcs.page(1, names), warcs.response(f"https://{HOST}/own.jpg", OWN)],
        [
            warcs.response(f"https://{HOST}/forbidden.jpg", FAR, more=forbidden),
            warcs.response(f"https://{HOST}/empty.jpg", b""),
            warcs.response(f"https://{HOST}/same.jpg", OWN),
        ],
    ]
    workspace = extracted(written(tmp_path, files), tmp_path / "root")
    kinds = {
        row["detail"].rpartition("/")[2]: row["reason"]
        for row in rows(workspace, "gather_images", "dropped")
    }
    assert kinds == {
        "gone.jpg": "not_in_crawl",
        "forbidden.jpg": "unusable_picture",
        "empty.jpg": "empty",
        "same.jpg": "exact_duplicate",
    }


def test_a_picture_that_no_page_of_any_file_shows_has_a_row(tmp_path: Path) -> None:
    idle = warcs.response(f"https://{HOST}/idle.jpg", picture(3))
    files = [
        [warcs.page(1, ["/own.jpg", "/far.jpg"]), warcs.response(f"https://{HOST}/own.jpg", OWN)],
        [warcs.response(f"https://{HOST}/far.jpg", FAR), idle],
    ]
    workspace = extracted(written(tmp_path, files), tmp_path / "root")
    gone = [row for s in SOUGHT[1:] for row in rows(workspace, s, "dropped")]
    [row] = [row for row in gone if row["reason"] == "not_shown"]
    name, _, offset = row["id"].rpartition(":")
    assert (row["kind"], name) == ("record", "1.warc.gz")
    [place] = [
        held["offset"]
        for held in rows(workspace, "parse", "index")
        if held["what"] == What.IDLE and held["offset"] == int(offset)
    ]
    assert place > 0


def test_only_what_no_file_holds_is_asked_of_the_web(tmp_path: Path) -> None:
    files = [[warcs.page(1, ["/a.jpg", "/b.jpg"])], [warcs.response(f"https://{HOST}/a.jpg", OWN)]]
    workspace = open_extract(
        str(tmp_path / "root"),
        str(written(tmp_path, files)),
        "crawl",
        Choices(stages={"parse": {"missing_images": "fetch"}}),
    )
    run_group(workspace, "extract", until="gather_images")
    assert workspace.runs("fetch")
    [link] = rows(workspace, "gather_images", "linked_images")
    assert link["url"] == f"https://{HOST}/b.jpg"
    assert not rows(workspace, "gather_images", "dropped")
    assert [row["image_id"] for row in rows(workspace, "gather_images", "images")] == [
        ids.image_id(OWN)
    ]


def test_a_file_that_changes_is_read_again_by_those_that_have_pictures_of_it(
    tmp_path: Path,
) -> None:
    """Though not one number of its index does."""
    address, page = f"https://{HOST}/a.jpg", [warcs.page(1, ["/a.jpg"])]
    shade = picture(3)[:-2] + b"\xff\xd9"
    other = shade[:-3] + bytes([shade[-3] ^ 1]) + shade[-2:]
    for data in (shade, other):
        record = warcs.response(address, data)
        record.fields.clear()
        folder = written(tmp_path, [page, [record]])
        workspace = extracted(folder, tmp_path / "root")
        assert {image for *_, image in shown(workspace)} == {ids.image_id(data)}


def test_a_file_that_changed_under_the_run_is_named(tmp_path: Path) -> None:
    files = [[warcs.page(1, ["/a.jpg"])], [warcs.response(f"https://{HOST}/a.jpg", OWN)]]
    folder = written(tmp_path, files)
    workspace = open_extract(str(tmp_path / "root"), str(folder), "crawl", Choices())
    run_group(workspace, "extract", until="locate_images")
    warcs.write(folder / "1.warc.gz", [warcs.page(2, []), *files[1]])
    [report] = run_group(workspace, "extract", until="gather_images")["gather_images"]
    assert (report.committed, report.quarantined) == ([1], [0])
    [note] = workspace.ledger("gather_images").failures().values()
    assert "1.warc.gz: holds no picture at 0 any more" in note.error


@pytest.mark.skipif(not FIELD.exists(), reason="the field's inputs are not there")
def test_the_field_has_a_page_and_its_pictures_in_two_files(tmp_path: Path) -> None:
    (tmp_path / "crawl").mkdir()
    for name in ("other_file_page", "other_file_images"):
        shutil.copy(FIELD / f"{name}.warc.gz", tmp_path / "crawl")
    workspace = extracted(tmp_path / "crawl", tmp_path / "root")
    assert len(shown(workspace)) >= 1 and not dropped(workspace)


def test_a_generation_has_the_pixels_of_all_files(tmp_path: Path) -> None:
    warcs.write_shuffled(tmp_path / "crawl", warcs.linked_site(3), 3, seed=5)
    workspace = open_extract(
        str(tmp_path / "root"), str(tmp_path / "crawl"), "crawl", Choices(follow="none")
    )
    run_group(workspace, "extract")
    evidence = Evidence(workspace, "extract")
    assert checks.pixels(evidence, {"per_shard": 99}).passed
    assert evidence.rows("dedup_images", "images") > 10
    promotion.promote(workspace)
    [generation] = generations(workspace.storage)
    gathered = commits(workspace, "gather_images")
    assert [shard.objects["pixels"] for shard in generation.shards] == [
        gathered[number].objects["pixels"] for number in range(3)
    ]


def test_a_file_that_cannot_be_read_costs_its_own_pages(tmp_path: Path) -> None:
    files = [[warcs.page(1, ["/a.jpg", "/b.jpg"])], [warcs.response(f"https://{HOST}/a.jpg", OWN)]]
    folder = written(tmp_path, files)
    (folder / "00.warc.gz").write_bytes(b"rubble" * 9)
    workspace = extracted(folder, tmp_path / "root")
    states = Planner(workspace).status(workspace.pipeline.stage("parse")).states
    assert states[1] is ShardState.QUARANTINED
    assert sorted(commits(workspace, "gather_images")) == [0, 2]
    assert {image for *_, image in shown(workspace)} == {ids.image_id(OWN)}
