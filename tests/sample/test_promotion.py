"""A dataset below its target passes only where it may, and its name does not claim it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from realsyn_tasks.core.commits import Ledger
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.pinned import pinned_generations
from realsyn_tasks.datasets.publication import published
from realsyn_tasks.quality import gate
from realsyn_tasks.quality.adoption import adopt_groups
from realsyn_tasks.report import card, statement
from realsyn_tasks.report.facts import gather
from realsyn_tasks.runs.promotion import promote
from realsyn_tasks.sample.promotion import models_of
from tests import fabricated

Opened = Callable[[str], Workspace]
ASKED = 400


def below_target(opened: Opened) -> Workspace:
    """A build that was asked for more pairs than there are, all of which it keeps."""
    before = opened("sample")
    asked = {"name": "large", "scale": "400", "target": ASKED, "donors": (before.config.name,)}
    config = before.config.model_copy(update=asked)
    run = Workspace.create(before.storage, config, before.pipeline)
    adopt_groups(run)
    fabricated.commit_build_group(run, "sample")
    return run


def test_fewer_pairs_than_were_asked_for_pass_only_where_allowed_and_say_so(
    opened: Opened,
) -> None:
    run = below_target(opened)
    result = gate(run, "sample")
    pairs = Evidence(run, "sample").rows("export", "pairs")
    assert 0 < pairs < ASKED and not result.passed
    assert f"expected exactly 400 pairs (target 400, available {pairs})" in result.summary
    assert "allow a smaller dataset (allow_smaller)" in result.summary
    config = run.config.model_copy(update={"allow_smaller": True})
    assert config.digest() == run.config.digest(), "nothing has to be done again for it"
    again = Workspace.create(run.storage, config, run.pipeline)
    assert gate(again, "sample").passed
    promote(again, "sample")
    note = published(again)
    assert note is not None and note.pairs == pairs
    assert note.path.startswith("datasets/realsyn-under-400/")
    facts = gather(Evidence(again, "sample"))
    assert facts.name == facts.manifest.name == "realsyn-under-400"
    assert f"400 pairs were asked for (scale 400), and {pairs} there are" in card.render(facts)
    assert "400 pairs were asked for; there are no more than these" in statement.render(facts)


def test_models_are_named_as_every_marker_has_them_without_reading_one(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = opened("sample")
    known: dict[str, str] = {}
    for generation in pinned_generations(run.storage, run.config.sources):
        known |= generation.models
    for stage in run.stages():
        for commit in run.ledger(stage.name).commits().values():
            known |= commit.models
    monkeypatch.setattr(Ledger, "commits", lambda ledger: pytest.fail("read whole"))
    assert models_of(Evidence(run, "sample")) == known and len(known) > 3


def test_what_meets_its_target_is_named_by_its_scale(opened: Opened) -> None:
    facts = gather(Evidence(opened("sample"), "sample"))
    assert facts.name == facts.manifest.name == "realsyn-tiny"
    assert "pairs were asked for" not in card.render(facts) + statement.render(facts)
