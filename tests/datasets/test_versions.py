from __future__ import annotations

import json

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.datasets import versions
from realsyn_tasks.datasets.manifest import DamagedDataset, Fault
from realsyn_tasks.datasets.versions import Version, at, latest
from tests.datasets.conftest import Standing
from tests.datasets.damages import DAMAGES


def test_a_version_exists_by_its_manifest(standing: Standing) -> None:
    storage = standing.build.storage
    assert versions.versions(storage) == [standing.version]
    unfinished = standing.folder.parent / "v-0000"
    (unfinished / "data").mkdir(parents=True)
    assert versions.versions(storage) == [standing.version]
    assert len(versions.folders(storage, standing.version.dataset)) == 2
    assert standing.version.manifest.pairs == standing.build.config.target
    said = [attachment.path for attachment in standing.version.attachments()]
    assert said == ["DATA_STATEMENT.md", "README.md", "croissant.json", "report.html"]


def test_the_pointer_leads_to_the_latest_version(standing: Standing) -> None:
    assert latest(standing.build.storage, standing.version.dataset) == standing.version


@pytest.mark.parametrize("damage", ["deleted", "cut", "emptied", "nulled"])
def test_a_pointer_that_cannot_be_read_is_told_by_name(standing: Standing, damage: str) -> None:
    DAMAGES[damage](standing.folder.parent / "latest.json")
    with pytest.raises(DamagedDataset, match=r"latest\.json is .*; promote its build again"):
        latest(standing.build.storage, standing.version.dataset)


@pytest.mark.parametrize("path", ["v-gone", "../realsyn-tiny", ".."])
def test_a_pointer_to_nothing_is_told_by_name(standing: Standing, path: str) -> None:
    pointer = standing.folder.parent / "latest.json"
    pointer.write_text(json.dumps({**json.loads(pointer.read_text()), "path": path}))
    with pytest.raises(DamagedDataset) as caught:
        latest(standing.build.storage, standing.version.dataset)
    assert caught.value.fault is Fault.DANGLING


def test_versions_are_opened_by_their_uris(standing: Standing) -> None:
    uri = standing.version.uri
    for name in (uri, f"{uri}/", uri.rsplit("/", 1)[0], str(standing.folder)):
        [version] = at(name)
        assert (version.path, version.exists) == (standing.version.path, True)


def test_a_uri_of_no_dataset_is_refused_with_what_there_is(standing: Standing) -> None:
    root = standing.build.storage.uri
    for uri in (root, f"{root}/datasets", f"{root}/datasets/a/b/c", f"{root}/datasets/../x"):
        with pytest.raises(ConfigError, match=r"is no dataset: name ROOT/datasets/NAME/VERSION"):
            at(uri)
    with pytest.raises(ConfigError, match=standing.version.path):
        at(f"{root}/datasets/realsyn-tiny/v-gone")


def test_a_manifest_that_is_gone_is_told_by_name(standing: Standing) -> None:
    (standing.folder / "manifest.json").unlink()
    again = Version(standing.version.storage, standing.version.path)
    with pytest.raises(DamagedDataset, match=r"manifest\.json is missing"):
        assert again.manifest
