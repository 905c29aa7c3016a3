"""Holds versions against their manifests: every file's size, its checksum, and what is not listed.

What is found damaged here, promoting the build again mends, but for what it says otherwise.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from realsyn_tasks.core.errors import DamagedObject
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.datasets import versions
from realsyn_tasks.datasets.manifest import (
    ATTACHMENTS,
    MANIFEST,
    TABLES,
    TARS,
    Attachment,
    DamagedDataset,
    Fault,
    StoredFile,
)
from realsyn_tasks.datasets.versions import PROMOTE, RENEW, Version

SMALL = 64 << 20  # bytes: what promotion reads to check it; larger files it believes by their size


@dataclass(frozen=True)
class Finding:
    """Something wrong with a published file."""

    path: str  # relative to the root
    fault: Fault
    detail: str
    remedy: str
    damages: bool = True  # loaders would miss something, or read what is not ours

    def record(self) -> dict[str, Any]:
        """Give it as JSON."""
        return asdict(self)


Step = Callable[[int], object]  # is told the bytes of each file that was looked at


def _no_step(size: int) -> None:
    """Tell nobody."""


def verify(version: Version, checksums: bool = True, step: Step = _no_step) -> list[Finding]:
    """Check a version and the pointer of its dataset; without checksums, by sizes alone."""
    of_files = _of_version(version, checksums, step)
    return [*of_files, *_of_pointer(version.storage, version.dataset)]


def verify_all(storage: Storage, checksums: bool = True, step: Step = _no_step) -> list[Finding]:
    """Check all versions of a root, published or not, and all pointers."""
    findings: list[Finding] = []
    for dataset in versions.datasets(storage):
        for version in versions.folders(storage, dataset):
            findings += _of_version(version, checksums, step)
        findings += _of_pointer(storage, dataset)
    return findings


def bytes_of(version: Version) -> int:
    """Sum up the files that a version lists."""
    return sum(file.size for file in _listed(version)[0])


def _of_version(version: Version, checksums: bool, step: Step) -> Iterator[Finding]:
    largest = sys.maxsize if checksums else 0
    files, wrong = _listed(version)
    yield from wrong
    for _, finding in differing(version, files, largest, step):
        yield finding
    if not wrong:
        yield from _extra(version, {file.path for file in files})


def _listed(version: Version) -> tuple[list[StoredFile], list[Finding]]:
    """Give the files that both lists name, and what is wrong with the lists."""
    files: list[StoredFile] = []
    wrong: list[Finding] = []
    for listed in (lambda: version.manifest.files, version.attachments):
        try:
            files += listed()
        except DamagedDataset as error:
            wrong.append(_finding(error))
    if files and not wrong and not _of_its_folder(version):
        detail = "its version is not that of the files and of what made them"
        wrong.append(Finding(version.at(MANIFEST), Fault.DISAGREES, detail, PROMOTE))
    return files, wrong


def _of_its_folder(version: Version) -> bool:
    return version.manifest.consistent and version.manifest.version == version.name


def _finding(error: DamagedDataset) -> Finding:
    return Finding(error.path, error.fault, error.detail, error.remedy)


def differing(
    version: Version, files: Sequence[StoredFile], largest: int, step: Step = _no_step
) -> Iterator[tuple[StoredFile, Finding]]:
    """Find the files that are not as listed; checksums are of those of up to `largest` bytes."""
    sizes = version.storage.sizes([version.at(file.path) for file in files])
    known = list(zip(files, sizes, strict=True))

    def fault_of(pair: tuple[StoredFile, int | None]) -> tuple[Fault, str] | None:
        fault = _fault(version, *pair, largest)
        step(pair[0].size)
        return fault

    faults = version.storage.each(fault_of, known)
    for file, fault in zip(files, faults, strict=True):
        if fault:
            yield file, Finding(version.at(file.path), *fault, _remedy(file, fault[0]))


def _fault(
    version: Version, file: StoredFile, size: int | None, largest: int
) -> tuple[Fault, str] | None:
    if size is None:
        return Fault.MISSING, "there is no such file"
    if size != file.size:
        return Fault.SIZE, f"{size} bytes instead of {file.size}"
    if file.size <= largest:
        reference = ObjectRef(path=version.at(file.path), size=file.size, sha256=file.sha256)
        try:
            version.storage.verify(reference, checksum=True)
        except DamagedObject:
            return Fault.CHECKSUM, f"it is not {file.sha256}"
    return None


def _remedy(file: StoredFile, fault: Fault) -> str:
    if isinstance(file, Attachment):
        return RENEW
    unseen = fault is Fault.CHECKSUM and file.size > SMALL
    return f"remove it, then {PROMOTE}" if unseen else PROMOTE


def _extra(version: Version, known: set[str]) -> Iterator[Finding]:
    start = len(version.path) + 1
    names = [path[start:] for path, _ in version.storage.listing(version.path, recursive=True)]
    for name in sorted(set(names) - known - {MANIFEST, ATTACHMENTS}):
        folder, _, base = name.rpartition("/")
        read = folder in (TABLES, TARS) and not base.startswith(".")
        detail = "loaders would read it" if read else "it is not part of the version"
        yield Finding(version.at(name), Fault.EXTRA, detail, "remove it", damages=read)


def _of_pointer(storage: Storage, dataset: str) -> Iterator[Finding]:
    try:
        versions.latest(storage, dataset)
    except DamagedDataset as error:
        yield _finding(error)
