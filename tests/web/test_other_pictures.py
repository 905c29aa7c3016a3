"""Pictures that are shown by other means than image elements are told, each with its address."""

from __future__ import annotations

import pytest
from selectolax.lexbor import LexborHTMLParser

from realsyn_tasks.web.other_pictures import MAX_OTHERS, image_attributes, other_pictures


def others(html: str) -> list[tuple[str, str]]:
    """What is told of a page."""
    return other_pictures(LexborHTMLParser(html))


@pytest.mark.parametrize("address", ["a.jpg", "/p/a.png?x=1", "https://a.test/a", "a b (1).jpg"])
@pytest.mark.parametrize(
    ("html", "kind"),
    [
        ('<video poster="{}"></video>', "poster of a video"),
        ("<div style=\"background-image: url('{}')\">x</div>", "background"),
        ("<p style='color:red;background:#fff url(&quot;{}&quot;) no-repeat'>x", "background"),
        ('<table background="{}"><tr><td>x</table>', "background"),
        ("<div data-background-image='url( &quot;{}&quot; )'>x</div>", "background"),
        ('<input type="image" src="{}">', "image of a form"),
        ('<form><input TYPE=IMAGE src="{}"></form>', "image of a form"),
        ('<svg><image href="{}"/></svg>', "image of a drawing"),
        ('<svg><g><image xlink:href="{}" width=9 /></g></svg>', "image of a drawing"),
        ('<object data="{}" type="image/svg+xml"></object>', "drawing in an object"),
        ('<iframe src="{}"></iframe>', "page of a frame"),
        ('<meta property="og:image" content="{}">', "preview of the page"),
        ('<meta name="twitter:image" content="{}">', "preview of the page"),
        ('<link rel="image_src" href="{}">', "preview of the page"),
    ],
)
def test_what_else_shows_a_picture_is_told(html: str, kind: str, address: str) -> None:
    assert others(f"<html><body>{html.format(address)}") == [(kind, address)]


@pytest.mark.parametrize("name", ["data-bg", "data-background", "data-bgset"])
def test_backgrounds_that_load_lazily_are_told(name: str) -> None:
    assert others(f"<div {name}='/p/a.jpg'>x</div>") == [("background", "/p/a.jpg")]
    assert others(f"<div {name}='dark'>x</div>") == []
    assert others(f"<div {name}='url(/p/a)'>x</div>") == [("background", "/p/a")]


def test_frames_are_told() -> None:
    frames = "<html><frameset cols='9%,*'><frame src=a.html><frame src=b.html></frameset></html>"
    assert others(frames) == [("page of a frame", "a.html"), ("page of a frame", "b.html")]
    assert others('<iframe srcdoc="&lt;p&gt;One.">') == [("page within a frame", "<p>One.")]


@pytest.mark.parametrize(
    "html",
    [
        "<video src=a.mp4></video>",
        "<div style='background: url(#gradient)'>x</div>",
        "<div style='background: url(data:image/gif;base64,R0lGODlhAQABAAAAACw=)'>x</div>",
        "<div style='color: red'>url(a.jpg)</div>",
        "<input type=text src=a.jpg>",
        "<iframe src='about:blank'></iframe>",
        "<noscript><iframe src=tag.html style='visibility:hidden'></iframe></noscript>",
        "<iframe src=tag.html width=0 height=0></iframe>",
        "<meta property='og:title' content=a.jpg><link rel=icon href=a.ico>",
        "<img src=/a/boat.jpg><meta property='og:image' content='https://a.test/c/boat.jpg?w=9'>",
        "<img srcset='boat-300x200.jpg 300w'><meta property='og:image' content='/boat.jpg'>",
        "<object data=a.jpg type=image/jpeg></object><embed src=a.png>",
    ],
)
def test_what_shows_none_or_is_taken_is_not_told(html: str) -> None:
    assert others(html) == []


def test_a_page_tells_each_once_and_not_too_many() -> None:
    assert len(others("<video poster=a.jpg></video>" * 9)) == 1
    many = "".join(f"<video poster={n}.jpg></video>" for n in range(9999))
    assert len(others(many)) == MAX_OTHERS
    [(_, address)] = others(f"<video poster={'x' * 99999}></video>")
    assert len(address) <= 200


@pytest.mark.parametrize(
    ("tag", "attributes", "address"),
    [
        ("amp-img", {"src": "a.jpg"}, "a.jpg"),
        ("amp-anim", {"src": "a.gif"}, "a.gif"),
        ("object", {"data": "a.jpg", "type": "image/jpeg"}, "a.jpg"),
        ("object", {"data": "a.webp"}, "a.webp"),
        ("embed", {"src": "a.png"}, "a.png"),
        ("object", {"data": "a.svg", "type": "image/svg+xml"}, None),
        ("object", {"data": "a.pdf", "type": "application/pdf"}, None),
        ("embed", {"src": "a.swf"}, None),
        ("object", {}, None),
        ("input", {"type": "image", "src": "a.jpg"}, None),
    ],
)
def test_what_is_shown_as_images_are_is_taken_as_one(
    tag: str, attributes: dict[str, str], address: str | None
) -> None:
    taken = image_attributes(tag, attributes)
    assert (taken or {}).get("src") == address
