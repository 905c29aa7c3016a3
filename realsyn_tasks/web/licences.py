"""The licence that a page states for itself, in one spelling; nothing of it is trusted.

What a document says of itself comes first: a link element with rel=license, schema.org's data,
microdata, metas; of these the first that states any. Else the links that its readers see count,
those with rel=license and those to Creative Commons; where these differ nobody can tell of what
each is the licence, and none is taken. What belongs to a picture alone (an ImageObject, a link in a
figure) is not the page's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from realsyn_tasks.web.addresses import canonical, join

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_LENGTH = 300  # characters of an address
MAX_ELEMENTS = 1_000  # of one kind that are looked at
MAX_SCRIPT = 1 << 20  # characters of linked data, a script
MAX_SCRIPTS = 20
MAX_OBJECTS = 1_000  # of linked data, a script
Test = Callable[["LexborNode"], bool]
Attributes = Mapping[str, str | None]
_HOSTS = ("creativecommons.org", "www.creativecommons.org")
_TERMS = {
    "by": "BY",
    "by-sa": "BY-SA",
    "by-nd": "BY-ND",
    "by-nc": "BY-NC",
    "by-nc-sa": "BY-NC-SA",
    "by-nc-nd": "BY-NC-ND",
    "by-nd-nc": "BY-NC-ND",  # as version 1.0 spelled it
}
_PATH = re.compile(
    r"/licenses/(?P<terms>[a-z-]{2,8})/(?P<version>\d\.\d)(?:/(?P<port>[a-z]{2,4}))?(?:/|$)"
)
_PUBLIC = {"zero/1.0": "CC0-1.0", "mark/1.0": "CC-PDM-1.0"}
_NAME = re.compile(
    r"CC[ -](?P<terms>BY(?:-(?:SA|ND|NC|NC-SA|NC-ND))?)[ -](?P<version>\d\.\d)"
    r"(?:[ -](?P<port>[A-Z]{2,3}))?",
    re.IGNORECASE,
)
_ZERO = re.compile(r"CC0[ -]1\.0", re.IGNORECASE)
_TERMS_PAGE = re.compile(r"/(?:licenses|publicdomain)/[a-z+-]+")
_ADDRESS = re.compile(r"""https?://(?:www\.)?creativecommons\.org/[^\s"'<>()\[\]]{1,200}""", re.I)
_METAS = ("dcterms.license", "dc.license", "dcterms.rights", "dc.rights", "copyright")


def licence_of(value: object, base: str = "") -> str:
    """Give one spelling of a licence that is stated by an address or by a name; "" for free text.

    Creative Commons' become identifiers as SPDX has them, with the country of a ported one behind
    (CC-BY-SA-3.0-DE); other http(s) addresses stay. `base` is what an address is relative to.
    """
    if not isinstance(value, str) or len(value) > 10 * MAX_LENGTH:
        return ""
    text = value.strip()
    return _of_name(text) or _of_address(_address_in(text, base))


def licence_in(tree: LexborHTMLParser, base: str, is_of_figure: Test) -> str:
    """Give the licence that a page states for itself, "" if none; `base` is the page's address.

    `is_of_figure` says of a link whether it belongs to a picture.
    """
    for says in _OF_ITSELF:
        if licence := next(filter(None, says(tree, base)), ""):
            return licence
    links = (link for link in _shown(tree) if licence_of_link(link.attributes, base))
    shown = {licence_of_link(link.attributes, base) for link in links if not is_of_figure(link)}
    return shown.pop() if len(shown) == 1 else ""


def licence_of_link(link: Attributes, base: str) -> str:
    """Give the licence that a link means, "" if none: by rel=license, or to Creative Commons."""
    licence = licence_of(link.get("href"), base)
    return licence if _is_licence(link) or licence.startswith("CC") else ""


def licence_in_header(value: str, base: str) -> str:
    """Give the licence of an HTTP answer's Link header, "" if none."""
    for part in islice(re.finditer(r"<([^<>]{1,2000})>([^<]{0,500})", value), MAX_ELEMENTS):
        if re.search(r"""rel\s*=\s*["']?[^"';,]*\blicense\b""", part[2], re.IGNORECASE):
            return licence_of(part[1], base)
    return ""


