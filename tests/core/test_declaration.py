"""The table of stages: what reads what, and how."""

from __future__ import annotations

import pytest

from realsyn_tasks.core.declaration import Reading, Shape, Stage
from realsyn_tasks.extract import promotion
from realsyn_tasks.extract.holders import HOLDERS
from realsyn_tasks.sample.group import CLUSTERS
from realsyn_tasks.stages import PIPELINE


@pytest.mark.parametrize("stage", PIPELINE.stages, ids=lambda stage: stage.name)
def test_every_stage_is_there_and_its_inputs_come_before_it(stage: Stage) -> None:
    names = [source.name for source in PIPELINE.sources] + [s.name for s in PIPELINE.stages]
    for read in stage.reads:
        assert names.index(read) < names.index(stage.name)
        PIPELINE.reading(stage, read)
    assert stage.config_class()()
    assert callable(stage.function())


def test_shapes_and_readings_follow_from_axes() -> None:
    stage = PIPELINE.stage
    assert stage("parse").shape is Shape.MAP
    assert stage("assign_sentences").shape is Shape.EXCHANGE
    assert stage("fit_lists").shape is Shape.FIT
    assert PIPELINE.reading(stage("search_lists"), "probe_images") is Reading.GATHER
    assert PIPELINE.reading(stage("probe_images"), "fit_lists") is Reading.BROADCAST
    assert PIPELINE.reading(stage("embed_images"), "parse") is Reading.ALIGNED
    assert PIPELINE.reading(stage("audit_recall"), "corpus") is Reading.ALL


def test_axes_that_do_not_meet_are_refused() -> None:
    lost = Stage("lost", CLUSTERS, reads=("merge_matches",))
    with pytest.raises(ValueError, match="lost over clusters cannot read merge_matches"):
        PIPELINE.reading(lost, "merge_matches")


def test_a_stage_may_read_all_of_another_axis_if_it_says_so() -> None:
    sees = Stage("sees", CLUSTERS, reads=("merge_matches",), whole=("merge_matches",))
    assert PIPELINE.reading(sees, "merge_matches") is Reading.ALL
    with pytest.raises(ValueError, match="blind does not read merge_matches"):
        Stage("blind", CLUSTERS, reads=(), whole=("merge_matches",))


def test_generations_are_made_of_stages_that_exist() -> None:
    for name in (*promotion.TABLES.values(), *HOLDERS):
        assert PIPELINE.stage(name).group == "extract"
