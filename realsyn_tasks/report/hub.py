"""Pushes a published version to a hub like Hugging Face's: its files, and what is said of it.

Only files that the manifest and the list of attachments name go, each held against its digest, and
one after another, so that a push that was cut off goes on where it was. The manifest comes last,
with the removal of data of another version: until then the hub has no version whole.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from realsyn_tasks.core.errors import ConfigError, TransientError
from realsyn_tasks.core.progress import Countdown
from realsyn_tasks.core.screen import stream
from realsyn_tasks.core.storage import ObjectRef
from realsyn_tasks.corpus import tombstones
from realsyn_tasks.corpus.entries import Entry
from realsyn_tasks.datasets import versions
from realsyn_tasks.datasets.manifest import ATTACHMENTS, MANIFEST, TABLES, TARS, StoredFile
from realsyn_tasks.datasets.verification import verify
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.takedown import lookup

TOKEN, ENDPOINT, OFFLINE = "HF_TOKEN", "HF_ENDPOINT", "HF_HUB_OFFLINE"
LAST = (ATTACHMENTS, MANIFEST)
NEW, SAME, CHANGED, GONE = "new", "same", "changed", "removed"
REFUSED = (400, 401, 403, 404, 409, 413, 422)


@dataclass(frozen=True)
class Planned:
    """A file of the repository, and what a push does with it."""

    path: str
    size: int
    state: str  # new, same, changed, removed; "" where the hub was not asked


@dataclass(frozen=True)
class Push:
    """What a push did, or would do."""

    repo: str
    version: str
    private: bool
    really: bool
    files: tuple[Planned, ...]

    @property
    def bytes(self) -> int:
        """Give the bytes to send."""
        return sum(file.size for file in self.files if file.state not in (SAME, GONE))


def version_at(uri: str) -> Version:
    """Open the version that a URI names; ConfigError where it names all of a dataset."""
    named = versions.at(uri)
    if len(named) != 1 or not uri.rstrip("/").endswith(named[0].path):
        names = ", ".join(version.name for version in named)
        raise ConfigError(f"{uri} is a dataset; name one of its versions: {names}")
    return named[0]


def plan(version: Version, repo: str, private: bool = True) -> Push:
    """Say what would go, without asking the hub.

    ConfigError if the version is damaged, or holds what was taken down since.
    """
    _require_name(repo)
    _require_whole(version)
    _require_takedowns(version)
    files = tuple(Planned(file.path, file.size, "") for file in _files(version))
    return Push(repo, version.name, private, really=False, files=files)


def push(version: Version, repo: str, private: bool = True) -> Push:
    """Send what the hub does not have; ConfigError where it refuses, TransientError where it fails.

    The token comes from the environment alone. A repository that is new is private, unless it is
    to be public.
    """
    plan(version, repo, private)
    with _answers():
        return _pushed(_Hub(repo), version, repo, private)


def _pushed(hub: _Hub, version: Version, repo: str, private: bool) -> Push:
    hub.create(private)
    known = hub.listing()
    files = [Planned(f.path, f.size, _state(version, f, known)) for f in _files(version)]
    by_path = {file.path: file for file in _files(version)}
    due = [by_path[file.path] for file in files if file.state not in (SAME, GONE)]
    sending = Countdown("publish", sum(file.size for file in due))
    for file in due:
        if file.path not in LAST:
            hub.send(version, [file])
            sending.add(file.size)
    ours = {file.path for file in files}
    gone = [path for path in sorted(known) if path not in ours and _is_data(path)]
    hub.send(version, [file for file in due if file.path in LAST], gone)
    removed = [Planned(path, 0, GONE) for path in gone]
    return Push(repo, version.name, private, really=True, files=(*files, *removed))


def _is_data(path: str) -> bool:
    """Say whether loaders would read a file as data of the version."""
    return path.startswith((f"{TABLES}/", f"{TARS}/"))


def _files(version: Version) -> list[StoredFile]:
    """List data, attachments and the two lists of them, which come last."""
    listed = [*version.manifest.files, *version.attachments()]
    return [*listed, *(_list_itself(version, name) for name in LAST)]


def _list_itself(version: Version, name: str) -> StoredFile:
    data = version.storage.read(version.at(name))
    return StoredFile(path=name, size=len(data), sha256=hashlib.sha256(data).hexdigest())


def _require_name(repo: str) -> None:
    parts = repo.split("/")
    if len(parts) != 2 or not all(part and not part.startswith(("-", ".")) for part in parts):
        raise ConfigError(f"{repo!r} is no repository: name OWNER/NAME")


def _require_whole(version: Version) -> None:
    damages = [finding for finding in verify(version, checksums=False) if finding.damages]
    if damages:
        first = damages[0]
        raise ConfigError(
            f"{version.uri} is damaged, first {first.path} ({first.fault}): {first.remedy}"
        )


def _require_takedowns(version: Version) -> None:
    """Refuse what holds anything that a takedown in force names."""
    storage = version.storage
    requests = [tombstones.read(storage, line.request) for line in tombstones.state(storage).log]
    entries = [
        Entry(kind, value)
        for request in requests
        for kind, values in request.entries.items()
        for value in values
    ]
    places = lookup.in_datasets(storage, entries, shown=0) if entries else []
    held = sum(
        place["pairs"] + place["texts"] for place in places if place["dataset"] == version.path
    )
    if held:
        raise ConfigError(
            f"{version.uri} has {held} pairs that were taken down since; run realsyn_build again"
            " and publish the version that it makes"
        )


class _Hub:
    """One repository of the hub."""

    def __init__(self, repo: str) -> None:
        from huggingface_hub import HfApi
        from huggingface_hub.utils.tqdm import disable_progress_bars

        token = os.environ.get(TOKEN)
        if not token:
            raise ConfigError(f"set {TOKEN} in the environment to a token that may write to {repo}")
        disable_progress_bars()
        self._api = HfApi(endpoint=os.environ.get(ENDPOINT) or None, token=token)
        self._repo = repo

    def create(self, private: bool) -> None:
        """Make the repository unless it is there; one that is there stays as visible as it is."""
        self._api.create_repo(self._repo, repo_type="dataset", private=private, exist_ok=True)

    def listing(self) -> dict[str, Any]:
        """Give the files that the repository has, by path."""
        tree = self._api.list_repo_tree(self._repo, repo_type="dataset", recursive=True)
        return {entry.path: entry for entry in tree if hasattr(entry, "size")}

    def send(self, version: Version, files: Sequence[StoredFile], gone: Iterable[str] = ()) -> None:
        """Commit some files, and remove others."""
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        with tempfile.TemporaryDirectory(prefix="realsyn-") as folder:
            operations: list[Any] = [
                CommitOperationAdd(file.path, str(_local(version, file, Path(folder))))
                for file in files
            ]
            operations += [CommitOperationDelete(path) for path in gone]
            if operations:
                names = ", ".join(file.path for file in files)
                message = f"{version.name}: {names or 'remove data of other versions'}"
                self._api.create_commit(
                    self._repo, operations, commit_message=message, repo_type="dataset"
                )


def _local(version: Version, file: StoredFile, folder: Path) -> Path:
    """Give a file as it is listed; DamagedObject if it is not."""
    reference = ObjectRef(path=version.at(file.path), size=file.size, sha256=file.sha256)
    version.storage.verify(reference, checksum=True)
    return version.storage.local(reference, folder)


def _state(version: Version, file: StoredFile, known: Mapping[str, Any]) -> str:
    theirs = known.get(file.path)
    if theirs is None:
        return NEW
    return SAME if theirs.size == file.size and _is_same(version, file, theirs) else CHANGED


def _is_same(version: Version, file: StoredFile, theirs: Any) -> bool:
    """Compare digests: large files have a SHA-256 on the hub, small ones git's."""
    if theirs.lfs is not None:
        return bool(theirs.lfs.sha256 == file.sha256)
    data = version.storage.read(version.at(file.path))
    header = f"blob {len(data)}\0".encode()
    return bool(theirs.blob_id == hashlib.sha1(header + data, usedforsecurity=False).hexdigest())


