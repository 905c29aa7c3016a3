"""Opening analyses: what a version is named by, and what it must be analysed with."""

from __future__ import annotations

from pathlib import Path

import pytest

from realsyn_tasks.core.config import ModelSpec
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.datasets.pinned import PinnedVersion, VersionRef
from realsyn_tasks.datasets.versions import Version, versions
from realsyn_tasks.runs.analyses import open_analysis, version_at
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.promotion import promote
from tests.finished import finish


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with a published version and its build."""
    root = tmp_path_factory.mktemp("published")
    promote(finish(root), "sample")
    return root


@pytest.fixture
def version(root: Path) -> Version:
    [version] = versions(Storage.at(str(root)))
    return version


def test_a_version_is_named_by_itself_its_dataset_or_its_build(version: Version) -> None:
    root = version.storage.uri
    named = (version.uri, f"{root}/{version.dataset}", f"{root}/builds/tiny")
    assert [version_at(uri).path for uri in named] == [version.path] * 3


@pytest.mark.parametrize(
    ("path", "why"),
    [("builds/none", "none"), ("datasets/none", "no dataset"), ("elsewhere", "is no dataset")],
)
def test_what_is_no_version_is_refused(root: Path, path: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        version_at(f"{root.as_uri()}/{path}")


def test_it_is_pinned_to_manifest_and_runs_with_the_builds_models(version: Version) -> None:
    run = open_analysis(version.uri, "", Choices())
    assert run.uri.endswith(f"/analyses/realsyn-tiny-{version.name}")
    pinned = VersionRef.model_validate(run.config.sources["dataset"].reference)
    assert [ref.folder for ref in pinned.runs] == ["extracts/pages", "builds/tiny"]
    assert set(run.config.models) == {"encoder", "perplexity_model"}
    assert run.config.models["encoder"].identity == "tiny-encoder"
    assert run.config.axes == {"dataset": 2}


def test_another_encoder_than_the_versions_is_refused(version: Version) -> None:
    chosen = Choices(models={"encoder": ModelSpec(name="conse")})
    with pytest.raises(ConfigError, match=r"encoder tiny-encoder, but .* name that one"):
        open_analysis(version.uri, "", chosen)


def test_a_shard_is_told_by_the_manifest_and_another_manifest_is_noticed(
    version: Version,
) -> None:
    reference = VersionRef.of(version)
    reader = PinnedVersion(version.storage, reference.model_dump(mode="json"))
    assert len({reader.digest(None), reader.digest(0), reader.digest(1)}) == 3
    assert [commit.shard for commit in reader.commits()] == [0, 1]
    changed = reference.model_copy(update={"manifest": "0"}).model_dump(mode="json")
    with pytest.raises(ConfigError, match="not the version that was pinned"):
        PinnedVersion(version.storage, changed).commits()
