"""What a form names below a root, looked at before anything is opened: quickly, changing nothing.

That a root can be written is tried: something is put there, or into the nearest folder there is,
and taken away again.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.prefixes import real
from realsyn_tasks.core.shards import as_ranges, in_ranges
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus.generations import Generation

PROBE = "_probe"
NO_GENERATION = "none"  # of those there are: a crawl's own alone


def writable(root: str) -> Storage:
    """Give the storage of a root; ConfigError, with what to do, unless it can be written."""
    if not root:
        raise ConfigError("root: none is named; give a path, a file:// or an s3:// URI")
    storage = Storage.at(root)
    if storage.uri.startswith("file://"):
        _require_writable_folder(root, Path(real(storage.uri)))
    else:
        storage.put_if_absent(PROBE, b"")
        storage.delete(PROBE)
    return storage


def _require_writable_folder(root: str, folder: Path) -> None:
    """Ask the nearest folder that is there: the root itself may yet be made."""
    there = next(place for place in (folder, *folder.parents) if os.path.lexists(place))
    if not there.is_dir():
        raise ConfigError(f"root {root}: {there} is no folder; choose another place")
    try:
        with TemporaryDirectory(prefix=".realsyn-", dir=there):
            pass
    except OSError as error:
        raise ConfigError(
            f"root {root}: {there} cannot be written ({error.strerror}); choose another place, or"
            " let the user of the data plane write there"
        ) from error


def require_generations(known: Sequence[int], wanted: Collection[int], root: str) -> None:
    """Raise ConfigError if the corpus lacks a generation that is named, or has none at all."""
    if not known:
        raise ConfigError(f"the corpus in {root} has no generation yet; extract a crawl first")
    if missing := sorted(set(wanted) - set(known)):
        raise ConfigError(
            f"generations: the corpus in {root} has no {as_ranges(missing)}; there are"
            f" {as_ranges(known)}: name some of these, or none for all of them"
        )


def named_generations(
    known: Sequence[Generation], text: str, root: str, extract: str = ""
) -> list[int]:
    """List the generations that a form names (1-3,7; none; empty: all), and an extract's own.

    `known` are those of the corpus in the root. ConfigError if one that is named is not there.
    """
    numbers = [generation.generation for generation in known]
    own = [g.generation for g in known if extract and g.extract == extract]
    text = text.strip(" ,")
    if text == NO_GENERATION:
        return own
    wanted = in_ranges(text, "generations") if text else numbers
    if text:
        require_generations(numbers, wanted, root)
    return sorted({*wanted, *own})


def generations_to_open(
    known: Sequence[Generation], text: str, root: str, extract: str = ""
) -> list[int]:
    """Do the same for a build that is opened now; ConfigError if an extract is in no generation."""
    if extract and extract not in {generation.extract for generation in known}:
        raise ConfigError(
            f"the extract {extract} is in no generation of the corpus in {root}: run it to its"
            " promotion first (realsyn_extract)"
        )
    numbers = named_generations(known, text, root, extract)
    if not numbers:
        require_generations([], numbers, root)
    return numbers
