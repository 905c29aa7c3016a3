"""Asking a trained tiny CLIP, by the checkpoint that its training wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from realsyn_tasks.core.errors import PermanentError
from realsyn_tasks.evaluate import ask_clip, schemas, train_clip
from realsyn_tasks.evaluate.ask_clip import Config
from realsyn_tasks.evaluate.clip_training import Asking
from realsyn_tasks.evaluate.protocol import Arm
from tests.evaluate import clips
from tests.support import FakeInputs, context

EVERY = ("retrieval", "zero_shot", "linear_probe")
SETS = (
    clips.pinned("colours", EVERY),
    clips.pinned("captions", ("retrieval",)),
    clips.pinned("robust", ("zero_shot",), "mean_per_class"),
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("HF_HOME", raising=False)
        patch.setenv("REALSYN_CACHE", str(folder / "cache"))
        inputs = clips.version(folder / "version")
        arms = {"paper": Arm(texts={"realistic": 3, "raw": 1})}
        config = train_clip.Config(arms=arms, training=clips.training(steps=60))
        (folder / "scratch").mkdir()
        return train_clip.run(inputs, config, context(folder / "scratch"))


def inputs_of(trained: Any, given: list[tuple[pa.Table, pa.Table]]) -> FakeInputs:
    return FakeInputs(
        {
            ("train_clip", "trainings"): [trained.tables["trainings"]],
            ("draw_questions", "questions"): [questions for questions, _ in given],
            ("draw_questions", "classes"): [classes for _, classes in given],
        },
        {("train_clip", "checkpoint"): trained.blobs["checkpoint"].read_bytes()},
    )


@pytest.fixture(scope="module")
def answers(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    given = [
        clips.questions("colours", each=2, learnt=5),
        clips.questions("captions", each=1),
        clips.questions("robust", each=3, learnt=5, metric="mean_per_class"),
    ]
    told = context(tmp_path_factory.mktemp("asked"))
    made = ask_clip.run(inputs_of(trained, given), Config(sets=SETS), told)
    assert made.tables["answers"].schema == schemas.ANSWERS
    return made.tables["answers"].to_pandas()


def test_a_set_is_asked_by_its_tasks(answers: Any) -> None:
    asked = answers.groupby(["set", "measure"]).item.nunique().to_dict()
    ranks = {
        (name, f"rank_of_{what}")
        for name in ("colours", "captions")
        for what in ("text", "picture")
    }
    assert set(asked) == {
        *ranks,
        ("colours", "zero_shot"),
        ("colours", "linear_probe"),
        ("robust", "zero_shot"),
    }
    assert asked["colours", "zero_shot"] == asked["colours", "linear_probe"] == 12
    assert asked["robust", "zero_shot"] == 18
    assert set(answers.arm) == {"paper"}


def test_what_was_learnt_is_known(answers: Any) -> None:
    """It saw these colours by these words; by chance a sixth would be right."""
    means = answers.groupby(["set", "measure"]).value.mean()
    assert means["colours", "zero_shot"] > 0.6
    assert means["colours", "linear_probe"] > 0.6
    assert means["colours", "rank_of_text"] < 2, "of twelve texts"


def test_captions_are_put_into_words_of_the_protocol(trained: Any, tmp_path: Path) -> None:
    seen: list[list[str]] = []
    exam_of = [clips.questions("captions", each=1)]
    config = Config(sets=(SETS[1],), asking=Asking(caption="a photo of {}"))

    class Heard:
        def __init__(self, encoder: Any) -> None:
            self._encoder = encoder

        def __getattr__(self, name: str) -> Any:
            return getattr(self._encoder, name)

        def encode_texts(self, texts: list[str]) -> Any:
            seen.append(texts)
            return self._encoder.encode_texts(texts)

    with pytest.MonkeyPatch.context() as patch:
        load = ask_clip._encoder
        patch.setattr(ask_clip, "_encoder", lambda *given: Heard(load(*given)))
        ask_clip.run(inputs_of(trained, exam_of), config, context(tmp_path))
    assert "a photo of a red thing" in seen[0]


def test_a_question_whose_picture_is_broken_is_named(trained: Any, tmp_path: Path) -> None:
    questions, classes = clips.questions("captions", each=1)
    rows = questions.to_pylist()
    rows[3]["picture"] = b"nothing"
    broken = pa.Table.from_pylist(rows, schema=schemas.QUESTIONS)
    with pytest.raises(PermanentError, match="captions: picture test-003 cannot be decoded"):
        ask_clip.run(
            inputs_of(trained, [(broken, classes)]), Config(sets=(SETS[1],)), context(tmp_path)
        )
