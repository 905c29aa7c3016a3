"""The inputs of the field, ../shared/field, come out as a careful user expects (field_expected)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core import ids
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.opening import open_extract
from tests import field_expected as expected
from tests.field_expected import Expected, Text
from tests.support import run_group

FIELD = Path(__file__).resolve().parents[2] / "shared" / "field"
NO_PROSE = {"url", "pii", "emoji", "code", "interface"}  # reasons that tell of no prose
pytestmark = pytest.mark.skipif(not FIELD.is_dir(), reason="there is no ../shared/field")

Row = dict[str, Any]


@dataclass(repr=False)
class Came:
    """What came of a folder: the rows of its tables."""

    sentences: list[Row] = field(default_factory=list)  # of parse
    kept: list[Row] = field(default_factory=list)  # of filter_sentences
    pictures: list[Row] = field(default_factory=list)  # of filter_images
    known: list[Row] = field(default_factory=list)  # pictures, of all stages
    dropped: list[Row] = field(default_factory=list)  # of all stages

    def says(self, page: str, text: str) -> bool:
        """Say whether parse took the sentence from a page, or knew it already from another."""
        if any(row["source"] == page and row["text"] == text for row in self.sentences):
            return True
        again = ("exact_duplicate", ids.sentence_id(text), page)
        return again in {(row["reason"], row["id"], row["detail"]) for row in self.dropped}

    def tells_of(self, page: str, what: str) -> bool:
        """Say whether a page's picture or sentence has this in it, or a drop that speaks of it."""
        taken = [row["url"] for row in self.pictures if row["source"] == page]
        said = [row["text"] for row in self.sentences if row["source"] == page]
        told = [
            f"{row['reason']} {row['detail']}".replace(page, "")
            for row in self.dropped
            if row["kind"] != "sentence" and page in f"{row['id']} {row['detail']}"
        ]
        return any(what in text for text in (*taken, *said, *told))

    def fate(self, picture: str) -> str:
        """Say that a picture is kept, or why not."""
        if any(row["url"] == picture for row in self.pictures):
            return "kept"
        names = {picture, *(row["image_id"] for row in self.known if row["url"] == picture)}
        of_it = [
            row["reason"]
            for row in self.dropped
            if row["id"] in names or picture in f"{row['id']} {row['detail']}".split(":")[0].split()
        ]
        return of_it[0] if of_it else "nothing told"


def came_of(folder: str) -> Came:
    """Run the extract over a folder as far as the filters, once."""
    came = _came_of(folder)
    if isinstance(came, Exception):
        raise came
    return came


@cache
def _came_of(folder: str) -> Came | Exception:
    with tempfile.TemporaryDirectory() as root:
        try:
            run = open_extract(root, str(FIELD / folder), folder, Choices())
            run_group(run, "extract", until="parse" if folder.startswith("mmc4") else LAST)
            return _tables(run)
        except Exception as error:
            return error


LAST = "filter_sentences"


def _tables(run: Workspace) -> Came:
    came = Came()
    for stage in run.stages():
        if stage.group == "extract":
            came.dropped += _rows(run, stage.name, "dropped")
            came.known += _rows(run, stage.name, "images")
    came.sentences = _rows(run, "parse", "sentences")
    came.kept = _rows(run, LAST, "sentences")
    came.pictures = _rows(run, "filter_images", "images")
    return came


def _rows(run: Workspace, stage: str, table: str) -> list[Row]:
    import pyarrow.parquet as pq

    rows: list[Row] = []
    for _, commit in sorted(run.ledger(stage).commits().items()):
        if table in commit.objects:
            with run.storage.open(commit.objects[table].path) as file:
                rows += pq.read_table(file).to_pylist()
    return rows


def _any_of(text: Text) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else text


def _check_sentences(came: Came, page: str, wanted: Expected) -> None:
    mine = [row["text"] for row in came.sentences if row["source"] == page]
    for text in wanted.sentences:
        assert any(came.says(page, form) for form in _any_of(text)), (text, mine)
    kept = [row["text"] for row in came.kept if row["source"] == page]
    for part in wanted.never:
        assert not [text for text in mine if part in text], part
    for part in (*wanted.never, *wanted.not_kept):
        assert not [text for text in kept if part in text], part


