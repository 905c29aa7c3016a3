"""A sentence that begins with a pronoun for a noun elsewhere is told from one that does not."""

from __future__ import annotations

import pytest

from realsyn_tasks.extract.anaphora import is_anaphoric


@pytest.mark.parametrize(
    "text",
    [
        "It is ordinarily monolithic.",
        "It’s just beyond earth.",
        "They feed chiefly on carrion.",
        "Their color is usually red or pink.",
        "This weighs about two tons.",
        "These birds nest in colonies.",
        "He was born in a small town near the sea.",
        "Its wings are short.",
        "However, it is a copy of an older model.",
        "Today, they are kept as pets.",
        "Sometimes this is called a finch.",
        "Both have long tails.",
        "Some of them have been restored.",
        "As such, it has no roof.",
    ],
)
def test_a_pronoun_without_its_noun(text: str) -> None:
    assert is_anaphoric(text)


@pytest.mark.parametrize(
    "text",
    [
        "A small brown dog runs along the wet beach at sunset.",
        "The farmer painted an old bridge that crosses this river.",
        "It is important to keep the plants dry in winter.",
        "It seems that the bridge was never finished.",
        "It rained all day over the old town.",
        "There is a tower on the left.",
        "When the tide comes in, it covers the path.",
        "The cat and its kittens sleep in a basket.",
        "In Italy, the almond flowers before its leaves appear.",
        "I like this mountain.",
        "In the picture of the harbour they are loading a ship.",
        "",
    ],
)
def test_no_pronoun_or_one_whose_noun_is_there(text: str) -> None:
    assert not is_anaphoric(text)
