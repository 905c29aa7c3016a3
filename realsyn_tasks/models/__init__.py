"""Models by kind and name: one small protocol per kind, one file per backend.

Nothing heavy is imported before `load`; a new model is one file here and one line in BACKENDS.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from realsyn_tasks.core.config import ModelSpec
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models.protocols import Captioner, Encoder, LanguageModel, Prompt, Tagger

__all__ = [
    "BACKENDS",
    "Captioner",
    "Encoder",
    "LanguageModel",
    "ModelSpec",
    "Prompt",
    "Tagger",
    "load",
]

# kind -> name -> module:class. A class has `Options` (pydantic) and is made of (options, cache),
# followed by the models of other kinds that it names in `needs`.
BACKENDS: dict[str, dict[str, str]] = {
    "encoder": {
        "conse": "encoder_conse:ConseEncoder",
        "open_clip": "encoder_open_clip:OpenClipEncoder",
    },
    "tagger": {"vocabulary": "tagger_vocabulary:VocabularyTagger"},
    "captioner": {
        "none": "captioner_none:NoCaptioner",
        "transformers": "captioner_transformers:TransformersCaptioner",
    },
    "language_model": {
        "transformers": "language_transformers:TransformersLanguageModel",
        "llama_cpp": "language_llama_cpp:LlamaCppLanguageModel",
        "vllm": "language_vllm:VllmLanguageModel",
    },
    "image_scorer": {"transformers": "scorer_transformers:TransformersScorer"},
}
BACKENDS["perplexity_model"] = BACKENDS["language_model"]

DEFAULTS = {"encoder": ModelSpec(name="conse")}


def load(
    kind: str, spec: ModelSpec, cache: Path, others: Mapping[str, ModelSpec] | None = None
) -> Any:
    """Load a model; the same one is loaded once per process.

    `others` says which models stand beside it (a tagger scores words with the build's encoder).
    Raises ConfigError for a kind, name or option that does not exist, with those that do, and
    when the embedded model has not been prepared.
    """
    target = _target(kind, spec.name)
    needed = {need: (others or {}).get(need, DEFAULTS[need]) for need in _needs(target)}
    texts = tuple((need, other.model_dump_json()) for need, other in needed.items())
    return _load(target, spec.model_dump_json(), str(cache), texts)


@lru_cache(maxsize=8)
def _load(target: str, spec: str, cache: str, needed: tuple[tuple[str, str], ...]) -> Any:
    found = ModelSpec.model_validate_json(spec)
    backend = _backend(target)
    try:
        options = backend.Options(**found.options)
    except ValidationError as error:
        raise ConfigError(f"options of model {found.name!r}: {error}") from error
    beside = [load(kind, ModelSpec.model_validate_json(text), Path(cache)) for kind, text in needed]
    return backend(options, Path(cache), *beside)


def _target(kind: str, name: str) -> str:
    if kind not in BACKENDS:
        raise ConfigError(f"no model is of kind {kind!r}; kinds are: {', '.join(BACKENDS)}")
    if name not in BACKENDS[kind]:
        known = ", ".join(BACKENDS[kind])
        raise ConfigError(f"there is no {kind} {name!r}; choose one of: {known}")
    return BACKENDS[kind][name]


def _needs(target: str) -> tuple[str, ...]:
    needs: tuple[str, ...] = getattr(_backend(target), "needs", ())
    return needs


def _backend(target: str) -> Any:
    module, name = target.split(":")
    return getattr(importlib.import_module(f"{__name__}.{module}"), name)
