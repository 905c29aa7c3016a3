"""What stands behind a model's name: backend, options, identity by content, and its card.

Done once, when a run is opened; whoever loads a model later finds it the same or stops.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from realsyn_tasks.core import closed
from realsyn_tasks.core.config import ModelSpec, ResolvedModel
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.problems import Problems
from realsyn_tasks.models.cards import Card, for_card, names_of
from realsyn_tasks.models.deployment import Deployment, options_of
from realsyn_tasks.models.kinds import KINDS
from realsyn_tasks.models.protocols import Options, Running

DECLARATION = ("revision", "digest")
PLACES = frozenset(
    {"checkpoint", "model", "pretrained", "gguf", "weights"}
)  # options that say which weights


class MissingModels(ConfigError):
    """A model needs others of the run, which it does not have."""

    def __init__(self, model: str, kinds: Collection[str]) -> None:
        super().__init__(f"{model} needs models of kind {', '.join(kinds)}: name them")
        self.kinds = frozenset(kinds)


@dataclass(frozen=True)
class Asked:
    """A model as somebody asked for it, and where: the file or option, and the path in it."""

    spec: ModelSpec
    place: str = "the model"
    within: str = ""


def resolve_all(asked: Mapping[str, Asked], deployment: Deployment) -> dict[str, ResolvedModel]:
    """Resolve the models of a run, one of each kind.

    Raises ConfigError for all words that are wrong, and for all models that cannot be told.
    """
    problems = Problems()
    resolved: dict[str, ResolvedModel] = {}
    order = [kind for kind in KINDS if kind in asked]  # encoders before those that need one
    for kind in order:
        with problems.noted(), not_told_twice(set(asked) - set(resolved)):
            resolved[kind] = resolve(kind, asked[kind], deployment, resolved)
    problems.raise_if_any()
    return {kind: resolved[kind] for kind in asked}


@contextmanager
def not_told_twice(unresolved: Collection[str]) -> Iterator[None]:
    """Let a model be that lacks only one which is wrong itself, and told to be."""
    try:
        yield
    except MissingModels as error:
        if not error.kinds <= set(unresolved):
            raise


def resolve(
    kind: str,
    asked: Asked,
    deployment: Deployment,
    others: Mapping[str, ResolvedModel] | None = None,
) -> ResolvedModel:
    """Resolve one model; `others` are those of the run that it may need, resolved already."""
    closed.require(kind, KINDS, asked.place, asked.within, what="model kind")
    name, backend, said = _named(kind, asked, deployment)
    options, running = _validated(kind, backend, said, deployment, asked)
    beside = _beside(kind, backend, deployment, others or {})
    try:
        identity = deployment.identity(kind, backend, options, beside)
    except ConfigError as error:
        reasons = for_card(str(error), name if name in deployment.cards else "")
        raise ConfigError(f"{_where(asked)}: {kind} {name}: {reasons}") from error
    return ResolvedModel(
        kind=kind,
        name=name,
        backend=backend,
        options=options.model_dump(mode="json"),
        running=running.model_dump(mode="json"),
        identity=identity.text,
        resolved="declared" if identity.declared else "content",
        card=next(_cards_of(kind, backend, options, deployment), ""),
    )


def _named(kind: str, asked: Asked, deployment: Deployment) -> tuple[str, str, dict[str, Any]]:
    """Give name, backend and options: a card's and those asked for, or those of a backend."""
    name, own = asked.spec.name, asked.spec.options
    backends = deployment.classes[kind]
    if ":" in name and name not in backends:
        raise ConfigError(
            f"{_where(asked)} is {name!r}: a class from outside is named in the deployment (a"
            " profile's `backends`, or REALSYN_BACKENDS), and here only its name there"
        )
    closed.require(name, deployment.offered(kind), asked.place, asked.within, what=kind)
    if name not in names_of(kind, deployment.cards):
        return name, name, dict(own)
    deployment.require_offered(name)
    card = deployment.cards[name]
    closed.require(
        card.backend, backends, deployment.place_of(name), "backend", what=f"{kind} backend"
    )
    _validated(kind, card.backend, _laid_over(card, {}), deployment, _as_card(name, deployment))
    return name, card.backend, _laid_over(card, own)


def _as_card(name: str, deployment: Deployment) -> Asked:
    return Asked(ModelSpec(name=name), deployment.place_of(name))


def _laid_over(card: Card, own: Mapping[str, Any]) -> dict[str, Any]:
    """Lay options over a card's; what it declares of its weights does not hold for others."""
    declared = {name: value for name in DECLARATION if (value := getattr(card, name))}
    return {**card.options, **({} if PLACES & set(own) else declared), **own}


def _validated(
    kind: str, backend: str, said: Mapping[str, Any], deployment: Deployment, asked: Asked
) -> tuple[Options, Running]:
    of_output, of_running = options_of(deployment.backend(kind, backend))
    within = ".".join(part for part in (asked.within, "options") if part)
    known = [*of_output.model_fields, *of_running.model_fields]
    for word in said:
        closed.require(word, known, asked.place, within)
    running = {word: value for word, value in said.items() if word in of_running.model_fields}
    rest = {word: value for word, value in said.items() if word not in running}
    return (
        closed.validate(of_output, rest, asked.place, within),
        closed.validate(of_running, running, asked.place, within),
    )


def _beside(
    kind: str, backend: str, deployment: Deployment, others: Mapping[str, ResolvedModel]
) -> list[str]:
    needs = getattr(deployment.backend(kind, backend), "needs", ())
    if missing := [need for need in needs if need not in others]:
        raise MissingModels(f"{kind} {backend}", missing)
    return [others[need].identity for need in needs]


def _cards_of(kind: str, backend: str, options: Options, deployment: Deployment) -> Iterator[str]:
    """Name the cards that describe just this model, whatever name it was asked for by."""
    content = options.model_dump(exclude=set(DECLARATION))
    for name in names_of(kind, deployment.cards):
        card = deployment.cards[name]
        if card.backend == backend and _content(kind, name, deployment) == content:
            yield name


def _content(kind: str, name: str, deployment: Deployment) -> dict[str, Any] | None:
    """Give what the output of a card's model depends on; None if the card does not fit its class.

    Whoever asks for such a card is told so.
    """
    card = deployment.cards[name]
    try:
        options, _ = _validated(
            kind, card.backend, card.options, deployment, _as_card(name, deployment)
        )
    except ConfigError:
        return None
    return options.model_dump(exclude=set(DECLARATION))


def _where(asked: Asked) -> str:
    return f"{asked.place}: {asked.within}" if asked.within else asked.place
