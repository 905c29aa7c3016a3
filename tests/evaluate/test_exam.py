"""How answers are marked."""

from __future__ import annotations

import numpy as np

from realsyn_tasks.evaluate.exam import Exam

EYE = np.eye(4, dtype=np.float32)


def exam(
    texts: list[list[str]],
    labels: list[str] | None = None,
    metric: str = "accuracy",
    **classes: list[str],
) -> Exam:
    questions = [
        {"set": "s", "item": str(n), "split": "test", "texts": some, "label": label}
        for n, (some, label) in enumerate(zip(texts, labels or [""] * len(texts), strict=True))
    ]
    other = {"set": "other", "item": "9", "split": "test", "texts": ["z"], "label": ""}
    train = {"set": "s", "item": "8", "split": "train", "texts": ["y"], "label": ""}
    about = {"set": "s", "metric": metric}
    rows = [{**about, "label": name, "texts": some} for name, some in classes.items()]
    return Exam.of("s", [*questions, other, train], rows)


def marks(given: Exam, pictures: np.ndarray, texts: dict[str, np.ndarray]) -> dict[str, list]:
    found: dict[str, list] = {}
    for answer in given.answers(pictures, np.stack([texts[word] for word in given.words])):
        found.setdefault(answer.measure, []).append((answer.item, answer.value))
    return found


def test_a_right_answer_has_rank_nought() -> None:
    given = exam([["a"], ["b"], ["c"]])
    found = marks(given, EYE[:3], dict(zip("abc", EYE, strict=False)))
    assert found["rank_of_text"] == found["rank_of_picture"] == [("0", 0), ("1", 0), ("2", 0)]


def test_a_wrong_answer_has_the_rank_of_the_right_one() -> None:
    given = exam([["a"], ["b"], ["c"]])
    texts = {"a": EYE[0], "b": EYE[0] * 0.9 + EYE[1] * 0.1, "c": EYE[2]}
    found = marks(given, EYE[[0, 0, 2]], texts)
    assert found["rank_of_text"] == [("0", 0), ("1", 1), ("2", 0)]


def test_texts_that_read_the_same_are_one() -> None:
    given = exam([["A thing."], ["a  THING."], ["c"]])
    found = marks(given, EYE[[0, 0, 2]], {"A thing.": EYE[0], "a  THING.": EYE[3], "c": EYE[2]})
    assert found["rank_of_text"] == [("0", 0), ("1", 0), ("2", 0)]
    assert found["rank_of_picture"] == [("0", 0), ("1", 0), ("2", 0)]


def test_each_caption_of_a_picture_is_asked_back() -> None:
    given = exam([["a", "b"], ["c"]])
    found = marks(given, EYE[:2], {"a": EYE[0], "b": EYE[1], "c": EYE[1]})
    assert found["rank_of_text"] == [("0", 0), ("1", 0.5)]
    assert found["rank_of_picture"] == [("0", 0), ("0", 1), ("1", 0)]


def test_whoever_finds_everything_alike_gets_no_points_for_it() -> None:
    given = exam([["a"], ["b"], ["c"]], ["x", "y", "x"], x=["an x"], y=["a y"])
    alike = dict.fromkeys(given.words, EYE[0])
    found = marks(given, EYE[[0, 0, 0]], alike)
    assert [value for _, value in found["rank_of_text"]] == [1.0, 1.0, 1.0]
    assert [value for _, value in found["zero_shot"]] == [0.5, 0.5, 0.5]


def test_the_nearest_class_is_the_answer() -> None:
    given = exam([[], [], []], ["x", "y", "unknown"], x=["an x", "the x"], y=["a y"])
    texts = {"an x": EYE[0], "the x": EYE[1], "a y": EYE[2]}
    found = marks(given, EYE[:3], texts)
    assert found == {"zero_shot": [("0", 1.0), ("1", 0.0)]}


def test_classification_is_marked_by_the_sets_metric() -> None:
    given = exam([[]] * 3, ["x", "x", "y"], metric="mean_per_class", x=["an x"], y=["a y"])
    found = marks(given, EYE[[0, 1, 1]], {"an x": EYE[0], "a y": EYE[1]})
    assert found == {"zero_shot": [("0", 0.75), ("1", 0.0), ("2", 1.5)]}, "each class counts a half"


def test_items_that_do_not_count_have_no_mark() -> None:
    given = exam([[]] * 3, ["x", "y", "y"], metric="roc_auc", x=["an x"], y=["a y"])
    found = marks(given, EYE[[0, 1, 0]], {"an x": EYE[0], "a y": EYE[1]})
    assert found == {"zero_shot": [("1", 1.0), ("2", 0.5)]}


def test_nothing_is_asked_of_another_half_or_set() -> None:
    assert exam([["a"]]).items == ["0"]
    assert exam([["a"]]).words == ["a"]


def test_a_set_without_answers_asks_nothing() -> None:
    assert not list(exam([[]]).answers(EYE[:1], EYE[:0]))
