"""The protocols of a cluster on tiny stand-ins, from opening to judged claims: a step of each part.

Models, sets and the version are tiny; arms, tasks, metrics and claims are those of the files.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from realsyn_tasks.core import include
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.evaluate import protocol
from realsyn_tasks.evaluate.evaluation_sets import describe
from realsyn_tasks.evaluate.protocol import Protocol
from realsyn_tasks.runs.evaluations import EvaluationForm, open_evaluation
from realsyn_tasks.runs.promotion import promote
from tests.evaluate import clips
from tests.finished import open_run
from tests.support import run_group

PAPER, SMOKE, TINY = "realsyn-paper", "clip-smoke", "tiny-paper"
# A set of each kind: several classes, weighed classes, two classes by rank, captions, robustness.
ASKED = ("cifar10", "oxford-pets", "hateful-memes", "flickr30k", "imagenet-a")
SHARES = {15.0e6: 0.5, 30.0e6: 0.75, 100.0e6: 1.0}


def shrunk(whole: Protocol) -> dict[str, Any]:
    """The paper's protocol for a version of a few pairs."""
    said = whole.model_dump(mode="json", exclude_defaults=True)
    for arm in said["arms"].values():
        arm["pairs"] = SHARES[arm["pairs"]]
    small = {"model": "tiny", "architecture": clips.ARCHITECTURE, "steps": 1, "batch_size": 4}
    said["training"] |= small
    said["asking"] |= {"strengths": [1.0, 100.0], "held_out": 0.5, "batch_size": 8}
    said["statistics"] |= {"resamples": 100}
    return said


def write_set(folder: Path, name: str) -> None:
    """Write a stand-in: pictures with captions, or in folders of two classes."""
    pictures = [clips.picture(clips.colour_of(n), n) for n in range(8)]
    if describe(name).metric == "recall":
        (folder / name / "test").mkdir(parents=True)
        for number, data in enumerate(pictures[:4]):
            (folder / name / "test" / f"{number}.jpg").write_bytes(data)
        lines = [f'{{"image": "{n}.jpg", "captions": ["thing {n}", "it {n}"]}}\n' for n in range(4)]
        (folder / name / "test" / "captions.jsonl").write_text("".join(lines))
        return
    for number, data in enumerate(pictures):
        half = "test" if number < 4 else "train"
        path = folder / name / half / ("cat", "dog")[number % 2] / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


@pytest.fixture(scope="module", autouse=True)
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """All sets that the paper names, and its protocol for a tiny version beside the project's."""
    base = tmp_path_factory.mktemp("places")
    whole = protocol.read(PAPER)
    for name in whole.sets:
        write_set(base / "sets", name)
    (base / "include/protocols").mkdir(parents=True)
    for path in include.include_folder().iterdir():
        if path.name != "protocols":
            (base / "include" / path.name).symlink_to(path)
    (base / f"include/protocols/{TINY}.yaml").write_text(yaml.safe_dump(shrunk(whole)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REALSYN_INCLUDE", str(base / "include"))
        patch.setenv("REALSYN_EVALUATION_SETS", str(base / "sets"))
        patch.setenv("REALSYN_CACHE", str(base / "cache"))
        patch.delenv("HF_HOME", raising=False)
        yield base


@pytest.fixture(scope="module")
def root(finished: Path, places: Path) -> str:
    """A root with a published version."""
    root = shutil.copytree(finished, places / "root")
    promote(open_run(root, "sample"), "sample")
    return root.as_uri()


@pytest.fixture(scope="module")
def evaluated(root: str) -> Workspace:
    """The whole group by the paper's protocol, asked by a set of each kind."""
    named = protocol.read(TINY).sets
    left_out = ",".join(name for name in named if name not in ASKED)
    run = opened(root, leave_out=left_out, name="asked")
    run_group(run, "evaluate")
    return run


def opened(root: str, **fields: str) -> Workspace:
    form = {"versions": f"{root}/builds/tiny", "protocol": TINY, **fields}
    return open_evaluation(EvaluationForm.model_validate(form))


def rows(run: Workspace, stage: str, table: str) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    commits = run.ledger(stage).commits().values()
    files = [run.storage.open(commit.objects[table].path) for commit in commits]
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def test_the_papers_protocol_opens_and_plans_with_all_its_sets(root: str) -> None:
    run = opened(root, name="whole")
    planner = Planner(run)
    due = {stage.name: len(planner.status(stage).unsettled) for stage in run.stages()}
    assert due["draw_questions"] == 27
    assert due["train_clip"] == due["ask_clip"] == 9
    assert "train_heads" not in due
    assert run.config.stages["ask_clip"]["sets"][0]["description"]["classes"]


def test_every_arm_is_trained_and_answers_by_every_task(evaluated: Workspace) -> None:
    trained = {row["arm"]: row for row in rows(evaluated, "train_clip", "trainings")}
    assert trained.keys() == protocol.read(TINY).arms.keys()
    assert {row["steps"] for row in trained.values()} == {1}
    assert trained["paper15m"]["pictures"] < trained["paper30m"]["pictures"]
    assert trained["realistic1"]["texts"] < trained["realistic3"]["texts"]
    asked = {(row["set"], row["measure"]) for row in rows(evaluated, "ask_clip", "answers")}
    both = {(name, task) for name in ASKED[:3] for task in ("zero_shot", "linear_probe")}
    captions = {("flickr30k", "rank_of_text"), ("flickr30k", "rank_of_picture")}
    assert asked == both | captions | {("imagenet-a", "zero_shot")}


def test_its_claims_are_judged(evaluated: Workspace) -> None:
    [claims] = {tuple(sorted({row["claim"] for row in rows(evaluated, "judge_claims", "claims")}))}
    assert set(claims) == {claim.name for claim in protocol.read(TINY).claims}


def test_the_smoke_protocol_can_be_read(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REALSYN_INCLUDE")
    from realsyn_tasks.evaluate.clip_training import Asking, Training, described

    smoke = protocol.read(SMOKE)
    assert described(Training(**smoke.training)).architecture["embed_dim"] == 128
    assert Asking(**smoke.asking).strengths
    assert protocol.read(PAPER).training == {
        **Training(**protocol.read(PAPER).training).model_dump(exclude_unset=True)
    }
