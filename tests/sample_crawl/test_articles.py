"""Articles on nouns out of both dictionaries."""

from __future__ import annotations

from pathlib import Path

import pytest

from realsyn_tasks.sample_crawl.articles import Dictionaries, gcide_pages, wordnet_pages
from realsyn_tasks.sample_crawl.nouns import Noun, noun_in
from realsyn_tasks.sample_crawl.site import Page
from realsyn_tasks.web.dom import read_page
from tests.sample_crawl.small import package, write_dictionaries


@pytest.fixture
def words(tmp_path: Path) -> Dictionaries:
    return write_dictionaries(tmp_path / "dictionaries")


def noun(words: Dictionaries, text: str, field: str) -> Noun:
    named = noun_in(text, (field,), words.wordnet)
    assert named
    return named


def texts(page: Page) -> list[str]:
    return [node for node in read_page(page.body.decode(), 99, 99).nodes if isinstance(node, str)]


def test_an_article_names_its_noun_in_every_sentence(words: Dictionaries) -> None:
    nouns = [noun(words, "A mouse.", "05"), noun(words, "Two mice.", "05")]
    (page,) = wordnet_pages(package("wordnet-base"), nouns, words)
    assert page.url == "https://wordnet.example/mouse.html"
    assert texts(page) == [
        "Mouse",
        "A mouse is any of numerous small rodents with pointed snouts and long tails.",
        "A mouse is a kind of rodent.",
        "Kinds of mouse include a field mouse and a house mouse.",
    ]


def test_senses_of_a_noun_share_its_article(words: Dictionaries) -> None:
    nouns = [noun(words, "A mouse.", "05"), noun(words, "A mouse.", "06")]
    (page,) = wordnet_pages(package("wordnet-base"), nouns, words)
    assert texts(page)[-3:] == [
        "A mouse is a hand-operated device that moves a pointer.",
        "A mouse is also called a computer mouse.",
        "A mouse takes much room.",
    ]


def test_gcide_speaks_of_the_same_sense(words: Dictionaries) -> None:
    (page,) = gcide_pages(package("dict-gcide"), [noun(words, "A mouse.", "05")], words)
    assert page.url == "https://gcide.example/mouse.html"
    assert texts(page) == [
        "Mouse",
        "A mouse is any one of numerous species of small rodents belonging to the genus Mus; they"
        " have long tails.",
        "The house mouse (Mus musculus) is found everywhere.",
        "The harvest mouse builds a nest in the grain.",
    ]


def test_there_is_no_article_where_a_dictionary_does_not_know_the_sense(
    words: Dictionaries,
) -> None:
    nouns = [noun(words, "A mouse.", "06"), noun(words, "A pear.", "13")]
    assert gcide_pages(package("dict-gcide"), nouns, words) == []


def test_articles_say_under_which_terms_they_are(words: Dictionaries) -> None:
    (page,) = gcide_pages(package("dict-gcide"), [noun(words, "A mouse.", "05")], words)
    link = '<link rel="license" href="https://www.gnu.org/licenses/old-licenses/gpl-2.0.html">'
    assert link in page.body.decode()
