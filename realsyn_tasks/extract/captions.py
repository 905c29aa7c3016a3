"""What a picture's caption or alternative text must be: texts of their own kind.

They name what is pictured, and need neither a verb nor a full stop: "A soccer ball." is a good one.
What goes is what names nothing: file names, numbering, invitations to click, credits. Rules go from
cheap to dear; the first that a text fails is its verdict.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from pydantic import Field

from realsyn_tasks.core.reasons import Verdict
from realsyn_tasks.core.stage import StageConfig
from realsyn_tasks.extract import reasons
from realsyn_tasks.extract.evaluation import caption_key
from realsyn_tasks.extract.operator_files import OperatorFile, pinned_files
from realsyn_tasks.text.instructions import instruction_in
from realsyn_tasks.text.language import Language, guess
from realsyn_tasks.text.markup import has_emoji, has_url
from realsyn_tasks.text.pii import KINDS, PiiKind, mask_pii
from realsyn_tasks.text.whitespace import word_set

REMEMBERED = 65_536  # texts, of which a shard's pages say most beside several pictures
_GENERIC = word_set(
    "image images picture pictures photo photos photograph photographs pic pics figure figures fig"
    " illustration illustrations drawing screenshot screenshots thumbnail thumbnails thumb icon"
    " icons logo logos banner banners placeholder graphic graphics media gallery slide slideshow"
    " avatar header background untitled unnamed default none null undefined alt caption title"
    " loading enlarge zoom click tap view full size large larger original next previous prev back"
    " close open menu share more advertisement advert note tip warning example examples result"
    " results preview cover featured main img jpg jpeg png gif svg webp"
)
_FUNCTION = word_set(
    "a an the this that these those of for in on at by to from with and or is are was be it its my"
    " our your here there no not as"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LABELS = (
    r"(?:figure|fig|plate|table|image|photo|picture|pic|illustration|slide|page|step|part|number|no"
    r"|example|exhibit|chart|map|panel|pl|scheme|view|item)s?"
)
_NUMBER = r"\d{1,6}(?:[.,:/–-]\d{1,6}){0,4}[a-z]?"
_NUMBERING = re.compile(
    rf"{_LABELS}[ .:#]{{0,3}}[(\[]?(?:{_NUMBER}|[ivxlc]{{1,7}}|[a-z])[)\]]?[ .:]{{0,3}}"
    rf"(?:of \d{{1,6}}\.?)?|[(\[#]?(?:{_NUMBER}|[a-z])[)\]]?[ .:]{{0,3}}(?:of \d{{1,6}}\.?)?",
    re.IGNORECASE,
)
_FILE = re.compile(
    r".{1,200}\.(?:jpe?g|jfif|png|gif|webp|svg|bmp|tiff?|avif|heic|ico|psd|pdf|eps)", re.IGNORECASE
)
_CAMERA = re.compile(
    r"(?:img|dsc[nf]?|_mg|dscf|pict?|pxl|gopr|dji|sam|p|imag|image|photo|foto|scan|screen ?shot"
    r"|whatsapp image|signal|fb_img|unnamed|untitled|picture|mvi|vid)"
    r"[ _-]{0,2}\d[\d _.:()x-]{0,30}(?:at[ _-][\d_.:-]{1,12})?[ _(\d)-]{0,6}(?:[ap]\.?m\.?)?",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(r"(?=\S*(?:_|\d\D*\d\D*\d|[a-z]\d|-\S*-\S*-))[\w.()-]{4,200}", re.ASCII)
_MARKUP = re.compile(r"\{\\|\\[a-z]{2,20}[ {]|</?[a-z][^<>]{0,200}>|\$\{|\{\{|&[a-z]{2,8};", re.I)
_CREDIT = re.compile(
    r"(?:©|\(c\)|copyright(?= ?(?:©|\(c\)|\d|by\b|:|the\b|\W*$))|all rights reserved"
    r"|credits?(?: ?:| to\b| by\b)|source ?:|courtesy (?:of|by)\b"
    r"|(?:photo(?:graph(?:y|er)?)?|image|picture|illustration|graphic) ?"
    r"(?:by\b|credits?\b|courtesy\b|source\b|©|via\b|/|copyright\b)"
    r"|(?:getty images|shutterstock|istock|reuters|wikimedia commons|unsplash|pixabay)\b\W{0,3}$)",
    re.IGNORECASE,
)
_INVITATION = re.compile(
    r"[(\[]?(?:please )?(?:(?:click|tap|press|hover|touch|select)\b.{0,40}"
    r"\b(?:enlarge|zoom|larger|expand|download|here|full[ -]size)\b.{0,20}"
    r"|(?:click|tap) (?:to|for) .{1,30}"
    r"|(?:enlarge|expand|zoom|open|view|see|show|download|print|share|save|play|watch)"
    r"(?: (?:this|the|in|on|full|larger|large|original|bigger|all|more|as|with|a|an|of))*"
    r"(?: (?:image|picture|photo|photos|gallery|slideshow|video|size|screen|facebook|twitter|x"
    r"|pinterest|email|version|resolution|page|post|article|lightbox|window|tab)){0,3}"
    r"|read more|learn more|loading|advertisement|sponsored(?: content)?|skip to .{0,20}"
    r"|image (?:not available|may be subject to copyright|unavailable|missing)"
    r"|no image(?: available)?|back to top|related (?:posts?|articles?))[.…!)\]]{0,4}",
    re.IGNORECASE,
)


class CaptionConfig(StageConfig):
    """What captions and alternative texts must be, and what no text beside a picture may hold.

    Texts with personal data are emptied (drop), or masked, or kept, as filter_sentences does with
    sentences; titles, headings and nearest sentences likewise. Evaluation captions, and texts that
    tell a machine what to do, are refused and emptied wherever they stand.
    """

    max_words: int = Field(default=81, ge=1)
    max_characters: int = Field(default=1_000, ge=1)
    language: Language = "en"  # empty: any
    pii: Literal["drop", "mask", "keep"] = "drop"
    pii_kinds: tuple[PiiKind, ...] = KINDS
    evaluation_captions: tuple[OperatorFile, ...] = ()

    def pinned(self) -> CaptionConfig:
        """Note what the files that the operator named hold now."""
        return self.model_copy(
            update={"evaluation_captions": pinned_files(self.evaluation_captions)}
        )


@dataclass(frozen=True)
class Caption:
    """A text beside a picture, the language its document is declared to be in, and other texts."""

    text: str
    language: str = ""
    around: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text holds that must not be passed on."""

    is_known: bool  # it is a caption of an evaluation set
    order: str  # what addresses a machine
    kinds: tuple[str, ...]  # of its personal data; none are looked for where it is kept
    masked: str  # the text without that data


