"""What is taken down is gone from the corpus, from the next dataset, and from later crawls."""

from __future__ import annotations

import hashlib
import html
import json
import shutil
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.files import LocalStorage
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus import labels, tombstones
from realsyn_tasks.corpus.generations import generations
from realsyn_tasks.corpus.labels import Judgement, Label, Labels
from realsyn_tasks.corpus.pinned import corpus_of
from realsyn_tasks.extract import counts
from realsyn_tasks.report.inspection import inspect
from realsyn_tasks.runs.opening import open_build
from realsyn_tasks.runs.promotion import promote
from realsyn_tasks.sample import webdataset_tar
from realsyn_tasks.stages import PIPELINE
from realsyn_tasks.takedown.command import Form, find, show_takedown, take_down
from tests.crawls import HOST, picture
from tests.races import at_once
from tests.world import CHOICES, GIFS, build, finish, ingest

PAGE = f"{HOST}/page-001.html"
IMAGE = f"{HOST}/pictures/001.jpg"
SHA256 = hashlib.sha256(picture(1)).hexdigest()
MD5 = hashlib.md5(picture(1)).hexdigest()


def published(root: Path, build: Workspace) -> list[dict[str, Any]]:
    """The rows of what a build published last."""
    note = json.loads((root / build.folder / "_promoted/dataset.json").read_text())
    tables = sorted((root / note["path"] / "data").glob("*.parquet"))
    return [row for path in tables for row in pq.read_table(path).to_pylist()]


def versions(root: Path) -> list[str]:
    return sorted(path.parent.name for path in root.glob("datasets/*/*/manifest.json"))


def images(root: Path) -> int:
    return len(published(root, build_of(root)))


def build_of(root: Path) -> Workspace:
    return Workspace.open(f"{root.as_uri()}/builds/all", PIPELINE)


@pytest.mark.parametrize(
    ("form", "gone"), [(Form(urls=IMAGE), "images"), (Form(urls=PAGE), "page")], ids=["url", "page"]
)
def test_what_is_taken_down_is_in_no_later_build(root: Path, form: Form, gone: str) -> None:
    before = published(root, build_of(root))
    assert any(row["raw_image_url"] == IMAGE for row in before), "or the test would mean nothing"
    found = take_down(str(root), form, dry_run=False)
    assert (found["number"], found["images"]) == (1, 1 if gone == "images" else 2)
    after = published(root, build(root))
    lost = {row["raw_image_url"] for row in before} - {row["raw_image_url"] for row in after}
    if gone == "page":
        assert found["sentences"] > 0
        assert all(row["document_url"] != PAGE and PAGE not in row["text_urls"] for row in after)
        assert lost >= {row["raw_image_url"] for row in before if row["document_url"] == PAGE}
    else:
        assert IMAGE in lost
        assert SHA256[:32] not in {row["image_id"] for row in after}
    assert len(versions(root)) == 2
    images = counts.of_corpus(build_of(root))["images"]
    assert images["dropped"]["takedown"] == found["images"]
    assert images["in"] == images["kept"] + sum(images["dropped"].values())


def test_an_image_is_named_by_its_address_or_by_either_hash(root: Path) -> None:
    address = IMAGE.replace("https", "HTTP") + "#top"
    for form in (Form(urls=address), Form(hashes=SHA256.upper()), Form(hashes=MD5)):
        plan = take_down(str(root), form, dry_run=True)
        listed = json.loads(Path(plan["preview_json"].removeprefix("file://")).read_text())
        found = [(row["kind"], row["id"]) for item in listed["corpus"] for row in item["rows"]]
        assert found == [("image", SHA256[:32])], form


def converted(root: Path) -> tuple[dict[str, Any], bytes, bytes]:
    """A published pair whose image was converted, with the bytes of before and after."""
    pairs = {row["image_id"]: row for row in published(root, build_of(root))}
    for seed in GIFS:
        original = picture(seed, kind="GIF")
        if row := pairs.get(hashlib.sha256(original).hexdigest()[:32]):
            return row, original, webdataset_tar.picture(original).data
    raise AssertionError("none was published, or the test would mean something")


