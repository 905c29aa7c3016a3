"""The three layouts that an evaluation set may have, read piece by piece.

    {split}/nshards.txt, {split}/0.tar …   clip-benchmark's webdatasets: a picture, and beside it
                                           .cls (number of its class) or .txt (a caption a line)
    {split}/captions.jsonl                 {"image": path below the split, "captions": [...]}
    {split}/CLASS/…                        pictures in a folder for each class

Splits are `test` and, for what learns from them, `train`. classnames.txt has the names of the
classes by number: the order of folders' names is that, too. Nothing of a set is trusted: names in
tars are never used, paths lead nowhere but to files of the set, and sizes are looked at before
anything is read.
"""

from __future__ import annotations

import json
import tarfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import PurePosixPath
from typing import BinaryIO, Protocol

from realsyn_tasks.core.errors import ConfigError, is_no_fault_of_input
from realsyn_tasks.core.ids import image_id
from realsyn_tasks.core.reasons import Refused
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.evaluate.evaluation_sets import SetFiles
from realsyn_tasks.evaluate.reasons import NO_ANSWER, TOO_LARGE

CLASS_NAMES, TEMPLATES = "classnames.txt", "zeroshot_classification_templates.txt"
CAPTIONS = "captions.jsonl"
PICTURES = frozenset({"jpg", "jpeg", "png", "webp", "bmp", "gif", "tif", "tiff", "avif"})
PICTURE_BYTES = 64 << 20
TEXT_BYTES = 1 << 20  # of the texts of a picture
LABEL_BYTES = 64
LIST_BYTES = 256 << 20  # of a list of classes or captions
MOST_TARS = 100_000
NAME_LENGTH = 200

Members = dict[str, tarfile.TarInfo]  # by suffix


@dataclass(frozen=True)
class Item:
    """A picture of a set, and the right answers: its captions, or its class."""

    name: str
    picture: bytes
    texts: tuple[str, ...] = ()
    label: str = ""


@dataclass(frozen=True)
class Unread:
    """An item that cannot be asked, and why."""

    name: str
    error: Refused


class Layout(Protocol):
    """Reads a split of a set; the order is always the same."""

    def names(self, split: str) -> Iterable[str]:
        """Name all items of a split, without repeats; () if there is no such split."""
        ...

    def texts(self, split: str) -> Iterable[tuple[str, tuple[str, ...]]]:
        """Give the captions of all items of a split by name, without pictures."""
        ...

    def items(self, split: str, wanted: Collection[str]) -> Iterator[Item | Unread]:
        """Read the items of these names."""
        ...


