"""What every format has to keep, whatever its files look like: a base for test classes.

A test class derives from `Contract` and gives the fixture `case`.
"""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import pytest

from realsyn_tasks.formats import (
    FORMATS,
    BadRecord,
    CorruptCrawlFile,
    CrawlFile,
    Document,
    ImageNode,
    Limits,
    TextNode,
    read,
)
from realsyn_tasks.formats.discovery import discover, documents_of
from realsyn_tasks.formats.folder import list_folder
from realsyn_tasks.formats.reasons import DAMAGED_FILE
from tests.crawls import picture
from tests.formats.builders import Builder, Page, Reference

Items = list[Document | BadRecord]

NOISE = bytes(range(128, 256)) * 40
GARBAGE = {"zero": b"\x00", "bits": b"\xff" * 9, "marks": b"\n{]<PK\x1f\x8b" * 8}
FOREIGN = {
    "picture": picture(1, (32, 32)),
    "noise": NOISE,
    "zip": b"PK\x03\x04" + NOISE,
    "gzip": b"\x1f\x8b\x08" + NOISE,
    "parquet": b"PAR1" + NOISE + b"PAR1",
    "zeros": bytes(4000),
}
WICKED = (
    *("../../../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "..%2f..%2fsecret.jpg"),
    *("javascript:alert(1)", "data:image/png;base64,####", "//[::1/x.jpg", "C:\\secret.jpg"),
)


def pages(count: int = 5, first: int = 0) -> list[Page]:
    """Pages with two pictures each between three texts."""
    return [
        Page(
            number,
            (
                f"Page {number} begins with this sentence.",
                10 * number,
                f"{marker(number)} stands in the middle of the page.",
                10 * number + 1,
                f"Page {number} ends here.",
            ),
        )
        for number in range(first, first + count)
    ]


def marker(number: int) -> str:
    """What stands in one page only."""
    return f"A long marker that only page {number:03d} has"


@dataclass
class Case:
    """A format with its builder, and a crawl of it."""

    format: str
    builder: Builder
    folder: Path
    asked: list[str] = field(default_factory=list)  # the paths that the reader has looked for

    def write(self, stem: str = "a", content: Sequence[Page] = ()) -> list[Path]:
        """Write a part of the crawl."""
        self.folder.mkdir(exist_ok=True)
        return self.builder.write(self.folder, stem, content or pages())

    def read(self, paths: Sequence[Path], limits: Limits | None = None) -> Items:
        """Read files together, as one shard."""
        files = {file.path: file for file in list_folder(self.folder)}

        def resolve(path: str) -> CrawlFile | None:
            self.asked.append(path)
            return files.get(path)

        shard = [files[path.relative_to(self.folder).as_posix()] for path in paths]
        return list(read(self.format, shard, resolve, limits))

    def read_damaged(self, paths: Sequence[Path]) -> Items:
        """Read files of which some are damaged: all may be refused, nothing else may happen."""
        try:
            return self.read(paths)
        except CorruptCrawlFile as error:
            corrupt = error
        assert FORMATS[self.format].files_per_shard == 1, "a file costs no other one"
        assert corrupt.path in {path.name for path in paths} and corrupt.problem
        return [BadRecord(corrupt.path, 0, DAMAGED_FILE, corrupt.problem)]


def documents(items: Items) -> list[Document]:
    """The documents alone."""
    return [item for item in items if isinstance(item, Document)]


def bad(items: Items) -> list[BadRecord]:
    """What gave none."""
    return [item for item in items if isinstance(item, BadRecord)]


def parts(document: Document) -> tuple[str | int, ...]:
    """Texts, and the seeds of pictures by their addresses."""
    return tuple(
        node.text if isinstance(node, TextNode) else int(PurePosixPath(node.url).stem)
        for node in document.nodes
    )


def held(items: Items) -> list[ImageNode]:
    """The images whose bytes the crawl holds."""
    nodes = [node for document in documents(items) for node in document.nodes]
    return [node for node in nodes if isinstance(node, ImageNode) and node.data is not None]


class Contract:
    """Order, identity, independence, damage, caps, hostility."""

    def test_documents_and_nodes_are_in_stored_order(self, case: Case) -> None:
        items = case.read(case.write())
        assert not bad(items)
        assert [parts(document) for document in documents(items)] == [p.parts for p in pages()]

    def test_every_document_has_a_place_of_its_own(self, case: Case) -> None:
        paths = [*case.write("a"), *case.write("b", pages(5, 5))]
        places = [(document.source, document.offset) for document in documents(case.read(paths))]
        assert len(set(places)) == len(places) == 10
        assert {source for source, _ in places} == {path.name for path in paths}

    def test_reading_again_gives_the_same(self, case: Case) -> None:
        paths = case.write()
        assert case.read(paths) == case.read(paths)

    def test_files_do_not_depend_on_each_other(self, case: Case) -> None:
        first, second = case.write("a"), case.write("b", pages(5, 5))
        alone = case.read(first), case.read(second)
        assert case.read([*first, *second]) == [*alone[0], *alone[1]]
        assert case.read([*second, *first]) == [*alone[1], *alone[0]]

    def test_files_are_known_by_their_beginning(self, case: Case) -> None:
        case.write()
        for path in list(case.folder.glob("a*")):
            path.rename(path.with_suffix(".bin"))
        (case.folder / "_SUCCESS").touch()
        (case.folder / "README").write_text("Nothing to read here.")
        listing = [(file.path, file.size) for file in list_folder(case.folder)]

        def open_at(path: str) -> io.BufferedReader:
            return (case.folder / path).open("rb")

        assert discover(listing, open_at) == case.format
        files = [case.folder / path for path, _ in documents_of(listing, case.format, open_at)]
        assert len(documents(case.read(files))) == 5

    @pytest.mark.parametrize("eighths", range(8))
    def test_a_file_cut_off_keeps_what_came_before(self, case: Case, eighths: int) -> None:
        paths = case.write()
        whole = {
            (document.source, document.offset): document for document in documents(case.read(paths))
        }
        torn = paths[len(paths) // 2]
        torn.write_bytes(torn.read_bytes()[: torn.stat().st_size * eighths // 8])
        items = case.read_damaged(paths)
        for document in documents(items):
            last = [d for d in documents(items) if d.source == torn.name][-1:]
            assert document in last or document == whole[document.source, document.offset]
        others = [document for document in whole.values() if document.source != torn.name]
        assert all(document in items for document in others)

    def test_a_spoilt_document_costs_itself_only(self, case: Case) -> None:
        paths = case.write()
        whole = documents(case.read(paths))
        wanted = marker(2).encode()
        [spoilt] = [path for path in paths if wanted in path.read_bytes()]
        spoilt.write_bytes(spoilt.read_bytes().replace(wanted, b"\xff" * len(wanted)))
        items = case.read(paths)
        assert documents(items) == [*whole[:2], *whole[3:]]
        assert {item.source for item in bad(items)} == {spoilt.name}

    @pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
    def test_garbage_anywhere_is_no_other_error(self, case: Case, garbage: bytes) -> None:
        paths = case.write()
        torn = paths[len(paths) // 2]
        data = torn.read_bytes()
        for place in range(0, len(data), max(1, len(data) // 12)):
            torn.write_bytes(data[:place] + garbage + data[place + len(garbage) :])
            items = case.read_damaged(paths)
            assert all(item.reason.code and item.source for item in bad(items))

    @pytest.mark.parametrize("content", [b"", *FOREIGN.values()], ids=["empty", *FOREIGN])
    def test_a_file_that_is_something_else_is_named(self, case: Case, content: bytes) -> None:
        paths = case.write()
        wrong = paths[-1]
        wrong.write_bytes(content)
        items = case.read_damaged(paths)
        assert [item.source for item in bad(items)] == [wrong.name] * len(bad(items)) != []
        assert not [document for document in documents(items) if document.source == wrong.name]

    def test_a_document_too_large_costs_itself_with_a_reason(self, case: Case) -> None:
        content = pages()
        content[2] = Page(2, ("A short text.", "word " * 2000))
        items = case.read(case.write("a", content), Limits(page_bytes=4000))
        assert len(documents(items)) == 4 and len(bad(items)) == 1

    @pytest.mark.parametrize("limits", [Limits(nodes=2), Limits(images=1)], ids=["nodes", "images"])
    def test_nodes_and_images_over_the_cap_are_left_out_with_a_reason(
        self, case: Case, limits: Limits
    ) -> None:
        items = case.read(case.write(), limits)
        codes = [item.reason.code for item in bad(items)]
        assert codes.count("page_cut") == 5
        assert set(codes) <= {"page_cut", "not_shown"}  # what is left out may be seen nowhere else
        for document in documents(items):
            assert len(document.nodes) <= limits.nodes
            assert sum(isinstance(node, ImageNode) for node in document.nodes) <= limits.images

    @pytest.mark.parametrize(
        "limits", [Limits(image_bytes=100), Limits(document_image_bytes=100)], ids=["one", "all"]
    )
    def test_images_over_the_cap_have_no_bytes_and_a_reason(
        self, case: Case, limits: Limits
    ) -> None:
        paths = case.write()
        holds_images = bool(held(case.read(paths)))
        items = case.read(paths, limits)
        assert len(documents(items)) == 5 and not held(items)
        assert bool(bad(items)) == holds_images

    @pytest.mark.parametrize("address", WICKED)
    def test_no_address_leads_out_of_the_crawl(self, case: Case, address: str) -> None:
        (case.folder.parent / "secret.jpg").write_bytes(picture(1, (32, 32)))
        content = [Page(0, ("A text.", Reference(address), "Another.")), *pages(2, 1)]
        items = case.read(case.write("a", content))
        assert len(documents(items)) == 3
        assert not held([documents(items)[0]])
        assert not [p for p in case.asked if p.startswith("/") or ".." in p.split("/")]

    def test_members_that_lead_out_of_an_archive_are_refused(self, case: Case) -> None:
        case.folder.mkdir()
        path = case.builder.archive(case.folder, "a", pages())
        if path is None:
            pytest.skip(f"{case.format} has no archives")
        before = case.read([path])
        hostile = _add_hostile_members(path)
        items = case.read([path])
        assert [parts(d) for d in documents(items)] == [parts(d) for d in documents(before)]
        assert [item.reason.code for item in bad(items)] == ["unsafe_member"] * hostile


def _add_hostile_members(path: Path) -> int:
    """Put copies of the first document where none belongs; give how many."""
    with zipfile.ZipFile(path) as archive:
        first = archive.infolist()[0]
        data = archive.read(first)
    names = [f"../{first.filename}", f"/etc/{first.filename}", f"a/../../{first.filename}"]
    link = zipfile.ZipInfo(f"link-{first.filename}")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        for member in [*map(zipfile.ZipInfo, names), link]:
            archive.writestr(member, data)
        archive.filelist.append(archive.filelist[0])  # the same bytes listed twice
    return len(names) + 2
