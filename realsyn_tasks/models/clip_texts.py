"""The text towers of open_clip's models, over no more tokens than a batch has.

open_clip fills every text up to the context of the model, 77 tokens; a sentence has 25. Where each
token sees only those before it and the vector is read at the text's end, what comes after cannot
matter, and is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from realsyn_tasks.models.ahead import batched

WORDS_KEPT = 200_000  # of which open_clip's tokenizer remembers the pieces


@dataclass(frozen=True)
class Tokens:
    """A batch of texts: which they are, (n, length) tokens, and where each text ends."""

    rows: list[int]
    tokens: Any
    ends: Any


class TextTower:
    """Tokens and vectors of texts; `step` rounds lengths up, so that few shapes are compiled."""

    def __init__(self, model: Any, tokenizer: Any, step: int = 1) -> None:
        self._model, self._tokenizer, self._step = model, tokenizer, step
        self._tower = getattr(model, "text", model)
        self._pool = getattr(self._tower, "text_pool_type", getattr(self._tower, "pool_type", ""))
        self._cut = _reads_at_the_end(self._tower, self._pool)

    def batches(self, texts: Sequence[str], size: int) -> Iterator[Tokens]:
        """Give texts sorted by length, so that those of a batch are about equally long."""
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        for rows in batched(order, size):
            tokens = self._tokenizer([texts[row] for row in rows])
            ends = self._ends(tokens)
            length = -(-(int(ends.max()) + 1) // self._step) * self._step if self._cut else None
            yield Tokens(rows, tokens[:, :length].contiguous(), ends)
            forget_words(self._tokenizer)

    def _ends(self, tokens: Any) -> Any:
        if self._pool == "eos":
            end: int = getattr(self._tower, "text_eos_id", getattr(self._tower, "eos_id", 0))
            return (tokens == end).int().argmax(dim=-1)
        return tokens.argmax(dim=-1)

    def encode(self, tokens: Any, ends: Any) -> Any:
        """Give (n, d) vectors, as the model's own `encode_text` does of all its tokens."""
        if not self._cut:
            return self._model.encode_text(tokens)
        import torch

        tower, length = self._tower, tokens.shape[1]
        kind = tower.transformer.get_cast_dtype()
        states = tower.token_embedding(tokens).to(kind)
        states = states + tower.positional_embedding[:length].to(kind)
        states = tower.transformer(states, attn_mask=tower.attn_mask[:length, :length])
        pooled = tower.ln_final(states[torch.arange(len(states), device=states.device), ends])
        return _projected(pooled, tower.text_projection)


def _reads_at_the_end(tower: Any, pool: str) -> bool:
    from open_clip.model import CLIP
    from open_clip.transformer import TextTransformer

    if type(tower) not in (CLIP, TextTransformer) or pool not in ("argmax", "eos"):
        return False
    plain = getattr(tower, "cls_emb", None) is None and not getattr(tower, "use_pad_mask", False)
    return plain and tower.attn_mask is not None


def _projected(pooled: Any, projection: Any) -> Any:
    import torch

    if projection is None:
        return pooled
    return projection(pooled) if isinstance(projection, torch.nn.Module) else pooled @ projection


def forget_words(tokenizer: Any) -> None:
    """Keep open_clip's own tokenizer from remembering every word of a crawl."""
    cache = getattr(tokenizer, "cache", None)
    if isinstance(cache, dict) and len(cache) > WORDS_KEPT:
        special = [tokenizer.decoder[number] for number in tokenizer.all_special_ids]
        cache.clear()
        cache.update(zip(special, special, strict=True))
