"""What is said of a version: stored beside its data, renewed in place, listed with digests.

{version}/README.md, report.html, …     whatever is attached
          attachments.json              path, size and SHA-256 of each, and what made it
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping

from realsyn_tasks.datasets.manifest import (
    ATTACHMENTS,
    Attachment,
    Attachments,
    DamagedDataset,
    encoded,
)
from realsyn_tasks.datasets.versions import Version


def store(
    version: Version, contents: Mapping[str, bytes], made_by: str, without: Collection[str] = ()
) -> list[str]:
    """Attach files to a version, in place of earlier ones of the same paths; detach others.

    What is named in neither stays. Gives the paths that were written: none where nothing differs.
    """
    attached = {attachment.path: attachment for attachment in _known(version)}
    known = {path: each for path, each in attached.items() if path not in without}
    described = {path: _described(path, data, made_by) for path, data in contents.items()}
    kept = {path: known[path] for path, new in described.items() if _same(known.get(path), new)}
    listed = {**known, **described, **kept}
    ordered = Attachments(files=tuple(listed[path] for path in sorted(listed)))
    written = _written(version, {**contents, ATTACHMENTS: encoded(ordered)})
    for path in sorted(attached.keys() & set(without)):
        version.storage.delete(version.at(path))
    return written


def _known(version: Version) -> tuple[Attachment, ...]:
    """Read the list; one that is damaged is made anew."""
    try:
        return version.attachments()
    except DamagedDataset:
        return ()


def _described(path: str, data: bytes, made_by: str) -> Attachment:
    sha256 = hashlib.sha256(data).hexdigest()
    return Attachment(path=path, size=len(data), sha256=sha256, made_by=made_by)


def _same(old: Attachment | None, new: Attachment) -> bool:
    return old is not None and old.sha256 == new.sha256


def _written(version: Version, wanted: Mapping[str, bytes]) -> list[str]:
    """Write what differs from what is stored; the list of all comes last."""
    stored = version.storage.read_each([version.at(path) for path in wanted])
    changed = [path for path, data in zip(wanted, stored, strict=True) if data != wanted[path]]
    for path in changed:
        version.storage.replace(version.at(path), wanted[path])
    return changed
