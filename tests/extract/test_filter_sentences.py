"""Every rule of filter_sentences drops what it is for and leaves its neighbours alone."""

from __future__ import annotations

import math
import socket
from pathlib import Path

import pytest

from realsyn_tasks.core.ids import sentence_id
from realsyn_tasks.core.reasons import Verdict
from realsyn_tasks.extract import count_words, filter_sentences, schemas
from realsyn_tasks.extract.document_language import Origin, languages_of
from realsyn_tasks.extract.entropy import RARE, entropy, surprises, words_of
from realsyn_tasks.extract.filter_sentences import (
    Config,
    Known,
    by_form,
    by_parse,
    by_pii,
    by_words,
)
from realsyn_tasks.extract.information import rarities
from realsyn_tasks.extract.interface import ENOUGH, interface_weight
from realsyn_tasks.extract.reasons import PII
from realsyn_tasks.text.language import guess
from realsyn_tasks.text.pii import kind_of_pii
from tests.extract.sentences import parsed_sentences
from tests.support import BatchInputs, FakeInputs, context

GOOD = [
    "A small brown dog runs along the wet beach at sunset.",
    "The farmer painted an old wooden bridge near the village.",
    "She picked ripe red apples from the tall tree behind the house.",
    "Snow covered the quiet streets of the town during the night.",
]


def counted(inputs: FakeInputs, tmp_path: Path) -> None:
    output = count_words.run(inputs, count_words.Config(), context(tmp_path))
    inputs.tables |= {("count_words", name): [table] for name, table in output.tables.items()}


def reasons_of(texts: list[str], tmp_path: Path, **settings: object) -> dict[str, str]:
    """Run the stage over a document; why each text that is dropped is."""
    inputs = FakeInputs({("parse", "sentences"): [parsed_sentences(texts)]})
    counted(inputs, tmp_path)
    output = filter_sentences.run(inputs, Config(**settings), context(tmp_path))
    texts_by_id = {sentence_id(text): text for text in texts}
    return {texts_by_id[item.id]: item.reason.code for item in output.dropped}


def code(verdict: Verdict | None) -> str:
    return verdict.reason.code if verdict else ""


def form(text: str) -> str:
    return code(by_form(text, len(text.split()), Config()))


@pytest.mark.parametrize(
    "text", ["We love this place 😀 so much", "A heart ❤️ for the cat", "Press 1️⃣ to go", "So cold ❄"]
)
def test_emoji(text: str) -> None:
    assert form(text) == "emoji"


@pytest.mark.parametrize(
    "text", ["The name is Foo™ and © 2020 Bar®.", "Go from File → New → Layer.", "A ↔ B is a map"]
)
def test_typographic_signs_are_no_emoji(text: str) -> None:
    assert form(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "See https://example.test/page for the details",
        "Find more at www.gimp now and then",
        "Download it from gimp.org today please",
        "Look at docs.gimp.org/en/ for more",
        "Their site (Example.COM) is down",
    ],
)
def test_web_addresses(text: str) -> None:
    assert form(text) == "url"


@pytest.mark.parametrize(
    "text",
    [
        "It ended.Then it began again",
        "Open the file readme.txt with care",
        "It weighs 3.5 kg, i.e. a lot",
    ],
)
def test_dots_are_no_web_addresses(text: str) -> None:
    assert form(text) == ""


@pytest.mark.parametrize(
    ("count", "expected"), [(2, "too_short"), (3, ""), (81, ""), (82, "too_long")]
)
def test_length_is_the_papers(count: int, expected: str) -> None:
    assert form(" ".join(["word"] * count)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Der kleine braune Hund läuft am Strand entlang.",
        "Le petit chien brun court sur la plage.",
        "小さな 茶色の 犬が 浜辺を 走っている。",
        "xqzt vvrk plmn qqws",
    ],
)
def test_other_languages(text: str, tmp_path: Path) -> None:
    assert reasons_of([text], tmp_path) == {text: "language"}
    assert reasons_of([text], tmp_path, language="").get(text) != "language"


