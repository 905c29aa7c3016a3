"""Features of questions, and the untrained encoder's answers."""

from __future__ import annotations

from pathlib import Path

from realsyn_tasks.core import tables
from realsyn_tasks.evaluate import embed_questions, schemas
from realsyn_tasks.evaluate.embed_questions import Config
from tests.analyze.versions import picture
from tests.support import FakeInputs, context


def question(item: str, data: bytes, split: str = "test", label: str = "") -> dict:
    texts = [] if label else [f"text of {item}"]
    told = {"set": "things", "item": item, "split": split, "picture": data}
    return {**told, "texts": texts, "label": label}


def test_the_test_half_is_embedded_and_the_teacher_answers_it(tmp_path: Path) -> None:
    rows = [
        question("a", picture("red")),
        question("b", picture("blue"), label="blue"),
        question("broken", b"no picture"),
        question("learnt", picture("green"), split="train"),
    ]
    about = {"set": "things", "metric": "accuracy"}
    classes = [{**about, "label": name, "texts": [f"a {name} thing"]} for name in ("red", "blue")]
    inputs = FakeInputs(
        tables={
            ("draw_questions", "questions"): [tables.from_rows(schemas.QUESTIONS, rows)],
            ("draw_questions", "classes"): [tables.from_rows(schemas.CLASSES, classes)],
        }
    )
    output = embed_questions.run(inputs, Config(batch_size=1), context(tmp_path))
    assert output.tables["pictures"]["item"].to_pylist() == ["a", "b"]
    assert output.tables["texts"]["text"].to_pylist() == [
        "a blue thing",
        "a red thing",
        "text of a",
    ]
    assert [(each.kind, each.id) for each in output.dropped] == [("question", "broken")]
    answers = output.tables["answers"].to_pylist()
    assert {(row["trial"], row["version"], row["arm"]) for row in answers} == {(-1, -1, "teacher")}
    assert [(row["item"], row["measure"]) for row in answers] == [
        ("a", "rank_of_text"),
        ("a", "rank_of_picture"),
        ("b", "zero_shot"),
    ]
