"""Texts come in as a reader sees them; what cannot be mended is told, and nothing breaks."""

from __future__ import annotations

import time
import unicodedata
from itertools import product
from random import Random

import pytest

from realsyn_tasks.core.ids import sentence_id
from realsyn_tasks.text.clean import cleaned, composed, why_unusable

RIGHT = (
    "The captain’s wife — a painter — hangs “The Boat” on the wall…",
    "Grandmother’s café in Zürich serves crème brûlée for £5 or €6.",
    "It was 20 °C at noon, and the garden of 5 m² cost ½ of the price.",
    "The naïve señor ate a piñata in São Paulo, didn’t he?",
    "Dvořák and Škoda met Łukasz near the Čapek house in Kraków.",
)
# How bytes of UTF-8 are read wrongly, and how often.
WRONG = (("cp1252", 1), ("latin-1", 1), ("cp1252", 2), ("latin-1", 2), ("mac_roman", 1))
OTHERS = (
    "Ο γέρος ψαράς κάθεται στο λιμάνι.",
    "Старый рыбак сидит в гавани — и молчит.",
    "老漁師坐在港口。",
    "年老いた漁師が港に座っている。",
    "늙은 어부가 항구에 앉아 있다.",
    "जेटी पर बूढ़ा मछुआरा बैठा है।",
    "می‌خواهم به بندر بروم",
    "Gamli sjómaðurinn situr við höfnina í Þórshöfn.",
    "Der alte Fischer sitzt am Hafen – „müde“, sagt er.",
    "Le vieux pêcheur « Étienne » s’assoit près de l’œuvre.",
    "¿Dónde está el señor? ¡Aquí!",
    "Poblacht na hÉireann agus an tÓglach.",
    "Bătrânul pescar stă în port; țărmul e gol.",
    "İstanbul’da yaşlı balıkçı oturuyor.",
    "The Ångström, the Ærø ferry, Ørsted and Åland.",
    "10⁸ m² of H₂O, 1½ cups, 3 × 4 ≈ 12, µm and °C.",
)


def misread(text: str, encoding: str, times: int) -> str:
    for _ in range(times):
        text = text.encode().decode(encoding, "strict" if encoding != "cp1252" else "replace")
    return text


@pytest.mark.parametrize(("encoding", "times"), WRONG)
def test_what_was_read_wrongly_is_mended_or_told(encoding: str, times: int) -> None:
    mended = 0
    for text in (piece for line in RIGHT for piece in (line, line[:40], line[-40:])):
        result = cleaned(misread(text, encoding, times))
        assert result == composed(text) or why_unusable(result), result
        mended += result == composed(text)
    assert mended >= 8


@pytest.mark.parametrize("code", range(0x80, 0xA0))
def test_controls_that_stand_for_signs_are_read_as_them(code: int) -> None:
    sign = bytes([code]).decode("cp1252", "ignore")
    assert cleaned(f"The boat {chr(code)} sails") == composed(f"The boat {sign} sails")


@pytest.mark.parametrize("text", [*RIGHT, *OTHERS])
def test_what_is_right_stays(text: str) -> None:
    assert cleaned(text) == composed(text)
    assert why_unusable(cleaned(text)) is None
    assert cleaned(unicodedata.normalize("NFD", text)) == composed(text)


