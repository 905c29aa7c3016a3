"""Keep sentences that describe something and say enough (paper §3.1).

Rules go from cheap to dear, each on what the ones before it left; the first that a sentence fails
is its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from realsyn_tasks.core.reasons import Verdict
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig
from realsyn_tasks.extract import cat, reasons
from realsyn_tasks.extract.boilerplate import RECURS, sentence_key, site_of
from realsyn_tasks.extract.entropy import entropy, surprises, words_of
from realsyn_tasks.extract.evaluation import caption_key, caption_keys
from realsyn_tasks.extract.masks import Masked, apply_masks
from realsyn_tasks.extract.operator_files import OperatorFile, pinned_files
from realsyn_tasks.text.language import likeliest_language
from realsyn_tasks.text.markup import has_emoji, has_url
from realsyn_tasks.text.pii import KINDS, PiiKind, kind_of_pii, mask_pii

Row = dict[str, Any]


@dataclass(frozen=True)
class Known:
    """What rules know besides the sentence."""

    config: Config
    surprises: Mapping[str, float]  # bits by word
    boilerplate: Mapping[tuple[str, str], str]  # by site and sentence
    captions: frozenset[str]


Rule = Callable[[Row, Known], Verdict | None]


class Config(StageConfig):
    """What a sentence must be.

    Words, complexity, action and entropy are the paper's (§3.1, Eq. 1). Language is ours: the
    paper's documents had been through a filter of their own. So are personal data and boilerplate:
    what stands on at least so many documents of a site, and on at least that share of them.
    Sentences with personal data are dropped, or kept with [EMAIL], [PHONE], [IP], [CARD], [IBAN]
    or [ID_NUMBER] in its place, or kept as they are. Evaluation captions are files (.txt by line,
    .jsonl by its caption or text) or folders of them; there are none unless named.
    """

    min_words: int = Field(default=3, ge=1)
    max_words: int = Field(default=81, ge=1)
    language: str = "en"  # empty: any
    min_language_score: float = Field(default=0.2, ge=0.0, le=1.0)
    boilerplate_documents: int | None = Field(default=10, ge=RECURS)  # None: it may stay
    boilerplate_share: float = Field(default=0.05, ge=0.0, le=1.0)
    pii: Literal["drop", "mask", "keep"] = "drop"
    pii_kinds: tuple[PiiKind, ...] = KINDS
    min_entropy: float = Field(default=0.3, ge=0.0)  # bits
    min_complexity: int = Field(default=1, ge=0)  # C1 of CAT
    require_action: bool = True
    batch_size: int = Field(default=256, ge=1)  # sentences parsed at once
    evaluation_captions: tuple[OperatorFile, ...] = ()

    def pinned(self) -> Config:
        """Note what the files that the operator named hold now."""
        return self.model_copy(
            update={"evaluation_captions": pinned_files(self.evaluation_captions)}
        )


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Try each sentence against each rule."""
    table = inputs.table("parse", "sentences")
    columns = ["sentence_id", "text", "words", "document_url"]
    left: list[Row] = table.select(columns).to_pylist()
    dropped: list[Dropped] = []
    for verdicts_of in _passes(_known(inputs, config), context):
        verdicts = list(zip(left, verdicts_of(left), strict=True))
        dropped += [
            Dropped("sentence", row["sentence_id"], verdict.reason, verdict.detail)
            for row, verdict in verdicts
            if verdict
        ]
        left = [row for row, verdict in verdicts if not verdict]
    ids = pa.array([row["sentence_id"] for row in left], type=pa.string())
    kept = table.filter(pc.is_in(table["sentence_id"], value_set=ids))
    masks = {row["sentence_id"]: row["masked"] for row in left if "masked" in row}
    sentences, masked, equal = apply_masks(kept, masks)
    return Output(tables={"sentences": sentences, "masked": masked}, dropped=dropped + equal)


def _passes(
    known: Known, context: Context
) -> Iterator[Callable[[list[Row]], Iterable[Verdict | None]]]:
    """Give each rule for all rows at once; last the dearest, which reads them in batches."""
    for rule in RULES:
        yield lambda rows, rule=rule: (rule(row, known) for row in rows)  # type: ignore[misc]
    yield lambda rows: by_parse([row["text"] for row in rows], known.config, context)