class OpenedSet:
    """A set that is read: its classes, templates and items."""

    def __init__(self, found: SetFiles) -> None:
        self.storage = Storage.at(found.uri)
        self.files = found.files
        self.uri = found.uri

    @cached_property
    def layout(self) -> Layout:
        """Tell the layout by the files of the test split; ConfigError if it is none."""
        if "test/nshards.txt" in self.files:
            return Tars(self)
        if f"test/{CAPTIONS}" in self.files:
            return Captions(self)
        if any(path.startswith("test/") and path.count("/") > 1 for path in self.files):
            return Folders(self)
        raise ConfigError(
            f"{self.uri} is no evaluation set: it needs test/nshards.txt and the tars beside it,"
            f" or test/{CAPTIONS}, or folders of pictures test/CLASS"
        )

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Give the names of the classes by number, each of them once; () if the set names none."""
        return distinct(self.lines(CLASS_NAMES))

    def lines(self, path: str) -> list[str]:
        """Read the lines of a small file with something in them; [] if there is none."""
        if path not in self.files:
            return []
        text = self.read(path, LIST_BYTES).decode("utf-8", "replace")
        return [" ".join(line.split()) for line in text.splitlines() if line.strip()]

    def read(self, path: str, most: int) -> bytes:
        """Read a file of the set; ConfigError if it is larger than anybody would expect."""
        if self.files[path] > most:
            raise ConfigError(f"{self.uri}/{path} has {self.files[path]} bytes, more than {most}")
        return self.storage.read(path)

    def picture(self, path: str) -> bytes:
        """Read a picture; Refused if it is too large."""
        if self.files[path] > PICTURE_BYTES:
            raise Refused(TOO_LARGE, f"{self.files[path]} bytes")
        return self.storage.read(path)


class Sample:
    """What a tar has under one stem."""

    def __init__(self, name: str, where: str, tar: tarfile.TarFile, members: Members) -> None:
        self.name = name
        self._where, self._tar, self._members = where, tar, members

    def item(self, classes: Sequence[str]) -> Item:
        """Read all of it; Refused if it is too large, or nothing can be asked."""
        picture = next((suffix for suffix in self._members if suffix in PICTURES), None)
        if picture is None:
            raise Refused(NO_ANSWER, "no picture")
        label = _label(self._content("cls", LABEL_BYTES), classes) if "cls" in self._members else ""
        return Item(self.name, self._content(picture, PICTURE_BYTES), self.texts(), label)

    def texts(self) -> tuple[str, ...]:
        """Read its captions, one a line; Refused if they are too long."""
        data = self._content("txt", TEXT_BYTES) if "txt" in self._members else b""
        lines = data.decode("utf-8", "replace").splitlines()
        return tuple(" ".join(line.split()) for line in lines if line.strip())

    def _content(self, suffix: str, most: int) -> bytes:
        member = self._members[suffix]
        if member.size > most:
            raise Refused(TOO_LARGE, f"{member.size} bytes")
        with _readable(self._where):
            content = self._tar.extractfile(member)
            return content.read() if content else b""


class Tars:
    """Webdatasets. An item is known by its tar and its place there, whatever it is called."""

    def __init__(self, opened: OpenedSet) -> None:
        self._set = opened

    def names(self, split: str) -> Iterator[str]:
        """Name all items of a split; reads the heads of members alone."""
        return (sample.name for sample in self._samples(split))

    def texts(self, split: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Give the captions of all items by name; () for those that are too long."""
        for sample in self._samples(split):
            try:
                yield sample.name, sample.texts()
            except Refused:
                yield sample.name, ()

    def items(self, split: str, wanted: Collection[str]) -> Iterator[Item | Unread]:
        """Read the items of these names, in the order of the tars."""
        for sample in self._samples(split):
            if sample.name in wanted:
                try:
                    yield sample.item(self._set.classes)
                except Refused as error:
                    yield Unread(sample.name, error)

    def _samples(self, split: str) -> Iterator[Sample]:
        for number in range(self._tars(split)):
            path = f"{split}/{number}.tar"
            where = f"{self._set.uri}/{path}"
            if path not in self._set.files:
                raise ConfigError(f"{where} is missing, and nshards.txt counts it; get it anew")
            with _readable(where), self._set.storage.open(path) as source:
                yield from _samples_of(source, number, where)

    def _tars(self, split: str) -> int:
        said = "".join(self._set.lines(f"{split}/nshards.txt")) or "0"
        if not _is_number(said) or int(said) > MOST_TARS:
            raise ConfigError(f"{self._set.uri}/{split}/nshards.txt says {said[:20]!r}, no number")
        return int(said)


