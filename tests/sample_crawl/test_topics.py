"""Pages with pictures of things, composed of records."""

from __future__ import annotations

from pathlib import Path

import pytest

from realsyn_tasks.sample_crawl.dictionaries import WordNet
from realsyn_tasks.sample_crawl.drawings import Drawing
from realsyn_tasks.sample_crawl.nouns import noun_in
from realsyn_tasks.sample_crawl.site import Page
from realsyn_tasks.sample_crawl.split import Stamp
from realsyn_tasks.sample_crawl.topics import drawing_pages, laboratory_pages, stamp_pages
from realsyn_tasks.web.dom import Picture, read_page
from tests.crawls import picture
from tests.sample_crawl.small import package, unpacked, write_wordnet


@pytest.fixture
def wordnet(tmp_path: Path) -> WordNet:
    return write_wordnet(tmp_path / "wordnet")


def texts(page: Page) -> list[str]:
    return [node for node in read_page(page.body.decode(), 99, 99).nodes if isinstance(node, str)]


def pictures(page: Page) -> list[Picture]:
    nodes = read_page(page.body.decode(), 99, 99).nodes
    return [node for node in nodes if isinstance(node, Picture)]


def test_stamps_stand_with_their_own_text_and_one_line(tmp_path: Path, wordnet: WordNet) -> None:
    top = tmp_path / "usr/share/tuxpaint/stamps"
    named = {"animals/a b": "A mouse.", "animals/c": "Two <b>mice</b>\"'!", "town/d": "A plaza."}
    stamps = []
    for seed, (name, text) in enumerate(named.items()):
        path = top / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(seed, kind="PNG"))
        stamps.append(Stamp(path, text, name.split("/")[0]))
    package_of_stamps = unpacked("tuxpaint-stamps-default", tmp_path)
    (mouse, noun), (town, none) = stamp_pages(package_of_stamps, stamps, wordnet)
    assert (mouse.url, town.url) == (
        "https://stamps.example/mouse.html",
        "https://stamps.example/town.html",
    )
    assert noun and noun.word == "mouse" and none is None
    assert [shown.caption for shown in pictures(mouse)] == ["A mouse.", "Two <b>mice</b>\"'!"]
    assert [shown.candidates[0] for shown in pictures(mouse)] == [p.url for p in mouse.pictures]
    assert mouse.pictures[0].url.endswith("/animals/a%20b.png")
    line = "A mouse is any of numerous small rodents with pointed snouts and long tails."
    assert texts(mouse)[0] == "Mouse" and texts(mouse)[-1] == line
    assert texts(town) == ["Town", "A plaza."]


def test_drawings_stand_with_their_titles_alone(tmp_path: Path, wordnet: WordNet) -> None:
    noun = noun_in("pear", ("13",), wordnet)
    assert noun
    shown = tmp_path / "0123.png"
    shown.write_bytes(picture(1, kind="PNG"))
    drawing = Drawing(tmp_path / "pear_by_someone.svg", "Green pear", noun)
    ((page, named),) = drawing_pages(package("openclipart-svg"), [(drawing, shown)])
    assert named == noun
    assert page.url == "https://drawings.example/pear.html"
    assert page.pictures[0].url == "https://drawings.example/pictures/pear_by_someone.png"
    assert texts(page) == ["Pear", "Green pear"]
    assert "https://creativecommons.org/licenses/publicdomain/" in page.body.decode()


def test_laboratory_pages_have_their_own_description(tmp_path: Path, wordnet: WordNet) -> None:
    folder = tmp_path / "usr/share/kalzium/data"
    (folder / "toolpics").mkdir(parents=True)
    (folder / "toolpics" / "glas.jpg").write_bytes(picture(1))
    item = "<item><picture>{}</picture><name>{}</name><desc>{}</desc></item>"
    described = item.format("glas.jpg", "Glass", "A container for liquids.&lt;br&gt;It\n holds.")
    missing = item.format("gone.jpg", "Gone", "Nothing.")
    (folder / "tools.xml").write_text(f"<tools>{described}{missing}</tools>")
    ((page, noun),) = laboratory_pages(unpacked("kalzium-data", tmp_path), wordnet)
    assert texts(page) == ["Glass", "Glass", "A container for liquids.", "It", "holds."]
    assert noun and noun.word == "glass"
    assert page.usable == page.photos == 1
