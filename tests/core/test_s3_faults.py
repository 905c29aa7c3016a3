"""Each thing that goes wrong on the way to S3, and that it changes nothing.

Every fault is also shown to have struck: a test whose proxy spoilt nothing fails.
"""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from realsyn_tasks.core import s3_content
from realsyn_tasks.core.commits import Commit, Ledger
from realsyn_tasks.core.errors import ConfigError, DamagedObject, TransientError
from realsyn_tasks.core.storage import ObjectRef, Storage
from tests.s3 import faults
from tests.s3.faults import any_of, everything, first

if TYPE_CHECKING:
    from tests.s3.endpoint import Endpoint

pytest_plugins = ["tests.s3.endpoint"]
pytestmark = pytest.mark.usefixtures("hasty")
DATA = random.Random(1).randbytes(300_000)


@pytest.fixture
def storage(s3: Endpoint) -> Storage:
    return Storage.at(s3.root)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    path.write_bytes(DATA)
    return path


def use_everything(storage: Storage, source: Path) -> None:
    """Call every method of storage once, and believe only what it gives."""
    ref = storage.upload(source, "folder/data")
    storage.verify(ref, checksum=True)
    storage.verify(storage.copy(ref, "folder/copy"), checksum=True)
    with storage.open("folder/data") as file:
        assert file.read() == DATA
    assert storage.put_if_absent("folder/marker", b"first")
    assert not storage.put_if_absent("folder/marker", b"second")
    storage.replace("folder/pointer", b"pointer")
    assert storage.read_each(["folder/marker", "folder/pointer", "no"]) == [
        b"first",
        b"pointer",
        None,
    ]
    assert [path.split("/")[1] for path, _ in storage.listing("folder")] == [
        "copy",
        "data",
        "marker",
        "pointer",
    ]
    assert storage.folders("") == ["folder"]
    assert storage.delete_if("folder/marker", b"first")
    storage.delete("folder/pointer")
    assert storage.sizes(["folder/marker", "folder/pointer", "folder/data"]) == [
        None,
        None,
        300_000,
    ]


@pytest.mark.parametrize("fault", [faults.slow_down, faults.reset_request, faults.reset_answer])
def test_a_passing_fault_in_every_request(
    s3: Endpoint, storage: Storage, source: Path, fault: faults.Fault
) -> None:
    """Also where what was asked was done, and only the answer was lost."""
    s3.proxy.fault = first(1, everything, fault)
    use_everything(storage, source)
    assert s3.proxy.spoilt >= 10


def test_a_storm_of_slow_downs_passes(s3: Endpoint, storage: Storage, source: Path) -> None:
    s3.proxy.fault = faults.sometimes(0.5, 7, faults.slow_down)
    use_everything(storage, source)
    assert s3.proxy.spoilt >= 10