def _address_in(text: str, base: str) -> str:
    """Give the address that a text is, or one of Creative Commons amid it; "" if there is none."""
    inside = _ADDRESS.search(text)
    if inside:
        return canonical(inside[0].rstrip(".,;:"))
    whole = text.isprintable() and not any(map(str.isspace, text))
    address = join(base, text) if text and whole else ""
    return address if len(address) <= MAX_LENGTH and address.isprintable() else ""


def _of_name(text: str) -> str:
    if _ZERO.fullmatch(text):
        return "CC0-1.0"
    name = _NAME.fullmatch(text)
    return _identifier(name["terms"], name["version"], name["port"]) if name else ""


def _of_address(address: str) -> str:
    """Give the identifier of a Creative Commons address, another address as it is."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    path = parts.path.lower()
    if parts.hostname not in _HOSTS:
        return address
    for ending, identifier in _PUBLIC.items():
        if f"{path}/".startswith(f"/publicdomain/{ending}/"):
            return identifier
    match = _PATH.match(path)
    if match and match["terms"] in _TERMS:
        return _identifier(_TERMS[match["terms"]], match["version"], match["port"])
    return address if _TERMS_PAGE.match(path) else ""


def _identifier(terms: str, version: str, port: str | None) -> str:
    parts = ["CC", terms, version, *([port] if port and port.lower() != "deed" else [])]
    return "-".join(parts).upper()


def _elements(tree: LexborHTMLParser, selector: str) -> Iterator[LexborNode]:
    return islice(iter(tree.css(selector)), MAX_ELEMENTS)


def _links(tree: LexborHTMLParser, base: str) -> Iterator[str]:
    for link in _elements(tree, "link[rel][href]"):
        if _is_licence(link.attributes):
            yield licence_of(link.attributes["href"], base)


def _is_licence(element: Attributes) -> bool:
    return "license" in (element.get("rel") or "").lower().split()


def _linked_data(tree: LexborHTMLParser, base: str) -> Iterator[str]:
    scripts = tree.css('script[type="application/ld+json"]')
    for script in scripts[:MAX_SCRIPTS]:
        text = script.text() or ""
        if len(text) <= MAX_SCRIPT and '"license"' in text:
            for value in _licences_of(_json(text)):
                yield licence_of(value, base if str(value).startswith("/") else "")


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _licences_of(data: Any) -> Iterator[object]:
    """Give what the objects at the top of linked data, or in its graphs, have as their license."""
    waiting = [data]
    for number in range(MAX_OBJECTS):
        if number >= len(waiting):
            return
        value = waiting[number]
        if isinstance(value, list):
            waiting += value[:MAX_OBJECTS]
        elif isinstance(value, dict):
            waiting.append(value.get("@graph"))
            if "ImageObject" not in str(value.get("@type"))[:MAX_LENGTH]:
                yield from _addresses_of(value.get("license"))


def _addresses_of(value: Any) -> Iterator[object]:
    for item in value[:MAX_ELEMENTS] if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            yield item.get("@id")
            yield item.get("url")
        else:
            yield item


def _microdata(tree: LexborHTMLParser, base: str) -> Iterator[str]:
    for element in _elements(tree, "[itemprop~=license]"):
        if not _is_of_picture(element):
            yield licence_of(element.attributes.get("href"), base)
            yield licence_of(element.attributes.get("content"))


def _is_of_picture(element: LexborNode) -> bool:
    around = element.parent
    while around is not None and "itemscope" not in around.attributes:
        around = around.parent
    return around is not None and "ImageObject" in (around.attributes.get("itemtype") or "")


def _metas(tree: LexborHTMLParser, base: str) -> Iterator[str]:
    stated: dict[str, str | None] = {}
    for meta in _elements(tree, "meta[content]"):
        name = meta.attributes.get("name") or meta.attributes.get("property") or ""
        stated.setdefault(name.strip().lower().replace(":", "."), meta.attributes["content"])
    for name in _METAS:
        licence = licence_of(stated.get(name))
        if licence.startswith("CC") or name != "copyright":  # whose addresses are the owner's
            yield licence


def _shown(tree: LexborHTMLParser) -> Iterator[LexborNode]:
    links = _elements(tree, "a[rel][href], area[rel][href]")
    yield from (link for link in links if _is_licence(link.attributes))
    yield from _elements(tree, 'a[href*="creativecommons.org/"]')


_OF_ITSELF: tuple[Callable[[LexborHTMLParser, str], Iterator[str]], ...] = (
    _links,
    _linked_data,
    _microdata,
    _metas,
)
