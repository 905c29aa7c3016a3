"""Tar shards: members are where the writer says, and bytes depend on contents alone."""

from __future__ import annotations

import tarfile
from contextlib import closing
from pathlib import Path

from realsyn_tasks.core.tar import TarWriter


def test_offsets_point_at_the_bytes(tmp_path: Path) -> None:
    contents = {f"{n:032x}": bytes([n % 251]) * n for n in (1, 511, 512, 513, 5000)}
    for name in ("a.tar", "b.tar"):
        with closing(TarWriter(tmp_path / name)) as tar:
            offsets = {key: tar.add(key, data) for key, data in contents.items()}
    raw = (tmp_path / "a.tar").read_bytes()
    assert raw == (tmp_path / "b.tar").read_bytes()
    for key, data in contents.items():
        assert raw[offsets[key] : offsets[key] + len(data)] == data
    with tarfile.open(tmp_path / "a.tar") as tar:
        assert [(m.name, m.size, m.mtime) for m in tar] == [
            (key, len(data), 0) for key, data in contents.items()
        ]
