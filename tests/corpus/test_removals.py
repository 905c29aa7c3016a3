"""What requests remove from a generation: one pass for all of them, each as if it were alone."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from realsyn_tasks.core.files import LocalStorage
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.corpus import matches, removals, schemas, tombstones
from realsyn_tasks.corpus.entries import entry_of
from realsyn_tasks.corpus.generations import Generation, GenerationShard
from realsyn_tasks.corpus.tombstones import Request

SHARDS, IMAGES, SENTENCES = 3, 7, 12


def picture(shard: int, number: int) -> bytes:
    return f"picture {shard} {number}".encode()


def address(shard: int, number: int) -> str:
    return f"https://www.site{number % 4}.example/{shard}/{number}"


def stored(storage: Storage, path: str, table: pa.Table) -> ObjectRef:
    data = removals.as_bytes(table)
    storage.put_if_absent(path, data)
    return ObjectRef(path=path, size=len(data), sha256=hashlib.sha256(data).hexdigest())


def shard_of(storage: Storage, shard: int) -> GenerationShard:
    data = [picture(shard, number) for number in range(IMAGES)]
    images = {
        "image_id": [hashlib.sha256(each).hexdigest()[:32] for each in data],
        "url": [f"https://cdn.example/{shard}/{number}.jpg" for number in range(IMAGES)],
        "document_url": [address(shard, number) for number in range(IMAGES - 1)] + [None],
        "offset": [sum(map(len, data[:number])) for number in range(IMAGES)],
        "length": [len(each) for each in data],
    }
    pages = [address(shard, number) for number in range(SENTENCES)]
    names = [f"{shard:016x}{number:016x}" for number in range(SENTENCES)]
    sentences = {"sentence_id": names, "document_url": pages}
    content, path = b"".join(data), f"corpus/pixels-{shard}"
    storage.put_if_absent(path, content)
    sha256 = hashlib.sha256(content).hexdigest()
    objects = {
        "images": stored(storage, f"corpus/images-{shard}", pa.table(images)),
        "sentences": stored(storage, f"corpus/sentences-{shard}", pa.table(sentences)),
        "pixels": ObjectRef(path=path, size=len(content), sha256=sha256),
    }
    return GenerationShard(objects=objects, rows={"images": IMAGES, "sentences": SENTENCES})


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage.at(str(tmp_path))


@pytest.fixture
def generation(storage: Storage) -> Generation:
    shards = tuple(shard_of(storage, number) for number in range(SHARDS))
    names = dict.fromkeys(("crawl", "crawl_uri", "extract", "config_digest"), "made")
    return Generation(generation=1, digest="0" * 64, shards=shards, **names)


def md5(shard: int, number: int) -> str:
    return hashlib.md5(picture(shard, number)).hexdigest()


def sha256(shard: int, number: int) -> str:
    return hashlib.sha256(picture(shard, number)).hexdigest()


ASKED = {
    "domain": ["site1.example"],
    "wide and narrow": ["www.site2.example", "site2.example"],
    "page, though its domain is asked for, too": [address(0, 1), "site1.example"],
    "image before its page": ["https://cdn.example/1/2.jpg", address(1, 2)],
    "all of one image": [md5(2, 3), sha256(2, 3), "https://cdn.example/2/3.jpg", "site3.example"],
    "both hashes": [md5(1, 0), sha256(0, 0)],
    "md5": [md5(0, 4), md5(1, 0)],
    "id": [f"image: {sha256(1, 0)[:32]}"],
    "nothing": ["other.example", "0" * 64],
}


def requests() -> list[Request]:
    return [Request.of(tuple(map(entry_of, things))) for things in ASKED.values()]


def rows_of(table: pa.Table) -> list[tuple[Any, ...]]:
    return sorted(tuple(row.values()) for row in table.to_pylist())


def test_requests_of_one_pass_mean_what_each_means_alone(
    storage: Storage, generation: Generation
) -> None:
    alone = [removals.scan(storage, generation, [request]) for request in requests()]
    together = removals.scan(storage, generation, requests())
    assert together.schema == schemas.REMOVED
    assert rows_of(together) == rows_of(pa.concat_tables(alone))
    assert [bool(table.num_rows) for table in alone] == [name != "nothing" for name in ASKED]
    for table in alone:
        places = [(row["shard"], row["kind"], row["id"]) for row in table.to_pylist()]
        assert places == sorted(set(places)), "an item stands once, in its order"


def test_an_item_is_named_by_what_says_most(storage: Storage, generation: Generation) -> None:
    def details(name: str) -> dict[tuple[str, int], set[str]]:
        [request] = [r for r, asked in zip(requests(), ASKED, strict=True) if asked == name]
        told: dict[tuple[str, int], set[str]] = {}
        for row in removals.scan(storage, generation, requests()).to_pylist():
            if row["request"] == request.id:
                told.setdefault((row["kind"], row["shard"]), set()).add(row["detail"])
        return told

    assert details("wide and narrow")["image", 0] == {"domain: www.site2.example"}
    page = details("page, though its domain is asked for, too")["image", 0]
    assert page == {f"url: {address(0, 1)}", "domain: site1.example"}
    assert details("image before its page")["image", 1] == {"url: https://cdn.example/1/2.jpg"}
    every = details("all of one image")
    assert every["image", 2] == {f"sha256: {sha256(2, 3)}"}
    assert every["sentence", 2] == {"domain: site3.example"}
    assert details("md5") == {
        ("image", shard): {f"md5: {md5(shard, number)}"} for shard, number in ((0, 4), (1, 0))
    }


def test_a_list_is_made_in_one_pass_and_is_the_same_in_several(
    storage: Storage, generation: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for request in requests():
        tombstones.file(storage, request)
        state = tombstones.state(storage)
        step_by_step = removals.removed(storage, generation, state)[1]
    for path, _ in storage.listing(tombstones.FOLDER + "/removed", recursive=True):
        storage.delete(path)
    reads, several = Counter[str](), []
    read, each = removals._read, LocalStorage.each

    def noted(storage: Storage, ref: ObjectRef, columns: list[str]) -> pa.Table:
        reads[ref.path] += 1
        return read(storage, ref, columns)

    def at_once(self: Any, function: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
        several.append(len(items))
        return each(self, function, items)

    monkeypatch.setattr(removals, "_read", noted)
    monkeypatch.setattr(LocalStorage, "each", at_once)
    assert removals.removed(storage, generation, state)[1] == step_by_step
    assert len(reads) == 2 * SHARDS
    assert set(reads.values()) == {1}
    assert SHARDS in several
    known = {r.id: removals.scan(storage, generation, [r]) for r in requests()[3:5]}
    partly = removals._made(storage, generation, state, known)
    assert removals.as_bytes(partly) == step_by_step
    everything = {r.id: removals.scan(storage, generation, [r]) for r in requests()}
    reads.clear()
    removals._made(storage, generation, state, everything)
    assert not reads, "nothing is looked at for what is known"


def test_each_address_is_spelled_once_for_all_requests(
    storage: Storage, generation: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    domains = [Request.of((entry_of(f"site{number}.example"),)) for number in range(40)]
    spelled = Counter[int]()
    url_key = matches.url_key
    for wanted in (1, 40):

        def counted(url: str | None, wanted: int = wanted) -> str:
            spelled[wanted] += 1
            return url_key(url)

        monkeypatch.setattr(matches, "url_key", counted)
        removals.scan(storage, generation, domains[:wanted])
    assert spelled[40] == spelled[1] > 0


def test_bytes_are_hashed_once_for_all_requests_that_name_an_md5(
    storage: Storage, generation: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    digest = removals._hashed

    def noted(storage: Storage, pixels: ObjectRef, images: pa.Table) -> pa.Table:
        hashed.append(pixels.path)
        return digest(storage, pixels, images)

    monkeypatch.setattr(removals, "_hashed", noted)
    removals.scan(storage, generation, requests()[:1])
    assert hashed == []
    removals.scan(storage, generation, requests())
    assert hashed == [shard.objects["pixels"].path for shard in generation.shards]
    removals.scan(storage, generation, requests())
    assert len(hashed) == SHARDS
