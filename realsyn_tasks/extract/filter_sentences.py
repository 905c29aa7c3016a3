"""Keep sentences that describe something and say enough (paper §3.1).

Rules go from cheap to dear, each on what the ones before it left; the first that a sentence fails
is its reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.reasons import Reason, Verdict
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig
from realsyn_tasks.extract import cat, reasons, schemas
from realsyn_tasks.extract.anaphora import is_anaphoric
from realsyn_tasks.extract.boilerplate import KEY_DIGITS, RECURS, sentence_key, site_of
from realsyn_tasks.extract.document_language import Origin, languages_of
from realsyn_tasks.extract.entropy import entropy, surprises, words_of
from realsyn_tasks.extract.evaluation import caption_key, caption_keys
from realsyn_tasks.extract.fragments import broken_form
from realsyn_tasks.extract.information import information, rarities
from realsyn_tasks.extract.interface import ENOUGH, interface_weight, is_advice
from realsyn_tasks.extract.masks import Masked, apply_masks
from realsyn_tasks.extract.operator_files import OperatorFile, pinned_files
from realsyn_tasks.text.code import is_code
from realsyn_tasks.text.instructions import instruction_in
from realsyn_tasks.text.language import Language, guess
from realsyn_tasks.text.markup import has_emoji, has_url
from realsyn_tasks.text.pii import KINDS, PiiKind, kind_of_pii, mask_pii

Row = dict[str, Any]
Unwanted = Literal["title", "order", "piece"]


@dataclass(frozen=True)
class Known:
    """What rules know besides the sentence."""

    config: Config
    surprises: Mapping[str, float]  # bits by word, as the paper counts them; empty if unused
    rarities: Mapping[str, float]  # bits by word, as we do
    languages: Mapping[str, str]  # by sentence
    boilerplate: Mapping[tuple[str, str], str]  # by site and sentence
    captions: frozenset[str]


Rule = Callable[[Row, Known], Verdict | None]


class Config(StageConfig):
    """What a sentence must be.

    Words, complexity, action and entropy are the paper's (§3.1, Eq. 1); action and entropy cost
    more good sentences than bad ones, and are off unless asked for (docs/filters.md). In their
    place a sentence must be one of some kinds of text, name things that are rare enough, be whole,
    and not be about how a program is worked. Language is ours: the paper's documents had been
    through a filter of their own. So are personal data and boilerplate: what stands on at least so
    many documents of a site, and on at least that share of them. Sentences with personal data are
    dropped, or kept with [EMAIL], [PHONE], [IP], [CARD], [IBAN] or [ID_NUMBER] in its place, or
    kept as they are. Evaluation captions are files (.txt by line, .jsonl by its caption or text) or
    folders of them; there are none unless named.
    """

    ordered = (("min_words", "max_words"),)

    min_words: int = Field(default=3, ge=1)
    max_words: int = Field(default=81, ge=1)
    language: Language = "en"  # of the document, or of a long sentence; empty: any
    boilerplate_documents: int | None = Field(default=10, ge=RECURS)  # None: it may stay
    boilerplate_share: float = Field(default=0.05, ge=0.0, le=1.0)
    pii: Literal["drop", "mask", "keep"] = "drop"
    pii_kinds: tuple[PiiKind, ...] = KINDS
    drop_code: bool = True  # programs, logs, remains of markup
    drop_broken: bool = True  # split at an abbreviation, labels of lists, and the like
    drop_interface: bool = True  # what to click, which option does what
    drop_kinds: tuple[Unwanted, ...] = ("title", "order", "piece")
    min_entropy: float = Field(default=0.0, ge=0.0)  # bits, as the paper counts them
    min_information: float = Field(default=18.0, ge=0.0)  # bits of the words that name something
    min_complexity: int = Field(default=1, ge=0)  # C1 of CAT
    require_action: bool = False
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
    for verdicts_of in _passes(_known(table, left, inputs, config), context):
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
    written = {"sentences": _marked(sentences), "masked": masked}
    return Output(tables=written, dropped=dropped + equal)


def _marked(sentences: pa.Table) -> pa.Table:
    """Say of each sentence whether it begins with a pronoun that refers to nothing in it."""
    columns = {name: sentences[name] for name in sentences.column_names}
    columns["anaphoric"] = [is_anaphoric(text) for text in sentences["text"].to_pylist()]
    return tables.build(schemas.FILTERED_SENTENCES, columns)


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


def by_language(language: str, config: Config) -> Verdict | None:
    """Drop what is in another language."""
    wanted = not config.language or language == config.language
    return None if wanted else Verdict(reasons.LANGUAGE, language)


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


def by_code(text: str, config: Config) -> Verdict | None:
    """Drop programs, logs, and what holds the remains of markup."""
    return Verdict(reasons.CODE) if config.drop_code and is_code(text) else None


def by_signs(text: str, config: Config) -> Verdict | None:
    """Drop what a splitter or a list has broken, as its signs show."""
    how = broken_form(text) if config.drop_broken else ""
    return Verdict(reasons.FRAGMENT, how) if how else None


def by_words(text: str, known: Known) -> Verdict | None:
    """Drop what says too little, as the paper or as we measure it.

    What refers to another sentence must say twice as much.
    """
    config, words = known.config, words_of(text)
    bits = entropy(words, known.surprises)
    if bits < config.min_entropy:
        return Verdict(reasons.LOW_ENTROPY, f"{bits:.3f} bits")
    bits = information(words, known.rarities)
    small = bits < config.min_information * (1 + is_anaphoric(text))
    return Verdict(reasons.LOW_INFORMATION, f"{bits:.1f} bits") if small else None


def by_addressee(text: str) -> Verdict | None:
    """Drop what tells a machine what to do; the detail is what it says."""
    order = instruction_in(text)
    return Verdict(reasons.ADDRESSES_MACHINE, order[:80]) if order else None


def by_parse(texts: list[str], config: Config, context: Context) -> Iterator[Verdict | None]:
    """Drop what is of another kind than wanted, describes no object, or nothing that happens."""
    for number, (text, reading) in enumerate(
        zip(texts, cat.read(texts, config.batch_size), strict=True)
    ):
        context.progress(number + 1, len(texts))
        yield _by_interface(text, reading, config) or _by_reading(text, reading, config)


def _by_interface(text: str, reading: cat.Reading, config: Config) -> Verdict | None:
    if not config.drop_interface:
        return None
    weight = interface_weight(text, order=reading.kind == "order")
    return Verdict(reasons.INTERFACE, f"weight {weight}") if weight >= ENOUGH else None


def _by_reading(text: str, reading: cat.Reading, config: Config) -> Verdict | None:
    if reading.kind in config.drop_kinds:
        return Verdict(UNWANTED_KINDS[reading.kind], reading.kind)
    if "order" in config.drop_kinds and is_advice(text):
        return Verdict(reasons.INSTRUCTION, "advice")
    if reading.complexity < config.min_complexity:
        return Verdict(reasons.NO_COMPLEXITY, f"C{reading.complexity}")
    still = config.require_action and not reading.action
    return Verdict(reasons.NO_ACTION) if still else None


UNWANTED_KINDS: dict[cat.Kind, Reason] = {
    "title": reasons.HEADING,
    "order": reasons.INSTRUCTION,
    "piece": reasons.FRAGMENT,
}
# From cheap to dear. A new rule is a function beside those above and one line here.
RULES: tuple[Rule, ...] = (
    lambda row, known: by_form(row["text"], row["words"], known.config),
    lambda row, known: by_captions(row["text"], known.captions),
    lambda row, known: by_site(row["sentence_id"], row["document_url"], known.boilerplate),
    lambda row, known: by_language(known.languages[row["sentence_id"]], known.config),
    lambda row, known: by_pii(row, known.config),
    lambda row, known: by_code(row["text"], known.config),
    lambda row, known: by_signs(row["text"], known.config),
    lambda row, known: by_words(row["text"], known),
    lambda row, known: by_addressee(row["text"]),
)


def _known(table: pa.Table, rows: list[Row], inputs: Inputs, config: Config) -> Known:
    paper = config.min_entropy > 0
    surprising, rare = inputs.of_fit("count_words", "words", _bits_of_words, paper)
    return Known(
        config,
        surprising,
        rare,
        _languages(table, rows) if config.language else defaultdict(str),
        _boilerplate(table, inputs, config),
        caption_keys(config.evaluation_captions),
    )


def _bits_of_words(words: pa.Table, paper: bool) -> tuple[dict[str, float], dict[str, float]]:
    """Give the surprises of words, if the paper's bits are asked for, and their rarities."""
    counts = dict(zip(words["word"].to_pylist(), words["count"].to_pylist(), strict=True))
    return surprises(counts) if paper else {}, rarities(counts)


