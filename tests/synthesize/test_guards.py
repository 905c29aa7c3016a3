"""Every guard rejects what it is for, with its reason, and lets good texts pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from realsyn_tasks.synthesize.guards import Limits, Material, check, tidy, unsupported

SENTENCE = "The ferry brings 12 sacks of bread and letters to the island of Staffa twice a week."
MATERIAL = Material(
    sentence=SENTENCE,
    tags=("boat", "sea", "pier"),
    caption="A boat, a ferry.",
    examples=("This wooden violin sounds when a bow is drawn across its four strings.",),
    instruction="You merge a text and the tags of a picture into one well-formed sentence. Text:",
)
GOOD = "Twice a week this boat, a ferry, brings 12 sacks of bread and letters to Staffa."


def _reason(text: str, material: Material = MATERIAL, limits: Limits | None = None) -> str:
    found = check(text, material, limits or Limits())
    return found.reason.code if found else ""


def test_a_merged_sentence_passes() -> None:
    assert _reason(GOOD) == ""


@pytest.mark.parametrize(
    "text",
    [
        SENTENCE,
        SENTENCE.lower(),
        SENTENCE.replace("The ferry", "A ferry"),
        "Brings 12 sacks of bread and letters to the island of Staffa twice a week.",
        "The ferry brings 12 sacks of bread and letters.",  # cut short is still copied
        "A boat, a ferry.",
        "A sea, a boat, a pier, a boat.",
        "This boat is at a pier on the sea.",  # nothing but tags
    ],
)
def test_copies_of_the_material(text: str) -> None:
    assert _reason(text) == "copied"


def test_what_an_example_says_is_copied_unless_an_input_says_it_too() -> None:
    text = "This ferry brings letters to the island when a bow is drawn across its bread."
    assert _reason(text) == "copied"
    violin = Material(
        sentence="A bow is drawn across the strings of a wooden violin to make it sound.",
        examples=MATERIAL.examples,
    )
    assert _reason("A bow drawn across its strings makes the wooden violin sound.", violin) == ""


@pytest.mark.parametrize(
    "text",
    [
        "The boat carries tourists, cameras and blankets along a famous coast.",
        "A boat with letters stands at the pier.",
        "A beautiful harbour where happy fishermen mend colourful nets on sunny mornings.",
    ],
)
def test_drift(text: str) -> None:
    assert _reason(text) == "drift"


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("Twice a week this boat, a ferry, brings 15 sacks of bread to the island.", "15"),
        ("This ferry, a boat, brings three sacks of bread and letters to the island.", "3"),
        ("Since 1,900 this boat, a ferry, brings bread and letters to the island.", "1900"),
    ],
)
def test_invented_numbers(text: str, detail: str) -> None:
    found = check(text, MATERIAL, Limits())
    assert found
    assert (found.reason.code, found.detail) == ("invented_number", detail)


def test_numbers_may_be_spelled_otherwise() -> None:
    assert _reason(GOOD.replace("12", "twelve")) == ""


@pytest.mark.parametrize(
    "text",
    [
        "Twice a week this boat, a ferry, brings bread and letters to the island of Mull.",
        "This ferry to the island of Staffa, a boat from Oban, brings bread and letters.",
        "BBC boats bring bread and letters to the island of Staffa twice a week by ferry.",
    ],
)
def test_invented_names(text: str) -> None:
    assert _reason(text) == "invented_name"


@pytest.mark.parametrize(
    "text",
    [
        "Here is a sentence: this boat, a ferry, brings bread to the island.",
        "Sure, this boat, a ferry, brings bread and letters to the island.",
        "Text: this boat brings bread and letters to the island of Staffa.",
        "The tags say that this boat brings bread and letters to the island.",
        "As an AI I think that this boat brings bread and letters to the island.",
        "<|im_start|>assistant this boat brings bread and letters to the island.",
        "I'm sorry, but this boat brings bread and letters to the island.",
        "This boat and ferry merge a text and the tags of bread and letters.",
    ],
)
def test_prompt_leaks(text: str) -> None:
    assert _reason(text) == "prompt_leak"


def test_a_text_may_speak_of_prompts_if_its_material_does() -> None:
    shell = Material("The shell shows a prompt and waits until you type the name of a program.")
    assert _reason("The prompt of the shell waits for the name of a program.", shell) == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("This ferry boat.", "too_short"),
        (" ".join(f"bread{chr(97 + n % 26)}{n}" for n in range(61)) + ".", "too_long"),
        ("Twice a week this boat, a ferry, brings bread and letters to the", "unfinished"),
        ("Twice a week this ferry (a boat brings bread and letters to the island.", "unfinished"),
        ("This boat brings bread, this boat brings letters to the island.", "repetition"),
        ("This boat, a ferry ferry, brings bread and letters to the island.", "repetition"),
        (
            "A boat and boat with boats for boating brings bread and letters to the island.",
            "repetition",
        ),
        ("Twice a week this boat, a ferry, brings bread 面包 and letters.", "odd_characters"),
        ("Twice a week this boat, a ferry, brings bread ☺ and letters.", "odd_characters"),
        (
            "Deux fois par semaine ce bateau, un ferry, apporte du pain et des lettres.",
            "drift",
        ),
    ],
)
def test_broken_texts(text: str, reason: str) -> None:
    assert _reason(text) == reason


@pytest.mark.parametrize(
    "text",
    [
        "This boat, a ferry, is a boat that brings bread and letters to the island.",
        "The letters are many letters that a ferry brings to the island as bread.",
    ],
)
def test_tautologies(text: str) -> None:
    assert _reason(text) == "tautology"


def test_negations_neither_come_nor_go() -> None:
    assert _reason("Twice a week this boat, a ferry, brings no bread to the island.") == "negation"
    magpie = Material("Any of several black birds not belonging to the genus of the common magpie.")
    lost = "This black bird, one of several, belongs to the genus of the magpie."
    assert _reason(lost, magpie) == "negation"
    kept = "These black birds do not belong to the genus of the magpie, as several others do."
    assert _reason(kept, magpie) == ""


def test_another_language_is_noticed_even_where_every_word_is_known() -> None:
    french = Material("Le bateau apporte du pain et des lettres deux fois par semaine sur une ile.")
    text = "Deux fois par semaine le bateau apporte sur une ile des lettres et du pain."
    assert _reason(text, french) == "not_english"


def test_limits_can_be_moved() -> None:
    assert _reason(GOOD, limits=Limits(max_words=5)) == "too_long"
    near = SENTENCE.replace("The ferry", "A ferry")
    assert _reason(near, limits=Limits(max_similarity=1, max_run=1, merged=False)) == ""


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ('  "A boat lies\nat the pier."  ', "A boat lies at the pier."),
        ("Answer: A boat lies at the pier.", "A boat lies at the pier."),
        ("A boat lies there. It is red. It is", "A boat lies there."),
        ("A boat of 3.5 tons lies at the pier. Another", "A boat of 3.5 tons lies at the pier."),
        ("A boat with\u200bout sails.", "A boat without sails."),
        ("A boat lies at", "A boat lies at"),
    ],
)
def test_tidy(raw: str, text: str) -> None:
    assert tidy(raw) == text


RABBIT = "A rabbit is any of various burrowing animals having long ears and short tails."
SEVERAL = {
    "A pipette bulb.": "A pipette bulb is used to fill pipettes.",
    "A camel.": "A camel is a cud-chewing mammal used as a saddle animal in desert regions.",
    "The green dialog.": "In the green dialog you choose the size of the brush.",
}


def _merged(text: str, caption: str, sentence: str, **changes: Any) -> str:
    return _reason(text, Material(sentence, caption=caption), Limits(**changes))


@pytest.mark.parametrize(
    ("text", "caption"),
    [
        ("A pipette bulb, used to fill pipettes.", "A pipette bulb."),
        ("A camel, a cud-chewing mammal used as a saddle animal.", "A camel."),
        ("A camel, used as a saddle animal in desert regions.", "A camel."),
        ("The green dialog, in which you choose the size of the brush.", "The green dialog."),
    ],
)
def test_a_merge_of_caption_and_text_is_no_copy(text: str, caption: str) -> None:
    assert _merged(text, caption, SEVERAL[caption]) == ""


@pytest.mark.parametrize("caption", SEVERAL)
def test_a_caption_alone_or_a_piece_of_the_text_alone_is_one(caption: str) -> None:
    sentence = SEVERAL[caption]
    pieces = (sentence, " ".join(sentence.split()[1:]), sentence.replace("A ", "The "))
    for piece in (*pieces, f"{' '.join(sentence.split()[:6])}."):
        assert _merged(piece, caption, sentence, min_captioned=0) == "copied"
    if len(caption.split()) > 3:
        assert _merged(caption, caption, sentence) == "copied"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("This football is a tennis ball.", "A football is kicked, a tennis ball is not."),
        (
            "A rabbit is a kind of hare with long ears.",
            "A rabbit, like that kind of hare, has long ears.",
        ),
        ("The wombat was one of the badgers.", "The wombat was as large as the badgers."),
        ("Mars, which is a tennis ball, is red.", "Mars is red, and a tennis ball is yellow."),
    ],
)
def test_x_is_a_y_only_where_an_input_says_so(text: str, sentence: str) -> None:
    assert _reason(text, Material(sentence)) in ("unsaid_kind", "negation")
    limits = Limits(min_grounded=0, min_covered=0)
    said = _reason(text, Material(sentence.replace(", a tennis ball is not", "")), limits)
    assert said in ("unsaid_kind", "invented_name")
    assert _reason(text, Material(sentence), Limits(unsaid_kinds=True)) != "unsaid_kind"


@pytest.mark.parametrize("subject", ["A rabbit", "It", "This animal"])
def test_what_an_input_calls_a_thing_it_may_be_called(subject: str) -> None:
    told = f"{subject} is a burrowing animal with long ears and a short tail."
    text = "A rabbit, which is a burrowing animal, has a short tail."
    assert _reason(text, Material(told, caption="A rabbit.")) == ""
    other = "A rabbit, which is a burrowing tail, has a short animal."
    assert _reason(other, Material(f"{told} A tail.", caption="A rabbit.")) == ""


@pytest.mark.parametrize("instruction", ["Leave out tags that do not fit.", "Begin with it."])
def test_the_leaves_of_a_plant_are_no_leak(instruction: str) -> None:
    plant = Material("The plant has broad leaves and begins to flower in spring.")
    plant = replace(plant, instruction=instruction, caption="A plant with broad leaves.")
    text = "A plant with broad leaves that begins to flower in spring."
    assert _reason(text, replace(plant, sentence="It begins to flower in spring.")) == ""


@pytest.mark.parametrize("word", ["wooden", "strings", "bow"])
def test_one_common_word_of_an_example_is_no_copy(word: str) -> None:
    text = (
        f"Twice a week this {word} boat, a ferry, brings 12 sacks of bread and letters to Staffa."
    )
    assert _reason(text) == ""
    two = text.replace("boat", "boat drawn across")
    assert _reason(two) in ("copied", "drift")


@pytest.mark.parametrize(
    ("written", "told"), [("Caesar", "Cæsar"), ("Cæsar", "Caesar"), ("Foetus", "Fœtus")]
)
def test_letters_grown_together_are_the_same_letters(written: str, told: str) -> None:
    material = Material(f"The coin shows {told} with a crown of green leaves.", caption="A coin.")
    assert _reason(f"A coin that shows {written} with a crown.", material) == ""
    accent = Material("The cafe by the sea has green doors.", caption="A café.")
    assert _reason("A café by the sea, with green doors.", accent) == ""


@pytest.mark.parametrize(
    ("text", "caption"),
    [
        ("A rabbit with long ears.", "Two rabbits with short tails in the snow."),  # other things
        ("A rabbit with long ears and short tails.", "Rabbit 2."),  # of a numbered series
        ("Rabbits have long ears and short tails.", "Three rabbits."),
        ("A rabbit, it has long ears and short tails.", "A rabbit."),  # glued together
        ("A rabbit, click on this rabbit with long ears.", "A rabbit. Click on this."),
        ("They are rabbits with long ears.", "They are rabbits."),
    ],
)
def test_a_text_says_what_the_caption_says_and_in_one_piece(text: str, caption: str) -> None:
    assert _merged(text, caption, RABBIT) == "off_caption"


@pytest.mark.parametrize("head", ["rabbit", "fox", "whale"])
def test_a_thing_is_not_explained_by_itself(head: str) -> None:
    text = f"Some {head}s, a pair of {head}s."
    assert _merged(text, f"Some {head}s.", f"A pair of {head}s.") == "tautology"


def test_support_has_a_limit_and_a_score_that_is_none_is_too_little() -> None:
    assert unsupported(4.0, 4.0) is None
    for score in (3.9, -8.0, float("nan")):
        objection = unsupported(score, 4.0)
        assert objection
        assert objection.reason.code == "unsupported"
