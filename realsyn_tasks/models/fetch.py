"""`models fetch`: gets the files of a card's model, whole and verified, to where backends look.

Files come into a folder of their own first, and go on from where they broke off; only when each
has the digest that the card, the hub or the mirror says do they appear, all at once.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from realsyn_tasks.core.errors import ConfigError, TransientError
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.models.cards import Card
from realsyn_tasks.models.digests import sha256
from realsyn_tasks.models.hub import SUMS, Hub, Listing, Remote, hub
from realsyn_tasks.models.hub_cache import MAIN, Snapshot, damaged, fetched, repository_folder

SAFE = ".safetensors"
PICKLES = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"})  # may run code when read
OTHERS = frozenset({".h5", ".msgpack", ".onnx", ".ot", ".tflite", ".gguf", ".md", ".png", ".jpg"})
TRIES = 5
CONFIG = "config.json"


@dataclass(frozen=True)
class Mirrored:
    """What of a model was put where."""

    place: str
    new: tuple[str, ...]  # files that were not there, or of another size
    files: int


Progress = Callable[[str, int, int], None]  # file, bytes that are here, bytes in all


def fetch(
    name: str, card: Card, progress: Progress = lambda *_: None, source: Hub | None = None
) -> Snapshot:
    """Get the files of a card's model, if they are not here.

    Raises ConfigError for what cannot be verified, has another digest than declared, or would run
    code; TransientError where it breaks off too often: once more goes on from there.
    """
    here = fetched(card.repository, card.revision)
    if here and _as_declared(card, here):
        return here
    source = source or hub()
    listing = source.listing(card.repository, card.revision)
    files = chosen(listing, card)
    folder = repository_folder(card.repository)
    with _alone(folder / "unfinished" / listing.commit) as new:
        for file in files:
            _get(source, card, listing.commit, file, new / file.name, progress)
        told = {file.name: _verified(new / file.name, file, card) for file in files}
        snapshot = Snapshot(card.repository, listing.commit, new, told)
        _require_declared(name, card, snapshot)
        _note_what_is_not(folder, listing)
        _appear(folder, snapshot)
    ready = fetched(card.repository, listing.commit)
    assert ready is not None
    return ready


def chosen(listing: Listing, card: Card) -> list[Remote]:
    """Choose the files to get: those that the card names, or all that transformers may load.

    Pickles are left where there are safetensors. Raises ConfigError for a pickle that the card
    names although, and for a file that is not there.
    """
    where = f"{card.repository}@{listing.commit}"
    files = [file for file in listing.files if _wanted(file.name, card)]
    for pattern in card.files:
        if not any(fnmatch(file.name, pattern) for file in files):
            raise ConfigError(f"{where} has no file {pattern}")
    pickles = [file.name for file in files if _suffix(file) in PICKLES]
    if pickles and any(_suffix(file) == SAFE for file in listing.files if _top(file.name)):
        if named := sorted(set(pickles) & set(card.files)):
            raise ConfigError(
                f"{where}: {named[0]} is a pickle, which may run code when it is read, and there"
                f" are weights as {SAFE}: name these in the card's files"
            )
        files = [file for file in files if file.name not in pickles]
    if not files:
        raise ConfigError(f"{where} has no files to get")
    return files


def _top(name: str) -> bool:
    return "/" not in name


def _wanted(name: str, card: Card) -> bool:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or name.startswith("."):
        return False
    if card.files:
        return any(fnmatch(name, pattern) for pattern in card.files)
    return _top(name) and path.suffix not in OTHERS


def _suffix(file: Remote) -> str:
    name = file.name.removesuffix(".index.json")
    return PurePosixPath(name).suffix


def _get(
    source: Hub, card: Card, commit: str, file: Remote, path: Path, progress: Progress
) -> None:
    """Get what is missing of a file; what there is of it is the beginning."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for attempt in range(TRIES):
        try:
            with path.open("ab") as target:
                while (start := target.tell()) < file.size:
                    for part in source.parts(card.repository, commit, file, start):
                        target.write(part)
                        progress(file.name, target.tell(), file.size)
                    _require_more(target.tell() > start, file)
            return
        except TransientError:
            if attempt + 1 == TRIES:
                raise
            time.sleep(2**attempt / 4)


def _require_more(more: bool, file: Remote) -> None:
    if not more:
        raise TransientError(f"{file.name} ends before its {file.size:,} bytes")