@pytest.mark.parametrize(
    "text", ["10⁸ boats", "1½ cups", "5 m² of sand", "H₂O and CO₂", "½ lb", "№ 5", "x² + y³", "Ⅳ"]
)
def test_what_is_published_keeps_its_meaning_and_ids_do_not_mind(text: str) -> None:
    assert cleaned(text) == composed(text) == text
    assert sentence_id(text) == sentence_id(unicodedata.normalize("NFKC", text))


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("The boat &amp; the crew", "The boat & the crew"),
        ("The boat &amp;amp; the crew", "The boat & the crew"),
        ("The boat &nbsp; sails", "The boat sails"),
        ("the captain&#146;s and the captain&#8217;s", "the captain’s and the captain’s"),
        ("&ldquo;Boat&rdquo;", "“Boat”"),
        ("AT&T; R&D and a&b", "AT&T; R&D and a&b"),
        (
            "soft\u00adhyphen zero\u200bwidth no\u2060break \ufeffmark",
            "softhyphen zerowidth nobreak mark",
        ),
        ("no\u00a0break thin\u2009space\u2003wide", "no break thin space wide"),
        ("a \x1b[31mred\x1b[0m boat\x00\x07", "a red boat"),
        ("left\u200e right\u200f \u2066inside\u2069", "left right inside"),
        ("hidden\U000e0041\U000e0042 tags", "hidden tags"),
        ("\uf0b7 an item of a font", "an item of a font"),
        ("the \u202etaob\u202c sails", "the boat sails"),
        ("Panorama Tools[*] and PTGui[*] are * * *", "Panorama Tools[*] and PTGui[*] are * * *"),
        ("The **red** boat and the _bay_", "The red boat and the bay"),
        ("![a boat](boat.jpg) The [boat](https://a.example/x) sails", "The boat sails"),
        (
            "2 * 3 * 4, snake_case_name, __init__, 5* inns",
            "2 * 3 * 4, snake_case_name, __init__, 5* inns",
        ),
        ("“Yes,â€ he said", "“Yes,” he said"),
        ("He doesnât and wouldn?t; itÕs late", "He doesn’t and wouldn’t; it’s late"),
    ],
)
def test_a_text_is_what_a_reader_sees(text: str, seen: str) -> None:
    assert cleaned(text) == seen


@pytest.mark.parametrize(
    "text",
    [
        "The boat \ud83d sails.",
        "\udc00",
        "The caf\ufffd is shut.",
        "The cafŽ is shut.",
        "The K¿benhavn boat",
        "The ZŸrich boat",
    ],
)
def test_lost_characters_are_told(text: str) -> None:
    verdict = why_unusable(cleaned(text))
    assert verdict
    assert verdict.reason.code == "broken_text"


def test_nothing_that_comes_in_breaks_what_comes_out() -> None:
    random = Random(3)
    signs = [
        *range(0x20, 0x180),
        *range(0x2000, 0x2070),
        *range(0xD800, 0xE000, 97),
        0xFFFD,
        0x1F600,
    ]
    for _ in range(2_000):
        text = "".join(chr(random.choice(signs)) for _ in range(random.randrange(1, 30)))
        result = cleaned(text)
        result.encode()
        assert result == composed(result)
        assert not set(result) & {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), 0xAD)}
        whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        assert bool(why_unusable(result)) or "\ufffd" not in whole


def test_pairs_of_halves_are_the_character_that_they_are() -> None:
    assert cleaned("a \ud83d\ude00 face") == "a 😀 face"


@pytest.mark.parametrize(
    "text", ["Ã", "â€", "&amp;", "&", "\u202e", "*", "**a", "[a](", "_a", "\u200d", "n?t", "é"]
)
def test_cleaning_takes_linear_time(text: str) -> None:
    long = text * (100_000 // len(text))
    start = time.process_time()
    why_unusable(cleaned(long))
    assert time.process_time() - start < 3


def test_kinds_of_damage_and_of_lines_in_any_combination() -> None:
    damages = [lambda t, e=e, n=n: misread(t, e, n) for e, n in WRONG]  # type: ignore[misc]
    damages.append(lambda t: t.replace("’", "\x92").replace("—", "\x97"))
    damages.append(lambda t: t.replace("a", "&#97;"))
    for line, damage, wrap in product(RIGHT, damages, ("{}", "Well: {}", "{} So it is.")):
        result = cleaned(wrap.format(damage(line)))
        assert result == composed(wrap.format(line)) or why_unusable(result), result
