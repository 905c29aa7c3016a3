"""Models by kind and name: one small protocol per kind, one file per backend.

Nothing heavy is imported before `load`. deployment.py has the table of backends, cards.py what is
known of each model, resolution.py how a name becomes a model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from realsyn_tasks.core import closed
from realsyn_tasks.core.config import ResolvedModel
from realsyn_tasks.core.errors import ConfigError, OutOfMemory, RealSynError, explained
from realsyn_tasks.models.cards import for_card
from realsyn_tasks.models.deployment import BACKENDS, Deployment, options_of
from realsyn_tasks.models.protocols import (
    Backend,
    Captioner,
    Encoder,
    LanguageModel,
    Options,
    PerplexityModel,
    Prompt,
    Reranker,
    Running,
    Tagger,
    TextDetector,
)

__all__ = [
    "BACKENDS",
    "Captioner",
    "Deployment",
    "Encoder",
    "LanguageModel",
    "PerplexityModel",
    "Prompt",
    "Reranker",
    "Tagger",
    "TextDetector",
    "load",
]


@dataclass(frozen=True)
class _Work:
    """A model to be made; equal where the same would come of it."""

    target: str
    identity: str
    said: str
    make: Callable[[], Any] = field(compare=False)


def load(
    kind: str,
    model: ResolvedModel,
    deployment: Deployment,
    others: Mapping[str, ResolvedModel] | None = None,
) -> Any:
    """Load a model as it was resolved; the same one is loaded once per process.

    `others` are the models that stand beside it (a tagger scores words with the run's encoder).
    Raises ConfigError if what is here now is something else.
    """
    if model.backend not in deployment.classes.get(kind, {}):
        raise ConfigError(
            f"{kind} {model.name}: this deployment has no backend {model.backend!r}; name its class"
            " in the profile's `backends` or in REALSYN_BACKENDS"
        )
    backend = deployment.backend(kind, model.backend)
    beside = {need: (others or {})[need] for need in getattr(backend, "needs", ())}
    options, running = _said(backend, model)
    known = [other.identity for other in beside.values()]
    with _loading(f"{kind} {model.name}", model.card):
        now = deployment.identity(kind, model.backend, options, known).text
    if now != model.identity:
        raise ConfigError(
            f"{kind} {model.name} is {now} here, but the run was opened with {model.identity}:"
            " put that back, or open the run again, so that its stages use what is here now"
        )

    def make() -> Any:
        needed = [load(need, other, deployment, others) for need, other in beside.items()]
        with _loading(f"{kind} {model.name} ({now})", model.card):
            return backend(options, running, deployment.cache, *needed)

    said = f"{deployment.cache} {options.model_dump_json()} {running.model_dump_json()}"
    return _loaded(_Work(deployment.classes[kind][model.backend], now, said, make))


def _said(backend: type[Backend], model: ResolvedModel) -> tuple[Options, Running]:
    options, running = options_of(backend)
    place = f"model {model.name} of the run"
    return (
        closed.validate(options, model.options, place),
        closed.validate(running, model.running, place),
    )


@contextmanager
def _loading(model: str, card: str) -> Iterator[None]:
    """Say which model it is that a library cannot load, whatever it raises for damaged files."""
    try:
        yield
    except Exception as error:
        known = explained(error)
        if isinstance(error, ConfigError):
            raise ConfigError(f"{model}: {for_card(str(error), card)}") from error
        if isinstance(error, RealSynError) or isinstance(known, OutOfMemory):
            raise
        if isinstance(error, ImportError):
            raise ConfigError(f"{model}: {known}") from error
        said = (str(error).strip() or "no reason given").splitlines()[0]
        raise ConfigError(
            f"{model} cannot be loaded: {type(error).__name__}: {said}. Get its files again, whole,"
            " or name another model; then open the run again"
        ) from error


@lru_cache(maxsize=8)
def _loaded(work: _Work) -> Any:
    return work.make()
