"""Counts tokens as CLIP does, without loading open_clip (which imports torch).

The vocabulary is the file that open_clip ships; the rules are those of its SimpleTokenizer.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from functools import lru_cache
from html import unescape
from importlib.util import find_spec
from pathlib import Path
from typing import Any

VOCABULARY = "bpe_simple_vocab_16e6.txt.gz"
MERGES = 49152 - 256 - 2  # of the file's lines, after its first
PATTERN = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def count_tokens(texts: Sequence[str]) -> list[int]:
    """Count the CLIP tokens of each text, without the start and end marks."""
    from ftfy import fix_text

    clean = [unescape(unescape(fix_text(text))) for text in texts]
    encodings = _tokenizer().encode_batch(clean, add_special_tokens=False)
    return [len(encoding.ids) for encoding in encodings]


@lru_cache(maxsize=1)
def _tokenizer() -> Any:
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    merges = _merges()
    symbols = _byte_symbols()
    names = [*symbols, *(f"{s}</w>" for s in symbols), *("".join(pair) for pair in merges)]
    vocabulary = {name: number for number, name in enumerate(dict.fromkeys(names))}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    return tokenizer


def _merges() -> list[tuple[str, str]]:
    [folder] = getattr(find_spec("open_clip"), "submodule_search_locations", None) or [""]
    lines = gzip.decompress((Path(folder) / VOCABULARY).read_bytes()).decode().split("\n")
    pairs = [line.split() for line in lines[1 : MERGES + 1]]
    return [(first, second) for first, second in pairs]


def _byte_symbols() -> list[str]:
    """Give the printable stand-ins for all bytes, as GPT-2 introduced them."""
    from tokenizers.pre_tokenizers import ByteLevel

    return sorted(ByteLevel.alphabet())
