"""What a captioner may say of a picture, to go into prompts and into the dataset.

It sees whatever stands in a picture, and reads it out: orders to a machine, addresses, telephone
numbers. So its words are filtered as those of pages are. One that is refused keeps the code of its
reason; its text is kept beside it, unless that may not be passed on.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from realsyn_tasks.core.reasons import Verdict
from realsyn_tasks.core.stage import StageConfig
from realsyn_tasks.synthesize import reasons
from realsyn_tasks.text.instructions import instruction_in
from realsyn_tasks.text.language import Language, guess
from realsyn_tasks.text.markup import has_emoji, has_url
from realsyn_tasks.text.pii import KINDS, PiiKind, kind_of_pii

PRIVATE = (reasons.PII, reasons.ADDRESSES_MACHINE, reasons.TOO_LONG)  # nothing of these is kept


class RecaptionLimits(StageConfig):
    """What is not accepted."""

    max_words: int = Field(default=81, ge=1)
    language: Language = "en"  # empty: any
    pii_kinds: tuple[PiiKind, ...] = KINDS


def judged(caption: str, limits: RecaptionLimits) -> tuple[str, Verdict | None]:
    """Give a caption as it may be kept, and why it is not used; None: it is."""
    verdict = next(_objections(caption, limits), None)
    return ("" if verdict and verdict.reason in PRIVATE else caption), verdict


def _objections(caption: str, limits: RecaptionLimits) -> Iterator[Verdict]:
    if not caption:
        yield Verdict(reasons.NO_TEXT)
    if (words := len(caption.split())) > limits.max_words:
        yield Verdict(reasons.TOO_LONG, f"{words} words")
    if order := instruction_in(caption):
        yield Verdict(reasons.ADDRESSES_MACHINE, order[:80])
    if kind := kind_of_pii(caption, limits.pii_kinds):
        yield Verdict(reasons.PII, kind)
    if has_url(caption) or has_emoji(caption):
        yield Verdict(reasons.MARKUP)
    told = guess(caption)
    if limits.language and told.sure and told.language != limits.language:
        yield Verdict(reasons.LANGUAGE, told.language)
