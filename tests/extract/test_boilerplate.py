"""Sentences that recur on a site's documents are found and dropped; no others are."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from realsyn_tasks.core import ids, tables
from realsyn_tasks.core.stage import Dropped, Output, Piece
from realsyn_tasks.extract import boilerplate, count_words, filter_sentences, schemas
from realsyn_tasks.extract.boilerplate import count_recurring, site_of
from realsyn_tasks.extract.reasons import EXACT_DUPLICATE
from tests.support import FakeInputs, context

Page = tuple[str, list[str]]  # address, sentences
NOTICE = "All of our fine old stories are written by hand in a small town."
GOOD = "A small brown dog runs along the wet beach near house number {}."
PLENTY = 10_000


def crawl(shards: Sequence[Sequence[Page]]) -> FakeInputs:
    """What parse gives for pages: each sentence once a shard, and its repetitions as dropped."""
    found: dict[tuple[str, str], list[pa.Table]] = {
        ("parse", name): [] for name in ("documents", "sentences", "dropped")
    }
    for number, pages in enumerate(shards):
        documents, sentences, dropped = [], {}, []
        for url, texts in pages:
            name = ids.document_id(" ".join(texts), 0, url)
            documents.append(document(name, url, len(texts)))
            for text in texts:
                identity = ids.sentence_id(text)
                if identity in sentences:
                    dropped.append(Dropped("sentence", identity, EXACT_DUPLICATE, url))
                sentences.setdefault(identity, sentence(identity, text, name, url))
        dropped.append(Dropped("image", f"i{number}", EXACT_DUPLICATE, "https://a.test/p0"))
        rows = sorted(sentences.values(), key=lambda row: row["sentence_id"])
        found["parse", "documents"].append(tables.from_rows(schemas.DOCUMENTS, documents))
        found["parse", "sentences"].append(tables.from_rows(schemas.SENTENCES, rows))
        found["parse", "dropped"].append(tables.dropped_table(dropped))
    return FakeInputs(found)


def document(name: str, url: str, sentences: int) -> dict[str, object]:
    return {"document_id": name, "url": url, "sentences": sentences}


def sentence(identity: str, text: str, document_id: str, url: str) -> dict[str, object]:
    return {
        "sentence_id": identity,
        "text": text,
        "document_id": document_id,
        "document_url": url,
        "words": len(text.split()),
    }


def pages(host: str, count: int, *texts: str) -> list[Page]:
    return [(f"https://{host}/p{n}", [*texts, f"{host} tells story {n}."]) for n in range(count)]


def found(inputs: FakeInputs, most: int = PLENTY) -> dict[tuple[str, str], tuple[int, int]]:
    return {
        (row["site"], row["sentence_key"]): (row["documents"], row["site_documents"])
        for row in count_recurring(inputs, most).to_pylist()
    }


def key(text: str) -> str:
    return ids.sentence_id(text)[:16]


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.Story.test/a?b", "story.test"),
        ("http://user@m.story.test:8080/", "story.test"),
        ("https://news.story.test.", "news.story.test"),
        ("https://www.co.uk/", "www.co.uk"),
        ("https://m.github.io/a", "m.github.io"),
        ("http://www.192.0.2.1/", "192.0.2.1"),
        ("pages/a.html", ""),
        ("https://[broken", ""),
    ],
)
def test_a_site_is_a_host(url: str, site: str) -> None:
    assert site_of(url) == site


def test_documents_are_counted_and_not_occurrences() -> None:
    twice = [(url, [*texts, NOTICE]) for url, texts in pages("a.test", 4, NOTICE)]
    assert found(crawl([twice])) == {}
    assert found(crawl([pages("a.test", 5, NOTICE)])) == {("a.test", key(NOTICE)): (5, 5)}


def test_sites_are_counted_apart_and_captures_once() -> None:
    everywhere = [page for n in range(9) for page in pages(f"s{n}.test", 1, NOTICE)]
    again = pages("a.test", 3, NOTICE)
    assert found(crawl([everywhere, again, again, again])) == {}
    six = crawl([[*everywhere, *again], again, pages("www.a.test", 3, NOTICE)])
    assert found(six) == {("a.test", key(NOTICE)): (6, 6)}


def test_neither_order_nor_cut_of_shards_matters() -> None:
    everything = [*pages("a.test", 30, NOTICE), *pages("b.test", 20, NOTICE, "Read on below.")]
    everything += everything[:15]  # captured twice
    dice = random.Random(0)
    results = []
    for cut in (1, 3, 7):
        dice.shuffle(everything)
        inputs = crawl([everything[start::cut] for start in range(cut)])
        inputs_backwards = FakeInputs({name: found[::-1] for name, found in inputs.tables.items()})
        results += [count_recurring(one, PLENTY) for one in (inputs, inputs_backwards)]
    assert results[0].schema == schemas.RECURRING
    assert {row["site"] for row in results[0].to_pylist()} == {"a.test", "b.test"}
    assert all(result.equals(results[0]) for result in results)


def test_more_than_fits_is_sampled_by_document() -> None:
    inputs = crawl([pages("a.test", 400, NOTICE), pages("b.test", 400, NOTICE)])
    whole, part = found(inputs), found(inputs, 400)  # of 1600 sentences
    assert whole == {(f"{s}.test", key(NOTICE)): (400, 400) for s in "ab"}
    for documents, of_site in part.values():
        assert documents == of_site
        assert 60 < of_site < 140
    backwards = crawl([pages("b.test", 400, NOTICE), pages("a.test", 400, NOTICE)])
    assert found(backwards, 400) == part


def test_a_site_is_named_by_one_of_its_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it takes to find a site in an address is more than all else that is done with it."""
    looked_at: list[str] = []

    def noted(url: str) -> str:
        looked_at.append(url)
        return site_of(url)

    monkeypatch.setattr(boilerplate, "site_of", noted)
    both = [*pages("a.test", 30, NOTICE), *pages("www.b.test", 20, NOTICE)]
    assert {site for site, _ in found(crawl([both]))} == {"a.test", "b.test"}
    assert len(looked_at) == len(both) + 2


