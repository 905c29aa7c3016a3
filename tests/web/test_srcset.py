"""Sets of addresses, as the HTML Standard reads them."""

from __future__ import annotations

import random
import time

import pytest

from realsyn_tasks.web.srcset import best_of_srcset, is_srcset


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", []),
        (" , ,, ", []),
        ("a.jpg", ["a.jpg"]),
        ("a.jpg 1x, b.jpg 2x", ["b.jpg", "a.jpg"]),
        ("a.jpg 1x,b.jpg 2x", ["b.jpg", "a.jpg"]),
        (",a.jpg 1x ,b.jpg 2x,", ["b.jpg", "a.jpg"]),
        (
            "w_300,c_fill/a.jpg 300w, w_600,c_fill/b.jpg 600w",
            ["w_600,c_fill/b.jpg", "w_300,c_fill/a.jpg"],
        ),
        ("a.jpg 1.0x, b.jpg .5x", ["a.jpg", "b.jpg"]),
        ("a.jpg, b.jpg 1.5x", ["b.jpg", "a.jpg"]),
        ("a.jpg 640w 480h, b.jpg 1280w 960h", ["b.jpg", "a.jpg"]),
        ("data:image/png;base64,AA== 1x, b.jpg 2x", ["b.jpg", "data:image/png;base64,AA=="]),
        ("a.jpg 2x, b.jpg (future, thing) 3x, c.jpg 1x", ["a.jpg", "c.jpg", "b.jpg"]),
        ("a.jpg\n\t320w,\n\tb.jpg\n640w", ["b.jpg", "a.jpg"]),
        ("a.jpg 1e1x, b.jpg 2x", ["a.jpg", "b.jpg"]),
        ("a.jpg -2x, b.jpg 1x, c.jpg 5, d.jpg 1.x", ["b.jpg", "a.jpg", "c.jpg", "d.jpg"]),
        ("a.jpg,, b.jpg 2x", ["b.jpg", "a.jpg"]),
    ],
)
def test_the_largest_comes_first(value: str, expected: list[str]) -> None:
    assert best_of_srcset(value) == expected


def test_any_spelling_of_a_set_gives_its_addresses() -> None:
    """Addresses with commas inside, any blanks, any descriptors, in any order."""
    dice = random.Random(0)
    for _ in range(300):
        widths = dice.sample(range(100, 3000), dice.randrange(1, 7))
        urls = {
            w: f"{dice.choice(['/a', 'c_fill,w', 'q,80/x', 'data:x;,b'])}_{w}.jpg" for w in widths
        }
        unit = dice.choice(["w", "x"])
        size = {w: f"{w}w" if unit == "w" else f"{w / 1000}x" for w in widths}
        blank, comma = dice.choice([" ", "  ", "\n"]), dice.choice([",", ", ", " ,", ",\n", " , "])
        value = comma.join(f"{urls[w]}{blank}{size[w]}" for w in widths)
        assert is_srcset(value)
        assert best_of_srcset(value) == [urls[w] for w in sorted(widths, reverse=True)]


@pytest.mark.parametrize("value", ["a.jpg", "/a b/c.jpg", "zoom", "(min-width: 600px) 50vw, 100vw"])
def test_what_has_no_descriptor_is_no_set(value: str) -> None:
    assert not is_srcset(value)


@pytest.mark.parametrize("piece", ["a ", "a,", "(", "a (", ",", " ", "1w ", "a 1w", "a 1w,", ")"])
def test_hostile_sets_cost_linear_time(piece: str) -> None:
    started = time.process_time()
    best_of_srcset(piece * 200_000)
    is_srcset(piece * 200_000)
    assert time.process_time() - started < 2
