"""Suspicious pages are read as all others, and cost only themselves where that never ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial
from io import BytesIO

import pytest

from realsyn_tasks.core.reasons import Refused
from realsyn_tasks.formats import BadRecord, CrawlFile, Document, Limits, TextNode, read
from realsyn_tasks.web import confined_reader
from realsyn_tasks.web.confined_reader import is_suspicious, no_child_left, read_confined
from realsyn_tasks.web.dom import read_page

# The parser compares each attribute with all that the body has.
SLOW = "".join(f"<body a{n}=1></body>" for n in range(40_000))
LARGE = "<p>The <b>ferry</b> sails to <a href=x>the island</a> at noon.</p>" * 9_000
# Children that die of what pages say.
MORTAL = """
import os, signal
from realsyn_tasks.web import confined_reader, dom
whole = confined_reader.read_page
def read_page(html, *others):
    for number in (signal.SIGSEGV, signal.SIGKILL):
        if number.name in html:
            os.kill(os.getpid(), number)
    if "ValueError" in html:
        raise ValueError("a fault of ours")
    return whole(html, *others)
confined_reader.read_page = read_page
confined_reader.serve()
"""


@pytest.fixture(autouse=True)
def _own_child(monkeypatch: pytest.MonkeyPatch) -> object:
    with no_child_left():
        yield


@pytest.fixture
def mortal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined_reader, "_COMMAND", [sys.executable, "-c", MORTAL])


def items_of(*pages: str) -> list[Document | BadRecord]:
    """What a folder of these pages gives."""
    files = [
        CrawlFile(f"{number}.html", len(page), partial(BytesIO, page.encode()))
        for number, page in enumerate(pages)
    ]
    return list(read("html", files, lambda _: None, Limits()))


def child() -> int:
    """The id of the process that reads."""
    assert confined_reader._CHILD.process is not None
    return confined_reader._CHILD.process.pid


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_ordinary_pages_are_read_here_and_large_ones_alike_elsewhere() -> None:
    assert not is_suspicious("<p>A small page.</p>" * 1_000)
    assert read_confined("<p>A small page.</p>", 9, 9).nodes == ["A small page."]
    assert confined_reader._CHILD.process is None
    html = f"<title>Ferries</title>{LARGE}<video poster=a.jpg></video>"
    assert is_suspicious(html)
    assert read_confined(html, 50, 9, "https://a.example/") == read_page(
        html, 50, 9, "https://a.example/"
    )
    first = child()
    assert read_confined(html, 50, 9).cut and child() == first


def test_a_page_that_takes_too_long_is_a_drop_and_the_next_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(confined_reader, "CPU_SECONDS", 1)
    bad, good = items_of(SLOW, "<p>Fine.</p>")
    assert isinstance(bad, BadRecord) and bad.reason.code == "costly_page"
    assert bad.detail == "more than 1 seconds of processor time"
    assert isinstance(good, Document) and good.nodes == (TextNode("Fine."),)


@pytest.mark.parametrize("mebibytes", [10, 80])
def test_a_page_that_takes_too_much_memory_is_a_drop(
    mebibytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = confined_reader.MEMORY
    monkeypatch.setattr(confined_reader, "MEMORY", mebibytes << 20)
    with pytest.raises(Refused) as refused:
        read_confined(LARGE * 3, 5_000, 300)
    assert refused.value.verdict.reason.code == "costly_page"
    assert refused.value.verdict.detail == f"more than {mebibytes} MiB of memory"
    monkeypatch.setattr(confined_reader, "MEMORY", whole)
    assert read_confined(LARGE, 5, 5).nodes[0] == "The ferry sails to the island at noon."


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGKILL"])
def test_a_page_that_kills_its_reader_is_a_drop_and_the_next_is_read(
    name: str, mortal: None
) -> None:
    bad, _, good = items_of(f"<p>{name}</p>{LARGE}", LARGE)
    assert isinstance(bad, BadRecord) and bad.reason.code == "costly_page"
    assert bad.detail == f"its reader died of {name}"
    assert isinstance(good, Document) and len(good.nodes) == Limits().nodes


def test_a_reader_that_was_killed_between_pages_is_another_one() -> None:
    read_confined(LARGE, 5, 5)
    os.kill(child(), signal.SIGKILL)
    assert len(read_confined(LARGE, 5, 5).nodes) == 5


def test_a_fault_of_ours_is_no_verdict_on_the_page(
    mortal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match="a fault of ours"):
        read_confined(f"ValueError{LARGE}", 5, 5)
    monkeypatch.setattr(confined_reader, "_COMMAND", [sys.executable, "-c", "raise SystemExit(3)"])
    with no_child_left():
        pass
    with pytest.raises(RuntimeError, match="does not start: exit status 3"):
        read_confined(LARGE, 5, 5)


def test_no_child_is_left_when_a_shard_ends() -> None:
    with no_child_left():
        read_confined(LARGE, 5, 5)
        process = child()
    assert not is_alive(process)


HOST = """
import os, sys
from realsyn_tasks.web import confined_reader
confined_reader.read_confined("<p>x</p>" * 30_000, 5, 5)
print(confined_reader._CHILD.process.pid, flush=True)
if len(sys.argv) > 1:
    confined_reader.read_confined("".join(f"<body a{n}=1></body>" for n in range(90_000)), 5, 5)
"""


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_child_does_not_outlive_its_parent_though_stdin_is_closed(is_killed: bool) -> None:
    command = [sys.executable, "-c", f"import os; os.close(0)\n{HOST}", *(["slow"] * is_killed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=_environment()) as host:
        assert host.stdout is not None
        process = int(host.stdout.readline())
        if is_killed:
            host.kill()
        assert host.wait(timeout=60) == (-signal.SIGKILL if is_killed else 0)
    until = time.monotonic() + 20
    while is_alive(process) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_alive(process)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
