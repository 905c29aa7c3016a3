"""The training of a tiny CLIP: by one process and by two, and what stops it."""

from __future__ import annotations

from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from realsyn_tasks.core.errors import PermanentError
from realsyn_tasks.evaluate import clip_model, clip_trainer
from realsyn_tasks.evaluate.clip_lessons import TaughtShard, lay_out
from realsyn_tasks.evaluate.clip_trainer import Job, train
from tests.evaluate import clips

ALL = clips.SHARDS * clips.IN_SHARD


def job(folder: Path, devices: int = 1, **settings: Any) -> Job:
    """A training on one shard's pictures, each with one text."""
    source = clips.version(folder).sources["datasets"]
    rows = [clips.lesson(0, row) for row in range(clips.IN_SHARD)]
    texts = {row["key"]: [f"{row['key']} {row['texts'][0]['text']}"] for row in rows}
    path = lay_out(folder / "texts.arrow", texts)
    (folder / "scratch").mkdir()
    training = clips.training(**{"batch_size": clips.IN_SHARD, **settings})
    return Job(
        training=training,
        shards=(TaughtShard(source.storage.uri, source.tars[0], path, len(texts)),),
        steps=4,
        seed=1,
        devices=("cpu",) * devices,
        model=clip_model.describe(training.architecture, folder / "model"),
        saved=folder / "saved",
        scratch=folder / "scratch",
    )


def weights(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return load_file(folder / "model" / clip_model.WEIGHTS)


def test_two_processes_learn_what_one_does_from_the_same_pairs(tmp_path: Path) -> None:
    """A step has all pictures, whose order the loss does not see: only the processes differ."""
    told: list[tuple[int, int]] = []
    places = [tmp_path / "one", tmp_path / "two"]
    one = train(job(places[0]), lambda *said: None)
    two = train(job(places[1], devices=2), lambda done, steps: told.append((done, steps)))
    assert two == pytest.approx(one, rel=1e-4)
    assert one[-1] < one[0]
    assert told == [(step, 4) for step in range(1, 5)]
    first, second = map(weights, places)
    assert first.keys() == second.keys()
    assert max(float((first[name] - second[name]).abs().max()) for name in first) < 2e-3


def test_a_loss_that_is_no_number_ends_it(tmp_path: Path) -> None:
    wild = job(tmp_path, learning_rate=1e30, longest_gradient=None)
    with pytest.raises(PermanentError, match=r"no number any more at step 4: lower training\."):
        train(wild, lambda *said: None)
    assert not wild.saved.exists(), "it would go on from there"


def test_what_a_process_raised_is_raised_as_it_was() -> None:
    said: SimpleQueue[Any] = SimpleQueue()
    told: list[tuple[int, ...]] = []
    said.put((1, 4))
    said.put(PermanentError("the picture of pair a cannot be decoded"))
    with pytest.raises(PermanentError, match="pair a"):
        clip_trainer._listen(said, lambda *steps: told.append(steps))  # type: ignore[arg-type]
    assert told == [(1, 4)]


def test_the_schedule_and_what_decays_are_the_papers(tmp_path: Path) -> None:
    """AdamW .9/.98, weight decay .2; one cycle, its top behind a tenth of the steps (Table 7)."""
    training = clips.training(learning_rate=1e-3)
    folder = clip_model.describe(training.architecture, tmp_path / "model")
    model, _, _ = clip_model.create(folder, seed=1)
    optimiser = clip_trainer._optimiser(model, training)
    schedule = clip_trainer._schedule(optimiser, training, 101)
    rates = []
    for _ in range(101):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    assert max(rates) == pytest.approx(1e-3, rel=1e-3)
    assert rates.index(max(rates)) in (9, 10)
    assert rates[0] == pytest.approx(1e-3 / 25)
    assert rates[-1] < 1e-7
    heavy, light = optimiser.param_groups
    assert (heavy["weight_decay"], light["weight_decay"]) == (0.2, 0.0)
    assert heavy["betas"] == light["betas"] == (0.9, 0.98)
    assert any(weight is model.logit_scale for weight in light["params"])
