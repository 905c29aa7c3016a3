"""Sentences out of definitions."""

from __future__ import annotations

import pytest

from realsyn_tasks.sample_crawl.wording import define, listed, name_first, plural, subject


@pytest.mark.parametrize(
    ("noun", "definition", "sentence"),
    [
        ("pear", "sweet juicy fruit of many kinds", "A pear is a sweet juicy fruit of many kinds."),
        ("mouse", "any of numerous small rodents", "A mouse is any of numerous small rodents."),
        ("crow", "black birds having a harsh call", "Crows are black birds having a harsh call."),
        ("echidna", "a genus of Monotremata.", "Echidnas are a genus of Monotremata."),
        ("bread", "food made from dough", "Bread is food made from dough."),
        ("boot", "footwear that covers the foot", "A boot is footwear that covers the foot."),
        ("scissors", "an edge tool", "Scissors are an edge tool."),
        ("Mars", "a small reddish planet", "Mars is a small reddish planet."),
        ("Moon", "the satellite of the Earth", "The Moon is the satellite of the Earth."),
        ("Easter egg", "an egg-shaped candy", "An Easter egg is an egg-shaped candy."),
        ("gorilla", "largest anthropoid ape", "A gorilla is the largest anthropoid ape."),
        ("cup", "a vessel; usually has a handle", "A cup is a vessel and usually has a handle."),
        ("bunny", "(usually informal) especially a young rabbit", "A bunny is a young rabbit."),
        ("toadstool", "common name for a poisonous agaric", "A toadstool is a poisonous agaric."),
        ("pumpkin", "usually large round fruit", "A pumpkin is a usually large round fruit."),
        ("deer", "distinguished from Bovidae by the antlers", ""),
        ("mug", "with handle and usually cylindrical", ""),
        ("thing", " . ", ""),
    ],
)  # fmt: skip
def test_a_definition_becomes_a_sentence(noun: str, definition: str, sentence: str) -> None:
    assert define(noun, definition) == sentence


@pytest.mark.parametrize(
    ("noun", "many"),
    [
        ("cherry", "cherries"),
        ("monkey", "monkeys"),
        ("brown bear", "brown bears"),
        ("wolf", "wolves"),
        ("potato", "potatoes"),
        ("walrus", "walruses"),
        ("goose", "geese"),
        ("bread", "bread"),
        ("pliers", "pliers"),
    ],
)
def test_plurals(noun: str, many: str) -> None:
    assert plural(noun) == many


def test_a_pronoun_gives_way_to_the_noun_that_it_is_for() -> None:
    assert name_first("bat", "It flies at night.") == "A bat flies at night."
    assert name_first("bat", "They fly at night.") == "Bats fly at night."
    assert name_first("yak", "Its tail is long.") == "The yak's tail is long."
    for sentence in ("It is said that bats are blind.", "Items are few.", "Bats fly."):
        assert name_first("bat", sentence) == sentence


def test_nouns_in_a_list_have_their_articles() -> None:
    assert (
        listed([subject(noun) for noun in ("owl", "unicorn", "Mars")])
        == "an owl, a unicorn and Mars"
    )
    assert listed(["one"]) == "one"
