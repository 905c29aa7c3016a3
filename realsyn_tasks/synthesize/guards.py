"""What a generated text must not be (design: guards after generation).

A small model copies, echoes its instructions, adds what it was never told, or breaks off. Every
guard has a reason (reasons.py), under which rejected texts are counted.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pydantic import Field

from realsyn_tasks.core.reasons import Verdict
from realsyn_tasks.core.stage import StageConfig
from realsyn_tasks.synthesize import reasons
from realsyn_tasks.synthesize import words as w
from realsyn_tasks.text.disguises import visible
from realsyn_tasks.text.instructions import instruction_in
from realsyn_tasks.text.language import likeliest_language

_SENTENCE_END = re.compile(r"[.!?]['\"”’)]?(?=\s+['\"“‘(]?[A-Z0-9]|$)")
_OPENING = re.compile(r"^\W*(?:assistant|answer|output|response|result|rewritten)\s*:\s*", re.I)
_TAUTOLOGY = re.compile(
    r"\b(\w{3,}?)s?(?:,[^,]{1,40},)? (?:is|are) (?:(?!not\b)[\w-]+,? ){0,4}\1s?\b", re.IGNORECASE
)
_CLAUSE_END = re.compile(r"[,;:.()]")
_IS_A = re.compile(  # "a lynx (is a) wildcat", "the oldest of its kind (was one of the) ships"
    r"\b(?:is|are|was|were|'s|’s)\s+(?:also |still |often |usually |really )?"
    r"(?:an?|the|one|any|some|another|kinds?|types?|sorts?)\b(?: of(?: an?| the)?\b)?",
    re.IGNORECASE,
)
_REFERRING = frozenset({"it", "this", "that", "they", "these", "those", "which", "he", "she"})
_GLUED = re.compile(  # "A whale, it breathes air", "A dialog, click on this button"
    r"^(?:[^,:]{2,60}[,:] )?(?:this|these|those|it|its|they|he|she|you|we|as such|then|there)\b"
    r"|^[^,]{2,60}, (?:click|choose|select|use|see|you|if|when)\b",
    re.IGNORECASE,
)
_SAME_KIND = re.compile(  # "Some cherries, a pair of cherries"
    r"^\W*(?:(?:an?|the|some|two) )?(\w{3,}?)s?, (?:an?|the|some|two) (?:[\w-]+ ){0,4}\1s?\b",
    re.IGNORECASE,
)
_NEGATIONS = frozenset({"not", "no", "never", "without", "neither", "nor", "cannot"})
_LEAKS = (
    r"\bhere(?: is|'s|’s) (?:a|an|the|my|your|one|some)\b",
    r"^\W*(?:sure|certainly|of course|okay|absolutely|great)\b\W",
    r"\bas an? (?:ai|language model|assistant)\b",
    r"\b(?:i'm sorry|i am sorry|i cannot|i can't|i can help|let me know|please provide)\b",
    r"\b(?:raw|realistic|original|given|source|rewritten|merged|input|final) "
    r"(?:text|sentence|caption)s?\b",
    r"\b(?:text|sentence|caption|tags?|keywords?|words|description|user|system|picture|answer)s?:",
    r"\b(?:key ?words?|tags?|prompt|instructions?|caption)\b",
    r"\bthe (?:sentence|user|assistant|text above)\b",
    r"<\||\|>|\[/?inst\]|</?s>|```|\*\*|#{2,}",
)
_LEAK = re.compile("|".join(f"(?:{pattern})" for pattern in _LEAKS), re.IGNORECASE)


class Limits(StageConfig):
    """Where guards draw their lines; shares are of words."""

    ordered = (("min_words", "max_words"),)

    min_words: int = Field(default=4, ge=1)
    max_words: int = Field(default=60, ge=1)
    max_similarity: float = Field(default=0.85, gt=0, le=1)  # to the realistic text
    max_run: float = Field(default=0.7, gt=0, le=1)  # of the text, copied in one piece
    merged: bool = True  # beside a caption, only a piece of the text is a copy of it, and ..
    min_captioned: float = Field(default=0.65, ge=0, le=1)  # .. so much of the caption's content
    max_example_run: int = Field(default=5, ge=1)  # words in a row from an example, or ..
    max_example_words: int = Field(default=1, ge=0)  # .. of meaning, that no input has
    min_grounded: float = Field(default=0.9, ge=0, le=1)  # content words that an input has
    min_covered: float = Field(default=0.2, ge=0, le=1)  # of the realistic text's content words
    max_repeats: int = Field(default=3, ge=1)  # of one content word
    min_english: float = Field(default=0.5, ge=0, le=1)
    unsaid_kinds: bool = False  # let "X is a Y" pass where no input says so
    min_support: float | None = 4.0  # of the text by its source, the reranker's logit; null: none


@dataclass(frozen=True)
class Material:
    """What a text is generated from, and what it was shown and told besides."""

    sentence: str
    tags: tuple[str, ...] = ()
    caption: str = ""
    examples: tuple[str, ...] = ()  # answers of the worked examples
    instruction: str = ""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Everything that the text may draw on."""
        return (self.sentence, self.caption, *self.tags)