def _check_prose(came: Came, wanted: Expected) -> None:
    reasons = {row["id"]: row["reason"] for row in came.dropped}
    for text in wanted.sentences:
        for form in _any_of(text):
            assert reasons.get(ids.sentence_id(form)) not in NO_PROSE, form


def _check_pictures(came: Came, page: str, wanted: Expected) -> None:
    mine = [row for row in came.pictures if row["source"] == page]
    urls = [row["url"] for row in mine]
    for picture in wanted.pictures:
        assert any(form in urls for form in _any_of(picture)), (picture, urls)
    assert len(urls) == len(wanted.pictures), urls
    if wanted.alt:
        assert [row["alt"] for row in mine] == [wanted.alt]
    assert set(wanted.captions) <= {row["caption"] for row in mine}


def _is_dropped(came: Came, page: str) -> bool:
    says = any(row["source"] == page for row in came.kept)
    return not says and any(page in f"{row['id']} {row['detail']}" for row in came.dropped)


def check_page(folder: str, page: str, wanted: Expected) -> None:
    came = came_of(folder)
    if wanted.or_dropped and _is_dropped(came, page):
        return
    _check_sentences(came, page, wanted)
    if wanted.prose:
        _check_prose(came, wanted)
    if wanted.told:
        assert came.tells_of(page, wanted.told), f"neither taken nor dropped: {wanted.told}"
    else:
        _check_pictures(came, page, wanted)


@pytest.mark.parametrize("page", sorted(expected.HTML_CHARSET))
def test_a_page_in_any_encoding_is_read_letter_by_letter(page: str) -> None:
    check_page("html_charset", page, expected.HTML_CHARSET[page])


@pytest.mark.parametrize("page", sorted(expected.HTML_DOM))
def test_a_page_is_read_as_a_reader_sees_it(page: str) -> None:
    check_page("html_dom", page, expected.HTML_DOM[page])


@pytest.mark.parametrize("page", sorted(expected.SENTENCES))
def test_sentences_are_cut_and_kept_as_a_reader_would(page: str) -> None:
    check_page("sentences", page, expected.SENTENCES[page])


@pytest.mark.parametrize("name", sorted(expected.WARC_IMG))
def test_the_picture_of_a_page_is_found_in_its_crawl(name: str) -> None:
    came = came_of("warc_img")
    urls = {row["url"] for row in came.pictures if row["alt"] == name}
    assert len(urls) == 1, [row for row in came.dropped if row["kind"] != "sentence"]
    assert urls <= set(expected.WARC_IMG[name])


@pytest.mark.parametrize("picture", sorted(expected.IMG))
def test_what_browsers_show_is_kept_and_nothing_else(picture: str) -> None:
    came = came_of("img")
    fate = came.fate(picture)
    assert fate in expected.IMG[picture]
    for row in came.pictures:
        if row["url"] == picture and picture in expected.UPRIGHT:
            assert (row["width"], row["height"]) == expected.UPRIGHT[picture]


def test_text_that_is_no_unicode_costs_itself() -> None:
    texts = {row["text"] for row in came_of("mmc4_surrogate").sentences}
    assert texts - {expected.MMC4_MENDED} == set(expected.MMC4)


@pytest.mark.parametrize(
    "folder, known, name_of",
    [
        ("html_charset", expected.HTML_CHARSET, lambda path: path.name),
        ("html_dom", expected.HTML_DOM, lambda path: path.name),
        ("sentences", expected.SENTENCES, lambda path: path.name),
        ("img", expected.IMG, lambda path: path.name.removesuffix(".html")),
        ("warc_img", expected.WARC_IMG, lambda path: path.name.removesuffix(".warc.gz")),
    ],
)
def test_every_input_has_its_expectation(
    folder: str, known: dict[str, Any], name_of: Callable[[Path], str]
) -> None:
    pages = [*(FIELD / folder).glob("*html"), *(FIELD / folder).glob("*.warc.gz")]
    names = {name_of(path) for path in pages} - {"other_file_images"}
    assert names == set(known)
