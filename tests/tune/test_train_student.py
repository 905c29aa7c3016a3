"""Training by trl and peft on a tiny checkpoint of random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models import stored
from realsyn_tasks.tune import train_student
from realsyn_tasks.tune.train_student import Base, Config
from tests.support import FakeInputs, context
from tests.tune.examples import table, task

EXAMPLES, STEPS = 16, 6


class Killed(BaseException):
    """Ends the process, as far as the stage can tell."""


def run(checkpoint: Path, scratch: Path, progress: Any = None, **settings: Any) -> Any:
    rows = {
        "train": [task(n) for n in range(EXAMPLES)],
        "held_out": [task(n, held_out=True) for n in range(EXAMPLES, EXAMPLES + 4)],
    }
    inputs = FakeInputs(tables={("choose_examples", name): [table(rows[name])] for name in rows})
    base = Base(checkpoint=str(checkpoint), dtype="float32")
    values = {"base": base, "steps": STEPS, "batch_size": 4, "learning_rate": 1e-2, "save_steps": 2}
    scratch.mkdir()
    told = context(scratch, progress=progress or (lambda *said: None))
    return train_student.run(inputs, Config(**{"max_length": 1024, **values, **settings}), told)


@pytest.fixture(scope="module")
def trained(tiny_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A whole training, in a cache folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("trained")
        patch.delenv("HF_HOME", raising=False)
        patch.setenv("REALSYN_CACHE", str(folder / "cache"))
        made = run(tiny_llama, folder / "scratch")
        assert not list((folder / "cache/trainings").iterdir()), "what it saved is not needed more"
        return made


def test_the_loss_on_answers_that_were_held_out_falls(trained: Any) -> None:
    [losses] = trained.tables["losses"].to_pylist()
    assert losses["after"] < losses["before"]
    assert losses["answers"] == 4
    steps = trained.tables["steps"].to_pylist()
    assert [step["step"] for step in steps] == list(range(1, STEPS + 1))
    assert trained.counts["examples"] == EXAMPLES


def test_the_weights_load_as_a_checkpoint(trained: Any, tmp_path: Path) -> None:
    from realsyn_tasks.models.language_transformers import TransformersLanguageModel as Model

    folder = stored.unpack(trained.blobs["weights"], tmp_path)
    options = Model.Options(checkpoint=str(folder), dtype="float32")
    model = Model(options, Model.Running(), tmp_path)
    assert model.perplexity(["A lamp."])[0] > 1


def test_a_killed_training_goes_on_and_ends_with_the_same_bytes(
    trained: Any, tiny_llama: Path, tmp_path: Path, cache: Path
) -> None:
    def kill(done: int, total: int) -> None:
        if done == 5:
            raise Killed

    with pytest.raises(Killed):
        run(tiny_llama, tmp_path / "killed", kill)
    [saved] = (cache / "trainings").iterdir()
    half = saved / "checkpoint-5"
    half.mkdir()  # as a kill within saving leaves it
    (half / "adapter_model.safetensors").write_bytes(b"")
    seen: list[int] = []
    again = run(tiny_llama, tmp_path / "again", lambda done, total: seen.append(done))
    assert seen == [5, 6], "it goes on behind step 4, which was saved whole"
    assert again.blobs["weights"].read_bytes() == trained.blobs["weights"].read_bytes()
    assert again.tables == trained.tables


def test_without_an_answer_there_is_nothing_to_learn(tiny_llama: Path, tmp_path: Path) -> None:
    inputs = FakeInputs(
        tables={
            ("choose_examples", "train"): [table([])],
            ("choose_examples", "held_out"): [table([task(1, held_out=True)])],
        }
    )
    config = Config(base=Base(checkpoint=str(tiny_llama)))
    with pytest.raises(ConfigError, match=r"nothing to learn from: draw more pairs"):
        train_student.run(inputs, config, context(tmp_path))


def test_only_the_tokens_of_answers_count(tiny_llama: Path) -> None:
    from realsyn_tasks.models.protocols import Prompt
    from realsyn_tasks.tune.trainer import Tokens

    tokens = Tokens(str(tiny_llama), 1000)
    pair = (Prompt("Write.", (("a cat", "A cat sat."),), "a <|im_end|> dog"), "A dog.")
    [example] = tokens.examples([pair])
    said = [
        token
        for token, counts in zip(example["input_ids"], example["completion_mask"], strict=True)
        if counts
    ]
    assert tokens.tokenizer.decode(said) == "A dog.<|im_end|>"
    assert example["input_ids"].count(tokens.tokenizer.eos_token_id) == 5, "none of the web's"
    assert Tokens(str(tiny_llama), 10).examples([pair]) == []
