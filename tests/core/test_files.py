"""Files outlast a power cut, and writers that died leave nothing behind."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from realsyn_tasks.core import files
from realsyn_tasks.core.storage import Storage
from tests.core.test_runner import PROJECT

WRITES = {
    "replace": lambda storage, source: storage.replace("deep/down/it", b"new"),
    "put_if_absent": lambda storage, source: storage.put_if_absent("deep/down/it", b"new"),
    "upload": lambda storage, source: storage.upload(source, "deep/down/it"),
}


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage.at(str(tmp_path / "root"))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(b"new")
    return path


@pytest.fixture
def acts(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What is synced and named, in order: (fsync | link | replace, path)."""
    done: list[tuple[str, str]] = []
    fsync, link, replace = os.fsync, os.link, os.replace

    def noted_fsync(descriptor: int) -> None:
        done.append(("fsync", os.readlink(f"/proc/self/fd/{descriptor}")))
        fsync(descriptor)

    def noted(name: str, act):
        def run(one, other):
            done.append((name, str(other)))
            act(one, other)

        return run

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "link", noted("link", link))
    monkeypatch.setattr(os, "replace", noted("replace", replace))
    return done


@pytest.mark.parametrize("name", WRITES)
def test_content_is_on_disk_before_its_name_and_its_name_before_anybody_is_told(
    storage: Storage, source: Path, acts: list[tuple[str, str]], name: str
) -> None:
    WRITES[name](storage, source)
    root = storage.uri.removeprefix("file://")
    named = next(n for n, (act, _) in enumerate(acts) if act in ("link", "replace"))
    assert acts[named - 1][0] == "fsync"
    assert acts[named - 1][1].startswith(f"{root}/deep/down/.it.")
    assert acts[named + 1] == ("fsync", f"{root}/deep/down")
    folders = [path for act, path in acts[:named] if act == "fsync"]
    assert {root, f"{root}/deep"} <= set(folders), "new folders last, too"


@pytest.mark.parametrize("name", WRITES)
def test_a_failed_write_leaves_nothing(
    storage: Storage, source: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync" if name == "put_if_absent" else "replace", full)
    Path(storage.uri.removeprefix("file://"), "deep/down").mkdir(parents=True)
    with pytest.raises(OSError, match="No space"):
        WRITES[name](storage, source)
    assert list(Path(storage.uri.removeprefix("file://")).rglob("*it*")) == []


DYING = """
import os, sys
from realsyn_tasks.core.storage import Storage
os.replace = lambda one, other: os._exit(9)
Storage.at(sys.argv[1]).replace("folder/it", b"half")
"""


def leave_unfinished(storage: Storage) -> Path:
    """Write in a process that dies before the end."""
    root = storage.uri.removeprefix("file://")
    done = subprocess.run([sys.executable, "-c", DYING, root], cwd=PROJECT, check=False)
    assert done.returncode == 9
    [left] = Path(root, "folder").iterdir()
    return left


def test_what_a_killed_writer_left_is_swept_and_nothing_else(storage: Storage) -> None:
    left = leave_unfinished(storage)
    storage.replace("folder/whole", b"whole")
    (left.parent / ".hidden").write_bytes(b"somebody's own")
    assert storage.read_folder("folder") == {"folder/whole": b"whole"}, "nobody sees it meanwhile"
    storage.sweep("folder")
    assert sorted(path.name for path in left.parent.iterdir()) == [".hidden", "whole"]


def test_what_is_being_written_is_left_alone(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = os.replace

    def swept_meanwhile(one: str, other: str) -> None:
        storage.sweep("folder")
        replace(one, other)

    monkeypatch.setattr(os, "replace", swept_meanwhile)
    storage.replace("folder/it", b"new")
    assert storage.read("folder/it") == b"new"


def test_a_folder_that_is_a_link_into_itself_ends(storage: Storage) -> None:
    storage.replace("crawl/page.html", b"mine")
    root = Path(storage.uri.removeprefix("file://"))
    (root / "crawl" / "again").symlink_to(root / "crawl")
    (root / "crawl" / "out").symlink_to("/etc")
    assert storage.listing("crawl", recursive=True) == [("crawl/page.html", 4)]


@pytest.mark.parametrize("folder", ["builds/it/", ""])
def test_many_sizes_are_those_of_each(storage: Storage, folder: str) -> None:
    there = [f"{folder}shard={n:05d}/part" for n in range(files.MANY)]
    for number, path in enumerate(there):
        storage.replace(path, b"x" * number)
    storage.replace("outside", b"xx")
    storage.delete(there[6])
    odd = [f"{folder}shard=00003", f"{folder}/shard=00003/part", f"{there[3]}/part", "outside"]
    for asked in (there, there[::-1], [*there, *odd], [f"{path}-gone" for path in there]):
        assert storage.sizes(asked) == [storage.size(path) for path in asked]
    assert storage.sizes(there)[5:8] == [5, None, 7]


def test_a_root_may_have_any_name(tmp_path: Path) -> None:
    for name in ("with space", "50%", "a#b?c", "ümlaut"):
        storage = Storage.at(str(tmp_path / name))
        storage.replace("it", b"x")
        assert (tmp_path / name / "it").read_bytes() == b"x"
        assert Storage.at(storage.uri).read("it") == b"x"


def test_a_sweep_between_a_file_and_its_lock_costs_nothing(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, swept = fcntl.flock, []

    def late(file, how: int) -> None:
        if how == fcntl.LOCK_EX and not swept:
            swept.append(file.name)
            storage.sweep("folder")  # what another process may do at this moment
        lock(file, how)

    storage.replace("folder/other", b"x")
    monkeypatch.setattr(fcntl, "flock", late)
    assert storage.put_if_absent("folder/it", b"new")
    assert swept and storage.read("folder/it") == b"new"
    assert [path for path, _ in storage.listing("folder")] == ["folder/it", "folder/other"]
