"""all-MiniLM-L6-v2, a sentence encoder, on ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from realsyn_tasks.models.onnx_session import open_session

DIM = 384
MAX_TOKENS = 128
BATCH = 32


class SentenceEncoder:
    """Gives sentence vectors; each row depends on its own sentence alone, bit for bit.

    The weights are float32 on purpose. Dynamic int8 is twice as fast (650 against 280 glosses per
    CPU-second), but its scales come from the whole batch, so that a sentence's vector would move
    by up to 0.03 with its neighbours; one sentence at a time, int8 gains only a quarter.
    """

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        self._session = open_session(folder / "sentences.onnx")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)
        # "[SEP]" in a page is three words, not the end of the sentence.
        self._tokenizer.encode_special_tokens = True

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give (n, 384) float32 unit rows: the mean over a sentence's tokens."""
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(tokens)), key=lambda row: len(tokens[row]))
        found = np.zeros((len(texts), DIM), dtype=np.float32)
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            found[rows] = self._pooled([tokens[row] for row in rows])
        return found

    def _pooled(self, tokens: list[list[int]]) -> NDArray[np.float32]:
        ids = np.zeros((len(tokens), max(map(len, tokens))), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, sentence in enumerate(tokens):
            ids[row, : len(sentence)] = sentence
            mask[row, : len(sentence)] = 1
        (states,) = self._session.run(["states"], {"ids": ids, "mask": mask})
        means = (states * mask[..., None].astype(np.float32)).sum(axis=1)
        return unit_rows(means)


def unit_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale rows to length one; rows of zeros stay."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = (rows / np.where(norms > 0, norms, 1)).astype(np.float32)
    return scaled
