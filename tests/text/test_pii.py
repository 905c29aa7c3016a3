"""Personal data of each kind is found, masked as what it is, and told from other numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from realsyn_tasks.core import ids
from realsyn_tasks.core.stage import Output
from realsyn_tasks.extract import count_words, filter_sentences, schemas
from realsyn_tasks.text.pii import KINDS, kind_of_pii, mask_pii
from tests.extract.sentences import parsed_sentences
from tests.support import FakeInputs, context


@pytest.mark.parametrize(
    ("text", "masked", "kinds"),
    [
        ("Mail jane.doe@example.test or bob@x-y.test.", "Mail [EMAIL] or [EMAIL].", ["email"]),
        ("Mail jane (at) example (dot) test now.", "Mail [EMAIL] now.", ["email"]),
        ("Hosts 192.168.10.7 and fe80::1ff:fe23:1 fell.", "Hosts [IP] and [IP] fell.", ["ip"]),
        ("Pay to DE89 3704 0044 0532 0130 00 now.", "Pay to [IBAN] now.", ["iban"]),
        ("Pay to GB29NWBK60161331926819 or GO.", "Pay to [IBAN] or GO.", ["iban"]),
        ("Pay NO93 8601 1117 947 AND GO HOME.", "Pay [IBAN] AND GO HOME.", ["iban"]),
        ("Card 4111-1111-1111-1111 was stolen.", "Card [CARD] was stolen.", ["card"]),
        ("Her number is 219-09-9999 there.", "Her number is [ID_NUMBER] there.", ["id_number"]),
        ("His is AB 12 34 56 C, he said.", "His is [ID_NUMBER], he said.", ["id_number"]),
        ("DNI 12345678Z, NIE X1234567L.", "DNI [ID_NUMBER], NIE [ID_NUMBER].", ["id_number"]),
        ("CPF 529.982.247-25 is hers.", "CPF [ID_NUMBER] is hers.", ["id_number"]),
        ("NIR 2 55 08 14 168 025 38 is hers.", "NIR [ID_NUMBER] is hers.", ["id_number"]),
        ("ID 11010519491231002X is his.", "ID [ID_NUMBER] is his.", ["id_number"]),
        ("Call +49 (0)30 1234567 tonight.", "Call [PHONE] tonight.", ["phone"]),
        ("Call 555 0187 22 tonight.", "Call [PHONE] tonight.", ["phone"]),
        ("We are at (212) 555-0187 all day.", "We are at [PHONE] all day.", ["phone"]),
        ("We are at 020 7946 0958 all day.", "We are at [PHONE] all day.", ["phone"]),
        ("We are at (030) 1234567 all day.", "We are at [PHONE] all day.", ["phone"]),
        ("We are at 01 23 45 67 89, always.", "We are at [PHONE], always.", ["phone"]),
        ("a@b.test, 10.20.30.40", "[EMAIL], [IP]", ["email", "ip"]),
    ],
)
def test_each_kind_has_its_placeholder(text: str, masked: str, kinds: list[str]) -> None:
    assert mask_pii(text) == (masked, kinds)
    assert kind_of_pii(text) == kinds[0]
    others = [kind for kind in KINDS if kind not in kinds]
    assert mask_pii(mask_pii(text)[0]) == (masked, []), "a mask is not masked again"
    assert not {*mask_pii(text, others)[1]} & {*kinds}


@pytest.mark.parametrize(
    "text",
    [
        "Pay to DE89 3704 0044 0532 0130 01 now.",  # check digits
        "Card 4111-1111-1111-1112 was stolen.",
        "Numbers 000-12-3456, 666-12-3456, 123-00-4567 and 2001-09-1199 are nobody's.",
        "DNI 12345678A is nobody's.",
        "CPF 529.982.247-26 or 111.111.111-11 is nobody's.",
        "NIR 2 55 08 14 168 025 39 is nobody's.",
        "ID 110105194912310021 is nobody's.",
        "It was built from 01-02-2003 to 05-06-2004 in town.",
        "Add 0.25 litres at 08:30, 09:45 and 10:15.",
        "In 2020 there were 1 500 000 of 2 000 000 left.",
    ],
)
def test_what_fails_its_check_is_left_alone(text: str) -> None:
    assert mask_pii(text) == (text, [])


def test_looking_takes_linear_time() -> None:
    for text in ("01 " * 20_000, "AB12" * 20_000, "DE89 3704 " * 10_000, "+1 " * 20_000):
        mask_pii(text)


def filtered(texts: list[str], tmp_path: Path, **settings: object) -> Output:
    inputs = FakeInputs({("parse", "sentences"): [parsed_sentences(texts)]})
    fitted = count_words.run(inputs, count_words.Config(), context(tmp_path))
    inputs.tables |= {("count_words", name): [table] for name, table in fitted.tables.items()}
    loose = {"min_complexity": 0, "min_information": 0.0, "drop_kinds": ()} | settings
    return filter_sentences.run(inputs, filter_sentences.Config(**loose), context(tmp_path))


def test_masked_sentences_keep_where_they_are_from(tmp_path: Path) -> None:
    texts = ["Please write to jane@x.test about the old wooden bridge."]
    output = filtered(texts, tmp_path, pii="mask")
    [row] = output.tables["sentences"].to_pylist()
    [before] = parsed_sentences(texts).to_pylist()
    masked = "Please write to [EMAIL] about the old wooden bridge."
    changed = {"text": masked, "sentence_id": ids.sentence_id(masked), "anaphoric": False}
    assert row == {**before, **changed}
    assert output.tables["sentences"].schema == schemas.FILTERED_SENTENCES
    assert output.tables["masked"].to_pylist() == [
        {
            "sentence_id": row["sentence_id"],
            "original_id": before["sentence_id"],
            "kinds": ["email"],
        }
    ]


def test_what_masks_make_equal_is_kept_once(tmp_path: Path) -> None:
    names = ["jane@x.test", "bob@y.test", "[EMAIL]"]
    texts = [f"Please write to {name} about the old wooden bridge." for name in names]
    both = filtered(texts[:2], tmp_path, pii="mask")
    assert both.tables["sentences"]["text"].to_pylist() == [texts[2]]
    kept_id = min(map(ids.sentence_id, texts[:2]))
    assert both.tables["masked"]["original_id"].to_pylist() == [kept_id]
    [gone] = both.dropped
    assert (gone.reason.code, gone.id) == ("masked_duplicate", max(map(ids.sentence_id, texts[:2])))
    three = filtered(texts, tmp_path, pii="mask")
    assert three.tables["sentences"].num_rows == 1
    assert three.tables["masked"].num_rows == 0
    assert len(three.dropped) == 2


def test_a_sentence_of_nothing_else_goes(tmp_path: Path) -> None:
    text = "Phone: +49 30 123 456 789"
    [gone] = filtered([text], tmp_path, pii="mask", language="").dropped
    assert (gone.reason.code, gone.detail) == ("pii", "phone")


def test_kinds_may_be_left_out(tmp_path: Path) -> None:
    text = "Please write to jane@x.test about the old wooden bridge."
    for action in ("drop", "mask"):
        output = filtered([text], tmp_path, pii=action, pii_kinds=["phone", "card"])
        assert output.tables["sentences"]["text"].to_pylist() == [text]
    assert filtered([text], tmp_path, pii="keep").tables["sentences"].num_rows == 1