def tidy(raw: str) -> str:
    """Give the first sentence of what the model wrote, without quotes and an opening label."""
    text = _OPENING.sub("", visible(raw)).strip(' "“”`*')
    end = _SENTENCE_END.search(text)
    return text[: end.end()].strip() if end else text


def check(text: str, material: Material, limits: Limits) -> Verdict | None:
    """Give the first objection to a tidied text; None when there is none."""
    return next(objections(text, material, limits), None)


def unsupported(score: float, least: float) -> Verdict | None:
    """Object to a text that its source supports too little; a score that is none, too."""
    if score >= least:
        return None
    return Verdict(reasons.UNSUPPORTED, f"{score:.1f} of {least:.1f}")


def objections(text: str, material: Material, limits: Limits) -> Iterator[Verdict]:
    """Give all objections to a tidied text, one a guard, in the order in which they count."""
    for guard in (
        _leak,
        _odd_characters,
        _length,
        _unfinished,
        _repetition,
        _tautology,
        _copied,
        _invented_number,
        _invented_name,
        _negation,
        _drift,
        _not_english,
        _unsaid_kind,
        _off_caption,
    ):
        if found := guard(text, material, limits):
            yield found


def _leak(text: str, material: Material, limits: Limits) -> Verdict | None:
    own = visible(material.sentence).casefold()
    for found in _LEAK.finditer(text):
        if found.group(0).strip().casefold() not in own:
            return Verdict(reasons.PROMPT_LEAK, found.group(0).strip())
    if order := instruction_in(text):
        return Verdict(reasons.PROMPT_LEAK, order)
    if echo := _echo(text, material.instruction, material, limits):
        return Verdict(reasons.PROMPT_LEAK, echo)
    return None


def _odd_characters(text: str, material: Material, limits: Limits) -> Verdict | None:
    known = set("".join(material.inputs))
    for char in text:
        if char not in known and not (char.isascii() or char in "–—‘’“”…°") and not _latin(char):
            return Verdict(reasons.ODD_CHARACTERS, f"U+{ord(char):04X}")
    return None


def _latin(char: str) -> bool:
    return unicodedata.name(char, "").startswith("LATIN")


def _length(text: str, material: Material, limits: Limits) -> Verdict | None:
    count = len(w.words(text))
    if count < limits.min_words:
        return Verdict(reasons.TOO_SHORT, f"{count} words")
    return Verdict(reasons.TOO_LONG, f"{count} words") if count > limits.max_words else None


def _unfinished(text: str, material: Material, limits: Limits) -> Verdict | None:
    closed = text.count("(") == text.count(")")
    if closed and re.search(r"[.!?]['\"”’)]?$", text):
        return None
    return Verdict(reasons.UNFINISHED, text[-30:])


