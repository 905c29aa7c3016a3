"""What items cost: a table of assumptions, rates of cards, and what a build has measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models.cards import cards, cards_named, model_set_names
from realsyn_tasks.quality import gate
from realsyn_tasks.report import cost_plan, stage_costs
from realsyn_tasks.runs.promotion import promote
from tests import fabricated


@pytest.fixture(scope="module")
def table() -> stage_costs.Table:
    return stage_costs.read_table()


def test_a_table_without_a_stage_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "costs.yaml"
    path.write_text("funnel: {}\nstages: {parse: {per: documents, cpu: 1, bytes: 1, source: me}}\n")
    with pytest.raises(ConfigError, match="no entry for stage locate_images"):
        stage_costs.read_table(path)
    with pytest.raises(ConfigError, match=r"include/costs\.yaml"):
        stage_costs.read_table(tmp_path / "nowhere.yaml")


def test_a_build_replaces_assumptions_by_its_own_costs(
    table: stage_costs.Table, tmp_path: Path
) -> None:
    extract = fabricated.extract(tmp_path)
    gate(extract, "extract").raise_if_failed()
    promote(extract, "extract")
    build = fabricated.build(tmp_path)
    fabricated.commit_build_group(build, "retrieve")
    found = stage_costs.measured_by(build, table)
    commits = extract.ledger("filter_images").commits().values()
    raw = sum(commit.rows["images"] for commit in extract.ledger("parse").commits().values())
    kept = sum(commit.rows["images"] for commit in commits)
    seconds = sum(commit.cost["cpu_seconds"] for commit in commits)
    assert found.stages["filter_images"].cpu == pytest.approx(seconds / raw)
    assert found.stages["filter_images"].source == "measured in tiny"
    assert found.stages["filter_images"].at == raw
    assert found.funnel["filtered_images"] == pytest.approx(kept / raw)
    assert found.stages["export"] == table.stages["export"], "not measured yet"


def test_what_an_item_takes_may_grow_with_the_items_from_those_that_were_measured() -> None:
    assumed = stage_costs.StageCost("images", 0.002, 1, "assumed", gpu=0.001, exponent=1.5)
    measured = replace(assumed, at=100)
    assert measured.cpu_seconds(100) == assumed.cpu_seconds(100) == pytest.approx(0.2)
    assert measured.cpu_seconds(400) == pytest.approx(2 * assumed.cpu_seconds(400))
    assert measured.gpu_seconds(400) == pytest.approx(2 * assumed.gpu_seconds(400))


def test_cards_cost_what_they_take() -> None:
    table = stage_costs.read_table()
    sets = {name: list(cards_named([name])) for name in model_set_names()}
    chosen = sets["realsyn-paper"]
    lacking = {"reranker", "text_detector"}  # embedded: the table's own rates are theirs
    without = [n for n in chosen if n not in table.cards and lacking.isdisjoint(cards()[n].kinds)]
    assert not without
    for rates in table.cards.values():
        stage_costs.with_models(table, list(table.cards))
        assert set(rates) <= set(table.stages)
    large = cost_plan.plan("15m", 15_000_000, stage_costs.with_models(table, chosen))
    small = stage_costs.with_models(table, ["clip-vit-b-32-datacomp", "smollm2-135m-instruct"])
    laptop = cost_plan.plan("15m", 15_000_000, small)
    assert large["money"]["gpu"] > 2 * laptop["money"]["gpu"]
    by_stage = {stage["stage"]: stage for stage in laptop["stages"]}
    assert by_stage["generate_texts"]["gpu_hours"] == 0
    assert "estimated" in by_stage["embed_images"]["source"]