@pytest.mark.parametrize("digest", ["md5", "sha256"])
@pytest.mark.parametrize("after", [False, True], ids=["original", "converted"])
def test_a_converted_image_is_found_and_taken_down_by_either_hash(
    root: Path, digest: str, after: bool
) -> None:
    row, *both = converted(root)
    thing = hashlib.new(digest, both[after]).hexdigest()
    assert both[0] != both[1]
    [hit] = find(str(root), [thing])["found"]
    assert [found["key"] for found in hit["rows"]] == [row["key"]]
    found = take_down(str(root), Form(hashes=thing), dry_run=False)
    assert (found["images"], found["entries"].get("image", 0)) == (1, int(after))
    receipt = json.loads(Path(found["receipt_json"].removeprefix("file://")).read_text())
    assert [row["id"] for item in receipt["corpus"] for row in item["rows"]] == [row["image_id"]]
    assert thing in Path(found["receipt"].removeprefix("file://")).read_text()
    assert take_down(str(root), Form(hashes=thing), dry_run=False)["number"] == 1


def test_inspect_says_what_was_taken_down_and_who_has_it_still(root: Path) -> None:
    old = build_of(root)
    [version] = versions(root)
    assert "published in" in inspect(str(root), SHA256[:32], PIPELINE)["verdict"]
    filed = take_down(str(root), Form(hashes=SHA256), dry_run=False)
    build(root)
    verdict = inspect(str(root), SHA256[:32], PIPELINE)["verdict"]
    assert verdict.startswith(f"taken down from generation 1 by request {filed['request']}")
    name = (root / "datasets").iterdir().__next__().name
    assert verdict.endswith(f"still in datasets/{name}/{version}, published before")
    assert corpus_of(old.config.sources).takedown is None


def test_everything_of_a_domain_goes(root: Path) -> None:
    dry = take_down(str(root), Form(domains="tiny.example"), dry_run=True)
    corpus = generations(Storage.at(str(root)))
    assert dry["images"] == sum(g.reference().images for g in corpus)
    assert dry["sentences"] == sum(g.reference().sentences for g in corpus)
    assert take_down(str(root), Form(domains="other.example"), dry_run=True)["images"] == 0


def test_a_shard_may_lose_everything(root: Path) -> None:
    shard = generations(Storage.at(str(root)))[0].shards[0]
    tables = [pq.read_table(root / shard.objects[name].path) for name in ("images", "sentences")]
    pages = {url for table in tables for url in table["document_url"].to_pylist()}
    found = take_down(str(root), Form(urls="\n".join(pages)), dry_run=False)
    assert (found["images"], found["sentences"]) >= tuple(table.num_rows for table in tables)
    new = build(root)
    assert [
        number
        for number, shard in enumerate(new.sources["corpus"].commits())
        if not any(shard.rows.values())
    ]
    planner = Planner(new)
    states = {state for s in new.stages() for state in planner.status(s).states.values()}
    assert states == {"done"}, "nothing is quarantined"
    assert published(root, new)
    assert not {row["document_url"] for row in published(root, new)} & pages


def test_a_dry_run_shows_the_same_and_changes_nothing(root: Path) -> None:
    dry = take_down(str(root), Form(urls=PAGE), dry_run=True)
    assert tombstones.state(Storage.at(str(root))).number == 0
    assert not list(root.glob("takedowns/[!ip]*/*")), "but for the indexes and the preview"
    page = Path(dry["preview"].removeprefix("file://")).read_text()
    assert "Nothing has been removed" in page and "in force" not in page
    assert "receipt" not in dry and not list(root.glob("takedowns/receipts"))
    wet = take_down(str(root), Form(urls=PAGE), dry_run=False)
    same = ("request", "images", "sentences", "datasets", "generations")
    assert {name: dry[name] for name in same} == {name: wet[name] for name in same}


def test_judgements_go_with_what_is_taken_down(root: Path) -> None:
    rows = published(root, build_of(root))
    gone = hashlib.sha256(picture(1)).hexdigest()[:32]
    judged = tuple(
        Label(image_id=row["image_id"], text=row["text1"], judgement=Judgement.RIGHT)
        for row in rows
    )
    storage = Storage.at(root.as_uri())
    labels.add(storage, Labels(build="all", labels=judged))
    labels.add(storage, Labels(build="all", who="ann", labels=judged[:1]))
    take_down(root.as_uri(), Form(hashes=SHA256), dry_run=True)
    assert sum(len(page.labels) for page in labels.read(storage)) == len(rows) + 1
    take_down(root.as_uri(), Form(hashes=SHA256), dry_run=False)
    left = [label.image_id for page in labels.read(storage) for label in page.labels]
    assert gone in {row["image_id"] for row in rows}
    assert set(left) == {row["image_id"] for row in rows} - {gone}