def _verified(path: Path, file: Remote, card: Card) -> dict[str, int | str]:
    """Give size and SHA-256 of a file that is right; another is removed, to be got anew."""
    path.touch()
    digest, size = sha256(path), path.stat().st_size
    wanted = card.files.get(file.name) or file.sha256
    if wanted or file.blob:
        right = digest == wanted if wanted else _blob(path) == file.blob
        if right and size == file.size:
            return {"size": size, "sha256": digest}
        path.unlink()
        raise ConfigError(
            f"{card.repository}: {file.name} came with SHA-256 {digest}, and"
            f" {wanted or 'another one'} is declared; nothing of the model was taken over"
        )
    raise ConfigError(
        f"{card.repository}: nothing says what SHA-256 {file.name} is to have: write it into the"
        " card's files, or into SHA256SUMS beside it"
    )


def _blob(path: Path) -> str:
    data = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _as_declared(card: Card, snapshot: Snapshot) -> bool:
    digests = {told["sha256"] for told in snapshot.files.values()}
    return not card.digest or card.digest in digests


def _require_declared(name: str, card: Card, snapshot: Snapshot) -> None:
    if not _as_declared(card, snapshot):
        raise ConfigError(
            f"{name}: no file of {card.repository}@{snapshot.revision} has the SHA-256"
            f" {card.digest} that the card declares ({snapshot.weights} has {snapshot.digest});"
            " nothing of it was taken over"
        )


def _appear(folder: Path, snapshot: Snapshot) -> None:
    """Let a snapshot appear; its record and name count from when its folder is there."""
    target = folder / "snapshots" / snapshot.revision
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir():  # of another library, or fewer files
        shutil.copytree(target, snapshot.folder, dirs_exist_ok=True, copy_function=_if_absent)
        shutil.rmtree(target)
    _write(folder / "fetched" / f"{snapshot.revision}.json", json.dumps(snapshot.files, indent=1))
    _write(folder / "refs" / MAIN, snapshot.revision)
    snapshot.folder.rename(target)


def _note_what_is_not(folder: Path, listing: Listing) -> None:
    """Note, as hubs' libraries do, that a commit has no config.json, where that is so.

    Without a network transformers loads no tokenizer else, of those that open_clip's SigLIP reads.
    """
    if not any(file.name == CONFIG for file in listing.files):
        place = folder / ".no_exist" / listing.commit / CONFIG
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()


def _if_absent(source: str, target: str) -> None:
    if not Path(target).exists():
        shutil.copy(source, target)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_text(text, encoding="utf-8")
    os.replace(new, path)


@contextmanager
def _alone(folder: Path) -> Iterator[Path]:
    """Let one process at a time get a commit; the lock goes with the process that holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder.mkdir(exist_ok=True)
        yield folder


def declaration(card: Card, snapshot: Snapshot) -> Mapping[str, str]:
    """Give what the card lacks to hold on every machine: revision and digest."""
    if card.revision and card.digest:
        return {}
    return {"revision": snapshot.revision, "digest": snapshot.digest}


def mirror(name: str, card: Card, where: Storage) -> Mirrored:
    """Put a fetched model into a mirror, as REALSYN_MODELS reads it; what is there whole stays.

    Files first, their digests next, and the name `main` last: a mirror that is half filled says of
    no commit that it is meant. Raises ConfigError for a model that is not here, or whose files are
    not what was fetched by now.
    """
    here = fetched(card.repository, card.revision)
    if here is None:
        raise ConfigError(
            f"{name}: {card.repository} was not fetched to this machine: realsyn models fetch"
            f" {name}"
        )
    if wrong := damaged(here):
        raise ConfigError(
            f"{name}: {wrong[0]} in {here.folder} has other bytes than were fetched: remove the"
            f" folder, and fetch it again (realsyn models fetch {name})"
        )
    place = f"{card.repository}/{here.revision}"
    there = dict(where.listing(place, recursive=True))
    new = [n for n, told in sorted(here.files.items()) if there.get(f"{place}/{n}") != told["size"]]
    for file in new:
        where.delete(f"{place}/{file}")  # what a broken upload left
        where.upload(here.folder / file, f"{place}/{file}")
    sums = "".join(f"{told['sha256']} *{file}\n" for file, told in sorted(here.files.items()))
    where.replace(f"{place}/{SUMS}", sums.encode())
    for ref in dict.fromkeys((card.revision or MAIN, MAIN)):
        if ref != here.revision:
            where.replace(f"{card.repository}/refs/{ref}", f"{here.revision}\n".encode())
    return Mirrored(f"{where.uri}/{place}", tuple(new), len(here.files))
