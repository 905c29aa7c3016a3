"""Dictionaries, nouns in descriptions, and the pages composed of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from realsyn_tasks.sample_crawl.split import Stamp
from realsyn_tasks.sample_crawl.topics import (
    Dictionaries,
    laboratory_pages,
    noun_in,
    prose,
    stamp_pages,
)
from realsyn_tasks.web.dom import Picture, read_page
from tests.crawls import picture
from tests.sample_crawl.small import unpacked, write_dictionaries

MOUSE = (
    "Any one of numerous species of small rodents belonging to the genus Mus; they have long tails."
    " The house mouse (Mus musculus) is found everywhere. The harvest mouse builds a nest in the"
    " grain."
)


@pytest.fixture
def words(tmp_path: Path) -> Dictionaries:
    return write_dictionaries(tmp_path / "dictionaries")


def test_wordnet_senses(words: Dictionaries) -> None:
    senses = words.wordnet.senses("Mice")
    assert [sense.field for sense in senses] == ["05", "06"]
    assert senses[1].gloss == "a hand-operated device that moves a pointer"
    assert words.wordnet.senses("brown bears")[0].lemma == "brown bear"
    assert words.wordnet.senses("unicorn") == []


def test_gcide_definitions_are_clean_prose(words: Dictionaries) -> None:
    knob = "A knob made on a rope with spun yarn to prevent a running eye from slipping."
    assert words.gcide.definitions("mouse") == [MOUSE, knob]
    assert words.gcide.definitions("unicorn") == []


@pytest.mark.parametrize(
    ("text", "fields", "noun"),
    [
        ("A grey mouse.", ("05",), "mouse"),
        ("A grey mouse.", ("06",), "mouse"),
        ("Two mice playing.", ("05",), "mouse"),
        ("A brown bear with a mouse.", ("05",), "brown bear"),
        ("A glass of water.", ("06", "13"), "glass"),
        ("A pair of pliers.", ("06",), "plier"),
        ("Mars—the red planet.", ("17",), "Mars"),
        ("A unicorn.", ("05",), None),
        ("", ("05",), None),
        ("…!?", ("05",), None),
        ("Mickey Mouse", ("05",), None),
    ],
)
def test_the_noun_of_a_description(
    words: Dictionaries, text: str, fields: tuple[str, ...], noun: str | None
) -> None:
    found = noun_in(text, fields, words.wordnet)
    assert (found.word if found else None) == noun
    assert found is None or found.sense.field in fields


def test_prose_is_of_the_right_sense(words: Dictionaries) -> None:
    animal = noun_in("A mouse.", ("05",), words.wordnet)
    device = noun_in("A mouse.", ("06",), words.wordnet)
    assert prose(animal, words)[1] == MOUSE
    assert len(prose(device, words)) == 1
    assert prose(None, words) == []


def test_stamp_pages_pair_every_picture_with_its_own_text(
    tmp_path: Path, words: Dictionaries
) -> None:
    top = tmp_path / "usr/share/tuxpaint/stamps"
    texts = {"animals/a b": "A mouse.", "animals/c": "Two <b>mice</b>\"'!", "town/d": "A plaza."}
    stamps = []
    for seed, (name, text) in enumerate(texts.items()):
        path = top / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(seed, kind="PNG"))
        stamps.append(Stamp(path, text, name.split("/")[0]))
    mouse, town = stamp_pages(unpacked("tuxpaint-stamps-default", tmp_path), stamps, words)
    assert (mouse.url, town.url) == (
        "https://stamps.example/mouse.html",
        "https://stamps.example/town.html",
    )
    nodes = read_page(mouse.body.decode(), 99, 99).nodes
    pictures = [node for node in nodes if isinstance(node, Picture)]
    assert [node.caption for node in pictures] == ["A mouse.", "Two <b>mice</b>\"'!"]
    assert [node.candidates[0] for node in pictures] == [p.url for p in mouse.pictures]
    assert mouse.pictures[0].url.endswith("/animals/a%20b.png")
    assert nodes[0] == "Mouse" and nodes[-1] == MOUSE
    assert "A plaza." in read_page(town.body.decode(), 99, 99).nodes


def test_laboratory_pages(tmp_path: Path, words: Dictionaries) -> None:
    folder = tmp_path / "usr/share/kalzium/data"
    (folder / "toolpics").mkdir(parents=True)
    (folder / "toolpics" / "glas.jpg").write_bytes(picture(1))
    item = "<item><picture>{}</picture><name>{}</name><desc>{}</desc></item>"
    described = item.format("glas.jpg", "Glass", "A container for liquids.&lt;br&gt;It\n holds.")
    missing = item.format("gone.jpg", "Gone", "Nothing.")
    (folder / "tools.xml").write_text(f"<tools>{described}{missing}</tools>")
    (page,) = laboratory_pages(unpacked("kalzium-data", tmp_path), words)
    nodes = [n for n in read_page(page.body.decode(), 99, 99).nodes if isinstance(n, str)]
    assert nodes[:5] == ["Glass", "Glass", "A container for liquids.", "It", "holds."]
    assert nodes[5].startswith("a container for holding liquids")
    assert page.usable == page.photos == 1