def test_what_models_answered_to_a_shard_that_was_killed_goes(root: Path) -> None:
    answers = root / build_of(root).folder / "generate_texts/_answers/00000/killed-000000.json"
    answers.parent.mkdir(parents=True, exist_ok=True)
    answers.write_text('{"digest": "", "answers": {"": "a text on a picture"}}')
    take_down(str(root), Form(urls=IMAGE), dry_run=True)
    assert answers.exists()
    take_down(str(root), Form(urls=IMAGE), dry_run=False)
    assert not answers.exists()


def test_a_build_that_is_open_does_not_change_and_publishes_nothing_of_it(root: Path) -> None:
    old = build_of(root)
    before = (root / old.folder / "config.json").read_bytes()
    take_down(str(root), Form(urls=PAGE), dry_run=False)
    again = Workspace.open(old.uri, PIPELINE)
    assert (root / old.folder / "config.json").read_bytes() == before
    assert again.config.digest() == old.config.digest()
    assert all(Planner(again).status(stage).complete for stage in again.stages())
    with pytest.raises(ConfigError, match="open it again under the same name"):
        promote(again, "sample")
    new = open_build(str(root), "1000", "all", [], CHOICES, allow_smaller=True)
    assert new.config.digest() != old.config.digest()
    takedown = corpus_of(new.config.sources).takedown
    assert takedown and takedown.number == 1


def test_only_what_it_touches_is_done_again(root: Path) -> None:
    take_down(str(root), Form(urls=IMAGE), dry_run=False)
    new = open_build(str(root), "1000", "all", [], CHOICES, allow_smaller=True)
    [touched] = [n for n, shard in enumerate(new.sources["corpus"].commits()) if shard.hidden]
    status = Planner(new).status(stage("tag_images"))
    stale = [shard for shard, state in status.states.items() if state == "stale"]
    assert stale == [touched]
    assert sum(shard.rows["images"] for shard in new.sources["corpus"].commits()) == 11


def test_another_build_adopts_nothing_of_what_was_taken_down(root: Path) -> None:
    take_down(str(root), Form(urls=IMAGE), dry_run=False)
    second = build(root, "second", "5")
    assert second.config.donors == ("all",)
    commits = second.ledger("tag_images").commits()
    [touched] = [n for n, shard in enumerate(second.sources["corpus"].commits()) if shard.hidden]
    assert {n for n, commit in commits.items() if not commit.origin} == {touched}
    assert SHA256[:32] not in {row["image_id"] for row in published(root, second)}


def stage(name: str) -> Stage:
    return PIPELINE.stage(name)


def test_a_request_that_means_nothing_here_changes_no_data(root: Path) -> None:
    before = published(root, build_of(root))
    take_down(str(root), Form(urls="https://elsewhere.example/x.jpg"), dry_run=False)
    promote(build_of(root), "sample")
    new = open_build(str(root), "1000", "all", [], CHOICES, allow_smaller=True)
    planner = Planner(new)
    assert all(planner.status(s).complete for s in new.stages() if s.group == "retrieve")
    for group in ("retrieve", "synthesize", "sample"):
        finish(new, group)
    assert published(root, new) == before
    assert len(versions(root)) == 2, "but the dataset says which tombstones it knows"


def test_an_item_that_comes_again_with_a_later_crawl_is_dropped(tmp_path: Path) -> None:
    ingest(tmp_path, "first", pages=2)
    take_down(str(tmp_path), Form(hashes=hashlib.sha256(picture(4)).hexdigest()), dry_run=False)
    run = ingest(tmp_path, "second", pages=6)
    result = promote(run, "extract")
    assert result["taken_down"] == 1
    [path] = tmp_path.glob("takedowns/removed/gen=0002-*/0001.parquet")
    [row] = pq.read_table(path).to_pylist()
    assert (row["kind"], row["reason"]) == ("image", "takedown")
    opened = open_build(str(tmp_path), "10", "x", [], CHOICES)
    kept = sum(shard.rows["images"] for shard in opened.sources["corpus"].commits())
    assert kept == sum(g.reference().images for g in generations(opened.storage)) - 1


def test_the_same_request_is_one_and_the_log_only_grows(root: Path) -> None:
    first = take_down(str(root), Form(urls=f"{IMAGE}\n{PAGE}"), dry_run=False)
    kept = {path: path.read_bytes() for path in (root / "takedowns").rglob("*") if path.is_file()}
    again = take_down(str(root), Form(file=str(listed(root, PAGE, IMAGE)), note="late"), False)
    assert (again["request"], again["number"]) == (first["request"], 1)
    other = take_down(str(root), Form(domains="x.example"), dry_run=False)
    assert other["number"] == 2
    assert all(path.read_bytes() == data for path, data in kept.items())


