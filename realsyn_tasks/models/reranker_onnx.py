"""The embedded cross-encoder, ms-marco-MiniLM-L-12-v2 in int8, on ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from realsyn_tasks.models import protocols
from realsyn_tasks.models.identities import changes
from realsyn_tasks.models.onnx_session import open_session
from realsyn_tasks.models.prepared import find
from realsyn_tasks.models.protocols import Identity
from realsyn_tasks.models.recipes import MS_MARCO


class OnnxReranker:
    """Scores pairs one by one, since int8's scales come from the whole batch.

    In a batch of four a pair's logit moved by up to 0.26 with its neighbours. One by one it depends
    on the pair alone, bit for bit, and costs less: nothing is padded.
    """

    class Options(protocols.Options):
        """How much of a pair is read."""

        max_tokens: int = Field(default=128, ge=8, le=512)  # the longer text is cut first

    Running = protocols.Running
    needs = ()
    alone = True

    def __init__(self, options: Options, running: protocols.Running, cache: Path) -> None:
        from tokenizers import Tokenizer

        folder, _ = find(cache, MS_MARCO)
        self._session = open_session(folder / "model.onnx")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(options.max_tokens)
        # "[SEP]" in a page is three words, not the border between the texts.
        self._tokenizer.encode_special_tokens = True

    @staticmethod
    def identify(options: Options, cache: Path, beside: Sequence[str]) -> Identity:
        """Tell it by what it was prepared from, and by how much is read."""
        return Identity(find(cache, MS_MARCO)[1] + changes(options))

    def score(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Give a logit per pair; (n,) float32."""
        encoded = self._tokenizer.encode_batch(list(pairs))
        return np.array([self._logit(pair) for pair in encoded], dtype=np.float32)

    def _logit(self, pair: Any) -> float:
        names = ("input_ids", "attention_mask", "token_type_ids")
        columns = (pair.ids, pair.attention_mask, pair.type_ids)
        feed = {
            name: np.array([column], dtype=np.int64)
            for name, column in zip(names, columns, strict=True)
        }
        return float(self._session.run(["logits"], feed)[0][0, 0])
