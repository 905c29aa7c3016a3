"""Addresses of pages and images: joining, comparing, choosing. None of them is trusted."""

from __future__ import annotations

import base64
import binascii
import posixpath
import re
import string
from functools import cache, partial
from types import ModuleType
from urllib.parse import quote, unquote, unquote_to_bytes

MAX_URL = 2048  # characters
_LONGEST = 8 * MAX_URL  # of a spelling that may come out shorter
_DEFAULT_PORT = re.compile(r":(?:80|443)$")
# RFC 2396 knows four marks more than RFC 3986: some escape them and others don't.
_UNRESERVED = frozenset("-._~!*'()" + string.ascii_letters + string.digits)
_HOST_ONLY = re.compile(r"^[\x00-\x20]*[/\\]{2}(?![/\\])")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_ESCAPES = re.compile(r"%(?:[0-9A-Fa-f]{2})?|[^\w.~!*'()/?:@&=+$,;-]", re.ASCII)


def join(base: str, reference: str, encoding: str = "utf-8") -> str:
    """The absolute http(s) address that `reference` on page `base` stands for, "" if none.

    `encoding` is the page's: browsers send a query in it that isn't ASCII.
    """
    if len(reference) > _LONGEST:
        return ""
    if not reference.isascii() and "?" in reference:
        reference = _with_query_in(encoding, reference)
    try:
        return _as_sent(_urls().join_url(base, reference))
    except ValueError:
        # Of a page that has no address itself, such as a file: that of a host needs a scheme.
        return canonical(_HOST_ONLY.sub("https://", reference, count=1))


def spellings(base: str, reference: str, encoding: str) -> list[str]:
    """How clients ask for a reference: browsers, those that know UTF-8 only, and those of bytes."""
    asked = [join(base, reference, encoding)]
    if not reference.isascii():
        asked += [join(base, reference), join(base, _all_in(encoding, reference))]
    return [address for address in dict.fromkeys(asked) if address]


def canonical(url: str) -> str:
    """One http(s) address as the URL Standard spells it and a client sends it, "" for others."""
    return _as_sent(_standard(url.strip("<> \t\r\n\f"))) if len(url) <= _LONGEST else ""


def identity(url: str) -> str:
    """The key under which an http(s) address is looked up, "//host/path?query"; "" for others.

    All spellings of one address have one key, and so have http and https. A key is its own.
    """
    own = url.startswith("//")
    address = _as_sent(_standard(f"http:{url}"), _LONGEST) if own else canonical(url)
    host, _, rest = address.partition("://")[2].partition("/")
    host = _DEFAULT_PORT.sub("", host)
    name, colon, port = host.partition(":") if host[:1] != "[" else (host, "", "")
    if name.endswith("."):
        return identity(f"//{name.rstrip('.')}{colon}{port}/{rest}") if name.strip(".") else ""
    if not name:
        return ""
    return f"//{host}/{_ESCAPES.sub(_escape, rest).removesuffix('?')}"


def join_files(base: str, reference: str = "") -> str:
    """The file: address that `reference` on page `base` stands for, "" unless both are files."""
    try:
        joined = _urls().join_url(base, reference).partition("#")[0]
    except ValueError:
        return ""
    are_files = base[:5].lower() == joined[:5] == "file:"
    return joined if are_files and len(joined) <= MAX_URL else ""


def _escape(match: re.Match[str]) -> str:
    """The one spelling of an escape, or of a character that others would have escaped."""
    spelled = match[0]
    if len(spelled) == 1:
        return f"%{ord(spelled):02X}"
    character = chr(int(spelled[1:], 16))
    return character if character in _UNRESERVED else spelled.upper()


@cache
def _urls() -> ModuleType:
    """The library, which only the data plane has."""
    import ada_url

    return ada_url


def _standard(url: str) -> str:
    try:
        return str(_urls().normalize_url(url))
    except ValueError:
        return ""


def _as_sent(href: str, longest: int = MAX_URL) -> str:
    """An http(s) address without fragment and credentials, which no server gets to see in it."""
    scheme, _, rest = href.partition("#")[0].partition("://")
    host, _, path = rest.partition("/")
    address = f"{scheme}://{host.rpartition('@')[2]}/{path}"
    return address if scheme in ("http", "https") and len(address) <= longest else ""


def _with_query_in(encoding: str, reference: str) -> str:
    """A reference with its query's characters beyond ASCII escaped as `encoding` has them."""
    whole, mark, fragment = reference.partition("#")
    path, _, query = whole.partition("?")
    return f"{path}?{_all_in(encoding, query)}{mark}{fragment}"


def _all_in(encoding: str, text: str) -> str:
    if encoding.lower().startswith("utf"):
        return text
    return _BEYOND_ASCII.sub(partial(_escaped_in, encoding), text)


def _escaped_in(encoding: str, match: re.Match[str]) -> str:
    try:
        data = match[0].encode(encoding, "xmlcharrefreplace")
    except LookupError:
        return match[0]
    return quote(data, safe="")


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
    path = unquote(reference.strip(" \t\r\n\f").split("#")[0].split("?")[0])
    if not path or _SCHEME.match(path):
        return None
    return joined_inside(posixpath.dirname(page), path)


def joined_inside(folder: str, path: str) -> str | None:
    """A path in a folder of the crawl, "" for the crawl itself; None if it leads out of that.

    A backslash stands between folders, as browsers have it.
    """
    path = path.replace("\\", "/")
    if "\0" in path or path.startswith("/"):
        return None
    joined = posixpath.normpath(posixpath.join(folder, path))
    return None if joined.startswith(("../", "/")) or joined in ("..", ".") else joined