@dataclass(frozen=True)
class CaptionRules:
    """Judges captions; knows the letters and digits of the evaluation sets' captions, digested."""

    config: CaptionConfig
    known: frozenset[str] = frozenset()

    def judged(self, caption: Caption) -> tuple[str, Verdict | None]:
        """Give the text as it may be passed on, and why it is no caption; None: it is one.

        Of one that is too long nothing is looked at, and nothing passed on.
        """
        if verdict := by_size(caption, self):
            return "", verdict
        text = self.cleaned(caption.text)
        verdicts = (rule(caption, self) for rule in RULES)
        return text, next(filter(None, verdicts), None)

    def cleaned(self, text: str) -> str:
        """Give a text without personal data, empty where it may not be passed on.

        That is where it has to go, is to be evaluated on, or tells a machine what to do.
        """
        reading = self.read(text)
        refused = reading.is_known or reading.order
        return "" if refused or (reading.kinds and self.config.pii == "drop") else reading.masked

    @cached_property
    def read(self) -> Callable[[str], Reading]:
        """Read a text, or remember what was read of it.

        Title, heading and sentences of a page stand beside each of its pictures, which are far
        apart in the order of their ids.
        """
        return lru_cache(REMEMBERED)(self._read)

    def _read(self, text: str) -> Reading:
        is_known = bool(self.known and text) and caption_key(text) in self.known
        kept = self.config.pii == "keep"
        masked, kinds = (text, []) if kept else mask_pii(text, self.config.pii_kinds)
        return Reading(is_known, instruction_in(text), tuple(kinds), masked)


