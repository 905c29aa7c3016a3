"""Crawls with fewer captions, and with few topics that have most pictures."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from realsyn_tasks.sample_crawl.drawings import Drawing
from realsyn_tasks.sample_crawl.harder import Variant, hidden_of, skewed, topic_sizes
from realsyn_tasks.sample_crawl.nouns import noun_in
from realsyn_tasks.sample_crawl.site import Page, Picture
from realsyn_tasks.sample_crawl.topics import Named, drawing_pages, topic_of
from realsyn_tasks.web import dom
from tests.crawls import picture
from tests.sample_crawl.small import package, write_wordnet

URLS = [f"https://things.example/{number}.png" for number in range(200)]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pictures") / "shown.png"
    path.write_bytes(picture(1, kind="PNG"))
    return path


def told(shown: Path, sizes: dict[str, int], each: int = 1) -> list[tuple[Page, str]]:
    """Pages of topics with so many pictures, `each` on a page, and one page of prose."""
    pages = [
        (Page(f"https://{topic}.example/{n}", b"", (Picture("p", shown),) * each, 5, "made"), topic)
        for topic, size in sizes.items()
        for n in range(size // each)
    ]
    return [*pages, (Page("https://prose.example/", b"", (), 500, "made"), "prose")]


def test_hidden_captions_are_a_share_and_nested() -> None:
    shares = [hidden_of(URLS, rate) for rate in (0, 0.25, 0.5, 0.75, 1)]
    assert [len(share) for share in shares] == [0, 50, 100, 150, 200]
    assert all(few < more for few, more in pairwise(shares))
    assert hidden_of(URLS[::-1], 0.25) == shares[1]


def read(named: Named) -> tuple[list[str], list[dom.Picture]]:
    nodes = dom.read_page(named[0].body.decode(), 99, 99).nodes
    texts = [node for node in nodes if isinstance(node, str)]
    return texts, [node for node in nodes if isinstance(node, dom.Picture)]


def test_a_hidden_caption_stands_on_another_page_of_the_topic(tmp_path: Path, shown: Path) -> None:
    noun = noun_in("pear", ("13",), write_wordnet(tmp_path / "wordnet"))
    assert noun
    drawn = [(Drawing(tmp_path / f"{n}.svg", f"{n} pear", noun), shown) for n in ("Red", "Green")]
    usual = drawing_pages(package("openclipart-svg"), drawn)
    hidden = {"https://drawings.example/pictures/Green.png"}
    page, notes = drawing_pages(package("openclipart-svg"), drawn, hidden)
    _, pictures = read(page)
    assert [(each.caption, each.alt) for each in pictures] == [("Red pear", "Red pear"), ("", "")]
    assert "Green pear" not in page[0].body.decode()
    assert read(notes) == (["Notes on pear", "Green pear"], [])
    assert page[0].pictures == usual[0][0].pictures
    assert (notes[0].url, notes[1]) == ("https://drawings.example/notes-on-pear.html", None)
    assert drawing_pages(package("openclipart-svg"), drawn, {"https://elsewhere.example/"}) == usual


def test_the_largest_topic_has_tenfold_the_median(shown: Path) -> None:
    sizes = {"a": 60, "b": 30, "c": 20, "d": 15, "e": 10, "f": 8, "tiny": 2, "less": 1}
    pages = told(shown, sizes)
    kept = skewed(pages, 10)
    left = Counter(page.url.split("/")[2].split(".")[0] for page in kept)
    topics = [*(left[name] for name in "abcdef"), left["tiny"] + left["less"]]
    assert topics == [60, 30, 20, 6, 6, 6, 3]
    assert max(topics) == 10 * np.median(topics)
    assert left["prose"] == 1
    places = {page.url: number for number, (page, _) in enumerate(pages)}
    assert [places[page.url] for page in kept] == sorted(places[page.url] for page in kept)


def test_without_a_skew_nothing_changes(shown: Path) -> None:
    pages = told(shown, {"a": 9, "b": 7})
    assert skewed(pages, 1) == [page for page, _ in pages]
    assert skewed(told(shown, {}), 10) == [page for page, _ in told(shown, {})]


def test_a_page_that_is_too_large_for_what_is_left_is_passed(shown: Path) -> None:
    pages = told(shown, {"a": 60, "b": 30}, each=3) + told(shown, {"b": 4})
    kept = topic_sizes((page, page.url.split("/")[2]) for page in skewed(pages, 10))
    assert kept["a.example"] == 60
    assert 4 <= kept["b.example"] <= 6


def test_topics_are_fields_of_nouns_or_sites(tmp_path: Path, shown: Path) -> None:
    noun = noun_in("pear", ("13",), write_wordnet(tmp_path / "wordnet"))
    page = told(shown, {"a": 1})[0][0]
    assert (topic_of(page, noun), topic_of(page, None)) == ("13", "a.example")


@pytest.mark.parametrize("wrong", [{"hide_captions": 1.5}, {"skew": 0.5}])
def test_what_is_no_share_and_no_weight_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Variant(**wrong)
