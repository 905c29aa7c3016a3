"""What a StatsD hears of a run: a real one's wire format, received on loopback."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from realsyn_tasks.core import include, metrics
from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.metrics import PACKET, Statsd, packets
from realsyn_tasks.core.storage import ObjectRef
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.runs.opening import Choices, open_extract
from realsyn_tasks.stages import PIPELINE
from tests.core.prometheus import BINARY, prometheus
from tests.core.statsd import Receiver, Sample, mapped, parsed, receiver
from tests.crawls import write_tiny_warc
from tests.support import run_group

GRAFANA = include.include_folder() / "grafana"
SECRET = "s3cret"
SELECTOR = re.compile(r"by \(([^)]*)\) \(\w+\((realsyn_\w+)\{([^}]*)\}")


@pytest.fixture
def statsd(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiver() as listening:
        monkeypatch.setenv("REALSYN_STATSD", listening.address)
        yield listening


def opened(tmp_path: Path) -> Workspace:
    folder = tmp_path / f"crawl-{SECRET}"
    write_tiny_warc(folder, pages=2, images=4, files=2)
    return open_extract(str(tmp_path / "root"), str(folder), "a", Choices())


def totals(samples: list[Sample], name: str, *tags: str) -> dict[tuple[str, ...], float]:
    found: dict[tuple[str, ...], float] = {}
    for sample in samples:
        if sample.name == f"realsyn.{name}":
            key = tuple(sample.tags[tag] for tag in tags)
            found[key] = found.get(key, 0) + sample.value
    return found


def tiny_commit(stage: str) -> Commit:
    """A commit as one of these stages makes it."""
    return Commit(
        stage=stage,
        shard=0,
        fingerprint="f",
        attempt="1",
        objects={"t": ObjectRef(path="t", size=1000, sha256="0" * 64)},
        rows={"t": 90},
        dropped={"images": {"too_small": 10}},
        cost={"seconds": 4.0, "cpu_seconds": 3.0, "peak_memory_mb": 100.0},
    )


def test_a_commit_is_told_as_its_marker_has_it(tmp_path: Path, statsd: Receiver) -> None:
    run = opened(tmp_path)
    run_group(run, "extract", until="filter_sentences")
    told = statsd.samples()
    for stage in ("parse", "filter_images", "filter_sentences"):
        commits = run.ledger(stage).commits().values()
        assert totals(told, "shards", "stage", "outcome")[stage, "committed"] == len(commits)
        for name, value in totals(told, "items", "stage", "table").items():
            if name[0] == stage:
                assert value == sum(commit.rows[name[1]] for commit in commits)
        drops = totals(told, "drops", "stage", "kind", "reason")
        for commit in commits:
            for kind, reasons in commit.dropped.items():
                assert all(drops[stage, kind, reason] > 0 for reason in reasons)
        seconds = sum(commit.cost["seconds"] for commit in commits)
        assert totals(told, "seconds", "stage")[(stage,)] == pytest.approx(seconds, abs=0.01)
        cpu = sum(commit.cost["cpu_seconds"] for commit in commits)
        assert totals(told, "cost", "stage", "unit")[stage, "cpu_seconds"] == pytest.approx(cpu)
    assert {sample.kind for sample in told} == {"c"}
    assert {sample.tags["group"] for sample in told} == {"extract"}


def test_names_and_tags_are_the_pipelines_and_hold_no_place_or_key(
    tmp_path: Path, statsd: Receiver
) -> None:
    run_group(opened(tmp_path), "extract", until="parse")
    assert statsd.samples()
    told = b"\n".join(statsd.packets).decode()
    assert SECRET not in told and str(tmp_path) not in told and "tiny.example" not in told
    known = {stage.name for stage in PIPELINE.stages}
    assert {sample.tags["stage"] for sample in statsd.samples()} <= known


def test_a_shard_that_fails_is_told_by_its_class(tmp_path: Path, statsd: Receiver) -> None:
    run = opened(tmp_path)
    next((tmp_path / f"crawl-{SECRET}").glob("*.gz")).write_bytes(b"")
    run_group(run, "extract", until="parse")
    outcomes = totals(statsd.samples(), "shards", "outcome")
    assert outcomes[("committed",)] == 1 and sum(outcomes.values()) == 2


def test_tags_are_written_as_influxdb_has_them_where_that_is_said(
    tmp_path: Path, statsd: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REALSYN_STATSD_TAGS", "influxdb")
    run_group(opened(tmp_path), "extract", until="parse")
    told = statsd.samples(influxdb=True)
    assert totals(told, "shards", "stage", "outcome")["parse", "committed"] == 2


def test_packets_are_of_bounded_size_and_whole_lines() -> None:
    lines = [b"realsyn.items:1|c|#stage:%d" % number for number in range(500)]
    joined = list(packets(lines))
    assert max(map(len, joined)) <= PACKET
    assert b"\n".join(joined).split(b"\n") == lines


def test_a_tag_cannot_break_out_of_its_line(statsd: Receiver) -> None:
    Statsd(statsd.address).send([("items", 1.5, {"stage": "a|c\nrealsyn.x:1", "group": "b,c:d#"})])
    [sample] = statsd.samples()
    assert sample.tags == {"stage": "a_c_realsyn.x_1", "group": "b_c_d_"}


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:9", "no-such-host.invalid:8125"])
def test_a_statsd_that_is_not_there_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("REALSYN_STATSD", address)
    reports = run_group(opened(tmp_path), "extract", until="parse")
    assert sum(len(report.committed) for report in reports["parse"]) == 2


def test_a_name_service_that_hangs_holds_a_run_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    hang = monkeypatch.setattr
    hang(socket, "getaddrinfo", lambda *args, **kwargs: time.sleep(10) or [])
    hang(metrics, "PATIENCE", 0.05)
    statsd, began = Statsd("statsd.example:8125"), time.monotonic()
    for _ in range(100):
        statsd.send([("items", 1, {})])
    assert time.monotonic() - began < 5


def test_without_an_address_nobody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REALSYN_STATSD", raising=False)
    monkeypatch.setattr(metrics, "_statsd", None)  # calling it would fail
    metrics.settled(PIPELINE.stage("parse"), "adopted")


def dashboard() -> dict[str, Any]:
    known: dict[str, Any] = json.loads((GRAFANA / "realsyn.json").read_text())
    return known


def mapping() -> dict[str, Any]:
    known: dict[str, Any] = yaml.safe_load((GRAFANA / "statsd-mapping.yaml").read_text())
    return known


def queries() -> list[str]:
    told = [target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]]
    return told + [v["definition"] for v in dashboard()["templating"]["list"] if "definition" in v]


def test_every_metric_and_label_of_the_dashboard_is_one_that_is_told(
    tmp_path: Path, statsd: Receiver
) -> None:
    run_group(opened(tmp_path), "extract", until="filter_images")
    labels: dict[str, set[str]] = {}
    for sample in statsd.samples():
        name, tags = mapped(sample, mapping())
        labels.setdefault(name, set()).update(tags)
    asked = {name for query in queries() for name in re.findall(r"realsyn_[a-z_]+", query)}
    asked.discard("realsyn_")  # of the names of DAGs
    assert asked == set(labels), "what is told is shown, and what is shown is told"
    for by, name, chosen in SELECTOR.findall(" ".join(queries())):
        used = {*by.split(", "), *re.findall(r"(\w+)[=!]", chosen)}
        assert used <= labels[name], (name, used)


OF_AIRFLOW = (
    "airflow.dagrun.duration.success.realsyn_build:61000|ms",
    "airflow.dagrun.duration.failed.realsyn_extract:5000|ms",
    "airflow.pool.open_slots.cpu:3|g",
    "airflow.pool.running_slots.gpu:1|g",
    "airflow.pool.queued_slots.llm:2|g",
    "airflow.ti_failures:1|c",
    "airflow.scheduler_heartbeat:1|c",
)
VARIABLES = {
    "$group": ".*",
    "$__rate_interval": "1m",
    "$__range": "1m",
    "$cpu_hour": "0.05",
    "$gpu_hour": "2.5",
}


@pytest.mark.skipif(not BINARY, reason="prometheus is not on the PATH (Debian's package has it)")
def test_a_real_prometheus_answers_each_query_of_the_dashboard(
    tmp_path: Path, statsd: Receiver
) -> None:
    for stage in ("parse", "filter_images"):
        commit = tiny_commit(stage)
        metrics.committed(PIPELINE.stage(stage), commit)
        metrics.settled(PIPELINE.stage(stage), "config")
    told = [*statsd.samples(), *(parsed(line) for line in OF_AIRFLOW)]
    with prometheus(tmp_path, told, mapping()) as running:
        for panel in dashboard()["panels"]:
            for target in panel["targets"]:
                query = target["expr"]
                for name, value in VARIABLES.items():
                    query = query.replace(name, value)
                values = [float(series["value"][1]) for series in running.answer(query)]
                assert values and all(value > 0 for value in values), (panel["title"], query)
        cost = 'sum by (stage) (increase(realsyn_cost_total{unit="cpu_seconds"}[1m]))'
        assert {each["metric"]["stage"] for each in running.answer(cost)} == {
            "parse",
            "filter_images",
        }


def test_units_that_the_dashboard_asks_for_are_those_of_markers(
    tmp_path: Path, statsd: Receiver
) -> None:
    run_group(opened(tmp_path), "extract", until="parse")
    told = {units for (units,) in totals(statsd.samples(), "cost", "unit")} | {"gpu_seconds"}
    asked = re.findall(r'unit=~?"([^"]+)"', " ".join(queries()))
    assert {unit for each in asked for unit in each.split("|")} <= told


def test_the_dashboards_prices_are_those_of_the_cost_table() -> None:
    prices = yaml.safe_load((include.include_folder() / "costs.yaml").read_text())["prices"]
    boxes = {v["name"]: v["query"] for v in dashboard()["templating"]["list"]}
    for name in ("cpu_hour", "gpu_hour"):
        assert float(boxes[name]) == prices[name]


def test_panels_lie_beside_each_other() -> None:
    places = set()
    for panel in dashboard()["panels"]:
        at = panel["gridPos"]
        cells = {(x, at["y"]) for x in range(at["x"], at["x"] + at["w"])}
        assert not cells & places and at["x"] + at["w"] <= 24
        places |= cells
