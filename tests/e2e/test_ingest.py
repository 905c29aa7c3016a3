"""Crawls that arrive under ROOT/crawls become generations, one after another."""

from __future__ import annotations

import json

import pytest

from tests.e2e.conftest import Upkeep

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def test_both_crawls_are_extracted_in_order(upkeep: Upkeep) -> None:
    pointers = sorted(upkeep.arrived.glob("corpus/*/generation.json"))
    found = [json.loads(path.read_text()) for path in pointers]
    assert [generation["crawl"] for generation in found] == ["first", "second"]
    assert all(generation["shards"] for generation in found)
    config = json.loads((upkeep.arrived / "extracts/second/config.json").read_text())
    pinned = [generation["digest"] for generation in config["corpus"]]
    assert pinned == [found[0]["digest"]], "the second is compared with the first"
