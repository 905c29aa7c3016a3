"""The whole group on a published version, from opening to what is attached to the version."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.adoption import adopt
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.evaluate.outcome import outcome
from realsyn_tasks.quality import gate
from realsyn_tasks.report.renewal import renew
from realsyn_tasks.runs.evaluations import EvaluationForm, open_evaluation
from realsyn_tasks.runs.promotion import promote
from tests.evaluate import tiny_protocols
from tests.finished import open_run
from tests.support import run_group

TRIALS = 6


@pytest.fixture(scope="module", autouse=True)
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Have the tiny protocol in the include folder, and its sets where they are looked for."""
    base = tmp_path_factory.mktemp("places")
    judged = {**tiny_protocols.PROTOCOL, "statistics": {"resamples": 200}}
    more = {**tiny_protocols.PROTOCOL, "seeds": 3}
    folder = tiny_protocols.write_include(base / "include", judged=judged, more=more)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REALSYN_INCLUDE", str(folder))
        patch.setenv("REALSYN_EVALUATION_SETS", str(tiny_protocols.write_sets(base / "sets")))
        yield base


@pytest.fixture(scope="module")
def evaluated(finished: Path, places: Path) -> Workspace:
    """An evaluation that has passed its gate, but is not promoted; never to be written to."""
    root = shutil.copytree(finished, places / "root")
    build = open_run(root, "sample")
    promote(build, "sample")
    run = opened(build.uri)
    run_group(run, "evaluate")
    gate(run, "evaluate").raise_if_failed()
    return run


def opened(versions: str, protocol: str = tiny_protocols.NAME, name: str = "tiny") -> Workspace:
    form = EvaluationForm(versions=versions, protocol=protocol, name=name)
    return open_evaluation(form)


@pytest.fixture
def run(evaluated: Workspace, tmp_path: Path) -> Workspace:
    """A copy of it to change."""
    root = tmp_path / "root"
    shutil.copytree(evaluated.storage.uri.removeprefix("file://"), root)
    return Workspace.open(f"{root.as_uri()}/{evaluated.folder}", evaluated.pipeline)


def left(run: Workspace) -> dict[str, int]:
    """Count the shards of each stage that have to run, of those that have any."""
    planner = Planner(run)
    counts = {stage.name: len(planner.status(stage).unsettled) for stage in run.stages()}
    return {name: count for name, count in counts.items() if count}


def test_every_claim_is_judged_by_every_trial(evaluated: Workspace) -> None:
    found = outcome(evaluated)
    assert {row["claim"] for row in found["claims"]} == {"more", "only_words"}
    assert {row["verdict"] for row in found["claims"]} <= {"holds", "null", "reversed"}
    assert len(evaluated.ledger("train_heads").commits()) == TRIALS


def test_done_again_nothing_is_left_to_do(evaluated: Workspace) -> None:
    assert left(evaluated) == {}


def test_what_is_judged_otherwise_is_not_trained_again(run: Workspace) -> None:
    again = opened(f"{run.storage.uri}/builds/tiny", "judged")
    assert again.uri == run.uri
    assert left(again) == {"judge_claims": 1}


def test_more_seeds_train_anew_but_embed_nothing(run: Workspace) -> None:
    again = opened(f"{run.storage.uri}/builds/tiny", "more")
    assert left(again) == {"train_heads": 9, "judge_claims": 1}


def test_another_evaluation_embeds_nothing_that_one_has_embedded(run: Workspace) -> None:
    other = opened(f"{run.storage.uri}/builds/tiny", "more", name="other")
    planner = Planner(other)
    for stage in other.stages():
        adopt(other, planner, stage)
    assert left(other) == {"train_heads": 9, "judge_claims": 1}
    adopted = other.ledger("embed_questions").find(1)
    assert adopted and adopted.origin == run.folder


def test_a_lost_training_is_the_only_one_that_is_done_again(run: Workspace) -> None:
    before = outcome(run)
    run.storage.delete(f"{run.folder}/train_heads/_commits/00003.json")
    assert left(run)["train_heads"] == 1
    run_group(run, "evaluate")
    assert outcome(run) == before, "and comes out as it was, byte for byte"


def test_promotion_attaches_it_to_the_version_and_changes_none_of_its_data(
    run: Workspace,
) -> None:
    [uri] = promote(run, "evaluate")["versions"]
    renew(run)
    version = Version(run.storage, uri.removeprefix(f"{run.storage.uri}/"))
    attached = {each.path for each in version.attachments()}
    assert {"evaluation.json", "README.md"} <= attached
    told: dict[str, Any] = json.loads(run.storage.read(version.at("evaluation.json")))
    assert "claims" in json.dumps(told)
    assert version.name == version.manifest.version
