"""The digests of a generation's shards are kept beside its pointer, and believed only with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from realsyn_tasks.core import files
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.corpus import contents
from realsyn_tasks.corpus.generations import Generation, GenerationShard, generation_path
from realsyn_tasks.corpus.pinned import CorpusRef, PinnedCorpus

SHARDS = 5
KEPT = "corpus/gen=0001/contents.json"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "WORTHWHILE", SHARDS)
    monkeypatch.setattr(files, "SETTLE_NS", 0)


def generation(content: str = "", whole: str = "it") -> Generation:
    objects = [
        {"images": ObjectRef(path="", size=0, sha256=f"{content}{n}")} for n in range(SHARDS)
    ]
    return Generation(
        generation=1,
        crawl="",
        crawl_uri="",
        extract="",
        config_digest="",
        digest=whole,
        shards=tuple(GenerationShard(objects=each, rows={}) for each in objects),
    )


def promoted(storage: Storage, made: Generation) -> PinnedCorpus:
    storage.replace(generation_path(1), made.model_dump_json().encode())
    return pinned(storage, made)


def pinned(storage: Storage, made: Generation) -> PinnedCorpus:
    return PinnedCorpus(storage, CorpusRef.of([made]).pinned().reference)


def digests(corpus: PinnedCorpus) -> list[str]:
    return [corpus.digest(shard) for shard in range(SHARDS)]


def expected(content: str = "") -> list[str]:
    return [digest({"images": f"{content}{n}"}) for n in range(SHARDS)]


def test_the_pointer_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = Storage.at(str(tmp_path))
    assert digests(promoted(storage, generation())) == expected()
    again = pinned(storage, generation())
    monkeypatch.setattr(PinnedCorpus, "_generation", None)
    assert digests(again) == expected()
    assert again.digest(None) == digest(expected())


def test_another_pointer_of_the_same_digest_is_noticed(tmp_path: Path) -> None:
    storage = Storage.at(str(tmp_path))
    digests(promoted(storage, generation()))
    assert digests(promoted(storage, generation("new"))) == expected("new")


def test_a_pointer_of_another_digest_is_refused(tmp_path: Path) -> None:
    storage = Storage.at(str(tmp_path))
    digests(promoted(storage, generation()))
    other = pinned(storage, generation(whole="other"))
    with pytest.raises(ConfigError, match="is another one now: put back"):
        digests(other)


DAMAGES: list[Callable[[bytes], bytes]] = [
    lambda data: data[:-9],
    lambda data: data.replace(expected()[0].encode(), expected()[1].encode()),
    lambda _: b"",
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_made_anew(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    storage = Storage.at(str(tmp_path))
    digests(promoted(storage, generation()))
    sound = storage.read(KEPT)
    storage.replace(KEPT, damage(sound))
    assert digests(pinned(storage, generation())) == expected()
    assert storage.read(KEPT) == sound