@contextmanager
def _answers() -> Iterator[None]:
    """Tell refusals from failures; nothing of a request, which has the token, is told."""
    from huggingface_hub.errors import (  # type: ignore[attr-defined]
        HfHubHTTPError,
        HFValidationError,
        HTTPError,  # of the client that the library has
        OfflineModeIsEnabled,
    )

    try:
        yield
    except HFValidationError as error:
        raise ConfigError(f"the hub takes no such repository: {error}") from None
    except OfflineModeIsEnabled:
        raise ConfigError(
            f"{OFFLINE} keeps this process from the hub: unset it in the environment and push again"
        ) from None
    except HfHubHTTPError as error:
        status = getattr(error.response, "status_code", 0)
        said = f"the hub answered {status}: {getattr(error, 'server_message', '') or 'no words'}"
        if status in REFUSED:
            raise ConfigError(
                f"{said}; look at the repository's name and the token's rights"
            ) from (None)
        raise TransientError(f"{said}; push again, it goes on where it was") from None
    except HTTPError as error:
        name = type(error).__name__
        raise TransientError(f"the hub cannot be reached ({name}); push again") from None


def show(done: Push) -> None:
    """Print what goes, and where."""
    what = "sent" if done.really else "would go"
    for file in done.files:
        print(f"{file.state or what:10} {file.size:>14,}  {file.path}", file=stream())
    visible = "private" if done.private else "public"
    tail = "" if done.really else "; nothing was sent: give --really to send it"
    print(
        f"{done.version} to {done.repo} (if new: {visible}), {done.bytes:,} bytes{tail}",
        file=stream(),
    )
