"""What a published version is: its data files and what made them; its name follows from both.

Nothing else gives a new version: card, report and the like are attachments, listed apart with
digests of their own and renewed in place. No published file tells a time, a duration or a place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ValidationError

from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.errors import PermanentError
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.records import what_is_wrong
from realsyn_tasks.corpus.generations import GenerationRef

DATASETS = "datasets"
MANIFEST, ATTACHMENTS, LATEST = "manifest.json", "attachments.json", "latest.json"
TABLES, TARS = "data", "webdataset"  # folders of a version
VERSION_LENGTH = 12


def name_of(scale: str, under: bool = False) -> str:
    """Name the dataset of a scale; what has fewer pairs does not claim the scale's own name."""
    return f"realsyn-under-{scale}" if under else f"realsyn-{scale}"


class Fault(StrEnum):
    """What can be wrong with a published file."""

    MISSING = "missing"
    SIZE = "another size"
    CHECKSUM = "another checksum"
    UNREADABLE = "unreadable"  # empty, cut, or filled with NUL
    DISAGREES = "disagrees"  # a manifest that is not that of its version
    DANGLING = "dangling"  # a pointer to what is not there
    EXTRA = "not listed"


class DamagedDataset(PermanentError):
    """A published file is not what it should be; says which, how, and what to do."""

    def __init__(self, path: str, fault: Fault, detail: str, remedy: str) -> None:
        super().__init__(f"{path} is {fault}: {detail}; {remedy}")
        self.path, self.fault, self.detail, self.remedy = path, fault, detail, remedy


def _below(path: str) -> str:
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        raise ValueError("it leads out of the version's folder")
    return path


class StoredFile(Frozen):
    """A file of a version; its path is relative to the version."""

    path: Annotated[str, AfterValidator(_below)]
    size: int
    sha256: str


class DatasetFile(StoredFile):
    """A data file: a table with so many rows, or the tar that belongs to it."""

    rows: int | None


class Attachment(StoredFile):
    """Something said of a version, and which code said it."""

    made_by: str


class Attachments(Frozen):
    """All that is said of a version, by path."""

    files: tuple[Attachment, ...] = ()


class Origin(Frozen):
    """What made a dataset."""

    name: str
    scale: str
    target: int
    config_digest: str
    generations: tuple[GenerationRef, ...]
    models: dict[str, str]  # kind -> identity


class Manifest(Origin):
    """A version: what made it, how many pairs it has, and every data file."""

    version: str
    pairs: int
    files: tuple[DatasetFile, ...]

    @staticmethod
    def of(origin: Origin, files: Iterable[DatasetFile]) -> Manifest:
        """Describe the version that these files are."""
        ordered = tuple(sorted(files, key=lambda file: file.path))
        about = {name: getattr(origin, name) for name in Origin.model_fields}
        pairs = sum(file.rows or 0 for file in ordered)
        version = _version(origin, ordered)
        return Manifest(**about, version=version, pairs=pairs, files=ordered)

    @property
    def folder(self) -> str:
        """Name the folder of the version in its root."""
        return f"{DATASETS}/{self.name}/{self.version}"

    @property
    def consistent(self) -> bool:
        """Say whether version and pairs are those of the files and of what made them."""
        return Manifest.of(self, self.files) == self


def _version(origin: Origin, files: Iterable[DatasetFile]) -> str:
    about = origin.model_dump(mode="json", include=set(Origin.model_fields))
    return f"v-{digest([about, [file.model_dump() for file in files]])[:VERSION_LENGTH]}"


class Pointer(Frozen):
    """What latest.json says; the path is relative to it."""

    name: str
    version: str
    pairs: int
    path: str


def encoded(record: BaseModel) -> bytes:
    """Write a record as the JSON that is published."""
    values: dict[str, Any] = record.model_dump(mode="json")
    return json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False).encode()


Record = TypeVar("Record", bound=BaseModel)


def decoded(model: type[Record], path: str, data: bytes, remedy: str) -> Record:
    """Read a record; DamagedDataset where it was cut, emptied or overwritten."""
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        detail = f"it {what_is_wrong(data, error)}"
        raise DamagedDataset(path, Fault.UNREADABLE, detail, remedy) from None
