"""The index of a dataset says of any key exactly what a look at every row would say."""

from __future__ import annotations

import fcntl
import hashlib
import io
import random
import shutil
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from realsyn_tasks.core import tables
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus.entries import IMAGE, Entry, entry_of
from realsyn_tasks.datasets import index, slices
from realsyn_tasks.datasets.manifest import DatasetFile, Manifest, Origin, encoded
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.sample import schemas
from realsyn_tasks.takedown.command import find
from realsyn_tasks.takedown.lookup import in_datasets, originals

SHARDS, ROWS = 4, 250
ORIGIN = Origin(
    name="realsyn-made", scale="made", target=1, config_digest="c", generations=(), models={}
)
Row = dict[str, Any]


def row(key: str, rng: random.Random) -> tuple[Row, bytes]:
    data = f"image {key}".encode()
    site = rng.randrange(12)
    texts = [f"http://www.site{rng.randrange(12)}.example/{rng.randrange(40)}" for _ in range(3)]
    about: Row = {
        "key": key,
        "image_id": hashlib.sha256(b"original " + data).hexdigest()[:32],  # it was converted
        "sha256": hashlib.sha256(data).hexdigest(),
        "original_md5": hashlib.md5(b"original " + data).hexdigest(),
        "raw_image_url": f"https://cdn.site{site}.example/{key}.jpg",
        "document_url": f"https://site{site}.example/{rng.randrange(40)}#top",
        "text_urls": texts[: rng.randrange(1, 4)],
    }
    return {name: about.get(name) for name in schemas.PUBLISHED_PAIRS.names}, data


def write(folder: Path) -> list[tuple[Row, bytes]]:
    """Write a dataset as it is published; give its rows with their images."""
    rng, written, files = random.Random(1), [], []
    for shard in range(SHARDS):
        rows = [row(f"{shard:05d}{number:05d}", rng) for number in range(ROWS)]
        table, tar = f"data/train-{shard:05d}.parquet", f"webdataset/{shard:05d}.tar"
        for path in (table, tar):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
        found = tables.from_rows(schemas.PUBLISHED_PAIRS, [about for about, _ in rows])
        tables.write_table(found, folder / table)
        with tarfile.open(folder / tar, "w") as out:
            for about, data in rows:
                for suffix, content in (("jpg", data), ("json", b"{}"), ("txt", b"text")):
                    member = tarfile.TarInfo(f"{about['key']}.{suffix}")
                    member.size = len(content)
                    out.addfile(member, io.BytesIO(content))
        files += [described(folder, table, ROWS), described(folder, tar, None)]
        written += rows
    (folder / "manifest.json").write_bytes(encoded(Manifest.of(ORIGIN, files)))
    return written


def described(folder: Path, path: str, rows: int | None) -> DatasetFile:
    data = (folder / path).read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    return DatasetFile(path=path, size=len(data), sha256=sha256, rows=rows)


