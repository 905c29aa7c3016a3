"""The gate's checks of an extract."""

from __future__ import annotations

from pathlib import Path

from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.extract.checks import unread
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.opening import open_extract
from tests.crawls import write_tiny_warc

SETTINGS = {"share": 0.1}


def seen(tmp_path: Path) -> tuple[bool, str]:
    root = str(tmp_path / "root")
    run = open_extract(root, str(tmp_path / "crawl"), "pages", Choices())
    finding = unread(Evidence(run, "extract"), SETTINGS)
    assert not finding.blocks
    return finding.passed, finding.saw


def test_files_that_nothing_reads_are_told_by_kind_with_examples(tmp_path: Path) -> None:
    write_tiny_warc(tmp_path / "crawl")
    assert seen(tmp_path) == (True, "every file read, or shown by a page that is")
    for number in range(4):
        (tmp_path / f"crawl/{number}.cdxj").write_bytes(b"x")
    for name in (".DS_Store", "a.pdf", "b.doc"):
        (tmp_path / "crawl" / name).write_bytes(b"x")
    passed, saw = seen(tmp_path)
    assert passed and saw == (
        "0.0% of the bytes in 4 *.cdxj, such as 0.cdxj, 1.cdxj, 2.cdxj; 1 *.doc, such as b.doc;"
        " 1 *.pdf, such as a.pdf; 1 of other kinds"
    )


def test_a_crawl_that_is_mostly_of_other_files_is_told(tmp_path: Path) -> None:
    size = sum(path.stat().st_size for path in write_tiny_warc(tmp_path / "crawl"))
    (tmp_path / "crawl/pages.mhtml").write_bytes(b"x" * size)
    passed, saw = seen(tmp_path)
    assert not passed and saw.startswith("50.0% of the bytes in 1 *.mhtml (pages saved as MHTML")
