"""The same pages without what names tell, and within wrappers whose names lie."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from tests.web.templates.pen import Page

_TAG = re.compile(r"<[a-zA-Z][^<>]*>")
_NAMES = re.compile(r"""(?<=[\s"'])(class|id|for)=("[^"]*"|'[^']*')""", re.I)
_TO_NAME = re.compile(r"""(?<=[\s"'])(href)=(["'])\#([^"']+)(["'])""", re.I)
_BODY = re.compile(r"(<body[^>]*>)(.*)(</body>)", re.I | re.S)
WRAPPERS = (
    ('<form method="post" action="./page">', "</form>"),
    ('<div class="content sidebar">', "</div>"),
    ('<section class="menu">', "</section>"),
    ('<div id="toc" class="toc">', "</div>"),
    ('<div id="comments">', "</div>"),
    ('<div style="visibility:hidden">', "</div>"),
    ('<div class="page-header">', "</div>"),
    ('<div class="noprint">', "</div>"),
    ('<div class="related-content">', "</div>"),
    ('<div class="content hidden" id="app">', "</div>"),
)


def hashed(page: Page) -> Page:
    """Replace all names of classes and elements by meaningless ones, the same for the same."""
    return replace(page, html=_TAG.sub(_without_names, page.html))


def wrapped(page: Page) -> Page:
    """Put the whole body into an element that seems to be something else."""
    number = int.from_bytes(hashlib.sha256(page.kind.encode()).digest()[:2], "big") + page.number
    before, after = WRAPPERS[number % len(WRAPPERS)]
    return replace(page, html=_BODY.sub(rf"\1{before}\2{after}\3", page.html))


def _without_names(tag: re.Match[str]) -> str:
    renamed = _NAMES.sub(lambda name: f'{name[1]}="{_hashes(name[2][1:-1])}"', tag[0])
    return _TO_NAME.sub(lambda link: f'{link[1]}="#{_hashes(link[3])}"', renamed)


def _hashes(names: str) -> str:
    return " ".join(f"c{hashlib.sha256(name.encode()).hexdigest()[:7]}" for name in names.split())
