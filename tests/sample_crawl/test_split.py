"""The halves of the stamps and of the drawings."""

from __future__ import annotations

from pathlib import Path

import pytest

from realsyn_tasks.sample_crawl.dictionaries import Sense
from realsyn_tasks.sample_crawl.drawings import Drawing, title_key
from realsyn_tasks.sample_crawl.nouns import Noun
from realsyn_tasks.sample_crawl.split import Stamp, drawing_halves, halves, list_stamps


def write_stamps(root: Path, stamps: dict[str, str]) -> None:
    for name, text in stamps.items():
        path = root / "usr/share/tuxpaint/stamps" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
        if text:
            path.with_suffix(".txt").write_text(f"{text}\nfr.utf8=Un texte.\n", encoding="utf-8")


@pytest.fixture
def stamps(tmp_path: Path) -> list[Stamp]:
    named = {f"animals/cats/{n:02d}": f"A cat of kind {n // 2}." for n in range(40)}
    named |= {f"animals/cats/cartoon/{n:02d}": f"A cat of kind {n}." for n in range(30)}
    named |= {"symbols/math/0": "Zero.", "town/flags/red": "A red flag.", "food/silent": ""}
    write_stamps(tmp_path, named)
    return list_stamps(tmp_path)


def test_signs_and_what_has_no_text_are_not_used(stamps: list[Stamp]) -> None:
    assert {stamp.folder for stamp in stamps} == {"animals/cats", "animals/cats/cartoon"}
    assert stamps[0].text == "A cat of kind 0."


def test_no_text_is_in_both_halves(stamps: list[Stamp]) -> None:
    crawled, held_out = halves(stamps)
    assert len({stamp.text for stamp in held_out}) == 10
    assert len(held_out) == 20
    assert not {stamp.text for stamp in crawled} & {stamp.text for stamp in held_out}


def test_drawings_are_not_asked_for(stamps: list[Stamp]) -> None:
    crawled, held_out = halves(stamps)
    assert all(stamp.is_photo for stamp in held_out)
    assert len([stamp for stamp in crawled if not stamp.is_photo]) == 20


def test_the_split_hangs_on_texts_only(stamps: list[Stamp]) -> None:
    assert halves(stamps) == halves(stamps)
    _, held_out = halves(stamps)
    _, of_half = halves([s for s in stamps if int(s.path.stem) % 2 == 0])
    assert {stamp.text for stamp in of_half} <= {stamp.text for stamp in held_out}


def test_the_same_picture_is_not_in_both_halves(stamps: list[Stamp]) -> None:
    crawled, held_out = halves(stamps)
    twin = next(stamp for stamp in crawled if stamp.is_photo)
    twin.path.write_bytes(held_out[0].path.read_bytes())
    assert twin not in halves(stamps)[0]
    assert halves(stamps)[1] == held_out


@pytest.fixture
def drawings(tmp_path: Path) -> list[Drawing]:
    noun = Noun("pear", Sense(("pear",), "13", "a fruit"))
    drawn = []
    for number in range(40):
        path = tmp_path / f"{number}.svg"
        path.write_text(str(number))
        title = f"Pear of {'abcdefghijklmnopqrst'[number // 2]} kind{'s' * (number % 2)}"
        drawn.append(Drawing(path, title, noun))
    return drawn


def test_half_of_the_titles_of_drawings_are_held_out(drawings: list[Drawing]) -> None:
    crawled, held_out = drawing_halves(drawings)
    assert len(crawled) == len(held_out) + 2 == 21 or len(crawled) == len(held_out) == 20
    assert not {title_key(d.text) for d in crawled} & {title_key(d.text) for d in held_out}
    assert drawing_halves(drawings[::-1])[1] == held_out[::-1]


def test_a_drawing_that_is_held_out_under_another_title_is_not_crawled(
    drawings: list[Drawing],
) -> None:
    crawled, held_out = drawing_halves(drawings)
    crawled[0].path.write_bytes(held_out[0].path.read_bytes())
    assert drawing_halves(drawings) == (crawled[1:], held_out)
