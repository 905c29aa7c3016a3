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

from realsyn_tasks.core import s3_access, s3_content
from realsyn_tasks.core.commits import Commit, Ledger
from realsyn_tasks.core.errors import ConfigError, DamagedObject, TransientError
from realsyn_tasks.core.storage import ObjectRef, Storage
from tests.core.test_runner import content, run_all
from tests.core.toy import open_toy
from tests.s3 import BUCKET, faults
from tests.s3.faults import any_of, everything, first
from tests.s3.proxy import Answer, Forward, Request

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


@pytest.mark.parametrize(
    ("part", "kind"), [(faults.forbidden, ConfigError), (faults.reset_request, TransientError)]
)
def test_an_upload_of_which_a_part_fails_leaves_nothing(
    part: faults.Fault,
    kind: type[Exception],
    s3: Endpoint,
    storage: Storage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No object, not even half of one, and no parts that are paid for without being seen."""
    monkeypatch.setattr(s3_content, "PART", 5 << 20)
    monkeypatch.setattr("realsyn_tasks.core.s3_access.ATTEMPTS", 2)
    (tmp_path / "large").write_bytes(random.Random(5).randbytes(11 << 20))
    s3.proxy.fault = lambda request, forward: (
        part(request, forward) if "partNumber=2" in request.target else None
    )
    with pytest.raises(kind):
        storage.upload(tmp_path / "large", "large")
    assert storage.size("large") is None
    assert not s3.client().list_multipart_uploads(Bucket=BUCKET).get("Uploads")


@pytest.mark.parametrize("operation", ["COPY", "POST MULTIPART"])
def test_an_error_within_an_answer_that_all_is_well_is_no_success(
    operation: str,
    s3: Endpoint,
    storage: Storage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(s3_content, "PART", 5 << 20)
    large = random.Random(6).randbytes(6 << 20)
    (tmp_path / "large").write_bytes(large if operation == "POST MULTIPART" else DATA)
    ends = any_of(operation)
    s3.proxy.fault = first(
        1,
        lambda request: ends(request) and (operation == "COPY" or "uploadId" in request.target),
        faults.failed_within,
    )
    ref = storage.copy(storage.upload(tmp_path / "large", "from"), "to")
    storage.verify(ref, checksum=True)
    assert s3.proxy.spoilt >= 1


def test_a_body_that_stops_coming_is_asked_for_again(
    s3: Endpoint, storage: Storage, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_access, "READ_SECONDS", 0.5)
    s3_access.forget()
    ref = storage.upload(source, "data")
    storage.replace("marker", b"a marker of some length")
    s3.proxy.fault = first(1, any_of("GET"), faults.Stalled(3.0))
    started = time.monotonic()
    assert storage.read("marker") == b"a marker of some length"
    assert storage.local(ref, source.parent / "..").read_bytes() == DATA
    assert s3.proxy.spoilt == 2 and time.monotonic() - started < 5


def test_a_body_that_comes_byte_by_byte_is_asked_for_again(
    s3: Endpoint, storage: Storage, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time-out of a read is from byte to byte: no drop is late, and no body is ever whole."""
    monkeypatch.setattr("realsyn_tasks.core.s3_bodies.BODY_SECONDS", 0.3)
    monkeypatch.setattr("realsyn_tasks.core.s3_bodies.LEAST_RATE", 1 << 20)
    ref = storage.upload(source, "data")
    storage.replace("marker", b"a marker of some length" * 99)
    s3.proxy.fault = first(1, any_of("GET"), faults.Dripping(0.02))
    started = time.monotonic()
    assert storage.read("marker") == b"a marker of some length" * 99
    assert storage.local(ref, source.parent / "..").read_bytes() == DATA
    assert s3.proxy.spoilt == 2 and time.monotonic() - started < 8


def test_bodies_that_drip_without_end_are_transient(
    s3: Endpoint, storage: Storage, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realsyn_tasks.core.s3_bodies.BODY_SECONDS", 0.2)
    monkeypatch.setattr("realsyn_tasks.core.s3_bodies.LEAST_RATE", 1 << 20)
    monkeypatch.setattr("realsyn_tasks.core.s3_access.ATTEMPTS", 2)
    storage.upload(source, "data")
    s3.proxy.fault = first(99, any_of("GET"), faults.Dripping(0.02))
    with storage.open("data") as file, pytest.raises(TransientError, match="did not arrive within"):
        file.read()


# -- credentials ----------------------------------------------------------------------------------


def test_credentials_renewed_in_mid_run_are_taken(
    s3: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their file has others by then; whoever asks again with what it knows would ask for ever."""
    file = tmp_path / "credentials"

    def provide(token: str) -> None:
        keys = "aws_access_key_id=a\naws_secret_access_key=b\n"
        file.write_text(f"[default]\n{keys}aws_session_token={token}\n")

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    provide("old")
    workspace = open_toy(s3.root)

    def expire(request: Request, forward: Forward) -> Answer | None:
        if request.headers.get("x-amz-security-token") != "old":
            return None
        provide("new")
        return faults.expired(request, forward)

    s3.proxy.fault = expire
    reports = run_all(workspace)
    assert s3.proxy.spoilt >= 1
    assert not any(report.failed for stage in reports.values() for report in stage)
    run_all(files := open_toy(str(tmp_path / "files")))
    assert content(workspace) == content(files)


def test_credentials_that_stay_expired_are_told_as_such(
    s3: Endpoint, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realsyn_tasks.core.s3_access.ATTEMPTS", 2)
    s3.proxy.fault = faults.expired
    for act in (
        *(lambda: storage.read("data"), lambda: storage.size("data")),
        lambda: storage.put_if_absent("marker", b""),
    ):
        with pytest.raises(ConfigError, match="have expired; renew AWS_PROFILE"):
            act()


def test_a_wrong_clock_is_told_as_such(s3: Endpoint, storage: Storage) -> None:
    s3.proxy.fault = faults.skewed
    with pytest.raises(ConfigError, match="clock is wrong; set it by a time server"):
        storage.read("data")


# -- conditional puts -----------------------------------------------------------------------------


def test_a_lost_answer_does_not_hide_that_we_won(s3: Endpoint, storage: Storage) -> None:
    s3.proxy.fault = first(1, any_of("PUT", containing="marker"), faults.reset_answer)
    assert storage.put_if_absent("marker", b"mine")
    assert s3.proxy.spoilt == 1
    assert not storage.put_if_absent("marker", b"mine"), "the same bytes by another writer"


def test_a_conflict_of_conditional_puts_passes(s3: Endpoint, storage: Storage) -> None:
    s3.proxy.fault = first(2, any_of("PUT", containing="marker"), faults.conflict)
    assert storage.put_if_absent("marker", b"mine")
    assert s3.proxy.spoilt == 2


def unless_conditional(lack: faults.Fault) -> faults.Fault:
    return lambda request, forward: (
        lack(request, forward) if "if-none-match" in request.headers else None
    )


def test_a_setting_that_the_endpoint_does_not_keep_is_named(
    s3: Endpoint, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the first object that a run creates, which is when it is opened."""
    monkeypatch.setenv("REALSYN_S3_CONDITIONAL_PUT", "on")
    s3.proxy.fault = unless_conditional(faults.not_implemented)
    with pytest.raises(ConfigError, match="REALSYN_S3_CONDITIONAL_PUT to auto or off"):
        open_toy(s3.root)
    assert len(s3.proxy.log.requests) <= 3 and not s3.keys("builds/")


def test_an_endpoint_that_refuses_what_is_not_there_is_told_so(
    s3: Endpoint, storage: Storage
) -> None:
    s3.proxy.fault = unless_conditional(lambda *request: faults.error(412, "PreconditionFailed"))
    with pytest.raises(TransientError, match="REALSYN_S3_CONDITIONAL_PUT to off"):
        storage.put_if_absent("marker", b"mine")


@pytest.mark.parametrize("lack", [faults.plain, faults.not_implemented, faults.not_allowed])
def test_an_endpoint_without_conditional_put_is_found_out(
    s3: Endpoint,
    storage: Storage,
    lack: faults.Fault,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("realsyn_tasks.core.s3.SETTLE_SECONDS", 0.1)
    s3.proxy.fault = unless_conditional(lack)
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
