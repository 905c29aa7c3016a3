"""Who is at work on what: claims, exclusive and never lost."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.runs import claims
from realsyn_tasks.runs.form import build_names


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage.at(str(tmp_path))


def by(run: str, after: int = 0) -> str:
    return json.dumps({"dag": "realsyn_build", "run": run, "after": after})


def test_the_first_run_holds_and_the_second_learns_who_that_is(storage: Storage) -> None:
    assert claims.rival(storage, ["build.300"], by("a")) is None
    assert claims.rival(storage, ["build.300"], by("a")) is None, "on every try"
    held = claims.rival(storage, ["build.300"], by("b"))
    assert held is not None
    assert (held.what, held.number, held.owner.run) == ("build.300", 1, "a")


def test_other_builds_and_other_roots_are_no_rivals(storage: Storage, tmp_path: Path) -> None:
    assert claims.rival(storage, ["build.300"], by("a")) is None
    assert claims.rival(storage, ["build.400", "retrieve.300"], by("b")) is None
    assert claims.rival(Storage.at(str(tmp_path / "x")), ["build.300"], by("b")) is None


def test_a_run_that_is_over_is_followed_and_only_once(storage: Storage) -> None:
    claims.rival(storage, ["extract"], by("a"))
    assert claims.rival(storage, ["extract"], by("b", after=1)) is None
    held = claims.rival(storage, ["extract"], by("c", after=1))
    assert held is not None
    assert (held.number, held.owner.run) == (2, "b")


def test_of_many_at_once_exactly_one_holds(storage: Storage) -> None:
    with ThreadPoolExecutor(8) as pool:
        asked = [by(str(number)) for number in range(16)]
        answers = list(pool.map(lambda ask: claims.rival(storage, ["extract"], ask), asked))
    assert answers.count(None) == 1
    winner = {answer.owner.run for answer in answers if answer}
    assert winner == {str(answers.index(None))}


def test_a_shell_claims_nothing(storage: Storage) -> None:
    assert claims.rival(storage, ["extract"], "") is None
    assert not storage.listing(claims.FOLDER)
    with pytest.raises(ConfigError, match="--claim"):
        claims.rival(storage, ["extract"], '{"dag": "d"}')


def test_builds_are_named_before_they_are_opened() -> None:
    assert build_names(["300"], "") == ["300"]
    assert build_names(["300"], "mine") == ["mine"]
    assert build_names(["300", "10 M"], "mine") == ["mine-300", "mine-10-m"]
    with pytest.raises(ConfigError, match="name"):
        build_names(["300"], "../mine")
