"""Several pinned versions as one source: whose a shard is, and what tells that it is another."""

from __future__ import annotations

from pathlib import Path

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.datasets.pinned import PAIRS, PinnedVersions, VersionRef, VersionsRef
from realsyn_tasks.datasets.versions import Version
from tests.datasets import handmade
from tests.datasets.handmade import pair


@pytest.fixture
def two(tmp_path: Path) -> list[Version]:
    """A version of two shards, and one of one."""
    first = handmade.version(tmp_path, [[pair("anvil"), pair("bell")], [pair("candle")]])
    return [first, handmade.version(tmp_path, [[pair("drum")]], config_digest="d")]


def reader(versions: list[Version]) -> PinnedVersions:
    reference = VersionsRef(versions=tuple(VersionRef.of(version) for version in versions))
    return PinnedVersions(versions[0].storage, reference.model_dump(mode="json"))


def test_their_shards_stand_one_after_another_and_know_their_version(two: list[Version]) -> None:
    both = reader(two)
    assert [both.version_of(shard) for shard in range(3)] == [0, 0, 1]
    assert [version.path for version in both.versions] == [version.path for version in two]
    commits = both.commits()
    assert [(commit.stage, commit.shard) for commit in commits] == [
        ("datasets", number) for number in range(3)
    ]
    assert [commit.rows[PAIRS] for commit in commits] == [2, 1, 1]
    assert commits[2].objects[PAIRS].path.startswith(two[1].path)
    assert [commit.shard for commit in both.shards_of(1)] == [2]


def test_what_a_run_is_pinned_to_counts_all_pairs(two: list[Version]) -> None:
    reference = VersionsRef(versions=tuple(VersionRef.of(version) for version in two))
    assert reference.shards == 3
    assert reference.pinned().rows == {PAIRS: 4}


def test_a_shard_is_another_under_another_number(two: list[Version]) -> None:
    here, turned, alone = reader(two), reader(two[::-1]), reader(two[:1])
    assert here.digest(0) == alone.digest(0), "one more version changes nothing of those before it"
    assert here.digest(2) != turned.digest(0), "rows carry the number of their version"
    assert len({here.digest(None), turned.digest(None), alone.digest(None)}) == 3


def test_a_version_that_is_another_by_now_is_noticed(two: list[Version]) -> None:
    changed = VersionRef.of(two[1]).model_copy(update={"manifest": "0"})
    reference = VersionsRef(versions=(VersionRef.of(two[0]), changed))
    both = PinnedVersions(two[0].storage, reference.model_dump(mode="json"))
    with pytest.raises(ConfigError, match=f"{two[1].name} is not the version that was pinned"):
        both.commits()


def test_what_is_damaged_of_one_is_mended_there(two: list[Version]) -> None:
    both = reader(two)
    assert two[1].uri in both.remedy(f"{two[1].path}/data/00000.parquet")
    assert both.remedy("builds/tiny/parse/shard=00000") == ""
