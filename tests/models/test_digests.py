"""Digests are kept while a file is untouched, and never believed once it is not."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from realsyn_tasks.models import digests


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "weights.bin"
    path.write_bytes(b"one")
    return path


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let files be old enough to be believed."""
    monkeypatch.setattr(digests, "FRESH", -1.0)


@pytest.mark.usefixtures("patient")
def test_a_file_is_read_once(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = digests.cached_sha256(weights, tmp_path / "cache")
    assert first == hashlib.sha256(b"one").hexdigest()
    monkeypatch.setattr(digests, "sha256", lambda path: pytest.fail("read again"))
    assert digests.cached_sha256(weights, tmp_path / "cache") == first


@pytest.mark.usefixtures("patient")
def test_the_same_size_and_time_of_change_do_not_hide_other_content(
    weights: Path, tmp_path: Path
) -> None:
    before = weights.stat()
    first = digests.cached_sha256(weights, tmp_path / "cache")
    weights.write_bytes(b"two")
    os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert digests.cached_sha256(weights, tmp_path / "cache") != first


def test_a_file_that_has_just_changed_is_not_believed(weights: Path, tmp_path: Path) -> None:
    digests.cached_sha256(weights, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


@pytest.mark.usefixtures("patient")
def test_a_torn_note_and_a_cache_that_cannot_be_written_do_no_harm(
    weights: Path, tmp_path: Path
) -> None:
    first = digests.cached_sha256(weights, tmp_path / "cache")
    [note] = (tmp_path / "cache" / digests.FOLDER).iterdir()
    note.write_text("{")
    assert digests.cached_sha256(weights, tmp_path / "cache") == first
    (tmp_path / "file").touch()
    assert digests.cached_sha256(weights, tmp_path / "file") == first


def test_hidden_files_are_not_a_folders_content(weights: Path, tmp_path: Path) -> None:
    folder = weights.parent
    first = digests.folder_digest(folder, tmp_path / "cache")
    (folder / ".cache").mkdir()
    (folder / ".cache" / "note").write_text("x")
    assert digests.folder_digest(folder, tmp_path / "cache") == first
    (folder / "more").touch()
    assert digests.folder_digest(folder, tmp_path / "cache") != first
