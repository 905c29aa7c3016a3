"""Each thing that goes wrong with files, places and clocks, and that it changes no byte.

What no other try can mend is told as such, with where it is and what to do.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from realsyn_tasks.core.errors import ConfigError, TransientError, classify, explained
from realsyn_tasks.core.ledger_view import LedgerView
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.formats import FORMATS, reader_of
from realsyn_tasks.formats.documents import CrawlFile, Limits
from tests.core.test_runner import committed, content, run_all
from tests.core.toy import open_toy

NOBODY = 65534


def run_to_end(root: str) -> dict[str, str]:
    """Run the toy, again where a first run met what was lost, and digest what it gives."""
    for _ in range(3):
        workspace = open_toy(root)
        run_all(workspace)
        planner = Planner(workspace)
        if all(planner.status(stage).complete for stage in workspace.stages()):
            break
    return content(workspace)


@pytest.fixture(scope="module")
def finished_toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("toy") / "root"
    run_all(open_toy(str(root)))
    return root


@pytest.fixture(scope="module")
def expected(finished_toy: Path) -> dict[str, str]:
    return content(open_toy(str(finished_toy)))


# -- places ---------------------------------------------------------------------------------------


def impossible(folder: Path) -> Iterator[tuple[str, str]]:
    """Name places where no root can be, with the remedy of each."""
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "nowhere").symlink_to(folder / "gone" / "deep")
    (folder / "file").write_bytes(b"")
    yield f"{folder}/loop", "links lead in a circle"
    yield f"file://{folder}/loop/deep", "links lead in a circle"
    yield f"file://{folder}/nowhere", "a link that leads nowhere"
    yield f"{folder}/file", "is a file, not a folder"
    yield f"{folder}/{'a' * 256}", "shorter path"
    yield f"{folder}/{'/'.join(['b' * 200] * 25)}", "shorter path"


def test_where_no_root_can_be_is_told_at_once_with_what_to_do(tmp_path: Path) -> None:
    for place, remedy in impossible(tmp_path):
        with pytest.raises(OSError) as raised:
            open_toy(place)
        known = explained(raised.value)
        assert isinstance(known, ConfigError) and remedy in str(known), place


def test_a_root_behind_a_link_is_the_same_root(
    tmp_path: Path, finished_toy: Path, expected: dict[str, str]
) -> None:
    real = shutil.copytree(finished_toy, tmp_path / "real")
    (tmp_path / "link").symlink_to(real)
    for name in (str(tmp_path / "link"), f"file://{tmp_path}/link", f"{real}/../link/"):
        workspace = open_toy(name)
        assert committed(run_all(workspace)) == {}
        assert content(workspace) == expected


def test_the_longest_root_that_fits_gives_the_same_bytes(
    tmp_path: Path, expected: dict[str, str]
) -> None:
    deep = tmp_path.joinpath(*["c" * 250] * 14)  # some 3,600 of 4,096 bytes
    assert run_to_end(str(deep)) == expected


# -- permissions ----------------------------------------------------------------------------------


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that other users can look into, as those of pytest are not."""
    folder = Path(tempfile.mkdtemp(prefix="realsyn-faults-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def as_nobody(act: Callable[[], object]) -> tuple[str, str]:
    """Do something in a child with no rights but those of others; give class and words."""
    reading, writing = os.pipe()
    if not (child := os.fork()):
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setresgid(NOBODY, NOBODY, NOBODY)
                os.setresuid(NOBODY, NOBODY, NOBODY)
            act()
            said = "none\n"
        except BaseException as error:
            said = f"{classify(error)}\n{explained(error)}"
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        kind, _, words = answer.read().partition("\n")
    os.waitpid(child, 0)
    return kind, words


def test_a_root_that_may_not_be_written_to_is_told_at_opening(public: Path) -> None:
    open_toy(str(public / "warm"))  # what is imported on the way is not the child's to read
    public.chmod(0o555)
    kind, words = as_nobody(lambda: open_toy(str(public / "root")))
    assert kind == "config"
    assert "Permission denied" in words and "Let the user that runs this" in words


def test_a_folder_that_may_not_be_written_to_any_more_stops_the_stage(
    public: Path, finished_toy: Path, expected: dict[str, str]
) -> None:
    root = public / "root"
    workspace = open_toy(str(root))
    run_all(open_toy(str(public / "warm")))
    for path in [root, *root.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    kind, words = as_nobody(lambda: run_all(workspace))
    assert (kind, "Let the user that runs this" in words) == ("config", True), words
    for path in [root, *root.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert run_to_end(str(root)) == expected, "and goes on when it may"


def test_a_file_that_may_not_be_read_is_named_and_not_taken_for_a_broken_one(public: Path) -> None:
    """A quarantined shard would pass for a broken input; here a word to the owner mends it."""
    storage = Storage.at(str(public))
    storage.replace("crawl/pages.warc.gz", b"")
    (public / "crawl" / "pages.warc.gz").chmod(0o000)
    kind, words = as_nobody(lambda: storage.open("crawl/pages.warc.gz"))
    assert kind == "config" and "pages.warc.gz" in words
    (public / "crawl").chmod(0o000)
    assert as_nobody(lambda: storage.listing("crawl"))[0] == "config"


# Archives are read from their end, and that file has none.
@pytest.mark.parametrize("format", sorted(set(FORMATS) - {"html_zip", "wacz"}))
def test_a_disk_that_fails_is_not_taken_for_a_broken_file(format: str, tmp_path: Path) -> None:
    """Else what a reader took for damage would cost documents for good. /proc has such bytes."""
    storage = Storage.at(str(tmp_path))
    (tmp_path / "file").symlink_to("/proc/self/mem")
    file = CrawlFile("file", 1000, lambda: storage.open("file"))
    with pytest.raises(TransientError, match="Input/output error"):
        list(reader_of(format).read([file], lambda path: None, Limits()))


# -- a power cut, on a file system that keeps its promises badly ----------------------------------


def everything(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


@pytest.mark.parametrize("left", [None, b"", b"half"], ids=["lost", "empty", "torn"])
def test_any_file_that_a_power_cut_took_is_made_again(
    left: bytes | None, tmp_path: Path, finished_toy: Path, expected: dict[str, str]
) -> None:
    """Each in turn, in any order: a marker whose data are gone, data without a marker."""
    names = [path.relative_to(finished_toy) for path in everything(finished_toy)]
    stages = [name for name in names if len(name.parts) > 3]
    assert len(stages) > 30
    for number, name in enumerate(stages[::4]):
        root = shutil.copytree(finished_toy, tmp_path / str(number))
        whole = (root / name).read_bytes()
        (root / name).unlink()
        if left is not None:
            (root / name).write_bytes(whole[: len(whole) // 2] if left else b"")
        assert run_to_end(str(root)) == expected, name


def test_all_renames_since_a_moment_may_be_lost(tmp_path: Path, expected: dict[str, str]) -> None:
    """Though each was told to be done: the run goes on from what is there."""
    for kept in range(0, 60, 20):
        root = tmp_path / str(kept)
        run_all(open_toy(str(root)))
        for path in sorted(everything(root), key=lambda path: path.stat().st_mtime_ns)[kept:]:
            path.unlink()
        assert run_to_end(str(root)) == expected, kept


# -- clocks ---------------------------------------------------------------------------------------

DAY = 24 * 3600.0


def test_a_clock_that_jumps_changes_no_byte(
    tmp_path: Path, expected: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each look at it a day ahead or behind; costs stay above nothing, too."""
    jumps, clock, clock_ns = itertools.cycle((0.0, DAY, -DAY)), time.time, time.time_ns
    monkeypatch.setattr(time, "time", lambda: clock() + next(jumps))
    monkeypatch.setattr(time, "time_ns", lambda: clock_ns() + int(next(jumps) * 1e9))
    assert run_to_end(str(tmp_path)) == expected
    workspace = open_toy(str(tmp_path))
    for stage in workspace.stages():
        for commit in workspace.ledger(stage.name).commits().values():
            assert 0 <= commit.cost["seconds"] < 60


def test_times_of_files_decide_nothing(
    tmp_path: Path, finished_toy: Path, expected: dict[str, str]
) -> None:
    root = shutil.copytree(finished_toy, tmp_path / "root")
    for number, path in enumerate(everything(root)):
        os.utime(path, (0, 0) if number % 2 else (time.time() + DAY,) * 2)
    workspace = open_toy(str(root))
    assert committed(run_all(workspace)) == {}
    assert content(workspace) == expected


def test_a_look_does_not_stand_for_hours_when_the_clock_is_set_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = open_toy(str(tmp_path))
    view = LedgerView(workspace)
    before = view.snapshot()
    clock = time.time
    monkeypatch.setattr(time, "time", lambda: clock() - DAY)
    run_all(workspace)
    assert view.snapshot(within=0.0) is not before