def by_form(text: str, words: int, config: Config) -> Verdict | None:
    """Drop emoji, web addresses, and what is too short or too long."""
    if has_emoji(text):
        return Verdict(reasons.EMOJI)
    if has_url(text):
        return Verdict(reasons.URL)
    if words < config.min_words:
        return Verdict(reasons.TOO_SHORT, f"{words} words")
    return Verdict(reasons.TOO_LONG, f"{words} words") if words > config.max_words else None


def by_captions(text: str, captions: frozenset[str]) -> Verdict | None:
    """Drop what has the letters and digits of an evaluation set's caption."""
    is_caption = captions and caption_key(text) in captions
    return Verdict(reasons.EVALUATION_CAPTION) if is_caption else None


def by_site(identity: str, url: str, boilerplate: Mapping[tuple[str, str], str]) -> Verdict | None:
    """Drop what recurs on the documents of its site."""
    documents = boilerplate.get((site_of(url), sentence_key(identity)), "") if boilerplate else ""
    return Verdict(reasons.BOILERPLATE, documents) if documents else None


def by_language(text: str, config: Config) -> Verdict | None:
    """Drop what is likelier in another language, or hardly like any."""
    if not config.language:
        return None
    language, score = likeliest_language(text)
    if language == config.language and score >= config.min_language_score:
        return None
    return Verdict(reasons.LANGUAGE, f"{language} {score:.2f}")


def by_pii(row: Row, config: Config) -> Verdict | None:
    """Drop or mask personal data; the detail names its kind and does not repeat it.

    A masked row has its new text from here on. What is too short then goes.
    """
    if config.pii == "drop":
        kind = kind_of_pii(row["text"], config.pii_kinds)
        return Verdict(reasons.PII, kind) if kind else None
    if config.pii == "keep":
        return None
    text, kinds = mask_pii(row["text"], config.pii_kinds)
    if not kinds:
        return None
    row["text"], row["masked"] = text, Masked(text, tuple(kinds))
    return None if len(text.split()) >= config.min_words else Verdict(reasons.PII, kinds[0])


def by_entropy(text: str, known: Mapping[str, float], config: Config) -> Verdict | None:
    """Drop what says too little."""
    bits = entropy(words_of(text), known)
    return None if bits >= config.min_entropy else Verdict(reasons.LOW_ENTROPY, f"{bits:.3f} bits")


def by_parse(texts: list[str], config: Config, context: Context) -> Iterator[Verdict | None]:
    """Drop what describes no object, or nothing that happens (CAT)."""
    for number, reading in enumerate(cat.read(texts, config.batch_size)):
        context.progress(number + 1, len(texts))
        if reading.complexity < config.min_complexity:
            yield Verdict(reasons.NO_COMPLEXITY, f"C{reading.complexity}")
        elif config.require_action and not reading.action:
            yield Verdict(reasons.NO_ACTION)
        else:
            yield None


# From cheap to dear. A new rule is a function beside those above and one line here.
RULES: tuple[Rule, ...] = (
    lambda row, known: by_form(row["text"], row["words"], known.config),
    lambda row, known: by_captions(row["text"], known.captions),
    lambda row, known: by_site(row["sentence_id"], row["document_url"], known.boilerplate),
    lambda row, known: by_language(row["text"], known.config),
    lambda row, known: by_pii(row, known.config),
    lambda row, known: by_entropy(row["text"], known.surprises, known.config),
)


def _known(inputs: Inputs, config: Config) -> Known:
    captions = caption_keys(config.evaluation_captions)
    return Known(config, _known_words(inputs), _boilerplate(inputs, config), captions)


def _known_words(inputs: Inputs) -> dict[str, float]:
    table = inputs.table("count_words", "words")
    return surprises(dict(zip(table["word"].to_pylist(), table["count"].to_pylist(), strict=True)))


def _boilerplate(inputs: Inputs, config: Config) -> dict[tuple[str, str], str]:
    """Give what recurs too often by site and sentence, and how often that is."""
    if config.boilerplate_documents is None:
        return {}
    return {
        (row["site"], row["sentence_key"]): f"on {row['documents']} of {row['site_documents']}"
        for row in inputs.table("count_words", "recurring").to_pylist()
        if row["documents"] >= config.boilerplate_documents
        and row["documents"] >= config.boilerplate_share * row["site_documents"]
    }
