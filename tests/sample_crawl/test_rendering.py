"""Drawings as PNG files."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from realsyn_tasks.sample_crawl.rendering import MARGIN, SIDE, is_self_contained, render

ROOT = '<svg xmlns="http://www.w3.org/2000/svg" {size}>{drawn}</svg>'
RED = '<rect x="50" y="60" width="120" height="60" fill="#ff0000"/>'


def opened(svg: str) -> Image.Image:
    png = render(svg)
    assert png is not None
    return Image.open(io.BytesIO(png))


def svg(size: str, drawn: str = RED) -> str:
    return ROOT.format(size=size, drawn=drawn)


@pytest.mark.parametrize(
    "size",
    [
        'width="200" height="300"',
        'width="20cm" height="30cm" viewBox="0 0 200 300"',
        'viewBox="0 0 200 300"',
        'width="100%" height="100%" viewBox="0 0 200 300"',
    ],
)
def test_what_is_drawn_fills_the_picture(size: str) -> None:
    image = opened(svg(size))
    assert image.mode == "RGB"
    assert max(image.size) == SIDE
    assert image.width / image.height == pytest.approx(384 / 204, abs=0.02)  # 2:1 within margins
    assert image.getpixel((image.width // 2, image.height // 2)) == (255, 0, 0)
    assert image.getpixel((MARGIN // 2, MARGIN // 2)) == (255, 255, 255)


def test_bytes_are_the_same_again() -> None:
    assert render(svg('width="200" height="300"')) == render(svg('width="200" height="300"'))


@pytest.mark.parametrize(
    "text",
    [
        svg(""),
        svg('width="9" height="900"'),
        svg('width="100" height="0"'),
        svg('width="100" height="100"', ""),
        "no drawing",
    ],
)
def test_what_has_no_size_or_shows_nothing_is_none(text: str) -> None:
    assert render(text) is None


@pytest.mark.parametrize(
    "drawn", ['<image href="/etc/hostname"/>', "<text>a</text>", "<svg:text>a</svg:text>"]
)
def test_what_looks_different_elsewhere_is_told(drawn: str) -> None:
    assert not is_self_contained(svg("", drawn))
    assert is_self_contained(svg("", RED + "<title>An image of text</title>"))
