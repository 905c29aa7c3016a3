"""The gate's own checks: who names what pictures show does not score; habits of the model."""

from __future__ import annotations

import json
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from realsyn_tasks.core.config import ResolvedModel, RunConfig
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.findings import Finding
from realsyn_tasks.core.include import include_folder
from realsyn_tasks.core.outlines import Tally
from realsyn_tasks.synthesize.checks import CHECKS
from realsyn_tasks.synthesize.embed_texts import THOUSANDTHS
from realsyn_tasks.synthesize.independence import shared_weights
from realsyn_tasks.synthesize.score_pairs import FAULT
from realsyn_tasks.synthesize.statistics import REFUSED

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


SUITE = json.loads((include_folder() / "expectations" / "synthesize.json").read_text())
MOST: dict[str, float] = SUITE["meta"]["checks"]["writing"]["most"]
TEXTS = 1000  # written, taken and compared


class Counted:
    """What a build's commits count, by stage: all of them texts of one shard."""

    workspace = SimpleNamespace(config=config(ENCODER, "ram-plus-1"))

    def __init__(self, **counts: dict[str, int]) -> None:
        written = {"asked": TEXTS, "generated": TEXTS}
        self._counts = {"generate_texts": written, "embed_texts": {"compared": TEXTS}}
        for stage, more in counts.items():
            self._counts[stage] = self._counts.get(stage, {}) | more

    def commits(self, stage: str) -> list[Any]:
        return []

    def tallies(self, stage: str) -> list[Tally]:
        return [Tally(0, {}, {}, counts)] if (counts := self._counts.get(stage)) else []

    counts = Evidence.counts

    def rows(self, stage: str, table: str) -> int:
        return TEXTS

    def rows_by_shard(self, stage: str, table: str) -> dict[int, int]:
        return {}

    def dropped(self, stage: str, kind: str) -> Counter[str]:
        return Counter()


def habit(name: str, share: float) -> Counted:
    """A build of which a share, or a loss of cosine, is what it is."""
    if name == "cosine_lost":
        return Counted(embed_texts={"cosine_before": round(share * TEXTS * THOUSANDTHS)})
    prefix, _, code = name.partition("_share_")
    stage, count = {"refused": ("generate_texts", REFUSED), "fault": ("score_pairs", FAULT)}[prefix]
    return Counted(**{stage: {f"{count}{code}": round(share * TEXTS)}})


@pytest.mark.parametrize("name", MOST)
def test_each_bound_of_the_writing_is_passed_below_and_told_above(name: str) -> None:
    settings = {"most": MOST}
    below: Any = habit(name, MOST[name] - 0.01)
    assert CHECKS["writing"](below, settings).passed
    above: Any = habit(name, MOST[name] + 0.01)
    over = CHECKS["writing"](above, settings)
    assert not over.passed
    assert over.examples == (f"{name} {MOST[name] + 0.01:.3f} of {MOST[name]:g}",)


def test_each_habit_that_guards_measure_has_a_bound() -> None:
    """Copies, new numbers and names, false identities, length, repetition, cosine lost."""
    codes = ("copied", "invented_number", "invented_name", "unsaid_kind", "too_long", "repetition")
    expected = {each["kwargs"].get("column", "") for each in SUITE["expectations"]}
    for code in codes:
        assert f"refused_share_{code}" in MOST
        assert {f"fault_share_{code}"} & (expected | set(MOST)), code
    assert {"refused_share_too_short", "refused_share_unfinished", "cosine_lost"} <= set(MOST)
