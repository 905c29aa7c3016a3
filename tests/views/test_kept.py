"""What is kept of objects: as long as they are the same, and no more than so many."""

from __future__ import annotations

import os
from pathlib import Path

from realsyn_tasks.core.storage import Storage
from realsyn_tasks.views.kept import Kept


def size(storage: Storage, path: str) -> dict[str, int]:
    return {"bytes": len(storage.read(path))}


def write(path: Path, text: str) -> None:
    path.write_text(text)
    os.utime(path, (1, 1))  # a file that was changed just now has no tag yet


def test_a_value_is_made_once_for_an_object_that_stays(tmp_path: Path) -> None:
    kept: Kept[dict[str, int]] = Kept(limit=2)
    storage = Storage.at(str(tmp_path))
    write(tmp_path / "a", "one")
    first = kept.get(storage, "a", size)
    assert kept.get(storage, "a", size) is first == {"bytes": 3}
    write(tmp_path / "a", "four")
    assert kept.get(storage, "a", size) == {"bytes": 4}
    (tmp_path / "a").unlink()
    assert kept.get(storage, "a", size) is None


def test_the_value_asked_for_longest_ago_goes(tmp_path: Path) -> None:
    kept: Kept[dict[str, int]] = Kept(limit=2)
    storage = Storage.at(str(tmp_path))
    for name in "abc":
        write(tmp_path / name, name)
    first = kept.get(storage, "a", size)
    kept.get(storage, "b", size)
    assert kept.get(storage, "a", size) is first
    kept.get(storage, "c", size)
    assert kept.get(storage, "a", size) is first  # b went
    assert len(kept._values) == 2