class Captions:
    """A line a picture, or several of the same one; a line is JSON."""

    def __init__(self, opened: OpenedSet) -> None:
        self._set = opened

    def names(self, split: str) -> Iterator[str]:
        """Name the pictures of a split."""
        return (_name(path) for path in self._known(split))

    def texts(self, split: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Give the captions of each picture."""
        return ((_name(path), tuple(texts)) for path, texts in self._known(split).items())

    def items(self, split: str, wanted: Collection[str]) -> Iterator[Item | Unread]:
        """Read the pictures of these names, in the order of the lines."""
        for path, texts in self._known(split).items():
            if _name(path) in wanted:
                yield _read(self._set, _name(path), f"{split}/{path}", tuple(texts))

    def _known(self, split: str) -> dict[str, list[str]]:
        path = f"{split}/{CAPTIONS}"
        captions: dict[str, list[str]] = {}
        for number, line in enumerate(self._set.lines(path), start=1):
            image, texts = _captioned(f"{self._set.uri}/{path}, line {number}", line)
            if f"{split}/{image}" not in self._set.files:
                raise ConfigError(
                    f"{self._set.uri}/{path}, line {number}: {split}/{image} is no file of the set;"
                    " write paths from the split's folder on"
                )
            captions.setdefault(image, []).extend(texts)
        return captions


class Folders:
    """Pictures below a folder for each class."""

    def __init__(self, opened: OpenedSet) -> None:
        self._set = opened

    def names(self, split: str) -> Iterator[str]:
        """Name the pictures of a split."""
        return (_name(path) for path in self._pictures(split))

    def texts(self, split: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Give each picture without captions: a folder has none."""
        return ((name, ()) for name in self.names(split))

    def items(self, split: str, wanted: Collection[str]) -> Iterator[Item | Unread]:
        """Read the pictures of these names, in the order of their paths."""
        for path in self._pictures(split):
            if _name(path) in wanted:
                label = self.labels[path.split("/")[0]]
                yield _read(self._set, _name(path), f"{split}/{path}", label=label)

    @cached_property
    def labels(self) -> dict[str, str]:
        """Give the classes' names by folder; ConfigError if classnames.txt has another number."""
        paths = [*self._pictures("train"), *self._pictures("test")]
        folders = sorted({path.split("/")[0] for path in paths})
        named = self._set.classes
        if named and len(named) != len(folders):
            raise ConfigError(
                f"{self._set.uri} has {len(folders)} folders of classes, and {CLASS_NAMES} has"
                f" {len(named)} names; give each folder a line, in the order of their names"
            )
        spoken = distinct(" ".join(_name(folder).replace("_", " ").split()) for folder in folders)
        return dict(zip(folders, named or spoken, strict=True))

    def _pictures(self, split: str) -> Iterator[str]:
        for path in sorted(self._set.files):
            _, _, rest = path.partition(f"{split}/")
            is_here = path.startswith(f"{split}/") and "/" in rest
            if is_here and PurePosixPath(path).suffix[1:].lower() in PICTURES:
                yield rest


def classes_of(opened: OpenedSet) -> tuple[str, ...]:
    """Give the names of a set's classes in their order; () if it has none."""
    layout = opened.layout
    return tuple(layout.labels.values()) if isinstance(layout, Folders) else opened.classes


def distinct(given: Iterable[str]) -> tuple[str, ...]:
    """Tell names that are repeated, as ImageNet's crane is, by their number."""
    words = list(given)
    count = Counter(words)
    return tuple(
        word if count[word] == 1 else f"{word} ({number})" for number, word in enumerate(words)
    )


@contextmanager
def _readable(where: str) -> Iterator[None]:
    """Say of a tar that is broken which it is, and what to do."""
    try:
        yield
    except (tarfile.TarError, EOFError, OSError) as error:
        if is_no_fault_of_input(error):
            raise
        raise ConfigError(f"{where} cannot be read ({error}); get it anew") from error


def _samples_of(source: BinaryIO, number: int, where: str) -> Iterator[Sample]:
    with tarfile.open(fileobj=source, mode="r:") as tar:
        for place, (_, group) in enumerate(groupby(_plain(tar), key=_stem)):
            members = {_suffix(member): member for member in group}
            yield Sample(f"{number}/{place:06d}", where, tar, members)


def _plain(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for member in tar:
        if member.isfile():
            yield member
        tar.members = []  # type: ignore[attr-defined]  # or it would keep the heads of all of them


def _stem(member: tarfile.TarInfo) -> str:
    folder, _, name = member.name.rpartition("/")
    return f"{folder}/{name.partition('.')[0]}"


def _suffix(member: tarfile.TarInfo) -> str:
    return member.name.rpartition("/")[2].partition(".")[2].lower()


def _label(data: bytes, classes: Sequence[str]) -> str:
    said = data.decode("ascii", "replace").strip()
    if not _is_number(said) or int(said) >= len(classes):
        raise Refused(NO_ANSWER, f"class {said[:20]!r} of {len(classes)}")
    return classes[int(said)]


def _is_number(said: str) -> bool:
    return said.isascii() and said.isdecimal() and len(said) <= 9


def _captioned(where: str, line: str) -> tuple[str, list[str]]:
    """Read a line of captions; ConfigError says what it lacks."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{where} is no JSON: {error}") from None
    known = row if isinstance(row, dict) else {}
    texts = known.get("captions", known.get("caption"))
    listed = texts if isinstance(texts, list) else [texts]
    if not isinstance(known.get("image"), str) or not all(isinstance(t, str) for t in listed):
        raise ConfigError(f'{where}: write {{"image": "a.jpg", "captions": ["a text", …]}}')
    return known["image"], [" ".join(text.split()) for text in map(str, listed) if text.strip()]


def _read(
    opened: OpenedSet, name: str, path: str, texts: tuple[str, ...] = (), label: str = ""
) -> Item | Unread:
    try:
        return Item(name, opened.picture(path), texts, label)
    except Refused as error:
        return Unread(name, error)


def _name(path: str) -> str:
    """Give a path that tables, logs and pages can hold, or a digest in its place."""
    if path.isprintable() and len(path) <= NAME_LENGTH:
        return path
    return image_id(path.encode("utf-8", "surrogateescape"))
