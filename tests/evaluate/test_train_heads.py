"""Trials: what is there to learn is learnt, from right texts only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from realsyn_tasks.core import tables
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.stage import Output
from realsyn_tasks.evaluate import train_heads
from realsyn_tasks.evaluate.heads import Training
from realsyn_tasks.evaluate.protocol import Arm
from realsyn_tasks.evaluate.train_heads import Config
from realsyn_tasks.models.sentences import unit_rows
from tests.evaluate.worlds import learnable
from tests.support import FakeInputs, context

ARMS = {
    "right": Arm(texts={"realistic": 1}),
    "wrong": Arm(texts={"realistic": 1}, shuffled=1.0),
    "none": Arm(texts={"synthetic": 1}),
}
TRAINING = Training(steps=50, batch=32, learning_rate=0.02, components=8)
CONFIG = Config(arms=ARMS, seeds=2, training=TRAINING)


@pytest.fixture(scope="module")
def inputs() -> FakeInputs:
    return learnable(lessons=80, questions=60)


def trained(inputs: FakeInputs, tmp_path: Path, trial: int) -> Output:
    return train_heads.run(inputs, CONFIG, context(tmp_path, shard=trial))


def recall(output: Output) -> float:
    answers = output.tables["answers"].to_pylist()
    return float(np.mean([row["value"] < 10 for row in answers]))


def test_right_texts_teach_and_wrong_ones_do_not(inputs: FakeInputs, tmp_path: Path) -> None:
    right, wrong = trained(inputs, tmp_path, 1), trained(inputs, tmp_path, 2)
    assert recall(right) > 0.6
    assert recall(wrong) < 0.35  # chance: 10 of 60
    [told] = right.tables["trainings"].to_pylist()
    assert (told["trial"], told["version"], told["arm"], told["seed"]) == (1, 0, "right", 1)
    assert 40 < told["pictures"] < 62  # different ones of a resample
    assert told["steps"] == 50
    assert told["last_loss"] < told["first_loss"]
    rows = right.tables["answers"].to_pylist()
    assert {row["measure"] for row in rows} == {"rank_of_text", "rank_of_picture"}
    assert len(rows) == 120


def test_a_trial_done_again_gives_the_same(inputs: FakeInputs, tmp_path: Path) -> None:
    first, again = trained(inputs, tmp_path, 0), trained(inputs, tmp_path, 0)
    assert first.tables["answers"].equals(again.tables["answers"])
    assert not first.tables["answers"].equals(trained(inputs, tmp_path, 1).tables["answers"])


def test_heads_of_the_first_seed_are_kept_as_one_linear_map_of_features(
    inputs: FakeInputs, tmp_path: Path
) -> None:
    kept = trained(inputs, tmp_path, 0).blobs["checkpoint"]
    head, data = load_file(kept), kept.read_bytes()
    seen = inputs.table("embed_questions", "pictures")
    given = unit_rows(tables.vectors_of(seen, "features") @ head["weight"].T + head["bias"])
    words = inputs.table("embed_questions", "texts")
    right = (given @ unit_rows(tables.vectors_of(words, "features")).T).argmax(axis=1)
    rows = trained(inputs, tmp_path, 0).tables["answers"].to_pylist()
    first = [row["value"] == 0 for row in rows if row["measure"] == "rank_of_text"]
    assert (right == np.arange(60)).tolist() == first, "it answers as it did when it was trained"
    assert kept.read_bytes() == data
    assert not trained(inputs, tmp_path, 1).blobs


def test_trainings_of_a_seed_differ_by_chance_alone(inputs: FakeInputs, tmp_path: Path) -> None:
    twice = CONFIG.model_copy(update={"trainings": 2})
    once, both = (
        train_heads.run(inputs, config, context(tmp_path, shard=0)) for config in (CONFIG, twice)
    )
    rows = both.tables["answers"].to_pylist()
    first, second = ([row["value"] for row in rows if row["training"] == n] for n in (0, 1))
    assert first == once.tables["answers"]["value"].to_pylist()
    assert len(second) == len(first)
    assert second != first
    [learnt], [before] = (each.tables["trainings"].to_pylist() for each in (both, once))
    assert learnt["pictures"] == before["pictures"]
    assert learnt["steps"] == 2 * before["steps"]


def test_an_arm_without_texts_is_a_mistake_of_the_protocol(
    inputs: FakeInputs, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="arm 'none' has 0 pictures to learn from"):
        trained(inputs, tmp_path, 4)
