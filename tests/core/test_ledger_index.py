"""An index of a ledger saves reading markers, and is never believed against them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core import files, ledger_index
from realsyn_tasks.core.columns import Alike
from realsyn_tasks.core.commits import Commit, Ledger
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.ledger_index import WORTHWHILE, Index, IndexedMarkers, unpacked
from realsyn_tasks.core.outlines import Outline, Outlines
from realsyn_tasks.core.storage import ObjectRef, Storage
from tests.core.test_marked_paths import PATHS
from tests.s3.endpoint import Endpoint

pytest_plugins = ["tests.s3.endpoint"]

SHARDS = WORTHWHILE + 8
STAGE = "builds/many/stage"


@pytest.fixture(params=["file", "s3"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "file":
        return str(tmp_path)
    endpoint: Endpoint = request.getfixturevalue("s3")
    return endpoint.root


@pytest.fixture(autouse=True)
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The markers that are read singly; those of a file count at once as no longer changing."""
    parse, shards = Outline.parsed, []

    def noted(data: bytes) -> Outline | None:
        line = parse(data)
        shards.append(line.shard if line else -1)
        return line

    monkeypatch.setattr(Outline, "parsed", staticmethod(noted))
    monkeypatch.setattr(files, "SETTLE_NS", 0)
    return shards


def made(shard: int, content: str = "", origin: str = "") -> Commit:
    attempt = digest([content, shard])[:12]
    folder = f"{origin or 'builds/many'}/stage/shard={shard:05d}/part-{attempt}"
    names = ("rows", "dropped") if shard % 3 else ("rows",)
    return Commit(
        stage="stage",
        shard=shard,
        fingerprint=digest(["work", shard, content]),
        attempt=attempt,
        objects={
            name: ObjectRef(path=f"{folder}-{name}", size=shard, sha256=digest([name, content]))
            for name in names
        },
        rows={"rows": shard},
        dropped={"image": {"small": shard % 5}},
        counts={"transient": shard % 2} if shard % 4 else {},
        measures={"loss": 1 / (shard + 1), "rounds": 2.0} if shard % 5 == 0 else {},
        inputs={"before": digest(shard)} | ({"late": digest("late")} if shard > 3 else {}),
        cost={
            "seconds": shard / 7,
            "cpu_seconds": shard / 9,
            "gpu_seconds": shard / 2,
            "reused_shards": float(shard == 5),
        },
        origin=origin,
    )


def ledger_at(root: str) -> Ledger:
    return Ledger(Storage.at(root), STAGE)


@pytest.fixture
def ledger(root: str, reads: list[int]) -> Ledger:
    """A ledger of which everything is in the index."""
    filled = ledger_at(root)
    filled.commit_each(made(shard) for shard in range(SHARDS))
    filled.outlines()
    reads.clear()
    return filled


def read_singly(ledger: Ledger) -> dict[int, Outline]:
    return {shard: Outline.of(commit) for shard, commit in ledger.commits().items()}


def test_an_index_gives_what_the_markers_say_and_reads_none(
    ledger: Ledger, reads: list[int]
) -> None:
    outlines = ledger.outlines()
    assert reads == []
    assert dict(outlines) == read_singly(ledger)
    assert outlines.contents == digest([outlines[n].digest for n in sorted(outlines)])
    assert ledger.contents() == outlines.contents


