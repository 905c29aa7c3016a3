"""Pairs with known facts: of what the crawl leaves out."""

from __future__ import annotations

from pathlib import Path

from realsyn_tasks.sample_crawl import known_facts
from realsyn_tasks.sample_crawl.dictionaries import Sense
from realsyn_tasks.sample_crawl.nouns import Noun

ABOVE = {
    "frog": Sense(("amphibian",), "05", "a cold-blooded vertebrate"),
    "newt": Sense(("amphibian",), "05", "a cold-blooded vertebrate"),
    "amphibian": Sense(("animal", "beast"), "05", "a living organism"),
}


class Nouns:
    """A WordNet of three meanings, one above the other."""

    def related(self, sense: Sense, *symbols: str) -> list[Sense]:
        return [ABOVE[sense.lemma]] if sense.lemma in ABOVE else []


class Words:
    """The dictionaries, of which one says something."""

    wordnet = Nouns()


def test_the_facts_of_a_pair(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(known_facts, "definitions", lambda noun, words: [f"A {noun.word} leaps."])
    frog, other = (Noun(n, Sense((n, "toad"), "05", "leaps")) for n in ("frog", "newt"))
    bat = Noun("bat", Sense(("bat",), "06", "a small racket"))
    shown = [
        ("A frog.", frog, Path("a.png")),
        ("Another frog.", frog, Path("b.png")),
        ("A newt.", other, Path("c.png")),
        ("A bat.", bat, Path("d.png")),
    ]
    chosen = known_facts.choose(shown, ["frog"], Words())  # type: ignore[arg-type]
    assert [pair.names[0] for pair in chosen] == ["newt", "frog"]  # what the crawl lacks is first
    assert chosen[1].kinds == ("amphibian", "animal", "beast")
    assert chosen[1].names == ("frog", "toad")
    assert chosen[1].texts == ("A frog leaps.",)
    assert chosen == known_facts.choose(shown[::-1], ["frog"], Words())  # type: ignore[arg-type]