def test_english_is_told_without_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert languages_of([guess(text) for text in GOOD], [Origin("d", "s")] * 4) == ["en"] * 4


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Write to jane.doe@example.test for more", "email"),
        ("Write to jane@some-place.com for more", "email"),
        ("Write to jane.doe (at) example (dot) test for more", "email"),
        ("The server at 192.168.10.7 was down", "ip"),
        ("The server at 2001:db8::8a2e:370:7334 was down", "ip"),
        ("He paid with 4111 1111 1111 1111 last week", "card"),
        ("Call me on +49 (0)30 1234567 tonight", "phone"),
        ("Our office is at (212) 555-0187 all day", "phone"),
        ("Phone us: 555 0187 22 for details", "phone"),
    ],
)
def test_personal_data(text: str, kind: str) -> None:
    assert form(text) == ""
    assert by_pii({"text": text}, Config()) == Verdict(PII, kind)
    assert by_pii({"text": text}, Config(pii="keep")) is None


@pytest.mark.parametrize(
    "text",
    [
        "From 1990 to 2004 about 1,200,000 people moved there",
        "See section 2.1.3.1 for the calibration of the camera",
        "In version 2.7.0.11 this was changed for good",
        "It started at 12:30:45 on 2004-10-12 and took 3.5 hours",
        "The number 1234567890123456 is no card",
        "He was @home in 300 x 200 px pictures",
        "The 00 line has 0.00123456789 m of play",
    ],
)
def test_other_numbers_are_no_personal_data(text: str) -> None:
    assert kind_of_pii(text) == ""


def test_patterns_take_linear_time() -> None:
    for text in ("a." * 20_000, "1 " * 20_000, "a@" * 20_000, ":" * 20_000, "1.1." * 10_000):
        kind_of_pii(text)
        form(text)


def test_entropy_is_equation_1() -> None:
    counts = {"the": 50, "cat": 25, ".": 20, RARE: 5}
    known = surprises(counts)
    expected = -(0.5 * math.log2(0.5) + 2 * 0.25 * math.log2(0.25) + 0.2 * math.log2(0.2))
    assert entropy(words_of("The cat cat unheard."), known) == pytest.approx(expected)


def test_what_says_little_is_dropped() -> None:
    counts = {"click": 1, "here": 1, "the": 60, "of": 30, "cat": 5, ".": 40, "dog": 863}
    known = known_of(counts, min_entropy=0.3, min_information=0.0)
    assert code(by_words("Click here", known)) == "low_entropy"
    assert by_words("The cat of the house.", known) is None
    assert by_words("Click here", known_of(counts, min_entropy=0.0, min_information=0.0)) is None
    assert code(by_words("Dog of the dog.", known_of(counts))) == "low_information"
    assert by_words("A great blue heron.", known_of(counts)) is None


def known_of(counts: dict[str, int], **settings: object) -> Known:
    """What rules know of a crawl with these words."""
    return Known(Config(**settings), surprises(counts), rarities(counts), {}, {}, frozenset())


def test_words_are_counted_over_all_shards(tmp_path: Path) -> None:
    shards = [parsed_sentences(["A cat, a dog."]), parsed_sentences(["The CAT sleeps."])]
    inputs = FakeInputs({("parse", "sentences"): shards})
    output = count_words.run(inputs, count_words.Config(), context(tmp_path))
    table = output.tables["words"]
    found = dict(zip(table["word"].to_pylist(), table["count"].to_pylist(), strict=True))
    assert table.schema == schemas.WORDS
    assert found == {"a": 2, "cat": 2, ",": 1, "dog": 1, ".": 2, "the": 1, "sleeps": 1}
    few = count_words.run(inputs, count_words.Config(max_words=3), context(tmp_path))
    table = few.tables["words"]
    found = dict(zip(table["word"].to_pylist(), table["count"].to_pylist(), strict=True))
    assert found == {"a": 2, "cat": 2, ".": 2, RARE: 4}
    sample = count_words.run(inputs, count_words.Config(max_sentences=1), context(tmp_path))
    assert sample.counts["sentences_counted"] == 1  # the other shard is not read


