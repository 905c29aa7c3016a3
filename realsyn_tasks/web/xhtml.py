"""Pages written as XML, in the spelling of HTML, so that one parser reads both.

In XML an element may close itself (`<script/>`), text may stand in CDATA sections, and names may
have a prefix that stands for a namespace. An HTML parser takes the first for an opening tag, which
swallows the page.
"""

from __future__ import annotations

import re
from html import escape

from realsyn_tasks.web.elements import VOID

_NAMESPACE = "http://www.w3.org/1999/xhtml"
_HEAD = 2_000  # characters in which a root element begins
_IS_XML = re.compile(
    rf"""\s*<\?xml\s|(?>\s+|<!--.*?-->|<!(?!--)[^>]*>|<\?[^>]*>)*+<[^<>]*\sxmlns(?::\w+)?=["']{_NAMESPACE}["']""",
    re.DOTALL | re.IGNORECASE,
)
_PREFIX = re.compile(rf"""\sxmlns:([\w.-]+)=["']{_NAMESPACE}["']""")
# What is no tag of its own is passed over whole: nothing is looked at twice.
_TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<!\[CDATA\[(?P<data>.*?)(?:\]\]>|\Z)"
    r"|<(?P<close>/?)(?P<name>[a-z][\w.:-]*)(?P<rest>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)(?P<end>>?)",
    re.DOTALL | re.IGNORECASE,
)
_RAW_END = {name: re.compile(rf"</(?:[\w.-]+:)?{name}\s*>", re.I) for name in ("script", "style")}


def is_xml(page: str) -> bool:
    """Say whether a page says of itself that it is XML."""
    return _IS_XML.match(page[:_HEAD].lstrip("\ufeff")) is not None


def as_html(page: str) -> str:
    """Give a page that was written as XML as HTML that says the same."""
    named = _PREFIX.search(page[:_HEAD])
    prefix = f"{named[1]}:" if named else ""
    written: list[str] = []
    done = 0
    while token := _TOKEN.search(page, done):
        written.append(page[done : token.start()])
        written.append(_spelled(token, prefix))
        done = token.end()
        raw = _RAW_END.get(_local(token["name"] or "", prefix).lower())
        if raw and not token["close"] and not token["rest"].endswith("/"):
            closing = raw.search(page, done)
            stop = closing.start() if closing else len(page)
            written.append(page[done:stop])
            done = stop
    return "".join([*written, page[done:]])


def _local(name: str, prefix: str) -> str:
    return name.removeprefix(prefix) if prefix else name


def _spelled(token: re.Match[str], prefix: str) -> str:
    if token["data"] is not None:
        return escape(token["data"], quote=False)
    if token["name"] is None:
        return token[0]
    name = _local(token["name"], prefix)
    rest = token["rest"]
    closes_itself = token["end"] and rest.endswith("/") and not token["close"]
    if closes_itself and name.lower() not in VOID:
        return f"<{name}{rest[:-1]}></{name}>"
    return f"<{token['close']}{name}{rest}{token['end']}"