def test_slow_downs_without_end_are_transient(
    s3: Endpoint, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realsyn_tasks.core.s3_access.ATTEMPTS", 2)
    s3.proxy.fault = faults.slow_down
    with pytest.raises(TransientError, match="SlowDown"):
        storage.read("data")
    with pytest.raises(TransientError):
        storage.open("data")


@pytest.mark.parametrize("fault", [faults.truncate_answer, faults.truncate_unchecked])
def test_a_truncated_download_is_read_again(
    s3: Endpoint, storage: Storage, source: Path, fault: faults.Fault
) -> None:
    storage.upload(source, "data")
    storage.replace("marker", b"a marker of some length")
    s3.proxy.fault = first(2, any_of("GET"), fault)
    assert storage.read("marker") == b"a marker of some length"
    with storage.open("data") as file:
        assert file.read() == DATA
    assert s3.proxy.spoilt >= 4


def test_reading_goes_on_where_it_was_reset(s3: Endpoint, storage: Storage, tmp_path: Path) -> None:
    """In the midst of a large object, whose earlier ranges came well."""
    data = random.Random(3).randbytes(9 << 20)
    (tmp_path / "large").write_bytes(data)
    storage.upload(tmp_path / "large", "large")
    with storage.open("large") as file:
        assert file.read(1 << 20) == data[: 1 << 20]
        s3.proxy.fault = first(4, any_of("GET"), faults.reset_answer)
        assert file.read() == data[1 << 20 :]
    assert s3.proxy.spoilt == 4


@pytest.mark.parametrize("fault", [faults.truncate_upload, faults.garble_upload])
def test_a_spoilt_upload_is_sent_again(
    s3: Endpoint, storage: Storage, source: Path, fault: faults.Fault
) -> None:
    s3.proxy.fault = first(2, any_of("PUT"), fault)
    ref = storage.upload(source, "data")
    assert s3.stored("data") == DATA
    storage.replace("pointer", b"pointer")
    assert s3.stored("pointer") == b"pointer"
    assert storage.put_if_absent("marker", b"marker")
    assert s3.stored("marker") == b"marker"
    storage.verify(ref, checksum=True)
    assert s3.proxy.spoilt >= 6


def test_an_upload_that_is_always_truncated_is_not_believed(
    s3: Endpoint, storage: Storage, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.proxy.fault = first(99, any_of("PUT"), faults.truncate_upload)
    with pytest.raises(DamagedObject, match="300000 bytes were sent, 150000 are stored"):
        storage.upload(source, "data")


def test_a_part_that_was_spoilt_is_noticed(
    s3: Endpoint, storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_content, "PART", 5 << 20)
    (tmp_path / "large").write_bytes(random.Random(4).randbytes(11 << 20))
    s3.proxy.fault = first(1, any_of("PUT PART"), faults.garble_upload)
    storage.upload(tmp_path / "large", "large")
    assert s3.stored("large") == (tmp_path / "large").read_bytes()
    assert s3.proxy.spoilt == 1


def test_a_refusal_stops_at_once(s3: Endpoint, storage: Storage, source: Path) -> None:
    s3.proxy.fault = first(99, any_of("PUT"), faults.forbidden)
    with pytest.raises(ConfigError, match="grant s3:PutObject"):
        storage.upload(source, "data")
    assert len(s3.proxy.log.requests) == 1


def test_what_was_just_put_may_not_be_seen_yet(
    s3: Endpoint, storage: Storage, source: Path
) -> None:
    s3.proxy.fault = faults.Stale(2)
    storage.upload(source, "data")
    assert s3.proxy.spoilt >= 2
    assert s3.stored("data") == DATA


# -- conditional puts -----------------------------------------------------------------------------


def test_a_lost_answer_does_not_hide_that_we_won(s3: Endpoint, storage: Storage) -> None:
    s3.proxy.fault = first(1, any_of("PUT", containing="marker"), faults.reset_answer)
    assert storage.put_if_absent("marker", b"mine")
    assert s3.proxy.spoilt == 1
    assert not storage.put_if_absent("marker", b"mine"), "the same bytes by another writer"


@pytest.mark.parametrize("lack", [faults.plain, faults.not_implemented])
def test_an_endpoint_without_conditional_put_is_found_out(
    s3: Endpoint,
    storage: Storage,
    lack: faults.Fault,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("realsyn_tasks.core.s3.SETTLE_SECONDS", 0.1)
    s3.proxy.fault = lambda request, forward: (
        lack(request, forward) if "if-none-match" in request.headers else None
    )
    assert storage.put_if_absent("marker", b"first")
    assert not storage.put_if_absent("marker", b"second")
    assert storage.read("marker") == b"first"
    assert "has no conditional put" in caplog.text


def test_without_conditional_put_the_last_of_two_writers_wins(
    s3: Endpoint, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both saw no marker; the one who reads back its own token has won, and only that one."""
    monkeypatch.setenv("REALSYN_S3_CONDITIONAL_PUT", "off")
    monkeypatch.setattr("realsyn_tasks.core.s3.SETTLE_SECONDS", 1.0)
    both = threading.Barrier(2)

    def together(request, forward):
        if request.operation == "PUT":
            both.wait(timeout=20)

    s3.proxy.fault = together
    won: dict[bytes, bool] = {}
    writers = [
        threading.Thread(target=lambda w=w: won.update({w: storage.put_if_absent("marker", w)}))
        for w in (b"one", b"two")
    ]
    [writer.start() for writer in writers]
    [writer.join() for writer in writers]
    assert sorted(won.values()) == [False, True]
    assert won[s3.stored("marker")]


# -- commits --------------------------------------------------------------------------------------


def commit_of(storage: Storage, source: Path, fingerprint: str, attempt: str) -> Commit:
    ref: ObjectRef = storage.upload(source, f"run/stage/shard=00000/part-{attempt}")
    return Commit(
        stage="stage", shard=0, fingerprint=fingerprint, attempt=attempt, objects={"data": ref}
    )


@pytest.fixture
def ledger(storage: Storage) -> Ledger:
    return Ledger(storage, "run/stage")


def test_a_stale_read_cannot_remove_a_newer_marker(
    s3: Endpoint, storage: Storage, source: Path, ledger: Ledger
) -> None:
    """A sees the outdated marker after B has replaced it: B's stays, and A accepts it."""
    ledger.commit(commit_of(storage, source, "old", "0"))
    stale = faults.Stale(2, any_of("GET", "HEAD", containing="_commits"))
    s3.proxy.fault = stale
    winner = commit_of(storage, source, "new", "b")
    mine = commit_of(storage, source, "new", "a")
    stale.times = 0
    assert ledger.commit(winner).attempt == "b"
    stale.times = 2
    assert ledger.commit(mine).attempt == "b"
    assert s3.proxy.spoilt >= 2
    assert ledger.commits()[0].attempt == "b"


def test_a_marker_that_cannot_be_seen_yet_is_not_removed(
    s3: Endpoint, storage: Storage, source: Path, ledger: Ledger
) -> None:
    stale = faults.Stale(0, any_of("GET", containing="_commits"))
    s3.proxy.fault = stale
    assert ledger.commit(commit_of(storage, source, "new", "b")).attempt == "b"
    stale.times = 2
    assert ledger.commit(commit_of(storage, source, "new", "a")).attempt == "b"
    assert s3.proxy.spoilt >= 2
    assert "DELETE" not in [r.operation for r in s3.proxy.log.requests if "_commits" in r.key]


def test_a_stale_list_names_what_is_gone_and_misses_what_is_new(
    s3: Endpoint, storage: Storage, source: Path, ledger: Ledger
) -> None:
    s3.proxy.fault = faults.Stale(99, any_of("LIST"))
    first_commit = commit_of(storage, source, "new", "a")
    ledger.commit(first_commit)
    assert ledger.commits() == {0: first_commit}
    ledger.revoke(0)
    assert ledger.commits() == {}, "listed still, but gone"
    other = first_commit.model_copy(update={"shard": 1})
    ledger.commit(other)
    assert ledger.commits() == {}, "there, but not listed yet"
    again = commit_of(storage, source, "new", "b").model_copy(update={"shard": 1})
    assert ledger.commit(again) == other, "whoever runs it again finds out"
    assert s3.proxy.spoilt >= 2


def test_a_torn_marker_is_written_anew(
    s3: Endpoint, storage: Storage, source: Path, ledger: Ledger
) -> None:
    mine = commit_of(storage, source, "new", "a")
    s3.overwrite("run/stage/_commits/00000.json", mine.model_dump_json().encode()[:100])
    assert ledger.commits() == {}
    assert ledger.commit(mine) == mine
    assert ledger.commits() == {0: mine}


def test_requests_below_one_prefix_are_bounded(
    s3: Endpoint, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REALSYN_S3_CONCURRENCY", "3")
    lock, under_way, most = threading.Lock(), 0, 0

    def count(request, forward):
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.02)
        answer = forward(request)
        with lock:
            under_way -= 1
        return answer

    s3.proxy.fault = count
    paths = [f"builds/run/stage/shard={n:05d}/part" for n in range(30)]
    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(storage.size, paths)) == [None] * 30
    assert most == 3
    most = 0
    assert storage.sizes(paths) == [None] * 30
    assert most == 3
