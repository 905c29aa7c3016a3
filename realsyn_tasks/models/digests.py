"""SHA-256 of files, kept in the cache folder by path, size and time of change.

So weights of gigabytes are read once on a machine, not once for each command.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

FOLDER = "digests"
SHORT = 12  # hexadecimal digits of a digest in an identity
FRESH = 2.0  # seconds in which a file may change again without its times showing it


def sha256(path: Path) -> str:
    """Digest a file, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cached_sha256(path: Path, cache: Path) -> str:
    """Digest a file, or give its digest as noted before if it has not been touched since."""
    key = _key(path)
    note = cache / FOLDER / f"{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:32]}.json"
    if (known := _noted(note, key)) is not None:
        return known
    digest = sha256(path)
    if _key(path) == key and time.time() - path.stat().st_ctime > FRESH:
        _note(note, key, digest)
    return digest


def folder_digest(folder: Path, cache: Path) -> str:
    """Digest the names and contents of a folder's files, but for hidden ones."""
    files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    shown = [path for path in files if not any(part.startswith(".") for part in path.parts)]
    content = [[path.as_posix(), cached_sha256(folder / path, cache)] for path in shown]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:SHORT]


def _key(path: Path) -> list[int | str]:
    stat = path.stat()
    times = (stat.st_mtime_ns, stat.st_ctime_ns)  # the latter cannot be set back
    return [str(path.resolve()), stat.st_size, stat.st_ino, *times]


def _noted(note: Path, key: list[int | str]) -> str | None:
    try:
        noted = json.loads(note.read_text(encoding="utf-8"))
        return str(noted["sha256"]) if noted["key"] == key else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _note(note: Path, key: list[int | str], digest: str) -> None:
    """Write a note whole or not at all; a cache that cannot be written only costs time."""
    new = note.with_name(f".{note.name}.{secrets.token_hex(4)}")
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(json.dumps({"key": key, "sha256": digest}), encoding="utf-8")
        os.replace(new, note)
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)