def test_who_asks_the_same_object_again_reads_no_index_either(
    ledger: Ledger, reads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    markers = IndexedMarkers(ledger._storage, STAGE)
    known = markers.unlisted()
    read: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(ledger._storage, "read", read.append)
        assert markers.unlisted() is known
    assert (read, reads) == ([], [])
    replaced(ledger)
    assert dict(markers.unlisted()) == read_singly(ledger)


def replaced(ledger: Ledger) -> int:
    ledger.revoke(7)
    ledger.commit(made(7, "other"))
    return 7


def withdrawn(ledger: Ledger) -> int:
    ledger.withdraw(8)
    return -2


def adopted(ledger: Ledger) -> int:
    ledger.revoke(9)
    ledger.commit(made(9, origin="builds/donor"))
    return 9


def added(ledger: Ledger) -> int:
    ledger.commit(made(SHARDS))
    return SHARDS


def torn(ledger: Ledger) -> int:
    ledger._storage.replace(ledger._marker(3), b'{"stage": "sta')
    return -1


def same_length(ledger: Ledger) -> int:
    path = ledger._marker(4)
    data = ledger._storage.read(path).replace(b'"image"', b'"other"')
    ledger._storage.replace(path, data.replace(made(4).attempt.encode(), b"0123456789ab"))
    return 4


CHANGES: list[Callable[[Ledger], int]] = [replaced, withdrawn, adopted, added, torn, same_length]


@pytest.mark.parametrize("change", CHANGES)
def test_a_marker_that_changed_is_read_and_no_other(
    ledger: Ledger, reads: list[int], change: Callable[[Ledger], int]
) -> None:
    shard = change(ledger)
    outlines = ledger.outlines()
    assert reads == ([shard] if shard > -2 else [])
    assert dict(outlines) == read_singly(ledger)
    reads.clear()
    assert dict(ledger.outlines()) == read_singly(ledger)
    assert ledger.contents() == ledger.outlines().contents
    assert set(reads) <= {-1}, "but for what is torn, it is in the index now"


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda data: data[: len(data) // 2],
    "flipped": lambda data: data[:-20] + bytes([data[-20] ^ 1]) + data[-19:],
    "empty": lambda data: b"",
    "foreign": lambda data: b"not an index\n",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_index_is_ignored_and_written_anew(
    ledger: Ledger, reads: list[int], damage: Callable[[bytes], bytes]
) -> None:
    path = f"{STAGE}/_commits.index"
    sound = ledger._storage.read(path)
    ledger._storage.replace(path, damage(sound))
    assert dict(ledger.outlines()) == read_singly(ledger)
    assert len(reads) == SHARDS
    assert unpacked(ledger._storage.read(path)) is not None


def test_an_index_of_another_version_is_ignored(
    ledger: Ledger, reads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_index, "VERSION", "outlines 3")
    assert ledger.contents() == ledger.outlines().contents
    assert dict(ledger.outlines()) == read_singly(ledger)
    assert len(reads) == SHARDS, "once, and never again"


def test_an_index_of_another_place_is_not_believed(
    ledger: Ledger, root: str, reads: list[int]
) -> None:
    """A copy of a run has other files; an equal one of S3 has equal markers."""
    index = ledger._storage.read(f"{STAGE}/_commits.index")
    other = Ledger(ledger._storage, "builds/other/stage")
    other.commit_each(made(shard, "other") for shard in range(SHARDS))
    ledger._storage.replace("builds/other/stage/_commits.index", index)
    assert dict(other.outlines()) == read_singly(other)
    assert len(reads) == SHARDS


def test_a_reader_that_may_not_write_reads_all_the_same(
    ledger: Ledger, reads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: str, data: bytes) -> None:
        raise PermissionError(path)

    replaced(ledger)
    monkeypatch.setattr(ledger._storage, "replace", refused)
    assert dict(ledger.outlines()) == dict(ledger.outlines()) == read_singly(ledger)
    assert reads == [7, 7]


def test_a_file_of_this_moment_is_not_put_into_an_index(
    tmp_path: Path, reads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Replaced within the same tick, it could have the same size, time and inode again."""
    monkeypatch.setattr(files, "SETTLE_NS", 60_000_000_000)
    ledger = ledger_at(str(tmp_path))
    ledger.commit_each(made(shard) for shard in range(SHARDS))
    for shard in range(5, SHARDS):
        os.utime(tmp_path / ledger._marker(shard), (1e9, 1e9))
    for _ in range(2):
        reads.clear()
        assert dict(ledger.outlines()) == read_singly(ledger)
    assert reads == [0, 1, 2, 3, 4]


def test_few_markers_have_no_index(root: str) -> None:
    ledger = ledger_at(root)
    ledger.commit_each(made(shard) for shard in range(WORTHWHILE - 1))
    assert len(ledger.outlines()) == WORTHWHILE - 1
    assert not ledger._storage.exists(f"{STAGE}/_commits.index")


# -- columns --------------------------------------------------------------------------------------


def lines(*shards: int, content: str = "") -> Outlines:
    return Outlines.of(Outline.of(made(shard, content)) for shard in shards)


def test_of_two_outlines_of_a_shard_the_other_ones_counts() -> None:
    joined = lines(1, 2, 6).and_those(lines(0, 2, content="new"))
    assert dict(joined) == {**lines(1, 6), **lines(0, 2, content="new")}
    assert list(joined) == [0, 1, 2, 6]
    assert dict(joined.only({0, 6})) == {**lines(6), **lines(0, content="new")}


def test_columns_answer_for_shards_without_a_marker() -> None:
    some = lines(0, 2)
    assert list(some.digests_of(4)) == [some[0].digest, "", some[2].digest, ""]
    assert (some.cover(2), some.cover(3), lines(0, 1).cover(2)) == (False, False, True)
    assert some.get(1) is None and 1 not in some
    assert lines().contents == digest([])


@pytest.mark.parametrize(("attempt", "path"), PATHS.values(), ids=PATHS)
def test_paths_of_all_kinds_are_kept_as_they_are(attempt: str, path: str) -> None:
    objects = {"it": ObjectRef(path=path, size=3, sha256="1")}
    update = {"attempt": attempt, "objects": objects}
    odd = Outline.of(made(3).model_copy(update=update))
    kept = Index(Outlines.of([Outline.of(made(2)), odd]), ["a", "b"], True)
    read = unpacked(kept.packed())
    assert read and read.outlines[3] == odd
    before = [path for path, _ in Outline.of(made(2)).sizes]
    assert read.outlines.objects() == ([*before, path], [2, 2, 3])
    assert list(read.outlines.owners()) == [2, 2, 3]


def test_paths_of_alike_markers_are_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    alike = lines(*(n for n in range(300) if n % 3))
    parsed: list[str] = []
    monkeypatch.setattr(json, "loads", partial(_noted, parsed, json.loads))
    paths, sizes = alike.objects()
    assert len(set(paths)) == len(sizes) == 400
    assert len(parsed) == 2, "a text of all paths, and one of all sizes"


def _noted(texts: list[str], parse: Callable[..., Any], text: str, **options: Any) -> Any:
    texts.append(text)
    return parse(text, **options)


def test_paths_of_alike_markers_take_no_space() -> None:
    alike = lines(*(n for n in range(300) if n % 3))
    assert isinstance(alike.paths, Alike)


def test_counts_are_told_by_shard() -> None:
    assert lines(1, 2, 3, 4, 5).counted("transient") == {1: 1, 3: 1, 5: 1}


def test_measures_are_told_to_the_last_digit_and_objects_by_name(
    root: str, ledger: Ledger, reads: list[int]
) -> None:
    lines = ledger_at(root).outlines()
    commits = [made(shard) for shard in range(SHARDS)]
    assert list(lines.measured()) == [(c.shard, c.measures) for c in commits if c.measures]
    assert list(lines.named()) == [(c.shard, name) for c in commits for name in c.objects]
    assert not reads


def test_a_measure_that_is_no_number_leaves_its_marker_whole() -> None:
    commit = made(5).model_copy(update={"measures": {"loss": float("nan"), "rounds": 2.0}})
    line = Outline.parsed(commit.model_dump_json().encode())
    assert line and line.measures == {"rounds": 2.0}


def test_what_was_kept_and_dropped_is_added_up_without_reading_markers(
    root: str, ledger: Ledger, reads: list[int]
) -> None:
    lines = ledger_at(root).outlines()
    commits = [made(shard) for shard in range(SHARDS)]
    assert lines.rows_by_table == {"rows": sum(range(SHARDS))}
    assert lines.drops_by_reason == {"image": {"small": sum(n % 5 for n in range(SHARDS))}}
    sizes = [sum(ref.size for ref in commit.objects.values()) for commit in commits]
    assert list(lines.stored_bytes) == sizes
    assert sum(lines.gpu_seconds) == sum(range(SHARDS)) / 2
    assert lines[7].drops == {"image": {"small": 2}}
    assert not reads
