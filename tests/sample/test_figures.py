"""Figures of a dataset are of what is published, pair by pair."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa
import pytest

from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.storage import ObjectRef
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.sample import figures as module
from realsyn_tasks.sample.figures import Figures, figures
from realsyn_tasks.sample.licence_use import host_of
from realsyn_tasks.vectors.hash_order import hash_order
from realsyn_tasks.vectors.scan import Hashes
from tests import fabricated
from tests.fabricated_contents import Made

Opened = Callable[[str], Workspace]


def counted(build: Workspace, change: Callable[[Made], None] | None = None) -> Figures:
    if change:
        fabricated.damage(build, "export", change)
    return figures(Evidence(build, "sample"))


def rows_of(build: Workspace) -> int:
    return Evidence(build, "sample").rows("export", "pairs")


def test_repetition_is_of_the_published_texts(opened: Opened) -> None:
    def change(made: Made) -> None:
        fabricated.set_column(made, "pairs", "text1", ["A text for all."] * 3)

    build = opened("sample")
    text1 = counted(build, change).repeated["text1"]
    assert (text1.texts, text1.most, text1.text) == (rows_of(build), 3, "A text for all.")
    assert text1.distinct == rows_of(build) - 2


def test_an_empty_synthetic_text_is_none(opened: Opened) -> None:
    def change(made: Made) -> None:
        fabricated.set_column(made, "pairs", "syn_text", ["", ""])

    build = opened("sample")
    before, seen = counted(build), counted(build, change)
    assert seen.repeated["syn_text"].texts == seen.having["syn_text"]
    assert seen.having["syn_text"] < before.having["syn_text"]
    assert seen.share("syn_text") < 1


def test_ids_of_sentences_are_counted_without_hashing_them_one_by_one(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 200M pairs they are 600M."""
    evidence, hashed = Evidence(opened("sample"), "sample"), list[str]()

    def noted(texts: Iterable[str], seed: int) -> Hashes:
        given = list(texts)
        hashed.extend(given)
        return hash_order(given, seed)

    monkeypatch.setattr(module, "hash_order", noted)
    hubs = figures(evidence).hubs
    used = Counter(
        name
        for commit in evidence.commits("export")
        for piece in evidence.read(commit.objects["pairs"], ["sentence_ids"])
        for names in piece["sentence_ids"].to_pylist()
        for name in names
    )
    assert hubs["sentences_used"] == len(used) > 0
    assert hubs["images_of_most_used"] == max(used.values())
    assert hubs["hub_share"] == sum(n for _, n in used.most_common(100)) / used.total()
    assert hashed and not used.keys() & set(hashed)


def test_hubs_are_counted_over_published_pairs_only(opened: Opened) -> None:
    def change(made: Made) -> None:
        fabricated.set_column(made, "pairs", "sentence_ids", [["f" * 32] * 3] * 4)

    assert counted(opened("sample"), change).hubs["images_of_most_used"] == 12


def test_a_refused_caption_counts_as_none(opened: Opened) -> None:
    build = opened("sample")
    before = counted(build)
    assert before.having["caption"] < before.pairs

    def change(made: Made) -> None:
        captions = made.tables["pairs"]["caption"].to_pylist()
        verdicts = ["too_short" if caption else "" for caption in captions]
        fabricated.set_column(made, "pairs", "caption_verdict", verdicts)
        fabricated.set_column(made, "pairs", "context", [[]])

    after = counted(build, change)
    assert after.having["caption"] < before.having["caption"]
    assert after.having["context"] == before.having["context"] - 1


def test_licences_of_pictures_and_of_texts_are_counted_apart(opened: Opened) -> None:
    seen = counted(opened("sample"))
    by_licence = {name: (pictures, texts) for name, pictures, texts in seen.licences.by_licence()}
    assert sum(pictures for pictures, _ in by_licence.values()) == seen.pairs
    assert by_licence["CC-BY-ND-4.0"] == (0, seen.pairs)
    assert by_licence[""][0] > 0
    assert {host for (host, _), *_ in seen.licences.by_host()} == {"pages.example"}
    assert seen.licences.stated == {"", "CC-BY-4.0", "CC-BY-ND-4.0"}


def test_crawl_dates_have_a_range_and_may_be_unknown(opened: Opened) -> None:
    def change(made: Made) -> None:
        fabricated.set_column(made, "pairs", "crawled", ["", "2019-05-05T00:00:00Z"])

    dates = counted(opened("sample"), change).dates
    assert (dates.first, dates.unknown) == ("2019-05-05T00:00:00Z", 1)
    assert dates.last > dates.first


def test_of_a_large_dataset_texts_are_read_of_some_shards_and_ids_of_all(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Texts, addresses and pages of every pair would take hours at 30,000 shards."""
    build = opened("sample")
    whole = counted(build)
    assert whole.whole
    monkeypatch.setattr(module, "MOST_SHARDS", 1)
    evidence, read = Evidence(build, "sample"), Counter[str]()

    def noted(ref: ObjectRef, columns: list[str] | None = None) -> Iterator[pa.Table]:
        read.update(columns or ["everything"])
        return Evidence.read(evidence, ref, columns)

    monkeypatch.setattr(evidence, "read", noted)
    some = figures(evidence)
    assert not some.whole
    assert 0 < some.looked_at < some.pairs == whole.pairs
    assert (some.hubs, some.dates) == (whole.hubs, whole.dates)
    assert some.licences.by_licence() == whole.licences.by_licence()
    assert sum(pictures for _, pictures, _ in some.licences.by_host()) == some.looked_at
    assert {name for name, times in read.items() if times > 2} <= {*module.READ_OF_ALL, "text1"}
    assert read["caption"] == read["text_urls"] == 1


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://A.example:8080/x", "a.example"),
        ("page.html", ""),
        (None, ""),
        ("http://[broken", ""),
    ],
)
def test_a_host_is_that_of_an_address(url: str | None, host: str) -> None:
    assert host_of(url) == host
