"""Short sentences are in the language of their document, long ones in their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from realsyn_tasks.extract.document_language import Origin, languages_of
from realsyn_tasks.text.language import guess

ENGLISH = [
    "The harbour was built by the Romans and is still in use by the fishermen of the town.",
    "In summer the visitors come by boat and stay in one of the small houses by the sea.",
    "Every morning the market opens at six, and by noon most of the fish has been sold.",
]
GERMAN = [
    "Der Hafen wurde von den Römern gebaut und wird von den Fischern noch heute benutzt.",
    "Im Sommer kommen die Besucher mit dem Boot und wohnen in einem kleinen Haus am Meer.",
    "Jeden Morgen öffnet der Markt um sechs, und bis Mittag ist der meiste Fisch verkauft.",
]
SHORT = ["A great blue heron.", "A yellow lemon.", "A male black rhino.", "A brown hen."]


def among(text: str, *documents: list[str], site: str = "s") -> str:
    """The language of a text that is the last sentence of the last of some documents."""
    pairs = [(line, str(number)) for number, lines in enumerate(documents) for line in lines]
    pairs.append((text, str(len(documents) - 1)))
    origins = [Origin(document, site) for _, document in pairs]
    return languages_of([guess(line) for line, _ in pairs], origins)[-1]


@pytest.mark.parametrize("text", [*SHORT, "The vignette keeps its shape.", "A moon wrasse."])
def test_short_english_is_no_esperanto(text: str) -> None:
    assert among(text, ENGLISH) == "en"


@pytest.mark.parametrize(
    "text",
    ["A small robin rests on a snowy branch.", "Snowy mountains rise behind a deep blue lake."],
)
def test_longer_english_is_no_polish(text: str) -> None:
    assert among(text, ENGLISH) == among(text, ENGLISH, []) == "en"


@pytest.mark.parametrize("text", SHORT)
def test_a_short_document_speaks_as_its_site(text: str) -> None:
    assert among(text, ENGLISH, []) == "en"


@pytest.mark.parametrize(
    "text", [*GERMAN, "En été les visiteurs arrivent en bateau et habitent une petite maison."]
)
def test_a_long_sentence_speaks_for_itself(text: str) -> None:
    assert among(text, ENGLISH) in ("de", "fr")
    assert among(ENGLISH[0], GERMAN) == "en"


@pytest.mark.parametrize("text", ["Ein alter Hafen.", "Fische am Markt"])
def test_short_german_stays_german(text: str) -> None:
    assert among(text, GERMAN) == "de"


@pytest.mark.parametrize("text", ["Ὀφιοῦχος, Ὄφις", "小さな犬が浜辺を走る", "Пять рыб в море"])
def test_another_script_is_another_language(text: str) -> None:
    assert among(text, ENGLISH) != "en"


class Watched(str):
    """A text that counts how often its letters are gone through."""

    times = 0

    def __iter__(self) -> Iterator[str]:
        self.times += 1
        return super().__iter__()


def test_letters_are_counted_once() -> None:
    texts = [Watched(text) for text in (*ENGLISH, *SHORT)]
    found = languages_of([guess(text) for text in texts], [Origin("d", "s")] * len(texts))
    assert found == ["en"] * len(texts)
    assert [text.times for text in texts] == [1] * len(texts)


def test_nothing_comes_of_nothing() -> None:
    assert languages_of([], []) == []