def test_undescribed_and_still_sentences_are_dropped(tmp_path: Path) -> None:
    texts = ["She runs and sings.", "A lovely little village.", GOOD[0]]
    here = context(tmp_path)
    papers = Config(require_action=True)
    reasons = [code(verdict) for verdict in by_parse(texts, papers, here)]
    assert reasons == ["no_complexity", "no_action", ""]
    assert [code(verdict) for verdict in by_parse(texts, Config(), here)] == [
        "no_complexity",
        "",
        "",
    ]
    loose = Config(min_complexity=0)
    assert list(by_parse(texts, loose, here)) == [None] * 3


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Selection of the red and blue layers", "heading"),
        ("Paint the old bridge near the village red.", "instruction"),
        ("Click the red button in the left corner.", "interface"),
        ("Riding along the wet beach at sunset.", "fragment"),
        ("The material that bridges are made of (e.g.", "fragment"),
    ],
)
def test_texts_that_describe_nothing_have_reasons_of_their_own(
    text: str, reason: str, tmp_path: Path
) -> None:
    assert reasons_of([*GOOD, text], tmp_path) == {text: reason}
    whatever = {"drop_kinds": (), "drop_broken": False, "drop_interface": False}
    assert reasons_of([*GOOD, text], tmp_path, **whatever) == {}


@pytest.mark.parametrize(
    "text",
    [
        "A soccer ball with black and white fields.",
        "A great blue heron.",
        "a conical flask with a wide base and narrow neck",
        "The common European crane is a tall grey bird.",
        "A boxcar is used to carry livestock.",
        "any of various game fishes of cool fresh waters",
        "On the left is a round tower of red brick.",
    ],
)
def test_what_describes_without_a_deed_stays(text: str, tmp_path: Path) -> None:
    """The paper's rules take it: no action, little entropy, or another language."""
    assert reasons_of([*GOOD, text], tmp_path) == {}


def test_a_pronoun_without_its_noun_is_marked(tmp_path: Path) -> None:
    texts = [GOOD[0], "It runs along the wet beach at sunset."]
    inputs = FakeInputs({("parse", "sentences"): [parsed_sentences(texts)]})
    counted(inputs, tmp_path)
    output = filter_sentences.run(inputs, Config(), context(tmp_path))
    rows = output.tables["sentences"].select(["text", "anaphoric"]).to_pylist()
    assert {row["text"]: row["anaphoric"] for row in rows} == {texts[0]: False, texts[1]: True}


def test_each_sentence_is_kept_or_dropped_once(tmp_path: Path) -> None:
    bad = [
        "Too short",
        "Visit www.example.test for the news",
        "Selection of villages near lakes",
    ]
    inputs = FakeInputs({("parse", "sentences"): [parsed_sentences(GOOD + bad)]})
    counted(inputs, tmp_path)
    output = filter_sentences.run(inputs, Config(), context(tmp_path))
    kept = output.tables["sentences"]
    assert kept.schema == schemas.FILTERED_SENTENCES
    assert sorted(kept["text"].to_pylist()) == sorted(GOOD)
    assert kept["sentence_id"].to_pylist() == sorted(kept["sentence_id"].to_pylist())
    assert sorted(item.reason.code for item in output.dropped) == ["heading", "too_short", "url"]


def test_an_empty_shard_is_no_trouble(tmp_path: Path) -> None:
    inputs = FakeInputs({("parse", "sentences"): [parsed_sentences([])]})
    counted(inputs, tmp_path)
    output = filter_sentences.run(inputs, Config(), context(tmp_path))
    assert output.tables["sentences"].num_rows == 0


NOUNS = ("boat", "museum", "bakery", "town")


@pytest.mark.parametrize("noun", NOUNS)
@pytest.mark.parametrize(
    "form",
    [
        "We use cookies to improve your visit to the {0}.",
        "The {0} uses cookies; by going on you accept our cookie policy.",
        "This website of the {0} uses cookies and similar means.",
        "You may reject cookies of the {0} at any time.",
        "Please enable JavaScript to see the {0}.",
        "Your browser is too old to show the {0}.",
        "Read the privacy policy of the {0} before you go on.",
        "Copyright 2024 the {0} and its partners.",
        "© 2019 The {0}. All rights reserved.",
    ],
)
def test_notices_of_pages_are_no_prose(form: str, noun: str) -> None:
    assert interface_weight(form.format(noun), order=False) >= ENOUGH


