"""Exchanges in two steps: the same bytes for readers, few requests, and nothing more is stale."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realsyn_tasks.core import collect, exchange, keyed_tables, tables
from realsyn_tasks.core.answers import ShardState
from realsyn_tasks.core.batch_planner import BatchPlanner
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.runner import Runner
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.stages import PIPELINE
from tests.core.test_runner import committed, content, run_all, total
from tests.core.toy import STAGES, open_toy, pipeline
from tests.support import context, tiny_model

if TYPE_CHECKING:
    from tests.s3.endpoint import Endpoint

pytest_plugins = ["tests.s3.endpoint"]

COLLECT = "collect_split"


def test_every_keyed_stage_is_followed_by_one_that_collects() -> None:
    for group in PIPELINE.groups:
        keyed = [stage.name for stage in group.declared if stage.keyed_by]
        assert [stage.collects for stage in group.stages if stage.collects] == keyed
        again = replace(group)
        assert [s.name for s in again.stages] == [s.name for s in group.stages]
    assert not {axis for axis in PIPELINE.cuts if axis.startswith("collect_")}


# -- how many, and of what ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shards", "keys", "count"),
    [(4, 2, 0), (15, 10**6, 0), (64, 64, 0), (65, 64, 5), (1_000, 1_000, 32), (16_800, 1, 66)],
)
def test_large_exchanges_go_in_two_steps(shards: int, keys: int, count: int) -> None:
    assert exchange.collecting_shards(shards, keys) == count


@given(st.integers(1, 5_000), st.integers(1, 200))
def test_runs_are_all_shards_once_and_in_order(shards: int, collecting: int) -> None:
    runs = [exchange.run_of(shards, collecting, n) for n in range(collecting)]
    assert [number for run in runs for number in run] == list(range(shards))


def test_runs_stay_when_a_corpus_grows() -> None:
    before, after = (exchange.collecting_shards(n, 1_000) for n in (700, 1_000))
    for shard in range(before - 1):
        assert exchange.run_of(700, before, shard) == exchange.run_of(1_000, after, shard)


# -- whole runs -----------------------------------------------------------------------------------


def declared(workspace: Workspace) -> dict[str, str]:
    """What every stage holds that is not there for the exchange alone."""
    names = {stage.name for stage in workspace.stages() if not stage.collects}
    return {name: held for name, held in content(workspace).items() if name in names}


@pytest.mark.parametrize("collecting", [1, 2, 3, 4, 7])
def test_readers_get_the_same_bytes_however_many_collect(tmp_path: Path, collecting: int) -> None:
    directly = open_toy(str(tmp_path / "directly"), shards=6)
    run_all(directly)
    assert COLLECT not in content(directly)
    here = open_toy(str(tmp_path / "here"), shards=6, collecting=collecting)
    assert committed(run_all(here))[COLLECT] == list(range(collecting))
    assert declared(here) == declared(directly)
    assert committed(run_all(here)) == {}


def test_neither_way_outdates_the_other(tmp_path: Path) -> None:
    run_all(open_toy(str(tmp_path), shards=6))
    assert committed(run_all(open_toy(str(tmp_path), shards=6, collecting=2))) == {COLLECT: [0, 1]}
    assert committed(run_all(open_toy(str(tmp_path), shards=6))) == {}
    again = open_toy(str(tmp_path), shards=6, collecting=2)
    assert committed(run_all(again)) == {}


def test_a_shard_done_anew_with_the_same_content_outdates_nothing(tmp_path: Path) -> None:
    workspace = open_toy(str(tmp_path), shards=6, collecting=3)
    run_all(workspace)
    workspace.ledger("split").withdraw(3)
    states = Planner(workspace).status(workspace.pipeline.stage(COLLECT)).states
    assert [shard for shard, state in states.items() if state is ShardState.WAITING] == [1]
    assert committed(run_all(workspace)) == {"split": [3]}


def test_a_changed_shard_outdates_just_the_one_that_collects_it(tmp_path: Path) -> None:
    workspace = open_toy(str(tmp_path), shards=6, collecting=3)
    run_all(workspace)
    marker = workspace.ledger("split").find(3)
    assert marker
    path = tmp_path / marker.objects["numbers"].path
    other = tables.build(pq.read_schema(path), {"partition": [0], "number": [1]})
    tables.write_table(other, path)
    ref = workspace.storage.upload(path, f"{marker.objects['numbers'].path}.other")
    changed = marker.model_copy(update={"objects": {**marker.objects, "numbers": ref}})
    workspace.ledger("split").withdraw(3)
    workspace.ledger("split").commit(changed)
    assert committed(run_all(workspace)) == {COLLECT: [1], "add": [0, 1], "total": [0]}


def test_a_damaged_object_of_those_collected_is_noticed_and_redone(tmp_path: Path) -> None:
    workspace = open_toy(str(tmp_path), shards=6, collecting=3)
    run_all(workspace)
    before = total(workspace)
    marker = workspace.ledger(COLLECT).find(1)
    assert marker
    part = marker.part("numbers", 0)
    assert part
    path = tmp_path / part.path
    path.write_bytes(path.read_bytes()[:-1])
    assert Planner(workspace).status(workspace.pipeline.stage(COLLECT)).unsettled == [1]
    assert committed(run_all(workspace)) == {COLLECT: [1]}
    assert total(workspace) == before


def test_damage_within_is_noticed_by_the_reader_of_what_was_collected(tmp_path: Path) -> None:
    workspace = open_toy(str(tmp_path), shards=6, collecting=3)
    run_all(workspace)
    marker = workspace.ledger(COLLECT).find(2)
    assert marker
    part = marker.part("numbers", 0)
    assert part
    path = tmp_path / part.path
    data = bytearray(path.read_bytes())
    data[12] ^= 0xFF
    path.write_bytes(data)
    keyed_tables._footers.clear()
    changed = open_toy(str(tmp_path), shards=6, collecting=3, add={"times": 2})
    assert any(report.failed for report in run_all(changed)["add"])
    assert workspace.ledger(COLLECT).find(2) is None
    assert committed(run_all(changed))[COLLECT] == [2]


def test_a_kill_between_goes_on_where_it_was(tmp_path: Path) -> None:
    workspace = open_toy(str(tmp_path), shards=6, collecting=3)
    names = [stage.name for stage in workspace.stages()]
    for name in names[: names.index(COLLECT)]:
        for batch in (0, 1):
            Runner(workspace, tiny_model).run_batch(workspace.pipeline.stage(name), batch)
    Runner(workspace, tiny_model).run_batch(workspace.pipeline.stage(COLLECT), 0)
    folder = tmp_path / workspace.folder / COLLECT / "shard=00001"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "part-ffffffffffff-numbers.00000000.parquet").write_bytes(b"torn")
    waiting = Planner(workspace).status(workspace.pipeline.stage("add")).states
    assert set(waiting.values()) == {ShardState.WAITING}
    assert committed(run_all(workspace)) == {COLLECT: [1, 2], "add": [0, 1], "total": [0]}
    assert total(workspace) == float(sum(range(60)))


def test_what_is_quarantined_is_not_collected(tmp_path: Path) -> None:
    failing = {"fail_shard": 3, "fail_as": "permanent"}
    workspace = open_toy(str(tmp_path), shards=6, collecting=3, draw=failing)
    run_all(workspace)
    marker = workspace.ledger(COLLECT).find(1)
    assert marker and marker.rows == {"numbers": 10}
    assert total(workspace) == float(sum(range(60)) - sum(range(30, 40)))


def test_a_batch_sees_what_the_plan_sees(tmp_path: Path) -> None:
    workspace = open_toy(str(tmp_path), shards=6, collecting=3)
    run_all(workspace)
    workspace.ledger("split").withdraw(2)
    stage = workspace.pipeline.stage(COLLECT)
    states = Planner(workspace).status(stage).states
    assert BatchPlanner(workspace, stage, range(3)).states == states
    assert states[1] is ShardState.WAITING and states[0] is ShardState.DONE


def test_another_run_adopts_what_was_collected(tmp_path: Path) -> None:
    run_all(open_toy(str(tmp_path), name="one", shards=6, collecting=3))
    other = open_toy(str(tmp_path), name="two", shards=6, collecting=3)
    config = other.config.model_copy(update={"donors": ("one",)})
    other = Workspace.create(other.storage, config, other.pipeline)
    assert committed(run_all(other)) == {}
    assert content(other) == content(open_toy(str(tmp_path), name="one", shards=6, collecting=3))


def test_a_new_version_of_what_is_collected_redoes_it(tmp_path: Path) -> None:
    run_all(open_toy(str(tmp_path), shards=6, collecting=3))
    stages = tuple(replace(s, version=2) if s.name == "split" else s for s in STAGES)
    changed = open_toy(str(tmp_path), pipeline(stages), shards=6, collecting=3)
    assert committed(run_all(changed)) == {"split": [0, 1, 2, 3, 4, 5]}, "the same content"


# -- what is collected ----------------------------------------------------------------------------


class Sources:
    """Objects of a keyed table, as a collecting stage sees them."""

    def __init__(self, folder: Path, sources: list[pa.Table], partitions: int) -> None:
        self._partitions = partitions
        self._paths = [folder / f"source-{n}" for n in range(len(sources))]
        for path, table in zip(self._paths, sources, strict=True):
            tables.write_table(table, path)

    def keyed(self) -> tuple[int, tuple[str, ...]]:
        return self._partitions, ("rows",)

    def sizes(self, name: str) -> list[int]:
        return [path.stat().st_size for path in self._paths]

    def copies(self, name: str, folder: Path) -> object:
        return ((str(path), path) for path in self._paths)


def keyed(numbers: list[int], source: int, width: int = 1) -> pa.Table:
    columns = {
        "partition": pa.array(numbers, pa.int32()),
        "source": pa.array([source] * len(numbers), pa.int32()),
        "row": pa.array(range(len(numbers)), pa.int32()),
        "text": pa.array([_text(source, n, width) for n in range(len(numbers))], pa.string()),
    }
    return pa.table(columns)


def _text(source: int, n: int, width: int) -> str | None:
    return None if n % 5 == 4 else f"{source} {n - n % 2} " * width


@settings(max_examples=40, deadline=None)
@given(
    sources=st.lists(st.lists(st.integers(0, 11), max_size=40), min_size=1, max_size=5),
    bucket=st.sampled_from([1, 3_000, 1 << 20]),
    least=st.sampled_from([1, 200, 1 << 14]),
    groups=st.sampled_from([1, 2, 64]),
)
def test_a_partition_is_its_rows_of_all_sources_in_order(
    tmp_path_factory: pytest.TempPathFactory,
    sources: list[list[int]],
    bucket: int,
    least: int,
    groups: int,
) -> None:
    scratch = tmp_path_factory.mktemp("collect")
    given_tables = [keyed(numbers, source) for source, numbers in enumerate(sources)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collect, "BUCKET_BYTES", bucket)
        patch.setattr(keyed_tables, "LEAST_BYTES", least)
        patch.setattr(keyed_tables, "MOST_ROWS", 7)
        patch.setattr(keyed_tables, "PART_GROUPS", groups)
        inputs = Sources(scratch, given_tables, 12)
        output = collect.run(inputs, collect.Config(), context(scratch))  # type: ignore[arg-type]
    whole = pa.concat_tables(given_tables)
    parts = output.parts["rows"]
    assert [part.first for part in parts] == sorted({part.first for part in parts})
    assert sum(part.rows for part in parts) == whole.num_rows
    collected = [pq.read_table(part.path) for part in parts]
    expected = keyed_tables.by_partition(whole)
    if whole.num_rows:
        assert pa.concat_tables(collected).to_pylist() == expected.to_pylist()
    for part, after in pairwise(parts):
        assert pq.read_table(part.path)["partition"][-1].as_py() < after.first


def test_memory_is_bounded_by_a_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect, "BUCKET_BYTES", 200_000)
    random = np.random.default_rng(0)
    sources = [
        keyed(random.integers(0, 64, 2_000).tolist(), source, width=50) for source in range(8)
    ]
    largest = 0
    sort = keyed_tables.by_partition

    def noted(table: pa.Table) -> pa.Table:
        nonlocal largest
        largest = max(largest, table.nbytes)
        return sort(table)

    inputs = Sources(tmp_path, sources, 64)
    monkeypatch.setattr(keyed_tables, "by_partition", noted)
    collect.run(inputs, collect.Config(), context(tmp_path))  # type: ignore[arg-type]
    assert largest < sum(table.nbytes for table in sources) / 1.5
    assert not list(tmp_path.glob("*-bucket-*"))


def test_texts_that_repeat_are_held_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As numbers of a dictionary, but for the rows that are just being written."""
    monkeypatch.setattr(keyed_tables, "MOST_ROWS", 100)
    repeated = keyed([n // 500 for n in range(2_000)], 0).drop_columns(["text"])
    repeated = repeated.append_column("text", pa.array(["words " * 50] * 2_000))
    spelt_out, plain = [], keyed_tables.plain

    def noted(table: pa.Table) -> pa.Table:
        assert pa.types.is_dictionary(table.schema.field("text").type)
        spelt_out.append(plain(table))
        return spelt_out[-1]

    monkeypatch.setattr(keyed_tables, "plain", noted)
    inputs = Sources(tmp_path, [repeated, repeated], 4)
    parts = collect.run(inputs, collect.Config(), context(tmp_path)).parts["rows"]  # type: ignore[arg-type]
    assert sum(part.rows for part in parts) == 4_000
    assert [table.num_rows for table in spelt_out] == [100] * 40
    assert pq.read_schema(parts[0].path).field("text").type == pa.string()


# -- what it costs --------------------------------------------------------------------------------


def requests(s3: Endpoint, size: int, collecting: int) -> int:
    """Count requests for what is exchanged among so many shards and so many partitions."""
    workspace = open_toy(
        s3.root, name=f"{size}-{collecting}", shards=size, parities=size, collecting=collecting
    )
    keyed_tables._footers.clear()
    before = len(s3.proxy.log.requests)
    run_all(workspace)
    folders = ("/split/shard=", f"/{COLLECT}/shard=")
    keys = [request.key for request in s3.proxy.log.requests[before:]]
    return sum(any(folder in key for folder in folders) for key in keys)


@pytest.mark.usefixtures("hasty")
def test_requests_grow_with_shards_and_partitions_not_with_their_product(s3: Endpoint) -> None:
    directly = [requests(s3, size, 0) for size in (5, 10)]
    collected = [requests(s3, size, 1) for size in (5, 10)]
    assert directly[1] > 2.5 * directly[0]
    assert collected[1] < 2.1 * collected[0]
