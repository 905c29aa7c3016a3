"""What Airflow keeps of a run over 30,000 shards stays far from its limits."""

from __future__ import annotations

import json
import subprocess
import time
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import conf

from realsyn_airflow import forms, groups
from realsyn_airflow.repair import RepairBatchOperator, repair_words
from realsyn_tasks.core.config import Dispatch
from realsyn_tasks.core.shards import as_ranges, in_ranges
from realsyn_tasks.stages import PIPELINE

MOST = 30_000
EVERY_OTHER = as_ranges(range(1, MOST, 2))  # the longest text that names shards
XCOM = 64 * 1024  # bytes: what the smallest of Airflow's databases takes in one value


@pytest.mark.parametrize("batches", [24, 300, 1000])
def test_a_plan_is_lists_that_airflow_maps_over(batches: int) -> None:
    dispatch = Dispatch(max_batches=batches, light_batches=batches)
    plan = {
        stage.name: list(range(dispatch.batches(stage, MOST)))
        for group in PIPELINE.groups
        for stage in group.stages
    }
    assert max(map(len, plan.values())) == batches <= conf.getint("core", "max_map_length")
    for group in PIPELINE.groups:  # the list of each stage, and what the plan returns
        assert len(json.dumps({s.name: plan[s.name] for s in group.stages})) < 2 * XCOM
    assert max(len(json.dumps(batches)) for batches in plan.values()) < XCOM


def test_a_form_may_name_every_other_shard() -> None:
    """Its conf, the check of the field, and the words that the data plane is called with."""
    started = time.process_time()
    param = forms.repair()["shards"]
    assert param.resolve(EVERY_OTHER) == EVERY_OTHER
    with pytest.raises(Exception, match=r"pattern|match"):
        param.resolve(f"{EVERY_OTHER},x")
    assert time.process_time() - started < 5
    params: dict[str, Any] = {"root": "file:///data", "stage": "parse", "shards": EVERY_OTHER}
    words = repair_words(params, dry_run=True)
    assert len(json.dumps(params)) < 2 * XCOM
    subprocess.run(["true", *words], check=True)  # the kernel takes 128 KiB in one word
    assert in_ranges(EVERY_OTHER) == list(range(1, MOST, 2))


def test_what_is_rendered_of_a_repair_is_one_batch() -> None:
    """Airflow shows rendered fields up to a length, and cuts what is longer."""
    shown = conf.getint("core", "max_templated_field_length")
    most = groups.MAX_BATCHES
    chosen = in_ranges(EVERY_OTHER)
    longest = as_ranges(chosen[: MOST // most])
    assert len(longest) <= shown
    task = RepairBatchOperator(
        task_id="cpu", stage="parse", build="file:///data", batch=0, shards=EVERY_OTHER
    )
    assert task._command()[-1] == EVERY_OTHER, "cut is only what is shown"
