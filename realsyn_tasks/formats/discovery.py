"""Which format a crawl has, and which of its files carry documents.

Suffixes say what a file should be and beginnings what it is; where both speak and disagree, the
beginnings win. A few files of each suffix are looked at, and all of a crawl only where no suffix
is known, so that a marker or a README beside the documents is not taken for one.
"""

from __future__ import annotations

import json
import mimetypes
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
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
EXAMPLES = 3  # files of a kind that nothing reads
_SAY_WHICH = "say which with --format, or by the form's field Format"
_SEPARATE = "or put the files of each into a crawl of its own"
_SUFFIX = re.compile(r"(?<=.)\.[a-z0-9_+-]{1,16}(?=@|$)")
_TYPES = mimetypes.MimeTypes()
# What pages show and use: no document, whatever it holds.
_BESIDE = re.compile(r"(image|audio|video|font)/|text/css$|(text|application)/javascript$")
HIDDEN = "hidden files"
_NOT_READ = {
    ".mht": "pages saved as MHTML: save them as HTML, complete",
    ".mhtml": "pages saved as MHTML: save them as HTML, complete",
    ".arc": "ARC files: convert them to WARC with warcio recompress",
    ".arc.gz": "ARC files: convert them to WARC with warcio recompress",
    ".tar": "archives: unpack them",
    ".tar.gz": "archives: unpack them",
    ".tgz": "archives: unpack them",
    ".7z": "archives: unpack them",
    ".rar": "archives: unpack them",
    ".xz": "packed files: unpack them",
    ".bz2": "packed files: unpack them",
}


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
    kinds = _kinds([item for item in files if not _is_hidden(item[0])], open_at)
    recognised = [kind for kind in kinds.values() if kind.formats]
    kept = [kind for kind in recognised if not kind.doubtful] or recognised
    formats = {name for kind in kept for name in kind.formats}
    if not formats:
        known = ", ".join(f"{name} ({' '.join(spec.suffixes)})" for name, spec in FORMATS.items())
        raise UnknownFormat(
            f"none of the {len(files)} files is of a known format: {known}.{_known_of(files)}"
            f" If it is one of them all the same, {_SAY_WHICH}"
        )
    if len(formats) > 1:
        seen = "; ".join(kind.in_words(name) for name, kind in kinds.items() if kind in kept)
        raise UnknownFormat(
            f"a crawl is of one format, and here is {seen}: {_SAY_WHICH}, {_SEPARATE}"
        )
    return formats.pop()


def _known_of(files: Files) -> str:
    """What is known of files that nothing reads."""
    names = sorted({name for path, _ in files if (name := _unreadable_suffix(path))})
    return "".join(f" *{name} are {_NOT_READ[name]}." for name in names)


def documents_of(listing: Listing, format: str, open_at: OpenAt) -> Files:
    """Give the files of a crawl that carry its documents, sorted by path.

    These are the files of the format's suffixes, and those of other formats' suffixes that begin
    like it, and of unknown ones where a few of a suffix do. Files that documents merely refer to,
    like the pictures of an HTML folder, are not among them, nor are hidden ones. UnknownFormat if
    there is none.
    """
    files = [item for item in sorted(listing) if not _is_hidden(item[0])]
    own = [item for item in files if _claim(item[0]).format == format]
    others = [item for item in files if _claim(item[0]).format not in (format, "")]
    unclaimed = [item for item in files if not _claim(item[0]).format]
    looks_like = reader_of(format).looks_like

    def is_one(item: tuple[str, int]) -> bool:
        return bool(item[1]) and looks_like(_head(item[0], open_at))

    # Beside files of its own suffixes, a few of each other kind tell whether to look at all.
    some = [group for group in _by_suffix(unclaimed) if not own or any(map(is_one, _some(group)))]
    own += filter(is_one, [*others, *(item for group in some for item in group)])
    if not own:
        suffixes = " ".join(FORMATS[format].suffixes)
        raise UnknownFormat(
            f"none of the {len(files)} files is of the format {format}: none ends in {suffixes},"
            " nor begins like one"
        )
    return sorted(own)


class Unread(NamedTuple):
    """Files of a crawl that no reader opens, of one kind."""

    kind: str  # a suffix with what to do about it, or hidden files
    files: int
    bytes: int
    examples: tuple[str, ...]


def unread(listing: Listing, documents: Listing, format: str) -> list[Unread]:
    """Count the files that a crawl holds beside its documents, by kind, the most first.

    What documents may show is none of them where they show files of the crawl.
    """
    taken = {path for path, _ in documents}
    kinds: dict[str, Files] = defaultdict(list)
    for path, size in sorted(listing):
        if path not in taken and not (FORMATS[format].shows_files and _is_beside(path)):
            kinds[_kind_of(path)].append((path, size))
    counted = [
        Unread(kind, len(files), sum(size for _, size in files), _examples(files))
        for kind, files in kinds.items()
    ]
    return sorted(counted, key=lambda kind: (-kind.files, kind.kind))


def _examples(files: Files) -> tuple[str, ...]:
    return tuple(path for path, _ in files[:EXAMPLES])


def _kind_of(path: str) -> str:
    if _is_hidden(path):
        return HIDDEN
    known = _unreadable_suffix(path)
    suffix = known or _suffix(path)
    kind = f"*{suffix}" if suffix else "no suffix"
    return f"{kind} ({_NOT_READ[known]})" if known else kind


def _unreadable_suffix(path: str) -> str:
    own = (suffix for suffix in _NOT_READ if _bare(path).endswith(suffix))
    return max(own, key=len, default="")


def _is_hidden(path: str) -> bool:
    return PurePosixPath(path).name.startswith(".")


def _is_beside(path: str) -> bool:
    """Say whether a file is a picture, a style or a script by its name."""
    return bool(_BESIDE.match(_TYPES.guess_type(f"x{_suffix(path)}")[0] or ""))


def _by_suffix(files: Files) -> Iterator[Files]:
    """Files that may be documents, by suffix."""
    groups: dict[str, Files] = defaultdict(list)
    for item in files:
        if not _is_beside(item[0]):
            groups[_suffix(item[0])].append(item)
    return iter(groups.values())


def _suffix(path: str) -> str:
    match = _SUFFIX.search(PurePosixPath(_bare(path)).name)
    return match[0] if match else ""


def _bare(path: str) -> str:
    """A path in lower case, without the query that copies of the web have in their names."""
    return path.lower().partition("?")[0]


def _kinds(files: Files, open_at: OpenAt) -> dict[str, _Kind]:
    """The files by suffix: by those that formats know, or else by what suffixes there are."""
    kinds: dict[str, _Kind] = defaultdict(_Kind)
    known = [item for item in files if _claim(item[0]).format]
    for path, size in known or files:
        kinds[_claim(path).suffix].files.append((path, size))
    commonest = sorted(kinds, key=lambda suffix: -len(kinds[suffix].files))
    for suffix in commonest if known else commonest[:ENDINGS]:
        kind = kinds[suffix]
        heads = [_head(path, open_at) for path, _ in _some(kind.files)]
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


def _some(files: Files) -> Files:
    """A few files that hold anything, from the first to the last."""
    filled = [item for item in files if item[1]]
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
        if _bare(path).endswith(suffix)
    ]
    unclaimed = _Claim(_suffix(path), "")
    return max(claims, key=lambda claim: len(claim.suffix), default=unclaimed)
