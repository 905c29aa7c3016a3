"""Plans of scales: the paper's own numbers, a build's own costs, and sums by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from realsyn_tasks.core.config import PinnedSource, RunConfig
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.screen import WIDTH
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.kinds import ANALYSIS, VERSION
from realsyn_tasks.report import cost_plan, cost_table, stage_costs
from realsyn_tasks.report.console import amount
from realsyn_tasks.runs.targets import target_of
from realsyn_tasks.stages import PIPELINE
from tests import command


@pytest.fixture(scope="module")
def table() -> stage_costs.Table:
    return stage_costs.read_table()


@pytest.mark.parametrize("scale", ["15m", "30m", "100m"])
def test_the_papers_scales_come_of_the_papers_corpus(table: stage_costs.Table, scale: str) -> None:
    found = cost_plan.quantities(scale, target_of(scale)[0], table.funnel, 0)
    assert found["documents"] == pytest.approx(118e6, rel=0.02)
    assert found["images"] == pytest.approx(336e6, rel=0.02)
    assert found["sentences"] == pytest.approx(2.13e9, rel=0.02)
    assert found["corpus_images"] == pytest.approx(198e6, rel=0.02)
    assert found["corpus_sentences"] == pytest.approx(0.84e9, rel=0.02)
    assert found["in_band"] == pytest.approx(168.3e6, rel=0.02)


def test_hours_bytes_and_money_are_the_sums_of_the_stages(table: stage_costs.Table) -> None:
    found = cost_plan.plan("15m", 15_000_000, table, documents=118_000_000)
    stages = [stage.name for group in cost_plan.GROUPS for stage in group.stages]
    assert [stage["stage"] for stage in found["stages"]] == stages
    [collect] = [stage for stage in found["stages"] if stage["stage"] == "collect_balance"]
    [export] = [stage for stage in found["stages"] if stage["stage"] == "export"]
    assert collect["shards"] == 93, "of 11,800 shards, 128 each"
    assert export["gets"] < 400_000, "which was 1,500 times 11,800"
    [parse] = [stage for stage in found["stages"] if stage["stage"] == "parse"]
    cost = table.stages["parse"]
    started = 300 * table.settings["orchestration"]["cpu_seconds"]
    assert parse["shards"] == 11_800
    assert parse["batches"] == 300
    assert parse["cpu_hours"] == pytest.approx((118e6 * cost.cpu + started) / 3600)
    assert parse["hours"] == pytest.approx(parse["cpu_hours"] / 300)
    assert parse["bytes"] == 118_000_000 * cost.bytes
    total, prices = found["total"], table.settings["prices"]
    assert total["cpu_hours"] == pytest.approx(sum(s["cpu_hours"] for s in found["stages"]))
    assert found["money"]["gpu"] == pytest.approx(total["gpu_hours"] * prices["gpu_hour"], abs=0.01)
    parts = [value for name, value in found["money"].items() if name != "all"]
    assert found["money"]["all"] == pytest.approx(sum(parts), abs=0.05)


def test_tunings_and_evaluations_are_counted_beside_the_total(table: stage_costs.Table) -> None:
    found = cost_plan.plan("15m", 15_000_000, table)
    tuning, heads, clip = found["besides"].values()
    assert list(found["besides"]) == ["tuning", "evaluation by heads", "evaluation by clip"]
    asked = table.stages["ask_teacher"].gpu + table.stages["train_student"].gpu
    measured = table.stages["measure_models"].gpu
    assert tuning["gpu_hours"] == pytest.approx(15e6 * (asked + measured) / 3600)
    assert heads["gpu_hours"] == pytest.approx(15e6 * table.stages["embed_lessons"].gpu / 3600)
    assert clip["gpu_hours"] == pytest.approx(15e6 * table.stages["train_clip"].gpu / 3600)
    price = table.settings["prices"]["gpu_hour"]
    assert clip["money"]["gpu"] == pytest.approx(clip["gpu_hours"] * price, abs=0.01)
    beside = {stage.name for group in PIPELINE.groups for stage in group.stages} - {
        stage["stage"] for stage in found["stages"]
    }
    assert beside >= {"train_student", "train_heads", "train_clip"}, "the total has none of them"


def test_collecting_takes_as_long_as_the_bytes_ask_for(table: stage_costs.Table) -> None:
    stages = {**table.stages, "search_lists": replace(table.stages["search_lists"], at=1000)}
    measured = replace(table, stages=stages)
    one, other = (
        {stage["stage"]: stage["cpu_hours"] for stage in found["stages"]}
        for found in (cost_plan.plan("15m", 15_000_000, each) for each in (table, measured))
    )
    assert other["search_lists"] > 100 * one["search_lists"]
    assert other["collect_search_lists"] == one["collect_search_lists"] > 0


def test_what_is_small_is_not_collected(table: stage_costs.Table) -> None:
    small = cost_plan.plan("1000", 1000, table, documents=100_000)
    assert not [s for s in small["stages"] if s["stage"].startswith("collect_")]


def test_requests_follow_the_formula_that_is_counted_on_the_wire(table: stage_costs.Table) -> None:
    """tests/core/test_s3_runs.py counts them: of a map of one table, 11 a shard and 4 a batch."""
    found = cost_plan.plan("1m", 1_000_000, table, documents=1_000_000)
    [stage] = [stage for stage in found["stages"] if stage["stage"] == "embed_sentences"]
    assert stage["shards"] == stage["batches"] == 100
    assert stage["puts"] + stage["gets"] == 100 * 11 + 100 * 4


def test_fewer_machines_take_longer_and_cost_the_same(table: stage_costs.Table) -> None:
    few = stage_costs.with_fleet(table, cpus=8, gpus=1)
    one, other = (cost_plan.plan("1m", 1_000_000, each) for each in (table, few))
    assert other["total"]["hours"] > one["total"]["hours"]
    assert other["money"] == one["money"]


def test_a_promotion_takes_some_time_for_each_item(table: stage_costs.Table) -> None:
    promotions = table.settings["promotions"]
    at_once = {name: {**each, "seconds": 0.0} for name, each in promotions.items()}
    quick = replace(table, settings={**table.settings, "promotions": at_once})
    one, other = (cost_plan.plan("15m", 15_000_000, each) for each in (table, quick))
    amounts = one["quantities"]
    seconds = sum(amounts[each["per"]] * each["seconds"] for each in promotions.values())
    assert one["total"]["hours"] - other["total"]["hours"] == pytest.approx(seconds / 3600)


def test_more_pairs_than_the_documents_hold_are_refused(table: stage_costs.Table) -> None:
    with pytest.raises(ConfigError, match="--documents"):
        cost_plan.plan("15m", 15_000_000, table, documents=1000)


def test_the_command_says_it_in_a_table_and_in_json() -> None:
    words = ["plan", "--scale", "30m", "--gpus", "8", "--json"]
    done = command.run(*words)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["target"] == 30_000_000
    assert found["assumptions"]["fleet"]["gpus"] == 8
    for said in ("generate_texts", " estimated", "money: ", "assumed, as of 20"):
        assert said in done.stderr


def test_amounts_have_units() -> None:
    assert [amount(size) for size in (999, 1500, 2e13)] == ["999 B", "1.5 kB", "20.0 TB"]


@pytest.mark.parametrize("scale", ["300", "15m", "100m"])
def test_a_plan_is_one_screen(
    table: stage_costs.Table, scale: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cost_table.show(cost_plan.plan(scale, target_of(scale)[0], table))
    printed = capsys.readouterr()
    lines = printed.err.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= WIDTH
    assert "…" not in printed.err and "\x1b" not in printed.err
    for group in cost_plan.GROUPS:
        assert any(line.startswith(group.name) for line in lines)
    assert not printed.out


def test_an_analysis_is_planned_by_the_pairs_of_its_version(
    table: stage_costs.Table, tmp_path: Path
) -> None:
    pinned = PinnedSource(reference={}, digest="", rows={"pairs": 15})
    config = RunConfig(
        kind=ANALYSIS.name,
        name="of-a-version",
        axes={},
        models={},
        stages={},
        sources={VERSION.name: pinned},
    )
    run = Workspace.create(Storage.at(str(tmp_path)), config, PIPELINE)
    amounts = cost_plan.known_amounts(run, {})
    assert amounts == {"published": 15}
    plans = cost_plan.planned(run, amounts, table)
    by_published = [
        stage.name for stage in run.stages() if table.stages[stage.name].per == "published"
    ]
    assert by_published
    assert all(plans[name].items == 15 for name in by_published)
