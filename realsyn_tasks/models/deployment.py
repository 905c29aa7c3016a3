"""What models a deployment has: cards, and the classes that load them, by kind and name.

A class that is not of this project is named here alone, in a profile's `backends` or in
REALSYN_BACKENDS, as JSON: {"encoder": {"ours": "package.module:Name"}}. It is never named in a
form, a setting or a request, because importing it runs its code.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from realsyn_tasks.core import closed
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.include import cache_folder
from realsyn_tasks.models.cards import Card, Outside, card_place, cards, names_of
from realsyn_tasks.models.digests import SHORT, cached_sha256
from realsyn_tasks.models.identities import changes
from realsyn_tasks.models.protocols import Backend, Identity, Options, Running

PACKAGE = "realsyn_tasks.models"
VARIABLE = "REALSYN_BACKENDS"
_SCORING = {
    "transformers": "language_transformers:TransformersLanguageModel",
    "vllm": "language_vllm:VllmLanguageModel",
}
# kind -> name -> module:class. A new backend is one file here and one line in this table.
BACKENDS: dict[str, dict[str, str]] = {
    "encoder": {
        "conse": "encoder_conse:ConseEncoder",
        "open_clip": "encoder_open_clip:OpenClipEncoder",
    },
    "tagger": {
        "vocabulary": "tagger_vocabulary:VocabularyTagger",
        "ram_plus": "tagger_ram_plus:RamPlusTagger",
    },
    "captioner": {
        "none": "captioner_none:NoCaptioner",
        "transformers": "captioner_transformers:TransformersCaptioner",
        "vllm": "captioner_vllm:VllmCaptioner",
    },
    "language_model": {
        **_SCORING,
        "llama_cpp": "language_llama_cpp:LlamaCppLanguageModel",
        "openai": "language_openai:OpenaiLanguageModel",
    },
    "perplexity_model": _SCORING,
    "reranker": {
        "cross_encoder_onnx": "reranker_onnx:OnnxReranker",
        "cross_encoder": "reranker_transformers:TransformersReranker",
    },
    "text_detector": {"paddle": "text_detector_paddle:PaddleTextDetector"},
    "image_scorer": {
        "transformers": "scorer_transformers:TransformersScorer",
        "nsfw_onnx": "scorer_nsfw:OpenNsfwScorer",
    },
    "vector_scorer": {"linear_head": "scorer_head:LinearHeadScorer"},
    # By both names, so that one card may be language model, captioner and judge.
    "judge": {"vllm": "judge_vllm:VllmJudge", "vllm_judge": "judge_vllm:VllmJudge"},
}
OWN = {
    kind: {name: f"{PACKAGE}.{target}" for name, target in names.items()}
    for kind, names in BACKENDS.items()
}


@dataclass(frozen=True)
class Deployment:
    """Cards and classes; the deployment's own classes come before the project's of that name."""

    cache: Path
    cards: Mapping[str, Card]
    classes: Mapping[str, Mapping[str, str]]  # kind -> name -> package.module:Name
    elsewhere: Mapping[str, str] = field(default_factory=dict)  # places of cards not in include/
    withdrawn: Mapping[str, str] = field(default_factory=dict)  # cards among these, and why

    @staticmethod
    def here(backends: Mapping[Any, Mapping[str, str]] | None = None) -> Deployment:
        """Give this machine's, with a profile's classes; ConfigError names what is wrong where."""
        outside = closed.from_environment(Outside, VARIABLE).root
        layers: list[Mapping[Any, Mapping[str, str]]] = [OWN, backends or {}, outside]
        classes = {
            kind: {name: target for layer in layers for name, target in layer.get(kind, {}).items()}
            for kind in OWN
        }
        return Deployment(cache_folder(), cards(), classes)

    def with_cards(
        self,
        more: Mapping[str, Card],
        folder: str = "ROOT/models",
        withdrawn: Mapping[str, str] | None = None,
    ) -> Deployment:
        """Add cards that lie elsewhere, such as in a root; those of that name here come first.

        `folder` is where they lie, for messages: {folder}/{name}/card.yaml.
        """
        new = {name: card for name, card in more.items() if name not in self.cards}
        places = {name: f"{folder}/{name}/card.yaml" for name in new}
        return replace(
            self,
            cards={**self.cards, **new},
            elsewhere={**self.elsewhere, **places},
            withdrawn={name: why for name, why in (withdrawn or {}).items() if name in new},
        )

    def require_offered(self, name: str) -> None:
        """Raise ConfigError for a card that is withdrawn."""
        if why := self.withdrawn.get(name):
            raise ConfigError(
                f"card {name} is withdrawn ({why}): it has learnt of what was taken down; tune it"
                " again on a version that was published since, or name another one"
            )

    def place_of(self, name: str) -> str:
        """Name the file of a card, for messages."""
        return self.elsewhere.get(name) or card_place(name)

    def offered(self, kind: str) -> list[str]:
        """Name what may be asked for: the cards of a kind, then backends without one."""
        cards_of_kind = names_of(kind, self.cards)
        return [*cards_of_kind, *(name for name in self.classes[kind] if name not in cards_of_kind)]

    def backend(self, kind: str, name: str) -> type[Backend]:
        """Import a backend; ConfigError if the class is not there."""
        target = self.classes[kind][name]
        module, _, attribute = target.partition(":")
        try:
            return cast(type[Backend], getattr(importlib.import_module(module), attribute))
        except (ImportError, AttributeError) as error:
            raise ConfigError(
                f"{kind} {name}: class {target} cannot be imported: {error}"
            ) from error

    def identity(self, kind: str, name: str, options: Options, beside: Sequence[str]) -> Identity:
        """Say what a backend would load with these options."""
        backend = self.backend(kind, name)
        known: Identity = (
            backend.identify(options, self.cache, beside)
            if hasattr(backend, "identify")
            else Identity(f"{_own_word(backend, kind, name)}{changes(options)}")
        )
        target = self.classes[kind][name]
        if target == OWN[kind].get(name):
            return known
        return Identity(f"{known.text}-{self._module_digest(target)}", known.declared)

    def _module_digest(self, target: str) -> str:
        spec = importlib.util.find_spec(target.partition(":")[0])
        origin = spec.origin if spec else None
        return cached_sha256(Path(origin), self.cache)[:SHORT] if origin else "unknown"


def options_of(backend: type[Backend]) -> tuple[type[Options], type[Running]]:
    """Give what may be said to a backend: what its output depends on, and how it runs."""
    return getattr(backend, "Options", Options), getattr(backend, "Running", Running)


def _own_word(backend: type[Backend], kind: str, name: str) -> str:
    identity = getattr(backend, "identity", None)
    if not isinstance(identity, str):
        raise ConfigError(
            f"{kind} {name}: {backend.__module__}:{backend.__name__} says neither by `identify` nor"
            " by `identity` what it is; see realsyn_tasks/models/protocols.py"
        )
    return identity
