"""Files of a folder by what its pages call them.

Browsers, mirrors and archivers write a picture's file under another name than the page has for it:
unescaped or escaped, in another case or Unicode form, its query with other marks, below a folder
for its host. Nothing here leads out of the crawl.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cached_property
from urllib.parse import unquote, unquote_to_bytes

from realsyn_tasks.web.addresses import join, joined_inside

_HOST = re.compile(
    r"(?!.*\.(?:x?html?|php|aspx?|jpe?g|png)$)[\w-]+(?:\.[\w-]+)+(?:[:+_]\d+)?", re.I
)
_HAS_HOST = re.compile(r"(?:https?:)?//", re.I)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.I)
_RELATIVE_SCHEME = re.compile(r"https?:(?!//)", re.I)
_UNWRITABLE = re.compile(r'[?:*"<>|@+_\s]+')  # in names of Windows; what stands for them differs
_MOST_FOLDERS = 16  # above a page in which its site may begin


class Names:
    """Names of files; finds one by any spelling, the exact one first.

    `others` are further names of some files, as pairs of a name and the file's own.
    """

    def __init__(self, own: Iterable[str], others: Iterable[tuple[str, str]] = ()) -> None:
        self._own = frozenset(own)
        self._others = tuple(others)

    def find(self, path: str) -> str | None:
        """Give a file's own name, None if there is none or what could be meant is two."""
        if path in self._own:
            return path
        key = _folded(path)
        return self._by_key.get(key) or self._by_loose_key.get(_loose(key)) or None

    @cached_property
    def _by_key(self) -> dict[str, str]:
        by_key: dict[str, str] = {}
        for name in sorted(self._own):
            by_key.setdefault(_folded(name), name)
        for name, own in self._others:
            by_key.setdefault(_folded(name), own)
        return by_key

    @cached_property
    def _by_loose_key(self) -> dict[str, str]:
        by_key: dict[str, str] = {}
        for key, name in self._by_key.items():
            loose = _loose(key)
            by_key[loose] = "" if by_key.get(loose, name) != name else name
        return by_key


def _folded(path: str) -> str:
    plain = unicodedata.normalize("NFC", unquote(path.replace("\\", "/"))).casefold()
    return unicodedata.normalize("NFC", plain)


def _loose(key: str) -> str:
    return _UNWRITABLE.sub("_", key)


def paths_of(page: str, base: str, reference: str, encoding: str) -> Iterator[str]:
    """Paths in the crawl that a reference may stand for, the likeliest first.

    `page` is the path of the page and `encoding` its own, in which escapes may be.
    """
    plain = re.sub(r"[\t\n\r]", "", reference.strip()).partition("#")[0].replace("\\", "/")
    plain = _RELATIVE_SCHEME.sub("", plain)
    page = page.replace("\\", "/")
    address = _address(base, plain)
    if address:
        yield from _in_mirrors(page, address, encoding)
    if _SCHEME.match(plain) or _HAS_HOST.match(plain):
        return
    for start in dict.fromkeys((_start(page, base.strip().replace("\\", "/")), page)):
        for name in _names(plain, encoding):
            if name.startswith("/"):
                yield from _inside([*_sites(page), *_above(page)], name)
            else:
                yield from _inside([posixpath.dirname(start)], name)
                yield from _from_root(start, name)


def _address(base: str, reference: str) -> str:
    if _HAS_HOST.match(reference):
        return join("", reference)
    return join(join("", base), reference) if _HAS_HOST.match(base) else ""


def _from_root(start: str, name: str) -> Iterator[str]:
    """Where a reference ends up if its ".." lead no higher than the site, as on the web."""
    for site in (*_sites(start), ""):
        below = posixpath.dirname(start)[len(site) :].strip("/")
        yield from _inside([site], posixpath.normpath(f"/{below}/{name}"))


def _start(page: str, base: str) -> str:
    """The path that references are relative to. Any file in it stands for a folder."""
    path = unquote(base.partition("#")[0].partition("?")[0])
    if not path or _SCHEME.match(base) or _HAS_HOST.match(base):
        return page
    above = [*_sites(page), ""][0] if path.startswith("/") else posixpath.dirname(page)
    return (
        joined_inside(above, f"{path}x".lstrip("/") if path.endswith("/") else path.lstrip("/"))
        or page
    )


def _in_mirrors(page: str, address: str, encoding: str) -> Iterator[str]:
    """Where mirrors keep an address: below a folder that is called like its host."""
    scheme, _, rest = address.partition("://")
    host, _, path = rest.partition("/")
    beside = [posixpath.dirname(site) for site in _sites(page)]
    for folder in dict.fromkeys([*beside, *_above(page)]):
        for name in _names(path, encoding):
            yield from _inside([folder], f"{host}/{name}")
            yield from _inside([folder], f"{scheme}/{host}/{name}")


def _names(reference: str, encoding: str) -> list[str]:
    """Names of files that a reference may mean: with its query, as wget has it, or without."""
    path, mark, query = reference.partition("?")
    whole = [reference, f"{path}@{query}", path] if mark else [path]
    return list(dict.fromkeys(name for w in whole for name in (_unescaped(w, encoding), w) if name))


def _unescaped(text: str, encoding: str) -> str:
    data = unquote_to_bytes(text)
    for name in ("utf-8", encoding):
        try:
            return data.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("latin-1")


def _inside(folders: Iterable[str], name: str) -> Iterator[str]:
    for folder in dict.fromkeys(folders):
        path = joined_inside(folder, name.lstrip("/"))
        if path:
            yield path


def _above(page: str) -> list[str]:
    """Folders above a page, the outermost first."""
    parts = page.split("/")[:-1]
    return ["/".join(parts[:number]) for number in range(len(parts) + 1)][:_MOST_FOLDERS]


def _sites(page: str) -> list[str]:
    """Folders above a page that are called like a host, the innermost first."""
    return [f for f in reversed(_above(page)) if _HOST.fullmatch(posixpath.basename(f))]