def _repetition(text: str, material: Material, limits: Limits) -> Verdict | None:
    mine, content = w.lowered(text), w.content_stems(text)
    own = w.content_stems(material.sentence)
    again = _repeated(zip(mine, mine[1:], mine[2:], strict=False))
    again |= _repeated(pairwise(content)) - _repeated(pairwise(own))
    again |= {pair for pair in pairwise(mine) if pair[0] == pair[1]}
    allowed = Counter(own)
    again |= {
        (word,)
        for word, count in Counter(content).items()
        if count > max(limits.max_repeats, allowed[word])
    }
    return Verdict(reasons.REPETITION, " ".join(min(again))) if again else None


def _tautology(text: str, material: Material, limits: Limits) -> Verdict | None:
    found = _TAUTOLOGY.search(text) or (limits.merged and _SAME_KIND.search(text))
    return Verdict(reasons.TAUTOLOGY, found.group(0)) if found else None


def _repeated(runs: Iterable[tuple[str, ...]]) -> set[tuple[str, ...]]:
    return {run for run, count in Counter(runs).items() if count > 1}


def _copied(text: str, material: Material, limits: Limits) -> Verdict | None:
    if whose := _copied_input(text, material, limits):
        return Verdict(reasons.COPIED, whose)
    for example in material.examples:
        if echo := _echo(text, example, material, limits):
            return Verdict(reasons.COPIED, f"an example: {echo}")
    mine = set(w.content_stems(text))
    if mine and not mine & w.stems([material.sentence]) and mine <= w.stems(material.tags):
        return Verdict(reasons.COPIED, "the tags")
    return None


def _copied_input(text: str, material: Material, limits: Limits) -> str:
    """Name the input that a text repeats; "" where it repeats none.

    A merge of a caption and a text repeats both: "A pipette bulb, used to fill pipettes."
    """
    mine, given, told = map(w.lowered, (text, material.sentence, material.caption))
    if told and _alike(mine, told, limits.max_similarity):
        return "the caption"
    if told and limits.merged:
        whole, of = _bare(mine), _bare(given)
        return "a piece of the realistic text" if w.longest_run(whole, of) == len(whole) else ""
    if _alike(mine, given, limits.max_similarity):
        return "the realistic text"
    run = w.longest_run(mine, given)
    return "a piece of the realistic text" if run > limits.max_run * len(mine) else ""


def _bare(words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in ("a", "an", "the")]


def _alike(mine: Sequence[str], given: Sequence[str], most: float) -> bool:
    return w.similarity(mine, given) > most


def _echo(text: str, shown: str, material: Material, limits: Limits) -> str:
    """Give what a text took over from an example, and from no input; or "".

    A single word may be the text's own, and words count as they are written: a plant's leaves are
    not to leave.
    """
    if run := _echoed_run(text, shown, material, limits):
        return run
    known = w.stems(material.inputs)
    taken = set(w.content_words(text)) & set(w.content_words(shown))
    unknown = sorted(word for word in taken if w.stem(word) not in known)
    return ", ".join(unknown) if len(unknown) > limits.max_example_words else ""


def _echoed_run(text: str, shown: str, material: Material, limits: Limits) -> str:
    size = limits.max_example_run
    own = set().union(*(_runs(w.lowered(given), size) for given in material.inputs))
    runs = (_runs(w.lowered(text), size) & _runs(w.lowered(shown), size)) - own
    return " ".join(min(runs)) if runs else ""


def _runs(given: Sequence[str], size: int) -> set[tuple[str, ...]]:
    return {tuple(given[start : start + size]) for start in range(len(given) - size + 1)}


def _invented_number(text: str, material: Material, limits: Limits) -> Verdict | None:
    invented = sorted(w.numbers(text) - w.numbers(" ".join(material.inputs)))
    return Verdict(reasons.INVENTED_NUMBER, ", ".join(invented)) if invented else None