@pytest.mark.parametrize(
    "text",
    [
        "She baked cookies with chocolate for the children of the village.",
        "The cookie jar stands on the shelf above the stove.",
        "The fortune cookie holds a note on thin paper.",
        "The deer browses in the wood behind the farm.",
        "The boat → harbour path follows the river.",
        "The painter sold the rights of the picture to a museum.",
    ],
)
def test_cookies_that_are_eaten_are_prose(text: str) -> None:
    assert interface_weight(text, order=False) < ENOUGH


@pytest.mark.parametrize("word", ["harbour", "shop", "farm", "church"])
@pytest.mark.parametrize(
    "form",
    [
        "The team builds the {0} with ASP.NET and VB.NET at night.",
        "The {0} runs on Node.js and opens a window.",
        "She carries a wooden box to the {0}.co and leaves.",
        'He said: "go.Then" and left the {0}.',
        "He left the {0}.In the evening they sang.",
        "Version 10.11.12.13 of the {0} map is old.",
        "Section 10.1.2.30 is about the {0}.",
        "The model 10.1.2.3 engine drives the {0}.",
        "The ISBN 978-3-16-148410-0 is that of the {0} book.",
        "ISBN-13: 978 0 306 40615 7 names the {0} book.",
        "The {0} cost $212 555 0187 in old money.",
        "The phone of the {0} costs 1 200 000 rupiah.",
        "The mobile {0} had 12 500 000 visitors.",
        "The train leaves the {0} at 0800 1200 1600 each day.",
        "The parcel 4111 1111 1111 1111 lies at the {0}.",
        "In the U.S. the {0} opened at 10:15:30 on 2010-03-04.",
    ],
)
def test_prose_is_no_address_and_no_number_of_a_person(form: str, word: str) -> None:
    text = form.format(word)
    assert form_of(text) == ""
    assert kind_of_pii(text) == ""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The server of the boat is 10.1.2.30 now.", "ip"),
        ("Call the harbour at 555 123 456 now.", "phone"),
        ("The telephone of the shop: 212 555 0187", "phone"),
        ("His card 4111 1111 1111 1111 was stolen.", "card"),
    ],
)
def test_numbers_of_persons_are_still_told(text: str, kind: str) -> None:
    assert kind_of_pii(text) == kind


def form_of(text: str) -> str:
    verdict = by_form(text, len(text.split()), Config())
    return verdict.reason.code if verdict else ""


def test_code_goes_with_its_reason(tmp_path: Path) -> None:
    code = 'if (boat == "red") { sail(boat); }'
    inputs = FakeInputs({("parse", "sentences"): [parsed_sentences([*GOOD, code])]})
    counted(inputs, tmp_path)
    loose = Config(min_information=0.0)
    output = filter_sentences.run(inputs, loose, context(tmp_path))
    assert [(item.id, item.reason.code) for item in output.dropped] == [(sentence_id(code), "code")]
    kept = filter_sentences.run(inputs, Config(drop_code=False), context(tmp_path)).dropped
    assert "code" not in {item.reason.code for item in kept}


@pytest.mark.parametrize(("settings", "recurring"), [({}, 1), ({"boilerplate_documents": None}, 0)])
def test_what_is_counted_is_made_ready_once_for_the_shards_of_a_batch(
    settings: dict[str, None], recurring: int, tmp_path: Path
) -> None:
    inputs = BatchInputs({("parse", "sentences"): [parsed_sentences(GOOD)]})
    counted(inputs, tmp_path)
    inputs.reads.clear()
    for _ in range(3):
        filter_sentences.run(inputs, Config(**settings), context(tmp_path))
    assert inputs.reads["parse", "sentences"] == 3, "once a shard"
    assert inputs.reads["count_words", "words"] == 1
    assert inputs.reads["count_words", "recurring"] == recurring
