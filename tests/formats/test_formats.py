"""Which format a crawl has, and how its files make shards."""

from __future__ import annotations

import importlib
import pickle
import subprocess
import sys

import pytest

from realsyn_tasks.formats import (
    FORMATS,
    CorruptCrawlFile,
    UnknownFormat,
    discover,
    group_into_shards,
)
from realsyn_tasks.text.sentences import split_sentences


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["a.warc"], "warc"),
        (["README.md", "deep/er/b.WARC.GZ"], "warc"),
        (["index.html", "a.png"], "html"),
        (["x.XHTML"], "html"),
        (["x.htm"], "html"),
        (["x.html", "a.warc.gz"], "warc"),
    ],
)
def test_discover(paths: list[str], expected: str) -> None:
    assert discover((path, 1) for path in paths) == expected


def test_discover_says_what_it_knows() -> None:
    with pytest.raises(UnknownFormat, match=r"2 files .*warc.*html"):
        discover([("a.txt", 1), ("warc", 1)])


def test_every_warc_file_is_a_shard() -> None:
    listing = [("b.warc.gz", 5), ("a.warc", 500), ("notes.txt", 1)]
    assert group_into_shards(listing, "warc", max_bytes=10) == [["a.warc"], ["b.warc.gz"]]


def test_pages_are_grouped_by_number_and_size() -> None:
    listing = [(f"{n:04d}.html", 10) for n in range(450)] + [("a.png", 99)]
    shards = group_into_shards(listing, "html")
    assert [len(shard) for shard in shards] == [200, 200, 50]
    assert group_into_shards(reversed(listing), "html") == shards
    assert [len(s) for s in group_into_shards(listing[:7], "html", max_bytes=30)] == [3, 3, 1]
    assert group_into_shards([("big.html", 999)], "html", max_bytes=30) == [["big.html"]]
    assert group_into_shards([], "html") == []


def test_every_format_has_a_reader() -> None:
    assert all(callable(importlib.import_module(f.module).read) for f in FORMATS.values())


def test_the_table_is_light() -> None:
    code = (
        "import sys, realsyn_tasks.formats;"
        "print(sorted({'fastwarc', 'selectolax', 'numpy', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_errors_cross_processes() -> None:
    error = pickle.loads(pickle.dumps(CorruptCrawlFile("a.warc.gz", "is empty")))
    assert (str(error), error.path) == ("a.warc.gz: is empty", "a.warc.gz")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One here. Two there!", ["One here.", "Two there!"]),
        ("Dr. Smith paid $3.50 to Mr. Jones. He left.", None),
        ("  blanks \n and\nlines.  ", ["blanks and lines."]),
        ("No end", ["No end"]),
        ("", []),
    ],
)
def test_sentences(text: str, expected: list[str] | None) -> None:
    expected = expected or ["Dr. Smith paid $3.50 to Mr. Jones.", "He left."] if text else []
    assert split_sentences(text) == expected
