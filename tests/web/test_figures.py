"""Captions belong to the pictures that they stand by, in whatever boxes."""

from __future__ import annotations

import pytest

from realsyn_tasks.web.figures import Picture
from tests.web.prose import paragraphs, read, variants

BOXES = [
    "<figure>{}<figcaption>{}</figcaption></figure>",
    "<figure><a href='/x'>{}</a><figcaption><p>{}</p></figcaption></figure>",
    '<div class="wp-caption alignnone">{}<p class="wp-caption-text">{}</p></div>',
    '<div class="image-wrap"><div>{}</div><div class="image-caption">{}</div></div>',
    '<div class="photoBox">{}<span class="photo_caption">{}</span></div>',
    '<table class="image"><caption align="bottom">{1}</caption><tr><td>{0}</td></tr></table>',
    '<table class="tr-caption-container"><tr><td>{}<tr><td class="tr-caption">{}</table>',
    '<x-media><x-frame>{}</x-frame><div class="a caption">{}</div></x-media>',
]


@pytest.mark.parametrize("box", BOXES)
def test_a_caption_is_found_in_any_box(box: str) -> None:
    for _, said in variants(5):
        image = '<img src="a.jpg" alt="x">'
        html = (
            f"<body>{paragraphs(said[:4])}{box.format(image, said[4])}{paragraphs(said[5:])}</body>"
        )
        page = read(html)
        assert [n.caption for n in page.nodes if isinstance(n, Picture)] == [said[4]]
        assert [page.nodes[number] for number in page.captions] == [said[4]]
        assert page.captions <= page.labels


def test_a_caption_amid_prose_is_of_no_picture_far_away() -> None:
    for _, said in variants(3):
        html = (
            f'<body>{paragraphs(said[1:])}<p class="caption">{said[0]}</p><img src="a.jpg"></body>'
        )
        assert [n.caption for n in read(html).nodes if isinstance(n, Picture)] == [""]


@pytest.mark.parametrize(
    "again", ['<img src="a.jpg" alt="A boat.">', '<img alt="A boat." src=a.jpg>']
)
def test_a_picture_that_stands_twice_is_one_picture(again: str) -> None:
    for _, said in variants(3):
        html = f'<p>{said[0]}</p><img src="a.jpg" alt=""><p>{said[1]}</p>{again}<img src="b.jpg">'
        found = [node for node in read(html).nodes if isinstance(node, Picture)]
        assert [(n.candidates[0], n.alt) for n in found] == [("a.jpg", "A boat."), ("b.jpg", "")]


def test_placeholders_that_are_equal_stand_for_different_pictures() -> None:
    lazy = (
        '<img src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7">'
    )
    html = "".join(f'{lazy}<noscript><img src="{name}.jpg"></noscript>' for name in "abc")
    found = [node for node in read(f"<p>x</p>{html}").nodes if isinstance(node, Picture)]
    assert [node.candidates[0] for node in found] == ["a.jpg", "b.jpg", "c.jpg"]
