"""Which format a crawl has, and which of its files carry documents.

Suffixes say what a file should be and beginnings what it is; where both speak and disagree, the
beginnings win. A few files of each suffix are looked at, and all of a crawl only where no suffix
is known, so that a marker or a README beside the documents is not taken for one.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import BinaryIO, NamedTuple

from realsyn_tasks.formats import FORMATS, Listing, reader_of
from realsyn_tasks.formats.heads import Head, head_of

OpenAt = Callable[[str], BinaryIO]
Files = list[tuple[str, int]]

LOOKS = 3  # files of one suffix
ENDINGS = 20  # suffixes that no format claims, the commonest first
_SAY_WHICH = "say which with --format, or by the form's field Format"


class UnknownFormat(ValueError):
    """A crawl, or the name of a format, that no reader knows; says which there are."""


@dataclass
class _Kind:
    """The files of one suffix, and the formats that those looked at are of.

    Rows of something else, such as the page list beside a crawler's WARC files, make it doubtful.
    """

    files: Files = field(default_factory=list)
    formats: list[str] = field(default_factory=list)
    doubtful: bool = False

    def in_words(self, suffix: str) -> str:
        count, first = len(self.files), self.files[0][0]
        return f"{' or '.join(self.formats)} in {count} *{suffix} files such as {first}"


def checked(name: str) -> str:
    """Give the name of a format back; UnknownFormat, with the nearest there is, if it is none."""
    if name in FORMATS:
        return name
    near = get_close_matches(name.lower(), FORMATS, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    raise UnknownFormat(f"there is no format {name!r}: {hint}There are {', '.join(FORMATS)}")


def discover(listing: Listing, open_at: OpenAt) -> str:
    """Tell a crawl's format; UnknownFormat, with what was seen, if there is none or are several."""
    files = sorted(listing)
    kinds = _kinds(files, open_at)
    recognised = [kind for kind in kinds.values() if kind.formats]
    kept = [kind for kind in recognised if not kind.doubtful] or recognised
    formats = {name for kind in kept for name in kind.formats}
    if not formats:
        known = ", ".join(f"{name} ({' '.join(spec.suffixes)})" for name, spec in FORMATS.items())
        raise UnknownFormat(
            f"none of the {len(files)} files is of a known format: {known}."
            f" If it is one of them all the same, {_SAY_WHICH}"
        )
    if len(formats) > 1:
        seen = "; ".join(kind.in_words(name) for name, kind in kinds.items() if kind in kept)
        raise UnknownFormat(f"a crawl is of one format, and here is {seen}: {_SAY_WHICH}")
    return formats.pop()


def documents_of(listing: Listing, format: str, open_at: OpenAt) -> Files:
    """Give the files of a crawl that carry its documents, sorted by path.

    These are the files of the format's suffixes, and those of other formats' suffixes that begin
    like it; where no file has one of its suffixes, whatever begins like it. Files that documents
    merely refer to, like the pictures of an HTML folder, are not among them. UnknownFormat if
    there is none.
    """
    files = sorted(listing)
    own = [item for item in files if _claim(item[0]).format == format]
    # Beside files of its own suffixes, those of none are a marker, a licence, a picture.
    others = [item for item in files if _claim(item[0]).format not in (format, "" if own else None)]
    looks_like = reader_of(format).looks_like
    for path, size in others:
        if size and looks_like(_head(path, open_at)):
            own.append((path, size))
    if not own:
        suffixes = " ".join(FORMATS[format].suffixes)
        raise UnknownFormat(
            f"none of the {len(files)} files is of the format {format}: none ends in {suffixes},"
            " nor begins like one"
        )
    return sorted(own)


def _kinds(files: Files, open_at: OpenAt) -> dict[str, _Kind]:
    """The files by suffix: by those that formats know, or else by what suffixes there are."""
    kinds: dict[str, _Kind] = defaultdict(_Kind)
    known = [item for item in files if _claim(item[0]).format]
    for path, size in known or files:
        kinds[_claim(path).suffix].files.append((path, size))
    commonest = sorted(kinds, key=lambda suffix: -len(kinds[suffix].files))
    for suffix in commonest if known else commonest[:ENDINGS]:
        kind = kinds[suffix]
        heads = [_head(path, open_at) for path in _some(kind.files)]
        kind.formats = _formats_of(_claim(kind.files[0][0]).format, heads)
        kind.doubtful = bool(heads) and all(map(_is_another_row, heads))
    return kinds


def _formats_of(expected: str, heads: list[Head]) -> list[str]:
    """The formats of files of one suffix: what this says, unless all that is seen is another."""
    seen = {name for head in heads if (name := _by_content(head))}
    if expected and (not seen or expected in seen):
        return [expected]
    return sorted(seen)


def _is_another_row(head: Head) -> bool:
    """Say whether a file begins with a whole row of JSON that no format knows."""
    try:
        row = json.loads(head.line)
    except ValueError:
        return False
    return isinstance(row, dict) and not _by_content(head)


def _some(files: Files) -> list[str]:
    """A few files that hold anything, from the first to the last."""
    filled = [path for path, size in files if size]
    places = {place * (len(filled) - 1) // (LOOKS - 1) for place in range(LOOKS)}
    return [filled[place] for place in sorted(places)] if filled else []


def _by_content(head: Head) -> str:
    return next((name for name in FORMATS if reader_of(name).looks_like(head)), "")


def _head(path: str, open_at: OpenAt) -> Head:
    with open_at(path) as stream:
        return head_of(stream)


class _Claim(NamedTuple):
    """The suffix of a file and the format that knows it, "" if none does."""

    suffix: str
    format: str


def _claim(path: str) -> _Claim:
    """Find the longest suffix that a format knows."""
    claims = [
        _Claim(suffix, name)
        for name, spec in FORMATS.items()
        for suffix in spec.suffixes
        if path.lower().endswith(suffix)
    ]
    unclaimed = _Claim(PurePosixPath(path.lower()).suffix, "")
    return max(claims, key=lambda claim: len(claim.suffix), default=unclaimed)