def version(root: Path) -> Version:
    return Version(Storage.at(str(root)), "datasets/realsyn-made/v-1")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[Row, bytes]]]:
    """Several parts of several row groups."""
    root = tmp_path_factory.mktemp("indexed")
    rows = write(root / "datasets/realsyn-made/v-1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index, "PAIRS_PER_PART", 200)
        patch.setattr(index, "ROW_GROUP_ROWS", 100)
        known = index.of_version(version(root))
    assert (known.pairs, len(known.parts)) == (SHARDS * ROWS, 5)
    return root, rows


def host(url: str) -> str:
    return url.split("/")[2]


def under(url: str, domain: str) -> bool:
    return host(url) == domain or host(url).endswith(f".{domain}")


def look(root: Path, thing: str) -> tuple[int, int]:
    [found] = in_datasets(Storage.at(str(root)), [entry_of(thing)])
    return found["pairs"], found["texts"]


@pytest.mark.parametrize("domain", [f"site{n}.example" for n in range(13)] + ["www.site3.example"])
def test_a_domain_is_where_a_full_look_finds_it(
    made: tuple[Path, list[tuple[Row, bytes]]], domain: str
) -> None:
    root, rows = made
    images = [r for r, _ in rows if under(r["raw_image_url"], domain)]
    images += [r for r, _ in rows if under(r["document_url"], domain) and r not in images]
    texts = [r for r, _ in rows if any(under(url, domain) for url in r["text_urls"])]
    assert look(root, domain) == (len(images), sum(r not in images for r in texts))


def test_each_row_is_found_by_each_of_its_keys(
    made: tuple[Path, list[tuple[Row, bytes]]],
) -> None:
    root, rows = made
    for about, data in rows[:: SHARDS * ROWS // 20]:
        original = hashlib.sha256(b"original " + data).hexdigest()
        md5 = hashlib.md5(data).hexdigest()
        whole = (original, about["original_md5"], f"image: {about['image_id']}")
        for thing in (about["raw_image_url"], about["sha256"], md5, *whole):
            [found] = find(str(root), [thing])["found"]
            assert (found["pairs"], found["rows"][0]["key"]) == (1, about["key"])
        page = about["document_url"].partition("#")[0]
        same = [r for r, _ in rows if r["document_url"].partition("#")[0] == page]
        assert look(root, about["document_url"].replace("https", "http"))[0] == len(same)


def test_what_is_not_there_is_not_found(made: tuple[Path, list[tuple[Row, bytes]]]) -> None:
    root, _ = made
    for thing in ("https://cdn.site1.example/none.jpg", "0" * 64, "f" * 32, "example.example"):
        assert look(root, thing) == (0, 0)


def test_the_index_has_the_same_bytes_again_and_is_made_once(
    made: tuple[Path, list[tuple[Row, bytes]]], tmp_path: Path
) -> None:
    root, _ = made
    shutil.copytree(root / "datasets", tmp_path / "datasets")
    first = index.of_version(version(tmp_path))
    parts = sorted((tmp_path / "takedowns").rglob("part-*"))
    assert len({path.parent for path in parts}) == 1, "what fits one slice is one segment"
    before = [path.read_bytes() for path in parts]
    assert index.of_version(version(tmp_path)) == first
    shutil.rmtree(tmp_path / "takedowns")
    assert index.of_version(version(tmp_path)) == first
    assert [path.read_bytes() for path in parts] == before
    rows = sum(pq.ParquetFile(path).metadata.num_rows for path in parts)
    small = sum(
        pq.ParquetFile(path).metadata.num_rows for path in (root / "takedowns").rglob("part-*")
    )
    assert rows == small, "however many parts it has"


def test_a_dataset_from_before_originals_were_told_is_searched_all_the_same(
    made: tuple[Path, list[tuple[Row, bytes]]], tmp_path: Path
) -> None:
    root, rows = made
    shutil.copytree(root / "datasets", tmp_path / "datasets")
    for path in tmp_path.rglob("*.parquet"):
        pq.write_table(pq.read_table(path).drop_columns(["original_md5"]), path)
    about, data = rows[7]
    md5 = hashlib.md5(data).hexdigest()
    [found] = find(str(tmp_path), [md5])["found"]
    assert found["rows"][0]["key"] == about["key"]
    assert find(str(tmp_path), [about["original_md5"]])["found"] == []
    entries = [Entry(IMAGE, about["image_id"])]
    assert originals(Storage.at(str(tmp_path)), [entry_of(md5)]) == entries


def test_a_dataset_of_another_make_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "datasets/realsyn-odd/v-1"
    folder.mkdir(parents=True)
    files = [DatasetFile(path="data/a.parquet", size=1, sha256="a", rows=3)]
    (folder / "manifest.json").write_bytes(encoded(Manifest.of(ORIGIN, files)))
    with pytest.raises(ConfigError, match="1 tables and 0 tars"):
        find(str(tmp_path), ["0" * 64])


def drawn(seed: int) -> index.Rows:
    """Rows of one table: some keys come twice, some in many tables."""
    rng = np.random.default_rng(seed)
    rows = np.zeros(int(rng.integers(0, 40)), dtype=index.ROW)
    rows["key"] = rng.integers(0, 1 << 63, len(rows), dtype=np.uint64) << np.uint64(1)
    rows["key"][::3] = np.uint64(7 << 60)
    rows["what"], rows["shard"], rows["row"] = rng.integers(0, 8, len(rows)), seed, seed % 3
    return rows


def spooled(folder: Path, tables: int, parts: int) -> list[bytes]:
    folder.mkdir()
    spool = index.Spool(folder, parts)
    for seed in range(tables):
        spool.add(drawn(seed))
    storage = Storage.at(str(folder / "root"))
    return [storage.read(part.object.path) for part in spool.stored(storage, "parts")]


@pytest.mark.parametrize("parts", [1, 7, 300])
def test_however_many_rows_are_held_parts_have_the_same_bytes(
    parts: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = spooled(tmp_path / "whole", 40, parts)
    for held in (1, 50):
        monkeypatch.setattr(index, "HELD_ROWS", held)
        assert spooled(tmp_path / str(held), 40, parts) == whole
    read = [pq.read_table(io.BytesIO(part)) for part in whole]
    expected = index.in_order(np.concatenate([drawn(seed) for seed in range(40)])).tolist()
    assert [tuple(row.values()) for part in read for row in part.to_pylist()] == expected


def test_a_part_without_rows_answers_nothing(tmp_path: Path) -> None:
    storage = Storage.at(str(tmp_path / "root"))
    spool = index.Spool(tmp_path, 3)
    spool.add(np.array([(9, 0, 1, 2)], dtype=index.ROW))
    parts = spool.stored(storage, "parts")
    keys = [9, *(part.low + 9 for part in parts[1:])]
    assert index.in_parts(storage, parts, keys).tolist() == [(9, 0, 1, 2)]


def test_rows_go_to_disk_by_runs_and_not_table_by_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    original = Path.open

    def counted(path: Path, *args: Any, **kwargs: Any) -> Any:
        opened.append(path)
        return original(path, *args, **kwargs)

    monkeypatch.setattr(index, "HELD_ROWS", 500)
    spool = index.Spool(tmp_path, 64)
    monkeypatch.setattr(Path, "open", counted)
    for seed in range(200):
        spool.add(drawn(seed))
    assert 0 < len(opened) <= 200 * 20 // 500


class Killed(Exception):
    """What a process is that makes an index."""


def read_shards(monkeypatch: pytest.MonkeyPatch, most: int = SHARDS) -> list[str]:
    """Let the making of an index read so many shards before it is cut off; tells which it reads."""
    read: list[str] = []
    original = index.read_table

    def read_table(known: Version, path: str, *args: Any) -> Any:
        if len(read) == most:
            raise Killed
        read.append(path)
        return original(known, path, *args)

    monkeypatch.setattr(index, "read_table", read_table)
    return read


def killed(root: Path, most: int) -> None:
    """Begin an index, which is cut off once so many shards were read."""
    with pytest.MonkeyPatch.context() as patch:
        read_shards(patch, most)
        with pytest.raises(Killed):
            index.of_version(version(root))


def copied(root: Path, to: Path) -> Path:
    shutil.copytree(root / "datasets", to / "datasets")
    return to


def answers(root: Path) -> list[Any]:
    known, storage = index.of_version(version(root)), Storage.at(str(root))
    keys = [
        [index.key_of(entry_of(thing))]
        for thing in (*(f"site{n}.example" for n in range(13)), "0" * 64)
    ]
    every = [key for some in keys for key in some]
    return [index.look_up(storage, known, some).tolist() for some in (*keys, every)]


@pytest.mark.parametrize("pairs", [1, ROWS, 2 * ROWS + 1, 3 * ROWS])
def test_however_shards_are_sliced_the_answers_are_the_same(
    made: tuple[Path, Any], tmp_path: Path, pairs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "READ_ANEW", pairs)
    root = copied(made[0], tmp_path)
    ends, step = [each.end for each in index.of_version(version(root)).segments], pairs // ROWS
    assert ends == [*range(step, SHARDS, step), SHARDS] if step else [1, 2, 3, 4]
    assert answers(root) == answers(made[0])
    assert look(root, "site3.example") == look(made[0], "site3.example")
    files = {path.name for path in root.glob("takedowns/index/*/*/*") if path.is_file()}
    assert files == {"index.json"}, "nothing is left of what was begun"


@pytest.mark.parametrize("killed_at", range(1, SHARDS))
def test_who_is_cut_off_loses_a_slice_at_most(
    made: tuple[Path, Any], tmp_path: Path, killed_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "READ_ANEW", 2 * ROWS)
    root = copied(made[0], tmp_path)
    killed(root, killed_at)
    assert not list(root.rglob("index.json")), "who asks is told of no index"
    with monkeypatch.context() as patch:
        read = read_shards(patch)
        assert len(index.of_version(version(root)).segments) == 2
    assert len(read) == SHARDS - killed_at // 2 * 2
    assert answers(root) == answers(made[0])


def begun_at(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a copy of a root whose index was cut off at the third slice of a shard each."""
    monkeypatch.setattr(slices, "READ_ANEW", ROWS)
    copy = copied(root, tmp_path)
    killed(copy, 3)
    return copy


def test_what_is_begun_is_taken_for_no_index_under_its_name_either(
    made: tuple[Path, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = begun_at(made[0], tmp_path, monkeypatch)
    [begun] = root.rglob("begun.json")
    shutil.copy(begun, begun.with_name("index.json"))
    assert answers(root) == answers(made[0])


def test_a_begun_index_that_has_lost_a_part_is_begun_anew(
    made: tuple[Path, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = begun_at(made[0], tmp_path, monkeypatch)
    next(root.rglob("part-*")).unlink()
    read = read_shards(monkeypatch)
    index.of_version(version(root))
    assert len(read) == SHARDS


def with_folder(root: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Copy a root, and give it the folder of an index that is to come."""
    copy = copied(root, tmp_path)
    folder = copy / "takedowns/index/realsyn-made/v-1"
    folder.mkdir(parents=True)
    return copy, folder


def test_parts_of_formats_before_go_once_there_is_an_index_of_this_one(
    made: tuple[Path, Any], tmp_path: Path
) -> None:
    root, folder = with_folder(made[0], tmp_path)
    (folder / "part-0000.parquet").write_bytes(b"before")
    (folder / "index.json").write_text('{"format": 2, "dataset": "datasets/realsyn-made/v-1"}')
    assert answers(root) == answers(made[0])
    assert [path.name for path in folder.iterdir() if path.is_file()] == ["index.json"]


def test_what_another_maker_is_writing_is_left_to_it(
    made: tuple[Path, Any], tmp_path: Path
) -> None:
    root, folder = with_folder(made[0], tmp_path)
    with (folder / f".index.json.{'0' * 32}").open("xb") as theirs:
        fcntl.flock(theirs, fcntl.LOCK_EX)
        index.of_version(version(root))
        assert Path(theirs.name).exists()