def _languages(table: pa.Table, rows: list[Row]) -> dict[str, str]:
    """Give the language of each sentence of this shard, by its id."""
    documents = zip(table["document_id"].to_pylist(), rows, strict=True)
    origins = [Origin(document, site_of(row["document_url"])) for document, row in documents]
    languages = languages_of([guess(row["text"]) for row in rows], origins)
    return {row["sentence_id"]: told for row, told in zip(rows, languages, strict=True)}


def _boilerplate(table: pa.Table, inputs: Inputs, config: Config) -> dict[tuple[str, str], str]:
    """Give what recurs too often by site and sentence, and how often that is.

    Only of the sentences of this shard: a crawl has a million that recur.
    """
    if config.boilerplate_documents is None:
        return {}
    bounds = config.boilerplate_documents, config.boilerplate_share
    recurring = inputs.of_fit("count_words", "recurring", _too_often, *bounds)
    mine = pc.utf8_slice_codeunits(table["sentence_id"], 0, KEY_DIGITS)
    rows = recurring.filter(pc.is_in(recurring["sentence_key"], value_set=mine)).to_pylist()
    return {
        (row["site"], row["sentence_key"]): f"on {row['documents']} of {row['site_documents']}"
        for row in rows
    }


def _too_often(recurring: pa.Table, least: int, share: float) -> pa.Table:
    """Keep what stands on so many documents of its site, and on so large a share of them."""
    documents, of_site = (recurring[n].to_numpy() for n in ("documents", "site_documents"))
    return recurring.filter(pa.array((documents >= least) & (documents >= share * of_site)))
