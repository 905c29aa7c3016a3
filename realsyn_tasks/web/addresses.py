"""Addresses of pages and images: joining, comparing, choosing. None of them is trusted."""

from __future__ import annotations

import base64
import binascii
import posixpath
import re
from urllib.parse import quote, unquote, unquote_to_bytes, urljoin, urlsplit, urlunsplit

MAX_URL = 2048  # characters
_HALVES = re.compile("[\ud800-\udfff]")  # of characters: JSON can spell them, nothing stores them
_BLANKS = re.compile(r"[\x00-\x20\x7f]+")


def join(base: str, reference: str) -> str:
    """The absolute http(s) address that `reference` on page `base` stands for, "" if none."""
    reference = reference.strip(" \t\r\n\f")
    try:
        joined = urljoin(base, reference)
    except ValueError:
        return ""
    return canonical(joined)


def canonical(url: str) -> str:
    """One spelling for one http(s) address: no fragment, lower-case host; "" for anything else."""
    if _HALVES.search(url):
        return ""
    try:
        parts = urlsplit(_BLANKS.sub("%20", url.strip("<> \t\r\n\f")))
        netloc = parts.netloc.rpartition("@")[2].lower()
        path = quote(parts.path, safe="/%:@!$&'()*+,;=~-._")
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not netloc:
        return ""
    spelling = urlunsplit((parts.scheme.lower(), netloc, path or "/", parts.query, ""))
    return spelling if len(spelling) <= MAX_URL else ""


def best_of_srcset(value: str) -> list[str]:
    """The addresses of a srcset, largest first; those without a size come last."""
    sized = []
    rest = value[: 8 * MAX_URL]
    while rest := rest.lstrip(" \t\r\n\f,"):
        url, *more = rest.split(None, 1)
        rest, size = "".join(more), ""
        if not url.endswith(","):
            size, _, rest = rest.partition(",")
        sized.append((_size(size), url.rstrip(",")))
    return [url for _, url in sorted(sized, key=lambda pair: -pair[0])]


def _size(descriptor: str) -> float:
    match = re.match(r"\s*(\d+(?:\.\d+)?)[wx]", descriptor)
    return float(match[1]) if match else 0.0


def decode_data_uri(uri: str, max_bytes: int) -> tuple[str, bytes] | None:
    """Media type and bytes of a data: URI; None if it is broken or larger than `max_bytes`."""
    header, comma, body = uri[5:].partition(",")
    if not comma or len(body) > max_bytes * 3:
        return None
    media_type, *parameters = [part.strip().lower() for part in header.split(";")]
    data = unquote_to_bytes(body)
    if "base64" in parameters:
        data = re.sub(rb"\s+", b"", data)
        try:
            data = base64.b64decode(data + b"=" * (-len(data) % 4), validate=True)
        except (binascii.Error, ValueError):
            return None
    return (media_type, data) if len(data) <= max_bytes else None


def path_inside(page: str, reference: str) -> str | None:
    """The path, relative to the crawl, of a file that a page of an HTML folder refers to.

    None if the reference leaves the folder or is no plain relative path: another scheme (file:,
    http:), an absolute path, a Windows path, a NUL byte, or more ".." than there are folders.
    """
    plain = reference.strip(" \t\r\n\f").split("#")[0].split("?")[0]
    path = unquote(plain)
    if not path or "\\" in path or "\0" in path or path.startswith("/"):
        return None
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", path):
        return None
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
    return None if joined.startswith(("../", "/")) or joined == ".." else joined