def listed(folder: Path, *lines: str) -> Path:
    path = folder / "list.txt"
    path.write_text("\n".join(lines))
    return path


def test_two_that_file_at_once_get_two_numbers(root: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    storage = Storage.at(str(root))
    forms = [tombstones.Request(id=f"{n:016x}", entries={"md5": (f"{n:032x}",)}) for n in range(8)]
    with ThreadPoolExecutor(8) as threads:
        lines = list(threads.map(lambda request: tombstones.file(storage, request), forms))
    assert sorted(line.number for line in lines) == list(range(1, 9))
    assert tombstones.state(storage).digest == tombstones.state(storage).until(8).digest


def test_takedowns_at_once_all_count_and_the_same_one_once(root: Path) -> None:
    forms = [Form(domains=f"{name}.example") for name in ("same", "same", "other", "third")]
    said = at_once(*[partial(take_down, str(root), form, dry_run=False) for form in forms])
    assert {each.failure_class for each in said} == {""}, said
    assert [line.number for line in tombstones.state(Storage.at(str(root))).log] == [1, 2, 3]


def test_the_receipt_lists_what_was_found_where(root: Path) -> None:
    bad = "nonsense <script>alert(1)</script>"
    form = Form(urls=PAGE, file=str(listed(root, "co.uk", bad, SHA256)), note="case 7")
    found = take_down(str(root), form, dry_run=False)
    receipt = json.loads(Path(found["receipt_json"].removeprefix("file://")).read_text())
    assert receipt["note"] == "case 7"
    assert [line["line"] for line in receipt["bad_lines"]] == [1, 2]
    assert [item["generation"] for item in receipt["corpus"]] == [1, 2]
    assert sum(item["images"] for item in receipt["corpus"]) == found["images"] == 2
    [mine] = receipt["builds"]
    assert (mine["build"], mine["current"]) == ("builds/all", False)
    [dataset] = receipt["datasets"]
    rows = published(root, build_of(root))
    assert dataset["pairs"] == sum(row["document_url"] == PAGE for row in rows)
    texts = [r for r in rows if PAGE in r["text_urls"] and r["document_url"] != PAGE]
    assert dataset["texts"] == len(texts) > 0
    assert {row["key"] for row in dataset["rows"]} == {
        row["key"] for row in rows if row["document_url"] == PAGE or row in texts
    }
    page = Path(found["receipt"].removeprefix("file://")).read_text()
    assert "case 7" in page and "builds/all" in page and SHA256 in page
    assert "<script>" not in page
    build(root)
    again = take_down(str(root), form, dry_run=False)
    assert again["builds"] == [] and again["receipt"] != found["receipt"]


def test_nothing_to_take_down_is_refused_with_the_reason(root: Path) -> None:
    with pytest.raises(ConfigError, match="1 bad lines; the first bad line is a top-level"):
        take_down(str(root), Form(domains="com"), dry_run=True)
    with pytest.raises(ConfigError, match="there is no file"):
        take_down(str(root), Form(file=str(root / "none")), dry_run=True)


def test_find_says_where_a_thing_is(root: Path) -> None:
    rows = published(root, build_of(root))
    [mine] = [row for row in rows if row["raw_image_url"] == IMAGE]
    for thing in (IMAGE, SHA256, MD5):
        [hit] = find(str(root), [thing])["found"]
        assert (hit["pairs"], hit["texts"]) == (1, 0)
        assert [row["key"] for row in hit["rows"]] == [mine["key"]]
    [hit] = find(str(root), ["www.tiny.example", "tiny.example"])["found"]
    assert hit["pairs"] == len(rows)
    assert [item["value"] for item in hit["by_entry"]] == ["tiny.example"]
    nothing = find(str(root), ["https://elsewhere.example/", "0" * 64])
    assert nothing["found"] == [] and len(nothing["searched"]) == 1


def file_when(monkeypatch: pytest.MonkeyPatch, name: str, ends: str, root: Path) -> None:
    """File a request while something is written: before a path that ends so is."""
    real, filed = getattr(LocalStorage, name), list[str]()

    def late(self: LocalStorage, first: Any, *rest: Any) -> Any:
        path = rest[0] if name == "copy" else first
        if path.endswith(ends) and not filed:
            filed.append(path)
            take_down(str(root), Form(urls=IMAGE), dry_run=False)
        return real(self, first, *rest)

    monkeypatch.setattr(LocalStorage, name, late)


@pytest.mark.parametrize(
    ("act", "at"), [("copy", ".tar"), ("put_if_absent", "manifest.json")], ids=["files", "manifest"]
)
def test_what_is_taken_down_while_it_is_published_is_not(
    root: Path, monkeypatch: pytest.MonkeyPatch, act: str, at: str
) -> None:
    shutil.rmtree(root / "datasets")
    file_when(monkeypatch, act, at, root)
    with pytest.raises(ConfigError, match="open it again under the same name"):
        promote(build_of(root), "sample")
    assert not [path for path in (root / "datasets").rglob("*") if path.is_file()]
    assert tombstones.state(Storage.at(str(root))).number == 1


def test_a_version_that_stands_is_not_removed_by_a_refusal(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = versions(root)
    [tar] = root.glob("datasets/*/*/webdataset/00000.tar")
    tar.unlink()
    file_when(monkeypatch, "copy", ".tar", root)
    with pytest.raises(ConfigError, match="open it again under the same name"):
        promote(build_of(root), "sample")
    assert versions(root) == before


def test_what_is_promoted_while_a_request_is_filed_is_in_its_receipt(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pointer = root / "corpus/gen=0002/generation.json"
    kept = pointer.read_bytes()
    pointer.unlink()
    real = tombstones.file

    def late(*asked: Any) -> Any:
        pointer.write_bytes(kept)
        return real(*asked)

    monkeypatch.setattr(tombstones, "file", late)
    hashes = "\n".join(hashlib.sha256(picture(n)).hexdigest() for n in range(12))
    removal = take_down(str(root), Form(hashes=hashes), dry_run=False)
    assert removal["generations"] == [1, 2]


def test_a_build_over_a_generation_that_is_gone_says_which_and_what_to_do(root: Path) -> None:
    shutil.rmtree(root / "corpus/gen=0002")
    with pytest.raises(ConfigError, match=r"generation 2 .* is gone: put back .*gen=0002"):
        Planner(build_of(root)).status(stage("embed_queries"))
    assert open_build(str(root), "1000", "all", [], CHOICES, True).config.axes["corpus"] == 2


def test_a_preview_lists_all_of_it_with_pictures_until_it_is_taken_down(root: Path) -> None:
    plan = take_down(str(root), Form(domains="tiny.example"), dry_run=True)
    page = Path(plan["preview"].removeprefix("file://"))
    listed = json.loads(Path(plan["preview_json"].removeprefix("file://")).read_text())
    rows = [row for item in listed["corpus"] for row in item["rows"]]
    kinds = Counter(row["kind"] for row in rows)
    assert kinds == {"image": plan["images"], "sentence": plan["sentences"]}
    assert page.read_text().count("data:image/webp") == plan["images"] == 12
    assert all(row["document_url"] for row in rows)
    texts = [row["text"] for row in rows if row["kind"] == "sentence"]
    assert all(text in html.unescape(page.read_text()) for text in texts)
    pages = {row["page"] for item in listed["corpus"] for row in item["pages"]}
    assert pages == {row["document_url"] for row in rows}
    assert [len(item["rows"]) for item in listed["datasets"]] == [
        len(published(root, build_of(root)))
    ]
    assert plan["first"] == rows[: len(plan["first"])] and plan["pages"] == len(pages)
    take_down(str(root), Form(hashes=SHA256), dry_run=False)
    assert "data:image" not in page.read_text()
    assert not any(text in html.unescape(page.read_text()) for text in texts)
    files = list((root / "takedowns").rglob("*.html"))
    assert len(files) == 2 and not any("data:image" in path.read_text() for path in files)


def test_a_screenful_tells_the_first_and_how_many_more(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = take_down(str(root), Form(domains="tiny.example"), dry_run=True)
    show_takedown(plan)
    said = capsys.readouterr()
    lines = [*said.out.splitlines(), *said.err.splitlines()]
    assert len(lines) < 24
    assert any(line.startswith(f"  image    {HOST}/pictures/") for line in lines)
    more = plan["images"] + plan["sentences"] - len(plan["first"])
    assert f"  and {more} more, of 6 pages in all" in lines
    assert any("files of galleries" in line for line in lines)
