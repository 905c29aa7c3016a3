"""The gate's own checks: who names what pictures show does not score; habits of the model."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from realsyn_tasks.core.config import ResolvedModel, RunConfig
from realsyn_tasks.core.findings import Finding
from realsyn_tasks.synthesize.checks import CHECKS
from realsyn_tasks.synthesize.independence import shared_weights

ENCODER, OTHER = "conse-1-69d9a735f92a", "ViT-L-14-datacomp-0123456789ab"


def config(encoder: str, tagger: str, **stages: Any) -> RunConfig:
    models = {
        kind: ResolvedModel(kind=kind, name=kind, backend="any", identity=identity)
        for kind, identity in (("encoder", encoder), ("tagger", tagger))
        if identity
    }
    return RunConfig(kind="build", name="all", axes={}, models=models, stages=stages)


def finding(of: RunConfig) -> Finding:
    evidence: Any = SimpleNamespace(workspace=SimpleNamespace(config=of))
    return CHECKS["independence"](evidence, {})


@pytest.mark.parametrize("encoder", [ENCODER, OTHER])
def test_a_tagger_that_is_made_with_the_encoder_shares_its_weights(encoder: str) -> None:
    tagger = f"vocabulary-55c19d1a99e5-{ENCODER}-{encoder}"
    assert shared_weights(config(encoder, tagger)) == encoder
    assert shared_weights(config("another-encoder", tagger)) == ""
    assert shared_weights(config(encoder, "")) == ""


@pytest.mark.parametrize(
    ("mask", "said"), [(True, "left out of what is scored"), (False, "raise a text's score")]
)
def test_shared_weights_are_a_warning_in_words_and_no_failure(mask: bool, said: str) -> None:
    shared = finding(config(ENCODER, f"vocabulary-{ENCODER}", embed_texts={"mask_tags": mask}))
    assert not shared.passed
    assert not shared.blocks
    assert ENCODER in shared.saw
    assert said in shared.saw


def test_two_models_are_in_order() -> None:
    assert finding(config(ENCODER, "ram-plus-1")).passed


def test_a_habit_of_the_model_is_a_warning_with_its_figure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = {"refused_share_repetition": 0.4, "cosine_lost": 0.01}
    monkeypatch.setattr("realsyn_tasks.synthesize.checks.statistics", lambda evidence: known)
    most = {"refused_share_repetition": 0.3, "cosine_lost": 0.05, "fault_share_unsaid_kind": 0.05}
    over = CHECKS["writing"](None, {"most": most})  # type: ignore[arg-type]
    assert not over.passed
    assert not over.blocks
    assert over.examples == ("refused_share_repetition 0.400 of 0.3",)
    assert CHECKS["writing"](None, {"most": {**most, "refused_share_repetition": 0.5}}).passed  # type: ignore[arg-type]
