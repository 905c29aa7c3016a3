"""What people write is checked: a wrong word is named with the nearest right one and its place."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from realsyn_tasks.core import closed
from realsyn_tasks.core.errors import ConfigError


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")

    colour: Literal["red", "green"] = "red"
    size: int = Field(default=1, ge=1)


class Whole(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    part: Part | None = None
    parts: dict[str, Part] = {}
    rows: tuple[Part, ...] = ()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"nmae": 1, "name": "x"}, "file: nmae: did you mean name?"),
        ({"zzz": 1, "name": "x"}, "file: zzz: choose one of: name, part, parts, rows"),
        ({}, "file: name is missing"),
        ({"name": "x", "part": {"colr": 1}}, "file: part.colr: did you mean colour?"),
        ({"name": "x", "parts": {"a": {"sise": 1}}}, "file: parts.a.sise: did you mean size?"),
        (
            {"name": "x", "parts": {"size": {"sise": 1}}},
            "file: parts.size.sise: did you mean size?",
        ),
        ({"name": "x", "rows": [{}, {"sise": 1}]}, "file: rows.1.sise: did you mean size?"),
        ({"name": "x", "part": {"colour": "gren"}}, "part.colour is 'gren': did you mean green?"),
        ({"name": "x", "part": {"size": 0}}, "part.size is 0: Input should be greater than"),
        ("text", "file is 'text': Input should be a valid dictionary"),
    ],
)
def test_a_wrong_word_is_named_with_its_place(data: Any, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        closed.validate(Whole, data, "file")
    assert said in str(caught.value)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ConfigError, match=r"file: in\.nmae: .*; file: in\.prat: "):
        closed.validate(Whole, {"nmae": 1, "prat": 2, "name": "x"}, "file", "in")


def test_what_is_right_is_taken() -> None:
    assert closed.validate(Whole, {"name": "x", "part": {"size": 2}}, "file").part == Part(size=2)
    assert closed.parsed(Part, "", "--options") == Part()


@pytest.mark.parametrize(("text", "said"), [("{", "is not JSON"), ("[]", "is not a JSON object")])
def test_what_is_no_json_object_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=f"--options {said}"):
        closed.parsed(Part, text, "--options")


def test_a_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_PART", '{"sise": 1}')
    with pytest.raises(ConfigError, match="the environment variable A_PART: sise: did you mean"):
        closed.from_environment(Part, "A_PART")
