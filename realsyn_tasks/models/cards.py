"""Models as data: include/models/NAME.yaml is a card.

Read by both planes, so nothing heavy is imported: forms offer the names, opening a run resolves
what stands behind them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, RootModel, StringConstraints

from realsyn_tasks.core import closed, include
from realsyn_tasks.core.closed import validate
from realsyn_tasks.core.config import Frozen, ModelSpec
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models.kinds import Kind

FOLDER = "models"
SETS = "model_sets"
Place = Literal["laptop", "gpu", "cluster"]
ClassPath = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]
Classes = dict[Kind, dict[str, ClassPath]]


class Card(Frozen):
    """A model: what runs it, what it needs, and which settings were measured for it."""

    kinds: tuple[Kind, ...] = Field(min_length=1)
    backend: str
    options: dict[str, Any] = Field(default_factory=dict)
    stages: dict[str, dict[str, Any]] = Field(default_factory=dict)  # of rules that depend on it
    calibrate: dict[str, Literal["warn", "refuse"]] = Field(default_factory=dict)
    about: str = ""  # whom to choose it for, in a line
    suits: tuple[Place, ...] = ()
    memory_gb: float = Field(gt=0)  # of the GPU where it runs on one
    disk_gb: float = Field(default=0.0, ge=0)  # of the files that are fetched
    licence: str
    commercial: Literal["yes", "no", "terms"] = "terms"  # may it be used so? terms: read them
    source: str  # where it comes from
    prepared: str = ""  # what `make models` makes for it
    hub: str = ""  # its repository on the hub, where a checkpoint's name does not say it
    files: dict[str, str] = Field(default_factory=dict)  # to fetch, by pattern: SHA-256, "" unknown
    packages: tuple[str, ...] = ()  # modules that it needs and the embedded models do not
    revision: str = ""  # of a hub's model: the commit
    digest: str = ""  # of a hub's model: SHA-256 of its weights file (or of their index)

    @property
    def repository(self) -> str:
        """Name the hub's repository that it is fetched from; empty for a model that needs none."""
        named = str(self.options.get("checkpoint", ""))
        return self.hub or (named if named.count("/") == 1 and not named.startswith(".") else "")

    @property
    def device(self) -> str:
        """Say what it runs on: a CPU, or a GPU by torch's name."""
        return str(self.options.get("device", "cuda" if self.backend.startswith("vllm") else "cpu"))


class ModelSet(Frozen):
    """Models that belong together, by one name: include/model_sets/NAME.yaml."""

    about: str  # for people, in the form
    models: dict[Kind, ModelSpec]


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


def model_set(name: str) -> ModelSet:
    """Read a set of models; the empty name's has none. ConfigError names the nearest name."""
    if not name:
        return ModelSet(about="", models={})
    closed.require(name, model_set_names(), "include/model_sets", what="set of models")
    return validate(ModelSet, include.load(_set_path(name)), model_set_place(name))


def cards_named(names: Iterable[str]) -> dict[str, Card]:
    """Give cards by name, and those of sets; ConfigError names the nearest of a wrong name."""
    known, sets, chosen = cards(), model_set_names(), dict[str, Card]()
    for name in names:
        closed.require(name, [*known, *sets], "CARD", what="card or set of cards")
        own = [name] if name in known else [spec.name for spec in model_set(name).models.values()]
        for each in own:
            closed.require(each, known, model_set_place(name), what="card")
            chosen[each] = known[each]
    return chosen


def require_fetchable(known: Mapping[str, Card], named: Collection[str]) -> None:
    """Raise ConfigError for a card named by itself that is on no hub."""
    for name, card in known.items():
        if name in named and not card.repository:
            how = "made by `make models`" if card.prepared else f"not on a hub: {card.source}"
            raise ConfigError(f"{name} is not fetched, it is {how}")


def model_set_names() -> list[str]:
    """Name the sets of models there are."""
    return sorted(path.stem for path in (include.include_folder() / SETS).glob("*.yaml"))


def model_set_place(name: str) -> str:
    """Name the file of a set, for messages."""
    return include.place(_set_path(name))


def _set_path(name: str) -> Path:
    return include.include_folder() / SETS / f"{name}.yaml"


def for_card(text: str, name: str) -> str:
    """Put a card's name, if there is one, into the commands of a message written without it."""
    return text.replace(" CARD`", f" {name}`") if name else text


def names_of(kind: str, known: Mapping[str, Card]) -> list[str]:
    """Name the cards of a kind."""
    return [name for name, card in known.items() if kind in card.kinds]


def _folder() -> Path:
    return include.include_folder() / FOLDER
