"""Lists of digests and hashes of images that must not be kept, supplied by the operator.

A list is a text file with one hexadecimal entry a line: 32 digits for MD5, 64 for SHA-256 of an
image's bytes, 64 for PDQ. What follows a space or a comma is a remark; empty lines and lines that
begin with # do not count.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.reasons import Refused
from realsyn_tasks.extract import reasons
from realsyn_tasks.extract.images import preview
from realsyn_tasks.extract.operator_files import OperatorFile
from realsyn_tasks.pictures.pdq import MIN_QUALITY, RADIUS, WORDS, distances, parse_pdq, pdq

PDQ_SIDE = 512  # px; hashes of larger pictures differ from this one's in few bits
_DIGITS = {"md5": 32, "sha256": 64, "pdq": 64}


class Blocklist(BaseModel):
    """One list: what its entries are, where it is, and for PDQ from how far it blocks.

    A PDQ list costs each image about 0.01 s, and 0.03 s more for each million entries.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["md5", "sha256", "pdq"]
    file: OperatorFile
    radius: int = Field(default=RADIUS, ge=0, le=128)  # bits of 256; of PDQ only

    def pinned(self) -> Blocklist:
        """Note what the file holds now."""
        return self.model_copy(update={"file": self.file.pinned()})


def check_bytes(data: bytes, lists: tuple[Blocklist, ...]) -> None:
    """Raise Refused for bytes whose digest is on a list."""
    for blocklist in lists:
        if blocklist.kind == "pdq":
            continue
        made = hashlib.new(blocklist.kind, data, usedforsecurity=False).hexdigest()
        if made in _digests(blocklist.kind, blocklist.file):
            raise Refused(reasons.BLOCKLISTED, f"{blocklist.kind}, {blocklist.file.name}")


def check_picture(data: bytes, lists: tuple[Blocklist, ...]) -> None:
    """Raise Refused for a picture that looks like one on a PDQ list."""
    wanted = [blocklist for blocklist in lists if blocklist.kind == "pdq"]
    if not wanted:
        return
    value, quality = pdq(preview(data, PDQ_SIDE))
    for blocklist in wanted if quality >= MIN_QUALITY else ():
        hashes = _hashes(blocklist.file)
        nearest = int(distances(value, hashes).min()) if len(hashes) else 256
        if nearest <= blocklist.radius:
            raise Refused(reasons.BLOCKLISTED, f"pdq, {blocklist.file.name}, {nearest} bits")


@lru_cache(maxsize=16)
def _digests(kind: str, file: OperatorFile) -> frozenset[str]:
    return frozenset(_entries(kind, file))


@lru_cache(maxsize=16)
def _hashes(file: OperatorFile) -> NDArray[np.uint64]:
    rows = [parse_pdq(entry) for entry in _entries("pdq", file)]
    return np.array(rows, dtype=np.uint64).reshape(-1, WORDS)


def _entries(kind: str, file: OperatorFile) -> list[str]:
    entries = []
    for path, data in file.read():
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
            entry = line.replace(",", " ").partition(" ")[0].strip().lower()
            if not entry or entry.startswith("#"):
                continue
            if len(entry) != _DIGITS[kind] or not set(entry) <= set("0123456789abcdef"):
                raise ConfigError(
                    f"{file.uri}, {path}, line {number}: {entry[:70]!r} is no {kind} entry, which"
                    f" has {_DIGITS[kind]} hexadecimal digits; correct the line or the list's kind"
                )
            entries.append(entry)
    return entries
