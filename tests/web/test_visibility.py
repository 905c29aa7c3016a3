"""What readers see is read, and nothing else."""

from __future__ import annotations

import pytest

from tests.web.prose import addresses, paragraphs, read, texts, variants

HIDDEN = [
    "<{tag} hidden>{}</{tag}>",
    '<{tag} style="display: none">{}</{tag}>',
    '<{tag} style="color:red;DISPLAY:NONE;">{}</{tag}>',
    '<{tag} style="visibility:hidden">{}</{tag}>',
    '<{tag} style="position:absolute;left:-9999px">{}</{tag}>',
    '<{tag} aria-hidden="true">{}</{tag}>',
    '<{tag} class="sr-only">{}</{tag}>',
    '<{tag} class="a visually-hidden b">{}</{tag}>',
    '<{tag} class="screen-reader-text">{}</{tag}>',
    '<{tag} class="d-none">{}</{tag}>',
    '<{tag} class="u-hiddenVisually">{}</{tag}>',
    '<{tag} class="element-invisible">{}</{tag}>',
    "<template><{tag}>{}</{tag}></template>",
    "<noscript><{tag}>{}</{tag}></noscript>",
    '<div style="display:none"><article><{tag}>{}</{tag}></article></div>',
]


@pytest.mark.parametrize("form", HIDDEN)
@pytest.mark.parametrize("tag", ["div", "p", "span", "section", "x-box"])
def test_what_is_hidden_is_not_read(form: str, tag: str) -> None:
    for dice, said in variants(4):
        hidden = form.format("This phrase is never shown to any reader.", tag=tag)
        parts = [paragraphs(said[:4]), hidden, paragraphs(said[4:])]
        dice.shuffle(parts)
        got = texts(f"<body>{''.join(parts)}</body>")
        assert "never shown" not in got
        assert [text for text in said if text not in got] == []


def test_blocks_that_scripts_fade_in_are_read() -> None:
    for _, said in variants(5):
        blocks = "".join(f'<p class="wow" style="visibility:hidden">{text}</p>' for text in said)
        assert texts(f"<body>{blocks}</body>").split("\n") == said


def test_what_opens_on_a_click_is_read() -> None:
    for _, said in variants(3):
        details = f"<details><summary>More</summary><p>{said[0]}</p></details>"
        assert said[0] in texts(f"<body>{paragraphs(said[2:])}{details}</body>")


@pytest.mark.parametrize("mode", ["open", "closed"])
def test_declared_shadow_roots_are_read_in_place(mode: str) -> None:
    for _, said in variants(5):
        root = f"<template shadowrootmode={mode}>{paragraphs(said[2:6])}<img src=a.jpg></template>"
        html = f"<body><p>{said[0]}</p><x-story>{root}</x-story><p>{said[7]}</p></body>"
        assert texts(html).split("\n") == [
            said[0], " ".join(said[2:4]), " ".join(said[4:6]), said[7],
        ]  # fmt: skip
        assert addresses(html) == ["a.jpg"]


def test_a_frameset_says_what_it_says_without_frames() -> None:
    html = '<html><frameset><frame src="a.html"><noframes><body><p>The boat sails.</p></noframes>'
    assert read(html).nodes == ["The boat sails."]
    assert [reason.code for reason, _ in read(html).left_out] == ["picture_not_taken"]


def test_comments_end_where_browsers_end_them() -> None:
    assert texts("<body><!-- a --!><p>Shown.</p><!-- open <p>Not shown.</p>") == "Shown."
    assert texts("<body><!--><p>Shown.</p><!---><p>Also.</p>") == "Shown.\nAlso."


def test_what_screen_readers_say_keeps_numbers_apart() -> None:
    html = '<p>Add 1<span class="sr-only">+</span>3⁄4 cups of milk.</p><p>And more of it.</p>'
    assert "1 3⁄4 cups" in texts(html)
