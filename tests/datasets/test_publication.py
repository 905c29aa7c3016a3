"""A version is published whole, once; what is lost of it is mended, or told by name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from realsyn_tasks.core.errors import DamagedObject
from realsyn_tasks.core.files import LocalStorage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets import index
from realsyn_tasks.datasets.manifest import DamagedDataset
from realsyn_tasks.datasets.publication import publications, published
from realsyn_tasks.datasets.verification import verify_all
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.quality import gate
from realsyn_tasks.runs.promotion import promote
from tests import fabricated
from tests.datasets.conftest import Standing, publish
from tests.datasets.damages import DAMAGES, DATA, POINTER, SAID, TAR
from tests.fabricated_contents import Made
from tests.finished import finish

Opened = Callable[[str], Workspace]


def root_of(workspace: Workspace) -> Path:
    return Path(workspace.storage.uri.removeprefix("file://"))  # of tests: nothing is escaped


def published_files(root: Path) -> dict[str, bytes]:
    folder = root / "datasets"
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_dataset_is_what_its_manifest_says(opened: Opened) -> None:
    workspace = opened("sample")
    result = promote(workspace, "sample")
    folder = Path(result["uri"].removeprefix("file://"))
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["pairs"] == result["pairs"] == workspace.config.target
    listed = {file["path"]: file["sha256"] for file in manifest["files"]}
    there = {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert there.pop("manifest.json")
    assert listed == there
    assert {"data/train-00000-of-00002.parquet", "webdataset/00001.tar"} <= set(listed)
    latest = json.loads((folder.parent / "latest.json").read_text())
    assert (latest["version"], latest["path"]) == (result["version"], result["version"])


def test_published_data_are_the_committed_bytes(standing: Standing) -> None:
    commits = standing.build.ledger("export").commits()
    for number, commit in commits.items():
        committed = standing.build.storage.read(commit.objects["samples"].path)
        assert (standing.folder / f"webdataset/{number:05d}.tar").read_bytes() == committed


def test_same_inputs_in_another_root_give_the_same_bytes(
    standing: Standing, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "some" / "other place"
    publish(finish(elsewhere))
    mine = published_files(standing.root)
    assert mine == published_files(elsewhere)
    for name, data in mine.items():
        assert str(tmp_path).encode() not in data, name
        assert b"seconds" not in data, name


def test_publishing_again_does_nothing(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = opened("sample")
    first = promote(workspace, "sample")
    monkeypatch.setattr(LocalStorage, "copy", lambda *given: pytest.fail("copied again"))
    monkeypatch.setattr(LocalStorage, "replace", lambda *given: pytest.fail("written again"))
    assert promote(workspace, "sample") == first


def test_publication_opens_no_tar_and_its_index_is_as_if_it_had(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = opened("sample")
    with monkeypatch.context() as forbidden:
        forbidden.setattr(index, "samples", lambda *given: pytest.fail("a tar was read"))
        promote(workspace, "sample")
    note = published(workspace)
    assert note is not None
    version = Version(workspace.storage, note.path)
    promoted = index.of_version(version)
    for part in promoted.parts:
        workspace.storage.delete(part.object.path)
    assert index.of_version(version) == promoted, "one pass over tables and tars gives the same"


def test_an_interrupted_publication_is_finished_the_next_time(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workspace = opened("sample")
    copy, copied = LocalStorage.copy, []

    def dying(self: LocalStorage, *given: object) -> object:
        copied.append(given)
        if len(copied) == 3:
            raise KeyboardInterrupt
        return copy(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(LocalStorage, "copy", dying)
    with pytest.raises(KeyboardInterrupt):
        promote(workspace, "sample")
    left = published_files(root_of(workspace))
    assert left
    assert not [name for name in left if name.endswith(("manifest.json", "latest.json"))]
    assert workspace.promotion("sample") is None
    assert "mended" not in promote(workspace, "sample")
    assert len(copied) == 5, "what was copied before is not copied again"
    undisturbed = tmp_path / "undisturbed"
    promote(finish(undisturbed), "sample")
    assert published_files(root_of(workspace)) == published_files(undisturbed)


CASES = [
    *((name, damage) for name in (*DATA, *SAID) for damage in ("deleted", "cut", "flipped")),
    *((n, d) for n in ("manifest.json", POINTER) for d in ("deleted", "cut", "emptied", "nulled")),
]


@pytest.mark.parametrize(("name", "damage"), CASES)
def test_promoting_again_mends_what_is_damaged(standing: Standing, name: str, damage: str) -> None:
    before = standing.contents()
    DAMAGES[damage](standing.folder / name)
    assert standing.contents() != before
    standing.promote()
    assert standing.contents() == before
    assert verify_all(standing.version.storage) == []


@pytest.mark.parametrize("name", [*DATA, "manifest.json", POINTER])
def test_what_was_mended_is_told(standing: Standing, name: str) -> None:
    path = standing.folder / name
    path.unlink()
    told = promote(standing.build, "sample")["mended"]
    assert told == [str(path.resolve().relative_to(standing.root.resolve()))]


@pytest.mark.parametrize("damage", ["deleted", "cut", "emptied", "nulled"])
def test_a_note_that_is_lost_is_written_again(standing: Standing, damage: str) -> None:
    before = standing.contents()
    DAMAGES[damage](standing.root / standing.build.folder / "_promoted/dataset.json")
    if damage != "deleted":
        with pytest.raises(DamagedDataset, match=r"dataset\.json is unreadable"):
            published(standing.build)
    standing.promote()
    assert standing.contents() == before


def test_an_index_that_is_cut_is_made_again(standing: Standing) -> None:
    before = standing.contents()
    [part] = standing.root.glob("takedowns/index/*/*/*/part-*")
    DAMAGES["cut"](part)
    standing.promote()
    assert standing.contents() == before


def test_a_version_whose_source_is_damaged_too_is_told_by_name(standing: Standing) -> None:
    ref = standing.build.ledger("export").commits()[1].objects["samples"]
    DAMAGES["flipped"](standing.root / ref.path)
    DAMAGES["deleted"](standing.folder / TAR)
    with pytest.raises(DamagedObject, match=ref.path):
        promote(standing.build, "sample")
    assert not (standing.folder / TAR).exists(), "no wrong bytes under a right name"


def test_a_damaged_object_is_not_published(opened: Opened) -> None:
    workspace = opened("sample")
    path = workspace.ledger("export").commits()[1].objects["samples"].path
    DAMAGES["flipped"](root_of(workspace) / path)
    with pytest.raises(DamagedObject, match=path):
        promote(workspace, "sample")
    names = list(published_files(root_of(workspace)))
    assert not [name for name in names if name.endswith((".json", "00001.tar"))]
    assert workspace.promotion("sample") is None


def changed(build: Workspace) -> None:
    """Let the build export something else."""

    def change(made: Made) -> None:
        alt = made.tables["pairs"]["alt"][0].as_py()
        fabricated.set_column(made, "pairs", "alt", alt[::-1])
        old, new = f'"alt": "{alt}"'.encode(), f'"alt": "{alt[::-1]}"'.encode()
        made.blobs["samples"] = made.blobs["samples"].replace(old, new, 1)

    fabricated.damage(build, "export", change)
    assert gate(build, "sample").passed


def test_other_content_is_another_version(standing: Standing) -> None:
    changed(standing.build)
    second = promote(standing.build, "sample")["version"]
    assert second != standing.version.name
    assert standing.version.exists
    latest = json.loads((standing.folder / POINTER).read_text())
    assert latest["version"] == second


def test_mending_an_old_version_leaves_the_pointer_at_the_new_one(standing: Standing) -> None:
    pointer = standing.folder / POINTER
    other = standing.folder.parent / "v-newer"
    other.mkdir()
    (other / "manifest.json").write_bytes((standing.folder / "manifest.json").read_bytes())
    record = {**json.loads(pointer.read_text()), "path": "v-newer", "version": "v-newer"}
    pointer.write_text(json.dumps(record))
    DAMAGES["deleted"](standing.folder / TAR)
    standing.promote()
    assert (standing.folder / TAR).exists()
    assert json.loads(pointer.read_text()) == record


def test_builds_say_what_they_published_last(standing: Standing) -> None:
    [(build, note)] = publications(standing.build.storage).items()
    assert (build, note) == (standing.build.folder, published(standing.build))
    assert note.path == standing.version.path
    (standing.folder / "manifest.json").unlink()
    assert published(standing.build) is None
