"""Which drawings are chosen, and under what caption and noun."""

from __future__ import annotations

from pathlib import Path

import pytest

from realsyn_tasks.sample_crawl.dictionaries import WordNet
from realsyn_tasks.sample_crawl.drawings import Drawing, list_drawings, rendered, title_key
from tests.sample_crawl.small import write_wordnet

DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"><metadata>'
    "<dc:title>{title}</dc:title><dc:creator><dc:title>Someone</dc:title></dc:creator>"
    '<cc:license rdf:resource="{licence}"/></metadata>{drawn}</svg>'
)
PUBLIC = "http://web.resource.org/cc/PublicDomain"


@pytest.fixture
def wordnet(tmp_path: Path) -> WordNet:
    return write_wordnet(tmp_path / "wordnet")


def write(root: Path, name: str, title: str, licence: str = PUBLIC, drawn: str = "") -> None:
    path = root / "usr/share/openclipart/svg" / f"{name}.svg"
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn = drawn or f'<rect width="{len(name)}" height="9"/>'
    namespaces = '<svg xmlns:dc="d" xmlns:cc="c" xmlns:rdf="r" '
    text = DRAWING.format(title=title, licence=licence, drawn=drawn)
    path.write_text(text.replace("<svg ", namespaces), encoding="utf-8")


def captions(root: Path, wordnet: WordNet) -> list[tuple[str, str, str]]:
    drawings = list_drawings(root, wordnet)
    return [(item.text, item.noun.word, item.noun.sense.field) for item in drawings]


def test_the_folder_says_in_which_sense(tmp_path: Path, wordnet: WordNet) -> None:
    write(tmp_path, "animals/mammals/a", "grey mouse")
    write(tmp_path, "computer/hardware/b", "Optical_mouse2")
    write(tmp_path, "science/astronomy/c", "Mars")
    write(tmp_path, "signs_and_symbols/d", "mouse trap")
    assert captions(tmp_path, wordnet) == [
        ("Mars", "Mars", "17"),
        ("Grey mouse", "mouse", "05"),
        ("Optical mouse", "mouse", "06"),
    ]


def test_of_a_noun_the_plainest_two_are_taken(tmp_path: Path, wordnet: WordNet) -> None:
    write(tmp_path, "food/a", "Pear (B and W)")
    write(tmp_path, "food/b", "A pear")
    write(tmp_path, "food/c", "Pears with a worm inside")
    write(tmp_path, "food/fruit/d", "Green Pear")
    write(tmp_path, "food/fruit/e", "Pear")
    assert [text for text, _, _ in captions(tmp_path, wordnet)] == ["Green Pear", "Pear"]


def test_what_is_not_free_self_contained_or_titled_is_left(
    tmp_path: Path, wordnet: WordNet
) -> None:
    write(tmp_path, "food/a", "Pear", licence="http://creativecommons.org/licenses/GPL/2.0/")
    write(tmp_path, "food/b", "Yellow pear", drawn="<text>Pear</text>")
    write(tmp_path, "food/c", "")
    write(tmp_path, "food/d", "Pear &amp;#x263a;")
    write(tmp_path, "food/e", "Unicorn")
    write(tmp_path, "tools/f", "Piano keys")
    assert captions(tmp_path, wordnet) == []


def test_titles_that_many_drawings_have_are_left(tmp_path: Path, wordnet: WordNet) -> None:
    for number in range(7):
        write(tmp_path, f"food/{number}", f"Pear {number}")
    write(tmp_path, "animals/a", "Mouse")
    assert captions(tmp_path, wordnet) == [("Mouse", "mouse", "05")]


def test_titles_that_say_the_same_have_the_same_key() -> None:
    keys = {title_key(title) for title in ("An Apple", "apples", "Apple (B and W)", "apple 2")}
    assert keys == {"apple"}
    assert title_key("Apple core") != "apple"


def test_drawings_are_rendered_once(tmp_path: Path, wordnet: WordNet) -> None:
    write(tmp_path, "food/a", "Pear")
    write(tmp_path, "food/b", "Half pear", drawn="<g/>")
    drawings = list_drawings(tmp_path, wordnet)
    cache = tmp_path / "cache"
    ((drawing, path),) = rendered(drawings, cache)
    assert isinstance(drawing, Drawing) and drawing.text == "Pear"
    made = path.stat().st_mtime_ns
    assert rendered(drawings, cache) == [(drawing, path)]
    assert path.stat().st_mtime_ns == made
    assert [file.name for file in cache.iterdir()] == [path.name]
