from __future__ import annotations

import json

import pytest

from realsyn_tasks.datasets.manifest import Fault
from realsyn_tasks.datasets.verification import Finding, verify, verify_all
from realsyn_tasks.datasets.versions import Version
from tests.datasets.conftest import Standing
from tests.datasets.damages import DAMAGES, DATA, POINTER, SAID, TABLE, TAR

UNREAD = {"deleted": Fault.MISSING, "cut": Fault.UNREADABLE, "emptied": Fault.UNREADABLE}
OF_FILES = {"deleted": Fault.MISSING, "cut": Fault.SIZE, "emptied": Fault.SIZE}


def findings(standing: Standing, checksums: bool = True) -> list[Finding]:
    fresh = Version(standing.version.storage, standing.version.path)
    of_root = verify_all(standing.version.storage, checksums)
    assert verify(fresh, checksums) == of_root
    return of_root


def test_a_published_version_is_whole(standing: Standing) -> None:
    assert findings(standing) == []
    assert findings(standing, checksums=False) == []


@pytest.mark.parametrize("damage", OF_FILES)
@pytest.mark.parametrize("name", [*DATA, "README.md", "report.html"])
def test_a_lost_file_is_named(standing: Standing, name: str, damage: str) -> None:
    DAMAGES[damage](standing.folder / name)
    [finding] = findings(standing, checksums=False)
    assert (finding.path, finding.fault) == (standing.version.at(name), OF_FILES[damage])
    assert finding.damages
    assert finding.remedy.startswith("promote" if name in DATA else "renew")


@pytest.mark.parametrize("name", [TABLE, TAR, "README.md"])
def test_a_changed_byte_is_found_by_its_checksum(standing: Standing, name: str) -> None:
    DAMAGES["flipped"](standing.folder / name)
    [finding] = findings(standing)
    assert (finding.path, finding.fault) == (standing.version.at(name), Fault.CHECKSUM)
    assert findings(standing, checksums=False) == []


@pytest.mark.parametrize("damage", UNREAD)
@pytest.mark.parametrize("name", ["manifest.json", "attachments.json", POINTER])
def test_a_lost_record_is_named(standing: Standing, name: str, damage: str) -> None:
    path = standing.folder / name
    DAMAGES[damage](path)
    first = findings(standing)[0]
    assert first.path == str(path.resolve().relative_to(standing.root.resolve()))
    assert (first.fault, first.damages) == (UNREAD[damage], True)


def test_a_pointer_to_nothing_is_named(standing: Standing) -> None:
    pointer = standing.folder / POINTER
    pointer.write_text(json.dumps({**json.loads(pointer.read_text()), "path": "v-gone"}))
    assert [finding.fault for finding in findings(standing)] == [Fault.DANGLING]


def test_a_manifest_that_leaves_a_file_out_is_named(standing: Standing) -> None:
    path = standing.folder / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps({**manifest, "files": manifest["files"][1:]}))
    assert [finding.fault for finding in findings(standing)] == [Fault.DISAGREES]


def test_what_is_not_listed_is_named_and_is_damage_where_loaders_look(standing: Standing) -> None:
    (standing.folder / "data/train-00009-of-00010.parquet").write_bytes(b"x")
    (standing.folder / "data/.train-00000-of-00002.parquet.5f").write_bytes(b"x")
    (standing.folder / "notes.txt").write_text("x")
    named = {finding.path.rsplit("/", 1)[1]: finding for finding in findings(standing)}
    assert {finding.fault for finding in named.values()} == {Fault.EXTRA}
    assert {name: finding.damages for name, finding in named.items()} == {
        "train-00009-of-00010.parquet": True,
        ".train-00000-of-00002.parquet.5f": False,
        "notes.txt": False,
    }


def test_a_version_without_card_and_report_is_not_whole(standing: Standing) -> None:
    for name in SAID:
        (standing.folder / name).unlink()
    [finding] = findings(standing)
    assert (finding.path, finding.fault) == (
        standing.version.at("attachments.json"),
        Fault.MISSING,
    )
