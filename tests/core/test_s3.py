"""Roots in S3 keep every promise of storage, with nothing but the environment to lead there."""

from __future__ import annotations

import random
import socket
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from realsyn_tasks.core import s3_access, s3_content, tables
from realsyn_tasks.core.errors import ConfigError, DamagedObject
from realsyn_tasks.core.ranged import RangedFile
from realsyn_tasks.core.s3_content import Content
from realsyn_tasks.core.storage import Storage
from tests.core.toy.numbers import schemas
from tests.s3 import BUCKET, faults
from tests.s3.proxy import Answer

if TYPE_CHECKING:
    from tests.s3.endpoint import Endpoint

pytest_plugins = ["tests.s3.endpoint"]
PARTS = 5 << 20  # the least that S3 allows


@pytest.fixture
def storage(s3: Endpoint) -> Storage:
    return Storage.at(s3.root)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    path.write_bytes(random.Random(1).randbytes(100_000))
    return path


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of three parts."""
    monkeypatch.setattr(s3_content, "PART", PARTS)
    monkeypatch.setattr(s3_content, "CHUNK", 1 << 20)
    path = tmp_path / "large"
    path.write_bytes(random.Random(2).randbytes(2 * PARTS + 12_345))
    return path


def test_listings_and_folders_are_relative_to_the_root(s3: Endpoint, storage: Storage) -> None:
    for path in ["a/2", "a/1", "a/deep/3", "ab/4", "top"]:
        storage.replace(path, path.encode())
    s3.overwrite("a/empty/", b"")
    assert storage.listing("a") == [("a/1", 3), ("a/2", 3)]
    assert [path for path, _ in storage.listing("a", recursive=True)] == ["a/1", "a/2", "a/deep/3"]
    assert storage.folders("a") == ["a/deep", "a/empty"]
    assert storage.folders("") == ["a", "ab"]
    whole = Storage.at(s3.root.rsplit("/", 2)[0])
    assert f"{s3.prefix}/top" in [path for path, _ in whole.listing("", recursive=True)]
    assert whole.folders("") == ["roots"]


def test_a_listing_of_many_pages(s3: Endpoint, storage: Storage) -> None:
    for number in range(7):
        storage.replace(f"many/{number}", b"x")
    s3.proxy.fault = lambda request, forward: forward(
        replace(request, target=f"{request.target}&max-keys=3")
    )
    assert [path for path, _ in storage.listing("many")] == [f"many/{n}" for n in range(7)]
    assert s3.proxy.log.counts()["LIST"] == 3


def test_an_upload_is_verified_without_reading_it_back(
    s3: Endpoint, storage: Storage, source: Path
) -> None:
    ref = storage.upload(source, "data")
    assert s3.proxy.log.counts() == {"PUT": 1, "HEAD": 1}
    storage.verify(ref, checksum=True)
    assert s3.proxy.log.counts() == {"PUT": 1, "HEAD": 2}


def test_large_objects_go_up_in_parts_and_are_verified(
    s3: Endpoint, storage: Storage, large: Path
) -> None:
    ref = storage.upload(large, "large")
    assert s3.proxy.log.counts() == {"POST MULTIPART": 2, "PUT PART": 3, "HEAD": 1}
    assert s3.stored("large") == large.read_bytes()
    assert Content.of(large).etag == s3.client().head_object(
        Bucket=BUCKET, Key=f"{s3.prefix}/large"
    )["ETag"].strip('"')
    storage.verify(ref, checksum=True)


def test_what_the_endpoint_cannot_tell_is_read_back(
    s3: Endpoint, storage: Storage, source: Path
) -> None:
    def encrypt(request, forward):
        answer = forward(request)
        answer.headers = {
            name: value
            for name, value in answer.headers.items()
            if not name.lower().startswith("x-amz-checksum")
        } | {
            "x-amz-server-side-encryption": "aws:kms",
            "ETag": '"00000000000000000000000000000000"',
        }
        return answer

    s3.proxy.fault = encrypt
    ref = storage.upload(source, "data")
    assert s3.proxy.log.counts()["GET"] == 1
    storage.verify(ref, checksum=True)
    assert storage.put_if_absent("marker", b"mine") and storage.read("marker") == b"mine"


def test_a_copy_stays_in_the_bucket_and_keeps_its_counts(
    s3: Endpoint, storage: Storage, source: Path
) -> None:
    ref = storage.upload(source, "from").model_copy(update={"rows": 3})
    before = len(s3.proxy.log.requests)
    copied = storage.copy(ref, "datasets/to")
    assert (copied.path, copied.rows, copied.sha256) == ("datasets/to", 3, ref.sha256)
    assert s3.stored("datasets/to") == source.read_bytes()
    assert s3.proxy.log.counts(before) == {"HEAD": 2, "COPY": 1}


def test_a_large_copy_stays_in_the_bucket_too(s3: Endpoint, storage: Storage, large: Path) -> None:
    ref = storage.upload(large, "from")
    before = len(s3.proxy.log.requests)
    storage.copy(ref, "to")
    assert s3.stored("to") == large.read_bytes()
    assert "GET" not in s3.proxy.log.counts(before)


def test_a_copy_of_something_else_is_noticed(s3: Endpoint, storage: Storage, source: Path) -> None:
    ref = storage.upload(source, "from")
    s3.overwrite("from", b"x" * ref.size)
    with pytest.raises(DamagedObject):
        storage.copy(ref, "to")


# -- reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_any_reading_of_a_large_file_gives_its_bytes(seed: int) -> None:
    data, chance = random.Random(seed).randbytes(20 << 20), random.Random(seed + 9)
    fetched: list[int] = []

    def fetch(start: int, length: int) -> bytes:
        fetched.append(length)
        return data[start : start + length]

    file = RangedFile(len(data), fetch)
    for _ in range(300):
        if chance.random() < 0.3:
            file.seek(chance.randrange(len(data)))
        place, length = file.tell(), chance.choice([1, 100, 70_000, 300_000])
        assert file.read(length) == data[place : place + length]


def test_reading_straight_on_takes_ever_larger_steps() -> None:
    lengths: list[int] = []

    def fetch(start: int, length: int) -> bytes:
        lengths.append(length)
        return bytes(length)

    file = RangedFile(100 << 20, fetch)
    while file.read(10_000):
        pass
    assert len(lengths) <= 20 and max(lengths) == 8 << 20
    file.seek(50 << 20)
    file.read(1000)
    assert lengths[-1] == 64 << 10, "a jump reads little ahead"


def test_small_objects_are_read_at_once(s3: Endpoint, storage: Storage, tmp_path: Path) -> None:
    path = tmp_path / "numbers.parquet"
    tables.write_table(tables.build(schemas.NUMBERS, {"number": list(range(5000))}), path)
    storage.upload(path, "numbers.parquet")
    before = len(s3.proxy.log.requests)
    with storage.open("numbers.parquet") as file:
        assert pq.ParquetFile(file).read()["number"].to_pylist() == list(range(5000))
    asked = {(r.operation, r.headers.get("range")) for r in s3.proxy.log.requests[before:]}
    assert len(asked) == 2, "one question for the size, one for all the bytes; repeated if slow"


# -- configuration --------------------------------------------------------------------------------


def test_a_refusal_names_the_permission(s3: Endpoint, storage: Storage, source: Path) -> None:
    s3.proxy.fault = faults.forbidden
    with pytest.raises(ConfigError, match="grant s3:GetObject; without s3:ListBucket"):
        storage.read("data")
    with pytest.raises(ConfigError, match="grant s3:GetObject"):
        storage.open("data")
    with pytest.raises(ConfigError, match="grant s3:PutObject"):
        storage.upload(source, "data")
    with pytest.raises(ConfigError, match="grant s3:ListBucket"):
        storage.listing("data")
    with pytest.raises(ConfigError, match="grant s3:DeleteObject"):
        storage.delete("data")
    assert len(s3.proxy.log.requests) <= 7, "what is forbidden is not asked again"


def test_an_absent_bucket_is_named(s3: Endpoint) -> None:
    with pytest.raises(ConfigError, match="no such bucket"):
        Storage.at("s3://elsewhere/root").read("config.json")
    with pytest.raises(ConfigError, match="no such bucket"):
        Storage.at("s3://elsewhere/root").listing("")


def test_without_credentials_the_error_says_what_to_set(
    s3: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    storage = Storage.at(s3.root)
    for action in (storage.read, storage.open):
        with pytest.raises(ConfigError, match="AWS_PROFILE, AWS_ACCESS_KEY_ID"):
            action("config.json")


def test_a_profile_leads_there_as_well(
    s3: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in s3.variables:
        monkeypatch.delenv(name)
    config = tmp_path / "config"
    config.write_text(
        "[profile team]\nregion = eu-central-1\naws_access_key_id = a\n"
        f"aws_secret_access_key = b\nendpoint_url = {s3.proxy.url}\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "team")
    storage = Storage.at(s3.root)
    storage.replace("data", b"by profile")
    assert storage.open("data").read() == storage.read("data") == b"by profile"
    assert {
        request.headers["authorization"].split("/")[2] for request in s3.proxy.log.requests
    } == {"eu-central-1"}, "whole objects and ranges are asked for by the same profile"


def test_virtual_addressing_on_demand(s3: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *more: resolve("127.0.0.1", *more))
    monkeypatch.setenv("REALSYN_S3_ADDRESSING", "virtual")
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.proxy.url.replace("127.0.0.1", "localhost"))
    storage = Storage.at(s3.root)
    storage.replace("data", b"x")
    assert storage.open("data").read() == b"x"
    hosts = {request.headers["host"].split(":")[0] for request in s3.proxy.log.requests}
    assert hosts == {"realsyn.localhost"}


def test_a_bucket_tells_its_region_even_to_the_refused(s3: Endpoint) -> None:
    client = s3_access.access(BUCKET).client
    assert s3_access.region_of(client, BUCKET) == "us-east-1"
    s3.proxy.fault = lambda request, forward: Answer(403, {"x-amz-bucket-region": "eu-west-1"}, b"")
    assert s3_access.region_of(client, BUCKET) == "eu-west-1"


def test_at_aws_the_client_goes_to_the_buckets_own_region(
    s3: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setattr(s3_access, "region_of", lambda client, bucket: "eu-west-1")
    reached = s3_access.access("far-away")
    assert reached.is_amazon
    assert reached.client.meta.endpoint_url == "https://s3.eu-west-1.amazonaws.com"
    assert s3_access.puts_conditionally(reached, "probe"), "without asking"
    assert not s3.proxy.log.requests


@pytest.mark.parametrize("name", ["REALSYN_S3_ADDRESSING", "REALSYN_S3_CONDITIONAL_PUT"])
def test_a_setting_out_of_range(s3: Endpoint, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "maybe")
    with pytest.raises(ConfigError, match=name):
        Storage.at(s3.root).put_if_absent("marker", b"")


# -- many markers ---------------------------------------------------------------------------------


@pytest.fixture
def marked(storage: Storage) -> Storage:
    for number in range(40):
        storage.replace(f"stage/_commits/{number:05d}.json", b"%d" % number)
    storage.read_folder("stage/_commits")
    return storage


def test_many_markers_are_known_by_one_list_and_one_read(s3: Endpoint, marked: Storage) -> None:
    before = len(s3.proxy.log.requests)
    found = marked.read_folder("stage/_commits")
    assert found == {f"stage/_commits/{n:05d}.json": b"%d" % n for n in range(40)}
    assert s3.proxy.log.counts(before) == {"LIST": 1, "GET": 1}


def test_a_snapshot_is_not_believed_by_itself(s3: Endpoint, marked: Storage) -> None:
    marked.delete("stage/_commits/00003.json")
    marked.replace("stage/_commits/00005.json", b"changed")
    marked.replace("stage/_commits/00040.json", b"40")
    found = marked.read_folder("stage/_commits")
    assert len(found) == 40 and "stage/_commits/00003.json" not in found
    assert found["stage/_commits/00005.json"] == b"changed"
    assert found["stage/_commits/00040.json"] == b"40"


@pytest.mark.parametrize("damage", [b"", b"torn", b"\x1f\x8b\x08\x00torn", b"garbled", None])
def test_a_snapshot_may_be_torn_or_gone(
    s3: Endpoint, marked: Storage, damage: bytes | None
) -> None:
    path = "stage/_commits.snapshot.json.gz"
    whole = s3.stored(path)
    damage = whole[:20] + b"garbled" + whole[27:] if damage == b"garbled" else damage
    marked.delete(path) if damage is None else s3.overwrite(path, damage)
    assert len(marked.read_folder("stage/_commits")) == 40
    assert len(s3.stored(path)) > 100, "and is made anew"


def test_who_may_not_write_reads_all_the_same(s3: Endpoint, marked: Storage) -> None:
    marked.delete("stage/_commits.snapshot.json.gz")
    s3.proxy.fault = faults.first(99, faults.any_of("PUT"), faults.forbidden)
    assert len(marked.read_folder("stage/_commits")) == 40
    assert s3.proxy.spoilt == 1
