"""A version is its data and what made it, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from realsyn_tasks.corpus.generations import GenerationRef
from realsyn_tasks.datasets.manifest import (
    DamagedDataset,
    DatasetFile,
    Fault,
    Manifest,
    Origin,
    decoded,
    encoded,
)

GENERATION = GenerationRef(generation=1, digest="d", shards=2, images=20, sentences=30)
ORIGIN = Origin(
    name="realsyn-tiny",
    scale="tiny",
    target=9,
    config_digest="c",
    generations=(GENERATION,),
    models={"encoder": "e"},
)
TABLE = DatasetFile(path="data/a.parquet", size=5, sha256="a", rows=3)
TAR = DatasetFile(path="webdataset/a.tar", size=7, sha256="b", rows=None)
MANIFEST = Manifest.of(ORIGIN, [TABLE, TAR])


def test_a_manifest_counts_its_pairs_and_names_its_folder() -> None:
    assert MANIFEST.pairs == 3
    assert MANIFEST.folder == f"datasets/realsyn-tiny/{MANIFEST.version}"
    assert MANIFEST.consistent


def test_the_order_of_the_files_does_not_matter() -> None:
    assert Manifest.of(ORIGIN, [TAR, TABLE]) == MANIFEST


@pytest.mark.parametrize(
    "change",
    [
        *({"path": "data/b.parquet"}, {"size": 6}, {"sha256": "z"}, {"rows": 4}),
        *({"name": "x"}, {"scale": "x"}, {"target": 8}, {"config_digest": "x"}),
        *({"models": {"encoder": "f"}}, {"generations": ()}),
    ],
    ids=str,
)
def test_other_data_and_another_origin_are_other_versions(change: dict[str, Any]) -> None:
    if set(change) <= set(DatasetFile.model_fields):
        files = [DatasetFile(**{**TABLE.model_dump(), **change}), TAR]
        assert Manifest.of(ORIGIN, files).version != MANIFEST.version
    else:
        origin = ORIGIN.model_copy(update=change)
        assert Manifest.of(origin, [TABLE, TAR]).version != MANIFEST.version


def test_a_manifest_that_was_written_over_says_so() -> None:
    assert not MANIFEST.model_copy(update={"pairs": 4}).consistent
    assert not MANIFEST.model_copy(update={"files": (TABLE,)}).consistent


def test_what_is_written_is_read_again() -> None:
    assert decoded(Manifest, "manifest.json", encoded(MANIFEST), "mend it") == MANIFEST


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it is empty"),
        (bytes(40), "it is filled with zeros"),
        (encoded(MANIFEST)[:-9], "Invalid JSON"),
        (b'{"name": "x"}', "scale: Field required"),
        (b"[]", "object"),
    ],
    ids=["empty", "nul", "cut", "other", "list"],
)
def test_an_unreadable_manifest_is_told_by_name_and_with_what_to_do(
    data: bytes, words: str
) -> None:
    with pytest.raises(DamagedDataset) as caught:
        decoded(Manifest, "datasets/a/manifest.json", data, "mend it")
    said = str(caught.value)
    assert said.startswith("datasets/a/manifest.json is unreadable: ")
    assert words in said and said.endswith("; mend it")
    assert (caught.value.fault, caught.value.exit_code) == (Fault.UNREADABLE, 65)


@pytest.mark.parametrize("path", ["../../x", "/etc/passwd", "data/../../x"])
def test_a_path_out_of_the_version_is_refused(path: str) -> None:
    with pytest.raises(ValidationError, match="out of the version"):
        DatasetFile(path=path, size=1, sha256="a", rows=None)
