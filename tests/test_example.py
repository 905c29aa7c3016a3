"""docs/example.md says what the code does: its cards, profile and commands are real ones."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from realsyn_tasks import cli
from realsyn_tasks.core import closed
from realsyn_tasks.models.cards import Card, cards
from realsyn_tasks.models.deployment import options_of
from realsyn_tasks.models.resolution import Asked, resolve
from realsyn_tasks.runs.profile import Profile
from realsyn_tasks.runs.targets import target_of
from realsyn_tasks.stages import PIPELINE
from tests.models.support import own

PROJECT = Path(__file__).resolve().parents[1]
PAGE = (PROJECT / "docs" / "example.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^ *```(\w+)(?: (\w+))?\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
FILES = re.findall(r"include/models/([\w-]+)\.yaml", PAGE)
LOCAL = "realsyn_local build "


def blocks(kind: str) -> list[str]:
    """The fenced blocks of a kind: `sh`, or `yaml` with a word."""
    return [text for lang, word, text in BLOCK.findall(PAGE) if kind in (lang, word)]


CARDS = dict(zip(FILES, map(yaml.safe_load, blocks("card")), strict=True))
[PROFILE] = map(yaml.safe_load, blocks("profile"))
COMMANDS = [line.strip() for block in blocks("sh") for line in block.splitlines()]
DATA_PLANE = [line for line in COMMANDS if line.startswith("realsyn ")]


@pytest.mark.parametrize("name", CARDS)
def test_the_cards_are_right(name: str, tmp_path: Path) -> None:
    card = closed.validate(Card, CARDS[name], name)
    for kind in card.kinds:
        of_output, of_running = options_of(own(tmp_path).backend(kind, card.backend))
        runs = {word for word in card.options if word in of_running.model_fields}
        closed.validate(of_running, {word: card.options[word] for word in runs}, name)
        rest = {word: value for word, value in card.options.items() if word not in runs}
        closed.validate(of_output, rest, name)
    settings_are_right(card.stages)


def settings_are_right(stages: dict[str, dict[str, Any]]) -> None:
    for stage, settings in stages.items():
        PIPELINE.stage(stage).config_class()(**settings)


def test_the_profile_is_right_and_names_models_that_there_are(tmp_path: Path) -> None:
    profile = closed.validate(Profile, PROFILE, "the example")
    settings_are_right(profile.stages)
    assert set(profile.partitions) == PIPELINE.cuts
    own_cards = {name: closed.validate(Card, card, name) for name, card in CARDS.items()}
    for kind, spec in profile.models.items():
        known = {**cards(), **own_cards}
        assert spec.name in known and kind in known[spec.name].kinds
    assert profile.models["tagger"].options
    captioner = resolve("captioner", Asked(profile.models["captioner"]), own(tmp_path))
    assert captioner.identity == "none"


@pytest.mark.parametrize("line", DATA_PLANE)
def test_the_commands_parse(line: str) -> None:
    group: Any = typer.main.get_command(cli.app)
    _, name, *words = shlex.split(line)
    given = group.commands[name].make_context(name, words).params
    if scale := given.get("scale"):
        assert target_of(scale)


def test_the_builds_have_options_that_there_are() -> None:
    known = (PROJECT / "plugins" / "realsyn_local" / "__main__.py").read_text(encoding="utf-8")
    builds = [line for line in COMMANDS if LOCAL in line]
    assert len(builds) == 2
    for line in builds:
        for option in re.findall(r"--([\w-]+)", line):
            assert f'"{option}":' in known, option
    makes = {line.removeprefix("make ") for line in COMMANDS if line.startswith("make ")}
    targets = re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert makes <= set(targets)


def test_every_command_is_looked_at() -> None:
    rest = [line for line in COMMANDS if line not in DATA_PLANE and LOCAL not in line]
    assert all(line.startswith("make ") for line in rest), rest
