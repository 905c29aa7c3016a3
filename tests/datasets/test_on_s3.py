"""Versions in a bucket: verified and mended as on files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets import gallery_index, slices
from realsyn_tasks.datasets.manifest import Fault
from realsyn_tasks.datasets.verification import verify_all
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.stages import PIPELINE
from tests.datasets.conftest import Standing, publish
from tests.datasets.damages import TABLE, TAR

if TYPE_CHECKING:
    from tests.s3.endpoint import Endpoint

pytest_plugins = ["tests.s3.endpoint"]
pytestmark = pytest.mark.usefixtures("hasty")


def upload(s3: Endpoint, standing: Standing) -> None:
    for path in standing.root.rglob("*"):
        if path.is_file():
            s3.overwrite(str(path.relative_to(standing.root)), path.read_bytes())


def test_what_is_damaged_in_a_bucket_is_named_and_mended(s3: Endpoint, standing: Standing) -> None:
    upload(s3, standing)
    build = Workspace.open(f"{s3.root}/{standing.build.folder}", PIPELINE)
    assert verify_all(build.storage) == []
    flipped = bytearray(s3.stored(standing.version.at(TABLE)))
    flipped[99] ^= 1
    s3.overwrite(standing.version.at(TABLE), bytes(flipped))
    s3.overwrite(standing.version.at(TAR), b"cut")
    s3.overwrite(standing.version.at("manifest.json"), b"")
    s3.overwrite(f"{standing.version.dataset}/latest.json", b"")
    faults = {finding.fault for finding in verify_all(build.storage)}
    assert faults == {Fault.UNREADABLE}
    publish(build)
    assert verify_all(build.storage) == []
    for name, data in standing.contents().items():
        if name.startswith("datasets/"):
            assert s3.stored(name) == data


def contents(gallery: gallery_index.Gallery) -> dict[str, bytes]:
    return {name: values.tobytes() for name, values in gallery.known.columns.items()}


def test_an_index_of_pairs_is_copied_out_of_a_bucket_and_made_anew_if_it_is_damaged(
    s3: Endpoint, standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(s3, standing)
    here = contents(gallery_index.opened(standing.version))
    version = Version(Storage.at(s3.root), standing.version.path)
    [path] = [path for path in gallery_index.paths_of(version) if path.endswith(".arrow")]
    data = s3.stored(path)
    for stored in (data, bytes(len(data))):
        s3.overwrite(path, stored)
        assert contents(gallery_index.opened(version)) == here
        assert s3.stored(path) == data
    gallery_index.forget(version)
    monkeypatch.setattr(slices, "READ_ANEW", 1)
    sliced = gallery_index.opened(version)
    assert len(sliced.stored.columns) == 2 and contents(sliced) == here
