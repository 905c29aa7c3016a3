"""Every published column is explained, and no other."""

from __future__ import annotations

from realsyn_tasks.sample.columns import COLUMNS
from realsyn_tasks.sample.schemas import CHOSEN_PAIRS, PUBLISHED_PAIRS


def test_every_published_column_is_explained_in_order_and_no_other() -> None:
    assert list(COLUMNS) == PUBLISHED_PAIRS.names


def test_an_explanation_has_a_meaning_and_a_unit() -> None:
    assert all(column.meaning.strip() and column.unit.strip() for column in COLUMNS.values())


def test_what_a_page_says_of_its_picture_is_published_as_it_is_carried() -> None:
    of_page = ("caption", "caption_verdict", "alt", "alt_verdict", "title", "heading", "context")
    more = ("licence", "text_licences", "crawled", "relevance", "syn_source")
    for name in (*of_page, *more):
        assert PUBLISHED_PAIRS.field(name).equals(CHOSEN_PAIRS.field(name))
