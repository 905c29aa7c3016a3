"""Partitions by size: none holds much more than it should, and a corpus that grows keeps them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from realsyn_tasks.core import include
from realsyn_tasks.core.config import PinnedSource
from realsyn_tasks.core.declaration import Axis
from realsyn_tasks.corpus.crawl import CrawlFile, CrawlRef
from realsyn_tasks.corpus.generations import GenerationRef
from realsyn_tasks.corpus.pinned import CorpusRef
from realsyn_tasks.kinds import BUILD, EXTRACT
from realsyn_tasks.runs.partitions import partitions_of, sized
from realsyn_tasks.runs.profile import read
from realsyn_tasks.stages import PIPELINE


def corpus(images: int, sentences: int) -> dict[str, PinnedSource]:
    half = {"digest": "d", "shards": 1, "images": images // 2, "sentences": sentences // 2}
    generations = tuple(GenerationRef(generation=n, **half) for n in (1, 2))
    return {"corpus": CorpusRef(generations=generations).pinned()}


def crawl(size: int) -> dict[str, PinnedSource]:
    files = (CrawlFile(path="a", size=size, digest="d"),)
    named: dict[str, Any] = {"name": "c", "uri": "c", "format": "warc", "shards": (("a",),)}
    return {"crawl": CrawlRef(files=files, **named).pinned()}


AUTO: dict[str, Any] = dict.fromkeys(PIPELINE.cuts, "auto")


@pytest.mark.parametrize(("items", "count"), [(0, 1), (1, 1), (100, 1), (101, 2), (950, 16)])
def test_a_partition_holds_no_more_than_said(items: int, count: int) -> None:
    assert sized(Axis("lists", cut=True, holds={"sentences": 100}), {"sentences": items}) == count


def test_what_is_read_adds_up() -> None:
    axis = Axis("all", cut=True, holds={"bytes": 10, "images": 2})
    assert sized(axis, {"bytes": 15, "images": 1, "sentences": 99}) == 2


def test_a_corpus_that_grows_keeps_its_partitions_until_it_has_doubled() -> None:
    axis = Axis("lists", cut=True, holds={"sentences": 100})
    counts = [sized(axis, {"sentences": n}) for n in range(1_000, 3_300, 100)]
    assert sorted(set(counts)) == [16, 32]


def test_a_small_corpus_has_one_partition_of_each_and_the_papers_many() -> None:
    assert partitions_of(BUILD, AUTO, corpus(1_000, 4_000)) == {"lists": 1, "clusters": 1}
    paper = partitions_of(BUILD, AUTO, corpus(198_000_000, 840_000_000))
    assert paper == {"lists": 2048, "clusters": 256}


def test_an_extract_counts_the_bytes_of_its_crawl_and_the_corpus_before_it() -> None:
    sources = corpus(200_000, 800_000) | crawl(20 << 30)
    assert partitions_of(EXTRACT, AUTO, crawl(1)) == {"neighbourhoods": 1}
    assert partitions_of(EXTRACT, AUTO, sources) == {"neighbourhoods": 64}


def test_a_number_stays_what_a_profile_says() -> None:
    counts: dict[str, Any] = {"neighbourhoods": 3, "lists": 5, "clusters": "auto"}
    assert partitions_of(BUILD, counts, corpus(10, 10)) == {"lists": 5, "clusters": 1}


def test_production_sizes_its_partitions() -> None:
    assert read("production").partitions == AUTO
    local = yaml.safe_load(include.profile_path("local").read_text())["partitions"]
    assert all(isinstance(count, int) for count in local.values())
