"""Models as data: include/models/NAME.yaml is a card.

Read by both planes, so nothing heavy is imported: forms offer the names, opening a run resolves
what stands behind them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, RootModel, StringConstraints

from realsyn_tasks.core import include
from realsyn_tasks.core.closed import validate
from realsyn_tasks.core.config import Frozen
from realsyn_tasks.models.kinds import Kind

FOLDER = "models"
ClassPath = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]
Classes = dict[Kind, dict[str, ClassPath]]


class Card(Frozen):
    """A model: what runs it, what it needs, and which settings were measured for it."""

    kinds: tuple[Kind, ...] = Field(min_length=1)
    backend: str
    options: dict[str, Any] = Field(default_factory=dict)
    stages: dict[str, dict[str, Any]] = Field(default_factory=dict)  # of rules that depend on it
    memory_gb: float = Field(gt=0)
    licence: str
    source: str  # where it comes from
    revision: str = ""  # of a hub's model: the commit
    digest: str = ""  # of a hub's model: SHA-256 of its weights file (or of their index)


class Outside(RootModel[Classes]):
    """Classes that are not of this project, by kind and name: "package.module:Name"."""

    root: Classes = Field(default_factory=dict)


def cards() -> dict[str, Card]:
    """Read all cards by name; ConfigError names what is wrong in which."""
    return {path.stem: read_card(path) for path in sorted(_folder().glob("*.yaml"))}


def read_card(path: Path) -> Card:
    """Read one card."""
    return validate(Card, include.load(path), include.place(path))


def card_place(name: str) -> str:
    """Name the file of a card, for messages."""
    return include.place(_folder() / f"{name}.yaml")


def names_of(kind: str, known: Mapping[str, Card]) -> list[str]:
    """Name the cards of a kind."""
    return [name for name, card in known.items() if kind in card.kinds]


def _folder() -> Path:
    return include.include_folder() / FOLDER
