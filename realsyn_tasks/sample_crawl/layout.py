"""The plain HTML of pages that are composed of records."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from realsyn_tasks.sample_crawl.packages import Package
from realsyn_tasks.sample_crawl.site import Page, Picture

Figure = tuple[Picture, str]  # with its caption; "": it has none


def compose(
    package: Package, site: str, title: str, figures: Sequence[Figure], texts: Sequence[str]
) -> Page:
    """Lay out a page of pictures with captions, and of paragraphs; it states its licence."""
    shown = "\n".join(_figure(picture, caption) for picture, caption in figures)
    collapsed = [" ".join(text.split()) for text in texts]
    paragraphs = "\n".join(f"<p>{escape(text)}</p>" for text in collapsed if text)
    heading = escape(title[:1].upper() + title[1:])
    html = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<title>{heading}</title>\n<link rel="license" href="{escape(package.terms)}">\n'
        f"</head>\n<body>\n<article>\n<h1>{heading}</h1>\n"
        f"{shown}\n{paragraphs}\n</article>\n</body>\n</html>\n"
    )
    words = sum(len(text.split()) for text in [title, *(text for _, text in figures), *collapsed])
    pictures = tuple(picture for picture, _ in figures)
    return Page(f"{site}/{slug(title)}.html", html.encode(), pictures, words, package.name)


def slug(title: str) -> str:
    """Give a title as a file's name."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _figure(picture: Picture, caption: str) -> str:
    text = escape(caption)
    if not caption:
        return f'<figure><img src="{escape(picture.url)}"></figure>'
    return (
        f'<figure><img src="{escape(picture.url)}" alt="{text}">'
        f"<figcaption>{text}</figcaption></figure>"
    )