class Watched(FakeInputs):
    """Inputs that note of which shards the sentences are read."""

    def pieces(self, stage: str, name: str) -> list[Piece]:
        self.read: list[int] = []
        given = super().pieces(stage, name)
        return [Piece(piece.rows, self._noting(n, piece)) for n, piece in enumerate(given)]

    def _noting(self, number: int, piece: Piece) -> Callable[[list[str] | None], pa.Table]:
        def read(columns: list[str] | None) -> pa.Table:
            self.read.append(number)
            return piece.read(columns)

        return read


def test_of_shards_without_a_document_that_counts_no_sentence_is_read() -> None:
    few, many = pages("b.test", 4, NOTICE), pages("a.test", 6, NOTICE)
    again = many[:3]  # which count where they were captured first
    inputs = Watched(crawl([few, many, few, again]).tables)
    assert found(inputs) == {("a.test", key(NOTICE)): (6, 6)}
    assert inputs.read == [1]


def filtered(inputs: FakeInputs, tmp_path: Path, **settings: object) -> Output:
    fitted = count_words.run(inputs, count_words.Config(), context(tmp_path))
    for name, table in fitted.tables.items():
        inputs.tables["count_words", name] = [table]
    return filter_sentences.run(inputs, filter_sentences.Config(**settings), context(tmp_path))


def site(notices: int, documents: int) -> list[Page]:
    return [
        (f"https://a.test/{n}", [GOOD.format(n), *([NOTICE] if n < notices else [])])
        for n in range(documents)
    ]


@pytest.mark.parametrize(
    ("notices", "documents", "settings", "dropped"),
    [
        (10, 20, {}, True),
        (9, 20, {}, False),
        (10, 201, {}, False),  # less than one in 20
        (10, 201, {"boilerplate_share": 0.04}, True),
        (6, 20, {"boilerplate_documents": 6}, True),
        (20, 20, {"boilerplate_documents": None}, False),
    ],
)
def test_both_thresholds_must_be_reached(
    notices: int, documents: int, settings: dict[str, object], dropped: bool, tmp_path: Path
) -> None:
    output = filtered(crawl([site(notices, documents)]), tmp_path, **settings)
    reasons = {item.id: (item.reason.code, item.detail) for item in output.dropped}
    expected = ("boilerplate", f"on {notices} of {documents}") if dropped else None
    assert reasons.get(ids.sentence_id(NOTICE)) == expected
    assert len(reasons) == int(dropped)
    assert output.tables["sentences"].num_rows == documents + 1 - int(dropped)


def test_what_recurs_on_another_site_stays(tmp_path: Path) -> None:
    quoting = ("https://b.test/", [NOTICE, GOOD.format("b")])
    output = filtered(crawl([[quoting, *site(20, 20)]]), tmp_path)
    assert NOTICE in output.tables["sentences"]["text"].to_pylist()
