"""What every root promises: whole objects, one winner, verified writes.

Of files, and of buckets on two servers that have nothing in common.
"""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from realsyn_tasks.core import s3_content
from realsyn_tasks.core.errors import ConfigError, DamagedObject
from realsyn_tasks.core.storage import Storage

pytest_plugins = ["tests.s3.endpoint"]


@pytest.fixture(params=["files", "s3", "other_s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "files":
        return Storage.at(str(tmp_path / "root"))
    return Storage.at(request.getfixturevalue(request.param).root)


@pytest.fixture
def folder(tmp_path: Path) -> Storage:
    return Storage.at(str(tmp_path / "root"))


def test_one_of_many_writers_wins(storage: Storage) -> None:
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: storage.put_if_absent("a/marker", b"%d" % n), range(32)))
    assert won.count(True) == 1
    assert storage.read("a/marker") == b"%d" % won.index(True)
    assert storage.listing("a") == [("a/marker", len(storage.read("a/marker")))]


def test_upload_knows_size_and_checksum(storage: Storage, tmp_path: Path) -> None:
    source = tmp_path / "data"
    source.write_bytes(b"x" * 10_000)
    ref = storage.upload(source, "deep/down/data")
    assert (ref.size, storage.size(ref.path)) == (10_000, 10_000)
    storage.verify(ref, checksum=True)


def test_when_an_object_was_written_is_told(storage: Storage) -> None:
    storage.put_if_absent("a/marker", b"1")
    assert abs((storage.written("a/marker") or 0) - time.time()) < 60
    assert storage.written("a/other") is None and storage.written("a/marker/b") is None


@pytest.mark.parametrize("damage", [b"x" * 9_999, b"x" * 9_999 + b"y", None])
def test_damage_is_noticed(storage: Storage, tmp_path: Path, damage: bytes | None) -> None:
    source = tmp_path / "data"
    source.write_bytes(b"x" * 10_000)
    ref = storage.upload(source, "data")
    storage.delete("data") if damage is None else storage.replace("data", damage)
    with pytest.raises(DamagedObject, match="data"):
        storage.verify(ref, checksum=True)


def test_a_copy_is_verified_and_keeps_its_counts(storage: Storage, tmp_path: Path) -> None:
    source = tmp_path / "data"
    source.write_bytes(b"pairs")
    ref = storage.upload(source, "from").model_copy(update={"rows": 3})
    copied = storage.copy(ref, "datasets/to")
    assert (copied.path, copied.rows, copied.sha256) == ("datasets/to", 3, ref.sha256)


def test_what_is_not_there(storage: Storage) -> None:
    with pytest.raises(FileNotFoundError):
        storage.read("nothing")
    with pytest.raises(FileNotFoundError):
        storage.open("nothing")
    assert storage.written("nothing") is None
    assert storage.size("nothing") is None and not storage.exists("nothing")
    assert storage.listing("nothing") == storage.folders("nothing") == []
    assert storage.read_each(["a", "b"]) == storage.sizes(["a", "b"]) == [None, None]
    storage.delete("nothing")
    assert storage.delete_if("nothing", b"")


def test_delete_if_spares_what_came_after(storage: Storage) -> None:
    storage.replace("marker", b"new")
    assert not storage.delete_if("marker", b"old")
    assert storage.read("marker") == b"new"
    assert storage.delete_if("marker", b"new")
    assert not storage.exists("marker")


def test_a_ranged_file_reads_as_a_file_does(storage: Storage, tmp_path: Path) -> None:
    source = tmp_path / "data"
    source.write_bytes(random.Random(1).randbytes(100_000))
    storage.upload(source, "data")
    data, chance = source.read_bytes(), random.Random(5)
    with storage.open("data") as stored, source.open("rb") as local:
        for _ in range(200):
            place, length = chance.randrange(110_000), chance.randrange(5_000)
            assert stored.seek(place) == local.seek(place)
            assert stored.read(length) == local.read(length)
            assert stored.tell() == local.tell()
        assert stored.seek(-10, 2) == 99_990 and stored.read() == data[-10:]
        stored.seek(0)
        assert stored.readline() == data[: data.index(b"\n") + 1]
        buffer = bytearray(7)
        assert stored.readinto(buffer) == 7
    with pytest.raises(ValueError):
        stored.read(1)


def test_listings_and_folders_are_relative_to_the_root(storage: Storage) -> None:
    for path in ["a/2", "a/1", "a/deep/3", "ab/4", "top"]:
        storage.replace(path, path.encode())
    assert storage.listing("a") == [("a/1", 3), ("a/2", 3)]
    assert [path for path, _ in storage.listing("a", recursive=True)] == ["a/1", "a/2", "a/deep/3"]
    assert (storage.folders("a"), storage.folders("")) == (["a/deep"], ["a", "ab"])
    assert list(storage.contents("a")) == [("a/1", b"a/1"), ("a/2", b"a/2")]


def test_names_with_signs_are_names(storage: Storage) -> None:
    for name in ("with space", "plus+and&", "ü/ñ", "per%cent", "hash#mark?"):
        storage.replace(f"odd/{name}", name.encode())
        assert storage.read(f"odd/{name}") == name.encode()
    assert len(storage.listing("odd", recursive=True)) == 5


def test_large_objects_come_and_go_in_parts(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_content, "PART", 5 << 20)  # the least that S3 allows
    source = tmp_path / "large"
    source.write_bytes(random.Random(2).randbytes((10 << 20) + 12_345))
    copied = storage.copy(storage.upload(source, "from"), "to")
    storage.verify(copied, checksum=True)
    assert storage.local(copied, tmp_path).read_bytes() == source.read_bytes()


def test_unknown_scheme_says_what_to_use() -> None:
    with pytest.raises(ConfigError, match="file:// or s3://"):
        Storage.at("ftp://somewhere/else")


def test_links_out_of_a_folder_are_not_listed(folder: Storage, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"not yours")
    folder.replace("crawl/page.html", b"mine")
    (tmp_path / "root" / "crawl" / "stolen.html").symlink_to(secret)
    (tmp_path / "root" / "crawl" / "again.html").symlink_to(tmp_path / "root/crawl/page.html")
    names = [path for path, _ in folder.listing("crawl")]
    assert names == ["crawl/again.html", "crawl/page.html"]
    assert [f"crawl/{name}" for name in folder.tags("crawl")] == names


def test_a_damaged_source_is_not_copied_unnoticed(storage: Storage, tmp_path: Path) -> None:
    source = tmp_path / "data"
    source.write_bytes(b"pairs")
    ref = storage.upload(source, "from")
    storage.replace("from", b"pears")
    with pytest.raises(DamagedObject, match="checksum"):
        storage.copy(ref, "datasets/to")