CaptionRule = Callable[[Caption, CaptionRules], Verdict | None]


def by_size(caption: Caption, rules: CaptionRules) -> Verdict | None:
    """Refuse what is empty or too long."""
    words = len(caption.text.split())
    if not words:
        return Verdict(reasons.NO_TEXT)
    if words <= rules.config.max_words and len(caption.text) <= rules.config.max_characters:
        return None
    return Verdict(reasons.TOO_LONG, f"{words} words")


def by_pii(caption: Caption, rules: CaptionRules) -> Verdict | None:
    """Refuse personal data where it is not masked; the detail names its kind only."""
    if rules.config.pii != "drop":
        return None
    kinds = rules.read(caption.text).kinds
    return Verdict(reasons.PII, kinds[0]) if kinds else None


def by_evaluation(caption: Caption, rules: CaptionRules) -> Verdict | None:
    """Refuse what has the letters and digits of an evaluation set's caption."""
    return Verdict(reasons.EVALUATION_CAPTION) if rules.read(caption.text).is_known else None


def by_form(caption: Caption, rules: CaptionRules) -> Verdict | None:
    """Refuse emoji, file names, web addresses, code, formulas, and orders to a machine."""
    if has_emoji(caption.text):
        return Verdict(reasons.EMOJI)
    if is_file_name(caption.text):
        return Verdict(reasons.FILE_NAME)
    if has_url(caption.text):
        return Verdict(reasons.URL)
    if _MARKUP.search(caption.text):
        return Verdict(reasons.CODE)
    order = rules.read(caption.text).order
    return Verdict(reasons.ADDRESSES_MACHINE, order[:80]) if order else None


def by_content(caption: Caption, rules: CaptionRules) -> Verdict | None:
    """Refuse numbering, what pages say with any picture, credits, and what names nothing."""
    text = caption.text.strip()
    if _NUMBERING.fullmatch(text):
        return Verdict(reasons.NUMBERING)
    if _INVITATION.fullmatch(text):
        return Verdict(reasons.BOILERPLATE)
    if _CREDIT.match(text):
        return Verdict(reasons.CREDIT)
    return None if names(text) else Verdict(reasons.NAMES_NOTHING)


def by_language(caption: Caption, rules: CaptionRules) -> Verdict | None:
    """Refuse another language: the text's own if length or script tell it, else its document's.

    Where the document declares none, it is that of the text together with what stands around it.
    """
    wanted = rules.config.language
    if not wanted:
        return None
    own = guess(caption.text)
    if own.sure or (own.language == wanted and not caption.language):
        language = own.language
    else:
        language = caption.language or _language_around(caption)
    if language in ("", wanted):
        return None
    return Verdict(reasons.LANGUAGE, language)


def is_file_name(text: str) -> bool:
    """Say whether a text is the name of a file, a camera's shot, or a part of a program."""
    text = text.strip()
    return any(form.fullmatch(text) for form in (_FILE, _CAMERA, _IDENTIFIER))


def names(text: str) -> bool:
    """Say whether a text has a word that is neither grammar nor means pictures as such."""
    words = (word.lower() for word in _WORD.findall(text))
    return any(len(word) > 1 and word not in _GENERIC and word not in _FUNCTION for word in words)


def _language_around(caption: Caption) -> str:
    """Give the language of a caption together with what stands around it; "" if none is told."""
    together = guess(f"{caption.text} {caption.around}")
    return together.language if together.told else ""


# From cheap to dear. A new rule is a function beside those above and one line here.
RULES: tuple[CaptionRule, ...] = (
    by_pii,
    by_evaluation,
    by_form,
    by_content,
    by_language,
)
