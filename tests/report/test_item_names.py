"""What a typed text may mean."""

from __future__ import annotations

import hashlib

import pytest

from realsyn_tasks.core import ids
from realsyn_tasks.report.item_names import read

SHA256 = hashlib.sha256(b"picture").hexdigest()
MD5 = hashlib.md5(b"picture", usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("typed", [SHA256, SHA256.upper(), f" sha256: {SHA256}\n"])
def test_a_digest_names_the_id_that_it_begins_with(typed: str) -> None:
    asked = read(typed)
    assert asked.ids == (SHA256[:32],)
    assert [(entry.kind, entry.value) for entry in asked.digests] == [("sha256", SHA256)]


def test_an_id_may_be_an_md5() -> None:
    asked = read(MD5)
    assert asked.ids == (MD5,)
    assert [entry.kind for entry in asked.digests] == ["md5"]


def test_an_address_may_lack_its_scheme() -> None:
    assert read("site.example/a.jpg").addresses == ("https://site.example/a.jpg",)
    assert read("url: https://site.example/a.jpg").addresses == ("https://site.example/a.jpg",)


def test_a_key_of_a_sample_is_digits() -> None:
    assert read("0000100002").sample == "0000100002"
    assert not read("12345").sample


def test_a_sentence_has_an_id_and_may_be_a_piece_of_one() -> None:
    asked = read("Two  words")
    assert ids.sentence_id("Two words") in asked.ids
    assert asked.is_phrase and not read("word").is_phrase
