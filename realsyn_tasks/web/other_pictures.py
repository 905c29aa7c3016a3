"""Pictures that a page shows by other means than image elements, and that are not taken.

They are posters of videos, backgrounds, images of drawings and of forms, what frames hold, and the
picture that stands for a page elsewhere. Each is told with its kind and its address, so that none
is lost unseen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from realsyn_tasks.web.candidates import Attributes, is_picture_file
from realsyn_tasks.web.srcset import best_of_srcset

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

MAX_OTHERS = 30  # of a page
MAX_SHOWN = 200  # characters of an address
_ELSEWHERE = (
    "video, [style], [background], [data-bg], [data-bgset], [data-background],"
    " [data-background-image], object, embed, input, svg image, iframe, frame, meta, link"
)
_BACKGROUNDS = ("background", "data-bg", "data-bgset", "data-background", "data-background-image")
_BACKGROUND = re.compile(r"url\(\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^)\"'\s]*+))", re.IGNORECASE)
_OF_A_PAGE = ("og:image", "og:image:url", "og:image:secure_url", "twitter:image")
_UNSEEN = re.compile(r"display\s*+:\s*+none|visibility\s*+:\s*+hidden", re.IGNORECASE)
_SPECKS = ("0", "1", "0px", "1px")
_INLINE_PICTURE = 1024  # characters of a data: URI; shorter ones are gradients and dots


def other_pictures(tree: LexborHTMLParser) -> list[tuple[str, str]]:
    """Give kind and address, as written, of each, in the order of the page; at most MAX_OTHERS."""
    others: dict[tuple[str, str], None] = {}
    names: set[str] | None = None
    for node in tree.css(_ELSEWHERE):
        for kind, address in _shown_by(node.tag or "", node.attributes):
            if kind == "preview of the page":
                names = _shown_names(tree) if names is None else names
                if _file_name(address) in names:
                    continue
            if len(others) < MAX_OTHERS:
                others[kind, address[:MAX_SHOWN]] = None
    return list(others)


def image_attributes(tag: str, attributes: Attributes) -> Attributes | None:
    """Give an element that shows a picture as an image element does in terms of one; else None.

    They are images of AMP, and objects and embedded files that are pictures.
    """
    if tag in ("amp-img", "amp-anim"):
        return attributes
    if tag not in ("object", "embed"):
        return None
    address = _text(attributes, "data" if tag == "object" else "src")
    kind = _text(attributes, "type").lower()
    shows = kind.startswith("image/") if kind else is_picture_file(address)
    if not address or not shows or "svg" in kind:
        return None
    alt = attributes.get("aria-label") or attributes.get("title") or ""
    sides = {side: attributes[side] for side in ("width", "height") if side in attributes}
    return {"src": address, "alt": alt, **sides}


def _shown_by(tag: str, attributes: Attributes) -> Iterator[tuple[str, str]]:
    yield from _backgrounds(attributes)
    if tag == "video" and attributes.get("poster"):
        yield "poster of a video", _text(attributes, "poster")
    elif tag == "input" and _text(attributes, "type").lower() == "image":
        yield "image of a form", _text(attributes, "src")
    elif tag in ("object", "embed"):
        yield from _embedded(tag, attributes)
    elif tag == "image":
        yield from _drawn(attributes)
    elif tag in ("iframe", "frame"):
        yield from _framed(tag, attributes)
    elif tag in ("meta", "link"):
        yield from _previews(attributes)


def _backgrounds(attributes: Attributes) -> Iterator[tuple[str, str]]:
    for name in _BACKGROUNDS:
        address = _text(attributes, name)
        named = name == "background" or is_picture_file(address)
        if address and named and "url(" not in address:
            yield "background", best_of_srcset(address)[0] if name == "data-bgset" else address
    styles = " ".join(attributes.get(name) or "" for name in ("style", *_BACKGROUNDS))
    for match in _BACKGROUND.finditer(styles) if "url(" in styles.lower() else ():
        address = (match[1] or match[2] or match[3] or "").strip()
        inline = address[:5].lower() == "data:" and len(address) < _INLINE_PICTURE
        if address and not inline and address[:1] != "#":
            yield "background", address


def _embedded(tag: str, attributes: Attributes) -> Iterator[tuple[str, str]]:
    """Give drawings and pages in objects; raster pictures are taken as images."""
    address = _text(attributes, "data" if tag == "object" else "src")
    kind = _text(attributes, "type").lower()
    if address and image_attributes(tag, attributes) is None:
        if "svg" in kind or address.partition("?")[0].lower().endswith((".svg", ".svgz")):
            yield "drawing in an object", address
        elif kind.startswith("text/html"):
            yield "page in an object", address


def _drawn(attributes: Attributes) -> Iterator[tuple[str, str]]:
    address = _text(attributes, "href") or _text(attributes, "xlink:href")
    if address:
        yield "image of a drawing", address


def _framed(tag: str, attributes: Attributes) -> Iterator[tuple[str, str]]:
    if attributes.get("srcdoc"):
        yield "page within a frame", _text(attributes, "srcdoc")
    elif attributes.get("src") and not _is_unseen(attributes):
        address = _text(attributes, "src")
        if not address.lower().startswith(("about:", "javascript:", "data:")):
            yield "page of a frame", address


def _previews(attributes: Attributes) -> Iterator[tuple[str, str]]:
    name = _text(attributes, "property") or _text(attributes, "name")
    if name.lower() in _OF_A_PAGE and attributes.get("content"):
        yield "preview of the page", _text(attributes, "content")
    if _text(attributes, "rel").lower() == "image_src" and attributes.get("href"):
        yield "preview of the page", _text(attributes, "href")


def _is_unseen(attributes: Attributes) -> bool:
    sides = [_text(attributes, side) for side in ("width", "height")]
    return bool(_UNSEEN.search(attributes.get("style") or "")) or any(s in _SPECKS for s in sides)


def _shown_names(tree: LexborHTMLParser) -> set[str]:
    """Give the names of the files that the image elements and sources of a page refer to."""
    names: set[str] = set()
    for node in tree.css("img, source, amp-img"):
        for name, value in node.attributes.items():
            if value and name.endswith("srcset"):
                names.update(map(_file_name, best_of_srcset(value)))
            elif value and name not in ("alt", "class", "style") and len(value) < 2048:
                names.add(_file_name(value))
    return names


def _file_name(address: str) -> str:
    """Give the last part of an address's path; copies in other sizes often share it."""
    path = re.split(r"[?#]", address, maxsplit=1)[0].rstrip("/").lower()
    stem = path.rpartition("/")[2]
    return re.sub(r"[-_]\d{2,4}x\d{2,4}(?=\.\w+$)", "", stem)


def _text(attributes: Attributes, name: str) -> str:
    return (attributes.get(name) or "").strip()