def _invented_name(text: str, material: Material, limits: Limits) -> Verdict | None:
    known = w.stems(material.inputs) | {"i"}
    for place, word in enumerate(w.words(text)):
        named = word[:1].isupper() and (place > 0 or word[1:].lower() != word[1:])
        if named and w.stem(word) not in known:
            return Verdict(reasons.INVENTED_NAME, word)
    return None


def _negation(text: str, material: Material, limits: Limits) -> Verdict | None:
    denied = _denied(text)
    known = set().union(*map(_denied, material.inputs))
    if denied and not known:
        return Verdict(reasons.NEGATION, "denies what no input denies")
    if known & set(w.content_stems(text)) and not denied:
        return Verdict(reasons.NEGATION, "says what an input denies")
    return None


def _denied(text: str) -> set[str]:
    """Give the stem of the first word of meaning after each negation; "" where none follows."""
    mine = w.lowered(text)
    places = [n for n, word in enumerate(mine) if word in _NEGATIONS or word.endswith("n't")]
    following = (filter(w.is_content, mine[place + 1 :]) for place in places)
    return {w.stem(next(iter(rest), "")) for rest in following}


def _drift(text: str, material: Material, limits: Limits) -> Verdict | None:
    mine, theirs = set(w.content_stems(text)), set(w.content_stems(material.sentence))
    known = w.stems(material.inputs)
    if not mine or len(mine & known) < limits.min_grounded * len(mine):
        return Verdict(reasons.DRIFT, "new words: " + ", ".join(sorted(mine - known)))
    if len(mine & theirs) < limits.min_covered * len(theirs):
        return Verdict(reasons.DRIFT, "little of the realistic text is left")
    return None


def _not_english(text: str, material: Material, limits: Limits) -> Verdict | None:
    language, score = likeliest_language(text)
    if language != "en" and score > limits.min_english:
        return Verdict(reasons.NOT_ENGLISH, language)
    return None


def _unsaid_kind(text: str, material: Material, limits: Limits) -> Verdict | None:
    if limits.unsaid_kinds:
        return None
    said = [kind for given in material.inputs for kind in _kinds(given)]
    for subject, kind in _kinds(text):
        if not any(_same_claim(subject, kind, *other) for other in said):
            return Verdict(reasons.UNSAID_KIND, " ".join(sorted(subject | kind)))
    return None


def _kinds(text: str) -> list[tuple[set[str], set[str]]]:
    """Give what a text calls what: words before and after each "is a", both by their stems."""
    return [
        ({w.stem(word) for word in w.lowered(subject)}, set(w.content_stems(kind)))
        for subject, kind in claimed_kinds(text)
    ]


def claimed_kinds(text: str) -> list[tuple[str, str]]:
    """Give what a text calls what: the words before and after the last "is a" of each clause."""
    return [
        (clause[: found.start()].strip(), clause[found.end() :].strip())
        for clause in _CLAUSE_END.split(text)
        for found in [*_IS_A.finditer(clause)][-1:]
    ]


def _same_claim(subject: set[str], kind: set[str], said_of: set[str], said: set[str]) -> bool:
    """Say whether an input says this too: of the same thing, or of "it", and in its words."""
    mine = {word for word in subject if w.is_content(word)}
    return kind <= said and bool(not mine or mine & said_of or said_of & _REFERRING)


def _off_caption(text: str, material: Material, limits: Limits) -> Verdict | None:
    """Object to a text that leaves out what the caption says, or only stands beside it."""
    if not material.caption or not limits.merged:
        return None
    if glued := _GLUED.search(text):
        return Verdict(reasons.OFF_CAPTION, f"glued: {glued.group(0)}")
    if numbers := w.numbers(material.caption) - w.numbers(text):
        return Verdict(reasons.OFF_CAPTION, "without: " + ", ".join(sorted(numbers)))
    told = set(w.content_stems(material.caption))
    left = told - w.stems([text])
    if len(left) > (1 - limits.min_captioned) * len(told):
        return Verdict(reasons.OFF_CAPTION, "without: " + ", ".join(sorted(left)))
    return None
