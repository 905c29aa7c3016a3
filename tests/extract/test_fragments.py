"""Broken sentences are told by their signs; whole ones are left alone."""

from __future__ import annotations

import pytest

from realsyn_tasks.extract.fragments import broken_form, ends_at_abbreviation


@pytest.mark.parametrize(
    "text",
    [
        "The material they are made of (e.g.",
        "Smith, J., Miller, K., Parker, J.",
        "See the catalogue for this, pp.",
        "The list was written by Hoffmann et al.",
        "The species of the genus Rosa, esp.",
        "The Mexican wild turkey is a variety of the northern species (var.",
    ],
)
def test_split_at_an_abbreviation(text: str) -> None:
    assert ends_at_abbreviation(text)
    assert broken_form(text)


@pytest.mark.parametrize(
    "text",
    [
        "The globe has a diameter of about 65 cm.",
        "A ripe fig.",
        "A baseball cap.",
        "The horse was ridden by King George III.",
        "It sells tools, rope, nails, etc.",
        "The room was lit.",
        "The answer to that is no.",
        "The parade goes down Main St.",
    ],
)
def test_words_that_only_look_like_abbreviations(text: str) -> None:
    assert not ends_at_abbreviation(text)
    assert broken_form(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "Figure 3. The tower from the north",
        "Table 12: Heights of towers in Europe",
        "5.2.3. Selection of the colours",
        "3) a ladder leans against the wall",
        "0.6) if you want to remove fewer of them",
        "[*] List of the towers",
        "$ sudo port install towers",
        "* a ladder against a wall",
        "For rectilinear images:",
        "These are the standard positions:",
        "The old tower, the new bridge,",
        "not joined by a path), they will move apart",
        "the goats of the carter...) were recoloured",
        "but really it is a tower",
        "and to paint the bridge in one go",
        "is the angle between the tower and the sea",
        "(40*0)+(42*1)+(46*0) = 42 of a tower",
    ],
)
def test_labels_lists_and_pieces(text: str) -> None:
    assert broken_form(text)


@pytest.mark.parametrize(
    "text",
    [
        "A small brown dog runs along the wet beach at sunset.",
        "a conical flask with a wide base and narrow neck",
        "(b) A vehicle with a short body and a support for a trailer.",
        "“Holly leaves are shiny,” she said.",
        "The ship (a frigate) lies at anchor.",
        "3 dogs sleep on the beach.",
        "1889 was the year in which the tower was built.",
        "A mountain of 4,810 m in the Alps.",
        "The tower of the old town hall still shows the marks of the great fire of 1666:",
    ],
)
def test_whole_texts(text: str) -> None:
    assert broken_form(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "(jumping through a ring which is a symbol for the year).",
        "There is an excellent tutorial available on how to correct this image in panoramas: [1]",
    ],
)
def test_asides_and_links_say_nothing_alone(text: str) -> None:
    assert broken_form(text)


@pytest.mark.parametrize(
    "text",
    [
        "(The bridge was built by two brothers from the valley.)",
        "The tower has three rooms: a hall, a kitchen and a cell [2].",
    ],
)
def test_brackets_and_colons_of_whole_sentences(text: str) -> None:
    assert broken_form(text) == ""
