"""Captions and alternative texts: what names something stays, each rule refuses what it is for."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsyn_tasks.extract import captions, filter_sentences
from realsyn_tasks.extract.captions import Caption, CaptionConfig, CaptionRules, is_file_name
from realsyn_tasks.extract.evaluation import caption_keys
from realsyn_tasks.extract.operator_files import OperatorFile

RULES = CaptionRules(CaptionConfig())


def verdict(text: str, language: str = "en", around: str = "", rules: CaptionRules = RULES) -> str:
    reason = rules.judged(Caption(text, language, around))[1]
    return reason.reason.code if reason else ""


@pytest.mark.parametrize(
    "text",
    [
        "A soccer ball.",
        "Beaker",
        "A great blue heron.",
        "The caboose—a carriage for the guard.",
        "Figure 14.115. Example for Clip",
        "Figure 8.48. Images (masks) used for the layer mode examples Mask 1",
        "Saturn—the second largest planet in our solar system—and the one with the most rings.",
        "Photo of a red tram",
        "Image: a red tram on a hill",
        "The logo of the city of Bern",
        "Boeing 747-400 at sunset, 2004",
        "U-2 spy plane",
        "An X-ray of a hand",
        "Click beetle",
        "View of Mount Fuji",
        "Print of a lion",
        "Open book on a table",
        "Play of light and shadow",
        "A credit card reader",
        "Credit card reader",
        "Press conference on the deck of a ship",
        "Source of the river Rhine",
        "A civil engineer",
        "Mask 2",
        "Fig leaves",
        "Copyright law, first page of the Statute of Anne",
        "Café au lait in a bowl",
        "'Tis the season: a Christmas tree",
    ],
)
def test_what_names_something_is_a_caption(text: str) -> None:
    assert verdict(text) == ""


CASES = {
    "no_text": ["", "  "],
    "too_long": ["word " * 100, "a" * 2_000],
    "emoji": ["A heart ❤️ for the cat"],
    "url": ["A tram, see www.trams.example", "https://site.example/tram"],
    "file_name": [
        *("IMG_2034.jpg", "img 2034", "DSC00017.JPG", "DSC_0017 (2)", "my holiday photo.jpeg"),
        *("Screenshot 2023-01-01 at 10.22.33", "Autopano-align.png", "btn_next", "header-bg-2x-v3"),
        *("P1020304", "a1b2c3d4e5f6", "Image_2020-01-01", "icon_home_24px", "image 17"),
    ],
    "code": ["{\\displaystyle R=k_{1}}", "<b>A tram</b>", "${title}", "\\frac {1}{2}", "A &amp; B"],
    "numbering": [
        *(
            "Figure 3.",
            "Fig. 2a",
            "Plate IV",
            "12",
            "(b)",
            "Slide 3 of 10",
            "3.1",
            "1/12",
        ),
        *("Table 2:", "No. 7", "Step 4", "c.", "#12"),
    ],
    "boilerplate": [
        *("Click to enlarge", "Click on the image to see a larger version.", "(click to zoom)"),
        *("View full size image", "Read more", "Advertisement", "Image not available", "Enlarge"),
        *("Tap here to expand", "No image available", "Share on Facebook", "Loading...", "print"),
    ],
    "credit": [
        *("Photo by John Smith", "© Reuters 2020", "Image courtesy of the museum", "Credit: NASA"),
        *("Photo credit: Jane Doe", "Copyright 2020 the owner"),
        *("Getty Images", "Source: the ministry", "Photography by Jane Doe"),
    ],
    "names_nothing": [
        "image",
        "Figure.",
        "Photo",
        "the picture",
        "[Note]",
        "Original image",
        "...",
        "– 1 –",
    ],
    "pii": ["Write to jane.doe@site.example", "Call +49 30 901820 now"],
}


@pytest.mark.parametrize(
    ("code", "text"), [(code, text) for code, texts in CASES.items() for text in texts]
)
def test_what_is_no_caption_says_why(code: str, text: str) -> None:
    assert verdict(text) == code


@pytest.mark.parametrize("language", ["en", "de", ""])
def test_the_language_of_a_short_caption_is_its_documents(language: str) -> None:
    assert verdict("A great blue heron.", language) == ("language" if language == "de" else "")


GERMAN = "Der alte rote Zug fährt langsam den steilen Berg hinauf zum kleinen Bahnhof."


def test_a_page_that_declares_no_language_shows_it_by_its_texts() -> None:
    assert verdict("Ein Zug", "", GERMAN) == "language"
    assert verdict("A tram", "", "The old red tram climbs the steep hill slowly every day.") == ""


def test_a_long_caption_is_believed_before_its_page() -> None:
    assert verdict(GERMAN, "en") == "language"
    english = "The old red tram climbs the steep hill slowly on its way to the station."
    assert verdict(english, "de") == ""


def test_another_script_is_another_language_however_short() -> None:
    assert verdict("Красный трамвай", "en") == verdict("红色电车", "en") == "language"


def test_any_language_will_do_where_none_is_wanted() -> None:
    rules = CaptionRules(CaptionConfig(language=""))
    assert verdict(GERMAN, "de", rules=rules) == verdict("Ein Zug", "de", rules=rules) == ""


MAIL = "The zoo, write to jane.doe@zoo.example"


def test_personal_data_goes_whatever_a_caption_is_refused_for() -> None:
    text, refused = RULES.judged(Caption(MAIL + " www.zoo.example ❤️", "en"))
    assert (text, refused and refused.detail) == ("", "email")
    text, refused = CaptionRules(CaptionConfig(pii="mask")).judged(Caption(MAIL, "en"))
    assert (text, refused) == ("The zoo, write to [EMAIL]", None)
    text, refused = CaptionRules(CaptionConfig(pii="keep")).judged(Caption(MAIL, "en"))
    assert (text, refused) == (MAIL, None)


@pytest.mark.parametrize("look", ["mask_pii", "instruction_in"])
def test_what_stands_beside_many_pictures_is_looked_at_once(
    look: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    really = getattr(captions, look)

    def watched(text: str, *how: object) -> object:
        seen.append(text)
        return really(text, *how)

    monkeypatch.setattr(captions, look, watched)
    rules, heading = CaptionRules(CaptionConfig()), "The old trams of the town"
    for number in range(50):
        tram = f"A tram of the line {number}"
        assert rules.judged(Caption(tram, "en")) == (tram, None)
        assert rules.cleaned(heading) == heading
        assert rules.judged(Caption(MAIL, "en"))[0] == ""
    assert len(seen) == len(set(seen)) == 52


def test_a_text_too_long_to_be_one_is_not_passed_on() -> None:
    assert RULES.judged(Caption("word " * 5_000, "en"))[0] == ""


def test_captions_of_evaluation_sets_go_wherever_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "captions.txt"
    path.write_text("A dog runs on the beach.\n")
    sets = (OperatorFile(uri=path.as_uri()),)
    rules = CaptionRules(CaptionConfig(evaluation_captions=sets), caption_keys(sets))
    assert verdict("a dog runs on the Beach!", rules=rules) == "evaluation_caption"
    assert rules.judged(Caption("a dog runs on the Beach!"))[0] == ""
    assert rules.cleaned("A dog runs on the beach") == ""
    assert verdict("A cat runs on the beach.", rules=rules) == ""


@given(st.text(max_size=300), st.sampled_from(["", "en", "de", "zz"]))
def test_any_text_is_judged(text: str, language: str) -> None:
    kept, refused = RULES.judged(Caption(text, language))
    assert refused or kept == text


@pytest.mark.parametrize(
    "text", ["a" * 200_000, "1." * 50_000, "IMG_" + "1 " * 50_000, "<" * 99_999]
)
def test_hostile_texts_cost_no_time(text: str) -> None:
    assert verdict(text) == "too_long"
    for length in (800, 1_000):
        verdict(text[:length])
        is_file_name(text[:length])


def test_sentences_and_captions_treat_personal_data_alike() -> None:
    ours, theirs = CaptionConfig(), filter_sentences.Config()
    assert (ours.pii, ours.pii_kinds) == (theirs.pii, theirs.pii_kinds)


@pytest.mark.parametrize(
    "text",
    [
        "Atlantic puffin on a cliff",
        "Red kite in flight",
        "Monarch butterfly on milkweed",
        "Old mill in Bruges",
        "Salmon fillet with dill",
        "Harbour of Valletta at dusk",
        "Two alpacas in Peru",
        "Lotus flower in a pond",
        "Tram in Lisbon, Portugal",
        "Giant panda eating bamboo",
    ],
)
@pytest.mark.parametrize("language", ["", "en"])
def test_short_english_captions_are_not_lost(text: str, language: str) -> None:
    assert verdict(text, language) == ""


@pytest.mark.parametrize("text", ["Ein rotes Boot im alten Hafen", "Un vieux bateau dans le port"])
def test_what_is_surely_foreign_is_so_on_an_english_page(text: str) -> None:
    assert verdict(text, "en") == "language"
