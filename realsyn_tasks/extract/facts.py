"""What two sentences must agree in to be one: their numbers, names, negations and opposites.

Vectors of texts are near to each other in what they are about, and nearer still where only a word
is changed that turns a statement into another: 1 m and 2 m, "vertical" and "horizontal".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’-][^\W\d_]+)*")
_QUOTED = re.compile(r"[“\"«]([^”\"»]+)[”\"»]|(?<!\w)[‘']([^’']+)[’'](?!\w)")
_NUMBERS = {
    word: str(number)
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve".split()
    )
    if word != "one"
} | {"first": "1.", "second": "2.", "third": "3.", "fourth": "4.", "fifth": "5."}
_DENIALS = frozenset(
    "no not none never neither nor nothing nobody nowhere cannot without hardly".split()
)


def facts_of(text: str, opposites: Mapping[str, str]) -> str:
    """Give what a sentence says in numbers, names, negations and words that have an opposite.

    `opposites` gives for each such word the form to compare (`opposites_of`). Order counts: what
    adds one and subtracts the other is not what subtracts the one and adds the other.
    """
    tokens = _TOKEN.findall(text)
    lowered = [token.lower().replace("’", "'") for token in tokens]
    numbers = [
        _NUMBERS.get(word, word) for word in lowered if word[0].isdigit() or word in _NUMBERS
    ]
    denials = ["not" for word in lowered if word in _DENIALS or word.endswith("n't")]
    turns = [opposites[word] for word in lowered if word in opposites]
    quoted = [(a or b).lower() for a, b in _QUOTED.findall(text)]
    return "|".join(" ".join(part) for part in (numbers, denials, turns, quoted, _names(tokens)))


def opposites_of(pairs: Iterable[str]) -> dict[str, str]:
    """Give by each form of a word the one to compare: of "add adds/subtract subtracts" the first.

    A side names the forms of one word; the sides of a pair stand for different words.
    """
    return {
        form: side.split()[0] for pair in pairs for side in pair.split("/") for form in side.split()
    }


def _names(tokens: list[str]) -> list[str]:
    """Give the capitalised words but the first, which is always capitalised."""
    return [token.lower() for token in tokens[1:] if token[0].isupper() and token != "I"]
