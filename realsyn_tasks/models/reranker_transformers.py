"""Cross-encoders through Hugging Face transformers: any checkpoint with one score per pair."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models import checkpoints
from realsyn_tasks.models.checkpoints import (
    DType,
    hub_options,
    locate,
    transformers_offline,
    whole_model,
)
from realsyn_tasks.models.identities import changes
from realsyn_tasks.models.protocols import Identity, OnDevice


class TransformersReranker:
    """Cross-encoders such as those of sentence-transformers and BGE.

    Logits may differ in the last digits with what else is in the call.
    """

    class Options(checkpoints.Checkpoint):
        """Where the weights are, in which precision they work, and how much of a pair is read."""

        dtype: DType = "float32"
        max_tokens: int = Field(default=128, ge=8)  # the longer text is cut first

    class Running(OnDevice):
        """Where and in what portions."""

        batch_size: int = Field(default=64, ge=1)

    needs = ()

    def __init__(self, options: Options, running: Running, cache: Path) -> None:
        self._options, self._running = options, running
        self._tokenizer, self._model = _open(options, cache, running.device)
        if (labels := self._model.config.num_labels) != 1:
            raise ConfigError(
                f"{options.checkpoint} gives {labels} scores for a pair, and a reranker one: name"
                " a cross-encoder with a single label"
            )

    @staticmethod
    def identify(options: Options, cache: Path, beside: Sequence[str]) -> Identity:
        """Tell it by its checkpoint and its options."""
        checkpoint = checkpoints.identify(options, cache)
        said = options.dtype + changes(options, (*checkpoints.PLACE, "dtype"))
        return Identity(f"{checkpoint.text}-{said}", checkpoint.declared)

    def score(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Give a logit per pair; (n,) float32."""
        order = sorted(range(len(pairs)), key=lambda row: (sum(map(len, pairs[row])), pairs[row]))
        logits = np.zeros(len(pairs), dtype=np.float32)
        for start in range(0, len(order), self._running.batch_size):
            rows = order[start : start + self._running.batch_size]
            logits[rows] = self._logits([pairs[row] for row in rows])
        return logits

    def _logits(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        import torch

        batch = self._tokenizer(
            [words for words, _ in pairs],
            [text for _, text in pairs],
            padding=True,
            truncation="longest_first",
            max_length=self._options.max_tokens,
            return_tensors="pt",
        ).to(self._running.device)
        with torch.inference_mode():
            scores: NDArray[np.float32] = self._model(**batch).logits[:, 0].float().cpu().numpy()
        return scores


def _open(options: TransformersReranker.Options, cache: Path, device: str) -> tuple[Any, Any]:
    import torch

    hub, where = transformers_offline(), locate(options, cache)
    tokenizer = hub.AutoTokenizer.from_pretrained(where, **hub_options())
    # A page's "[SEP]" is text, not the border between the texts.
    tokenizer.backend_tokenizer.encode_special_tokens = True
    kind = getattr(torch, options.dtype)
    return tokenizer, whole_model(hub.AutoModelForSequenceClassification, where, device, dtype=kind)
