"""What the shards of a generation hold, by digest, without its long pointer being read each time.

    corpus/gen=0001/contents.json     the digests of all shards, and of which pointer they are

It is derived, and believed only while the pointer has the tag that it was read under: so it may be
old, damaged or missing at any time.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from pydantic import ValidationError

from realsyn_tasks.core.columns import Hex, Texts, column_of
from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.errors import RealSynError
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.source import visible_digest
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus.generations import FOLDER, Generation, GenerationRef, generation_path

WORTHWHILE = 1000  # shards; of fewer the pointer itself is read
BYTES = 32  # of a digest


class Contents(Frozen):
    """The digests of a generation's shards, one after the other in hex."""

    generation: str  # its digest
    tag: str  # of its pointer
    digests: str
    checksum: str

    def are_of(self, pinned: GenerationRef, tag: str) -> bool:
        """Say whether this is of a generation whose pointer has this tag now, and whole."""
        known = (self.generation, self.tag, self.checksum)
        return bool(tag) and known == (pinned.digest, tag, digest(self.digests))


def contents_of(
    storage: Storage, pinned: GenerationRef, read: Callable[[GenerationRef], Generation]
) -> Texts:
    """Digest what each shard of a generation holds, hidden rows or not."""
    if pinned.shards < WORTHWHILE:
        return _worked_out(read(pinned))
    path = f"{FOLDER}/gen={pinned.generation:04d}/contents.json"
    tag = storage.tag(generation_path(pinned.generation))
    known = _known(storage, path)
    if known and known.are_of(pinned, tag):
        return Hex(bytes.fromhex(known.digests), BYTES)
    contents = _worked_out(read(pinned))
    digests = "".join(contents)
    if tag:
        kept = Contents(
            generation=pinned.digest, tag=tag, digests=digests, checksum=digest(digests)
        )
        with suppress(RealSynError, OSError):  # a reader that may not write, say
            storage.replace(path, kept.model_dump_json().encode())
    return contents


def _worked_out(generation: Generation) -> Texts:
    return column_of(visible_digest(shard.objects, {}) for shard in generation.shards)


def _known(storage: Storage, path: str) -> Contents | None:
    try:
        return Contents.model_validate_json(storage.read(path))
    except (OSError, ValidationError):
        return None
