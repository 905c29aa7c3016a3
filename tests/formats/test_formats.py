"""How a crawl's files make shards, and what the table of formats costs."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

from realsyn_tasks.formats import (
    CorruptCrawlFile,
    group_into_shards,
)
from realsyn_tasks.text.sentences import split_sentences


def test_every_warc_file_is_a_shard() -> None:
    listing = [("b.warc.gz", 5), ("a.warc", 500)]
    assert group_into_shards(listing, "warc", max_bytes=10) == [["a.warc"], ["b.warc.gz"]]


def test_pages_are_grouped_by_number_and_size() -> None:
    listing = [(f"{n:04d}.html", 10) for n in range(450)]
    shards = group_into_shards(listing, "html")
    assert [len(shard) for shard in shards] == [200, 200, 50]
    assert group_into_shards(reversed(listing), "html") == shards
    assert [len(s) for s in group_into_shards(listing[:7], "html", max_bytes=30)] == [3, 3, 1]
    assert group_into_shards([("big.html", 999)], "html", max_bytes=30) == [["big.html"]]
    assert group_into_shards([], "html") == []


def test_the_table_and_the_telling_of_formats_are_light() -> None:
    code = (
        "import sys, realsyn_tasks.formats.discovery as d;"
        "[d.reader_of(name) for name in d.FORMATS];"
        "print(sorted({'fastwarc', 'selectolax', 'numpy', 'PIL', 'pyarrow'} & set(sys.modules)))"
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
