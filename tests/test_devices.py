"""Who asks for a GPU uses it: by a model, or to multiply vectors; and nobody multiplies without."""

from __future__ import annotations

import inspect
from importlib import import_module

import pytest

from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.stages import PIPELINE


def source(stage: Stage) -> str:
    return inspect.getsource(import_module(stage.module))


@pytest.mark.parametrize("stage", PIPELINE.declared, ids=lambda stage: stage.name)
def test_a_stage_asks_for_a_gpu_if_it_uses_one(stage: Stage) -> None:
    multiplies = "context.device" in source(stage)
    if stage.needs.gpu:
        assert stage.models or multiplies
    else:
        assert not multiplies
