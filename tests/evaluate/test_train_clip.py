"""Training a tiny CLIP of open_clip on a version of coloured pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.evaluate import train_clip
from realsyn_tasks.evaluate.protocol import Arm
from realsyn_tasks.evaluate.train_clip import Config, devices_of
from tests.evaluate import clips
from tests.support import FakeInputs, context

ARMS = {
    "paper": Arm(texts={"realistic": 3}),
    "few": Arm(texts={"raw": 1}, sampling="balanced", pairs=12),
}


class Killed(BaseException):
    """Ends the process, as far as the stage can tell."""


def run(inputs: FakeInputs, scratch: Path, shard: int = 0, **settings: Any) -> Any:
    progress = settings.pop("progress", lambda *said: None)
    config = Config(arms=ARMS, seeds=2, training=clips.training(**settings))
    scratch.mkdir(parents=True)
    return train_clip.run(inputs, config, context(scratch, shard, progress=progress))


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> FakeInputs:
    return clips.version(tmp_path_factory.mktemp("version"))


@pytest.fixture(scope="module")
def trained(inputs: FakeInputs, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A whole training, in a cache folder of its own."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("HF_HOME", raising=False)
        patch.setenv("REALSYN_CACHE", str(folder / "cache"))
        made = run(inputs, folder / "scratch")
    assert not list((folder / "cache/trainings").iterdir()), "what it saved is not needed more"
    return made


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("HF_HOME", raising=False)
    monkeypatch.setenv("REALSYN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_loss_falls_and_is_told_with_what_was_learnt_from(trained: Any) -> None:
    [row] = trained.tables["trainings"].to_pylist()
    assert row["last_loss"] < row["first_loss"] - 0.5
    told = {name: row[name] for name in ("arm", "pictures", "texts", "caption_share", "steps")}
    assert told == {
        "arm": "paper", "pictures": 24, "texts": 72, "caption_share": 0.5, "steps": 30
    }  # fmt: skip


def test_a_killed_training_goes_on_and_ends_with_the_same_bytes(
    trained: Any, inputs: FakeInputs, tmp_path: Path, cache: Path
) -> None:
    def kill(done: int, total: int) -> None:
        if done == 24:
            raise Killed

    with pytest.raises(Killed):
        run(inputs, tmp_path / "killed", progress=kill)
    assert [path.name for path in (cache / "trainings").glob("*/*")] == ["state.pt"]
    seen: list[int] = []
    again = run(inputs, tmp_path / "again", progress=lambda done, total: seen.append(done))
    assert seen == list(range(21, 31)), "it goes on behind step 20, where it was saved"
    assert again.blobs["checkpoint"].read_bytes() == trained.blobs["checkpoint"].read_bytes()
    assert again.tables == trained.tables


def test_a_seed_of_another_arm_draws_its_pictures(
    inputs: FakeInputs, tmp_path: Path, cache: Path
) -> None:
    made = run(inputs, tmp_path / "scratch", shard=3, steps=1)
    [row] = made.tables["trainings"].to_pylist()
    told = {name: row[name] for name in ("trial", "arm", "seed", "pictures", "texts", "skew")}
    expected = {"trial": 3, "arm": "few", "seed": 1, "pictures": 12, "texts": 12, "skew": 1.0}
    assert told == expected, "two of each cluster"


def test_steps_follow_from_epochs(inputs: FakeInputs, tmp_path: Path, cache: Path) -> None:
    made = run(inputs, tmp_path / "scratch", steps=0, epochs=0.75)
    assert made.counts == {"pictures": 24, "steps": 2}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"batch_size": 25}, r"batch_size is 25, and the arm has 24 pictures"),
        ({"batch_size": 9, "devices": 2}, r"9 cannot be shared by 2 devices"),
        ({"architecture": {}, "model": "ViT-B-33"}, r"no model 'ViT-B-33': did you mean"),
    ],
)
def test_what_cannot_be_trained_is_said(
    inputs: FakeInputs, tmp_path: Path, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        run(inputs, tmp_path / "scratch", **settings)


def test_an_architecture_is_noted_when_an_evaluation_is_opened(tmp_path: Path) -> None:
    named = Config(arms=ARMS, training=clips.training(architecture={})).pinned()
    assert named.training.architecture["embed_dim"] == 512, "ViT-B-32"
    path = tmp_path / "mine.json"
    path.write_text('{"embed_dim": 8, "vision_cfg": {}, "text_cfg": {}}')
    told = clips.training(architecture={}, model=str(path))
    assert Config(arms=ARMS, training=told).pinned().training.architecture["embed_dim"] == 8
    path.write_text("{}")
    with pytest.raises(ConfigError, match="is no architecture of open_clip"):
        Config(arms=ARMS, training=told).pinned()


def test_on_a_cpu_a_device_is_a_process() -> None:
    assert devices_of(None, 0) == ("cpu",)
    assert devices_of("cpu", 2) == ("cpu", "cpu")
    assert devices_of("cuda:1", 0) == ("cuda:1",)
    with pytest.raises(ConfigError, match="wants 100 GPUs, and this machine shows"):
        devices_of("cuda", 100)
