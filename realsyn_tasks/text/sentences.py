"""Paragraphs to sentences with NLTK's Punkt (paper §3.1)."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol, cast


class _Tokenizer(Protocol):
    def tokenize(self, text: str) -> list[str]: ...


@lru_cache(maxsize=4)
def _tokenizer(language: str) -> _Tokenizer:
    import punkt

    return cast(_Tokenizer, punkt.PunktSentenceTokenizer(punkt.load_model(language)))


def split_sentences(text: str, language: str = "english") -> list[str]:
    """The sentences of one paragraph in order, whitespace collapsed, none empty.

    The parameters are the ones NLTK publishes, read from an installed package: nothing is
    downloaded.
    """
    collapsed = " ".join(text.split())
    return [sentence for sentence in _tokenizer(language).tokenize(collapsed) if sentence]
