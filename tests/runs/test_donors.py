"""Which builds a new one may adopt from, and several that are opened at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.config import RunConfig
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.donors import MOST
from realsyn_tasks.runs.opening import open_builds
from realsyn_tasks.stages import PIPELINE
from tests.retrieve.grown import STAGES, matched, opened, promote_generation
from tests.retrieve.worlds import Corpus


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with two generations and no build."""
    for number in (1, 2):
        corpus = Corpus(number, images=12, sentences=60, shards=1)
        promote_generation(tmp_path, number, corpus)
    return tmp_path


def config(root: Path, name: str, pinned: list[int], **options: Any) -> RunConfig:
    return opened(root, name, pinned, **options).config


def test_those_with_most_in_common_come_first_and_there_are_few(root: Path) -> None:
    config(root, "beginning", [1])
    config(root, "other-lists", [1, 2], fit_lists={"iterations": 1})
    config(root, "equal", [1, 2])
    config(root, "elsewhere", [2])
    donors = config(root, "new", [1, 2]).donors
    assert donors == ("equal", "other-lists", "beginning")
    for number in range(MOST):
        config(root, f"more-{number}", [1, 2])
    assert len(config(root, "new", [1, 2]).donors) == MOST


def test_a_build_that_follows_none_adopts_from_none(root: Path) -> None:
    config(root, "first", [])
    assert config(root, "new", [], follow="none").donors == ()


def test_whom_a_build_adopts_from_is_in_no_digest(root: Path) -> None:
    before = config(root, "new", [])
    config(root, "other", [])
    after = config(root, "new", [])
    assert (before.donors, after.donors) == ((), ("other",))
    assert before.digest() == after.digest()


def test_a_build_whose_configuration_is_damaged_gives_nothing(root: Path) -> None:
    config(root, "first", [])
    new = opened(root, "new", [])
    (root / "builds/first/config.json").write_bytes(b"")
    assert Workspace.open(new.uri, PIPELINE).donors == ()
    assert config(root, "new", []).donors == ()


def test_several_scales_share_all_but_the_sample(root: Path) -> None:
    builds = open_builds(str(root), ["10", "20", "24"], "big", [], Choices(stages=STAGES))
    assert [build.config.name for build in builds] == ["big-10", "big-20", "big-24"]
    assert [build.config.target for build in builds] == [10, 20, 24]
    assert [build.config.donors[:1] for build in builds[1:]] == [("big-10",)] * 2
    [alone] = open_builds(str(root), ["5"], "one", [], Choices(stages=STAGES))
    assert alone.config.name == "one"
    with pytest.raises(ConfigError, match="10, 10: name each once"):
        open_builds(str(root), ["10", "10"], "", [], Choices(stages=STAGES))


def test_scales_opened_at_once_adopt_from_the_first_even_if_it_follows_none(root: Path) -> None:
    choices = Choices(stages=STAGES, follow="none")
    _, second = open_builds(str(root), ["10", "20"], "", [], choices)
    assert second.config.donors == ("10",)


def test_a_build_keeps_the_lists_of_one_over_the_same_corpus(root: Path) -> None:
    """Whatever it could follow by now, or all that was matched would be matched anew."""
    same = matched(opened(root, "same", [1, 2]))
    matched(opened(root, "beginning", [1]))
    new = config(root, "new", [1, 2])
    assert (new.earlier, new.stages["fit_lists"]["frozen"]) == ("", "")
    assert new.donors == ("same", "beginning")
    assert same.config.stages == new.stages
