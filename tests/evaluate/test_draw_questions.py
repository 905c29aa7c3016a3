"""The questions of an evaluation set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from realsyn_tasks.core import tables
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.ids import image_id
from realsyn_tasks.core.stage import Output
from realsyn_tasks.evaluate import question_file, schemas
from realsyn_tasks.evaluate.draw_questions import Config, drawn_of, run
from realsyn_tasks.pictures.phash import perceptual_hash
from tests.evaluate.written_sets import (
    CLASSIFICATION,
    captioned,
    classified,
    pinned,
    png,
    tars,
)
from tests.extract.pictures import png_bomb, scene
from tests.support import FakeInputs, context, whole

Rows = list[dict[str, Any]]


def drawn(scratch: Path, config: Config, shard: int = 0, **changes: Any) -> Output:
    scratch.mkdir(exist_ok=True)
    return run(FakeInputs(), config, context(scratch, shard, **changes))


def questions(output: Output) -> Rows:
    rows: Rows = whole(output.tables["questions"]).to_pylist()
    return rows


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    folder = tars(tmp_path / "pets", classified(0, 1, 1))
    (folder / "classnames.txt").write_text("cat\ndog\n")
    (folder / "zeroshot_classification_templates.txt").write_text("a photo of a {c}.\nmy {c}\n")
    return tars(folder, classified(1, 0, first=10), split="train")


def test_a_question_is_a_picture_with_its_answers(tmp_path: Path) -> None:
    folder = tars(tmp_path / "words", captioned("A  cat.\nIt sleeps.", "A dog."))
    output = drawn(tmp_path / "scratch", Config(sets=(pinned(folder),)))
    first = questions(output)[0]
    assert first == {
        "set": "words",
        "item": "0/000000",
        "split": "test",
        "picture": png(0),
        "texts": ["A cat.", "It sleeps."],
        "label": "",
        "image_id": image_id(png(0)),
        "phash": perceptual_hash(scene(0)),
    }
    assert output.tables["questions"].schema == schemas.QUESTIONS
    assert output.tables["classes"].num_rows == 0
    assert output.counts == {"test_questions": 2}


def test_classes_are_named_in_the_sets_templates(pets: Path, tmp_path: Path) -> None:
    output = drawn(tmp_path / "scratch", Config(sets=(pinned(pets, CLASSIFICATION),)))
    assert [row["label"] for row in questions(output)] == ["cat", "dog", "dog"]
    assert output.tables["classes"].to_pylist() == [
        {
            "set": "pets",
            "label": name,
            "texts": [f"a photo of a {name}.", f"my {name}"],
            "metric": "accuracy",
        }
        for name in ("cat", "dog")
    ]


def test_what_probes_learn_from_is_drawn_where_there_are_probes(pets: Path, tmp_path: Path) -> None:
    config = Config(sets=(pinned(pets, CLASSIFICATION),), probes=True)
    output = drawn(tmp_path / "scratch", config)
    assert [row["split"] for row in questions(output)] == ["test"] * 3 + ["train"] * 2
    assert output.counts == {"test_questions": 3, "train_questions": 2}


def test_fewer_questions_are_part_of_more(tmp_path: Path) -> None:
    names = [f"0/{number:06d}" for number in range(1000)]
    few, more = drawn_of(names, 100, seed=1), drawn_of(names, 300, seed=1)
    assert len(few) == 100
    assert few < more
    assert drawn_of(names, 100, seed=2) != few
    assert drawn_of(names, None, seed=1) == drawn_of(names, 1000, seed=1) == set(names)


def test_so_many_are_drawn_of_each_set(pets: Path, tmp_path: Path) -> None:
    words = tars(tmp_path / "words", captioned(*map(str, range(12))))
    config = Config(sets=(pinned(pets, CLASSIFICATION), pinned(words)), questions=4)
    counts = [len(questions(drawn(tmp_path / f"scratch-{n}", config, n))) for n in (0, 1)]
    assert counts == [3, 4]


def test_hostile_pictures_are_left_out_with_a_reason(tmp_path: Path) -> None:
    members = captioned("fine")
    pictures = {"a": b"<svg/>", "b": png_bomb(9000, 9000), "c": png(1)[:60], "d": b""}
    for name, data in pictures.items():
        members += [(f"{name}.png", data), (f"{name}.txt", b"words")]
    members += [("e.png", png(2)), ("e.txt", b" \n")]
    output = drawn(tmp_path / "scratch", Config(sets=(pinned(tars(tmp_path / "w", members)),)))
    assert len(questions(output)) == 1
    told = [(item.kind, item.id, str(item.reason)) for item in output.dropped]
    broken = [("question", f"w/0/{n:06d}", "broken_question") for n in range(1, 5)]
    assert told == [*broken, ("question", "w/0/000005", "question_without_answer")]
    assert output.dropped[1].detail == "9000x9000 px"


def test_texts_that_too_many_pictures_have_are_not_asked(tmp_path: Path) -> None:
    folder = tars(tmp_path / "w", captioned("A cat.", "a CAT", "A dog.", "A cat!", "A dog."))
    output = drawn(tmp_path / "scratch", Config(sets=(pinned(folder, most_repeats=2),)))
    assert [row["texts"] for row in questions(output)] == [["A dog."], ["A dog."]]
    assert {str(item.reason) for item in output.dropped} == {"repeated_question"}
    assert output.dropped[0].detail == "3 pictures"
    kept = drawn(tmp_path / "again", Config(sets=(pinned(folder),)))
    assert len(questions(kept)) == 5


def test_a_set_without_any_question_says_why(tmp_path: Path) -> None:
    folder = tars(tmp_path / "w", [("a.png", b"nothing"), ("a.txt", b"words")])
    with pytest.raises(ConfigError, match=r"no question that can be asked \(broken_question: 1\)"):
        drawn(tmp_path / "scratch", Config(sets=(pinned(folder),)))


def test_a_set_that_changed_is_not_drawn_from(pets: Path, tmp_path: Path) -> None:
    config = Config(sets=(pinned(pets, CLASSIFICATION),))
    (pets / "classnames.txt").write_text("dog\ncat\n")
    with pytest.raises(ConfigError, match="has changed since"):
        drawn(tmp_path / "scratch", config)


def test_pictures_go_through_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question_file, "HELD_BYTES", 2 * len(png(1)))
    folder = tars(tmp_path / "w", captioned(*map(str, range(7))))
    config = Config(sets=(pinned(folder),))
    pieces = list(drawn(tmp_path / "scratch", config).tables["questions"].tables)
    assert max(piece.num_rows for piece in pieces) <= 3
    for name in ("a", "b"):
        made = drawn(tmp_path / f"scratch-{name}", config).tables["questions"]
        assert tables.write_table(made, tmp_path / name) == 7
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert pq.read_table(tmp_path / "a").schema.remove_metadata() == schemas.QUESTIONS
