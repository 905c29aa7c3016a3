"""What every root promises: whole objects, one winner, verified writes."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from realsyn_tasks.core.errors import ConfigError, DamagedObject
from realsyn_tasks.core.storage import Storage


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
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
    target = tmp_path / "root" / "data"
    target.unlink() if damage is None else target.write_bytes(damage)
    with pytest.raises(DamagedObject, match="data"):
        storage.verify(ref, checksum=True)


def test_a_copy_is_verified_and_keeps_its_counts(storage: Storage, tmp_path: Path) -> None:
    source = tmp_path / "data"
    source.write_bytes(b"pairs")
    ref = storage.upload(source, "from").model_copy(update={"rows": 3})
    copied = storage.copy(ref, "datasets/to")
    assert (copied.path, copied.rows, copied.sha256) == ("datasets/to", 3, ref.sha256)


def test_unknown_scheme_says_what_to_use() -> None:
    with pytest.raises(ConfigError, match="file:// or s3://"):
        Storage.at("ftp://somewhere/else")


def test_links_out_of_a_folder_are_not_listed(storage: Storage, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"not yours")
    storage.replace("crawl/page.html", b"mine")
    (tmp_path / "root" / "crawl" / "stolen.html").symlink_to(secret)
    (tmp_path / "root" / "crawl" / "again.html").symlink_to(tmp_path / "root/crawl/page.html")
    names = [path for path, _ in storage.listing("crawl")]
    assert names == ["crawl/again.html", "crawl/page.html"]


def test_a_damaged_source_is_not_copied_unnoticed(storage: Storage, tmp_path: Path) -> None:
    source = tmp_path / "data"
    source.write_bytes(b"pairs")
    ref = storage.upload(source, "from")
    (tmp_path / "root" / "from").write_bytes(b"pears")
    with pytest.raises(DamagedObject, match="checksum"):
        storage.copy(ref, "datasets/to")
