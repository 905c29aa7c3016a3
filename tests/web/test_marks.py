"""Marks amid text keep what a sentence says, or the sentence isn't read."""

from __future__ import annotations

import pytest

from tests.web.prose import read, texts


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("Light travels 3 × 10<sup>8</sup> metres.", "Light travels 3 × 10⁸ metres."),
        ("It weighs 10<sup>-3</sup> g.", "It weighs 10⁻³ g."),
        ("It weighs 10<sup>−27</sup> kg.", "It weighs 10⁻²⁷ kg."),
        ("A room of 25 m<sup>2</sup> is big.", "A room of 25 m² is big."),
        ("The park covers 12 miles<sup>2</sup> of land.", "The park covers 12 miles² of land."),
        ("A field of 3 km<sup> 2 </sup> is big.", "A field of 3 km² is big."),
        ("The tank holds 9 ft<sup>3</sup> of oil.", "The tank holds 9 ft³ of oil."),
        ("Water is H<sub>2</sub>O here.", "Water is H₂O here."),
        ("Rust is Fe<sub>2</sub>O<sub>3</sub> here.", "Rust is Fe₂O₃ here."),
        ("The ion SO<sub>4</sub><sup>2−</sup> is here.", "The ion SO₄²⁻ is here."),
        ("Salt has Na<sup>+</sup> in it.", "Salt has Na⁺ in it."),
        ("Wood holds <sup>14</sup>C in it.", "Wood holds ¹⁴C in it."),
        ("So E = mc<sup>2</sup> holds.", "So E = mc² holds."),
        ("The sum x<sub>i</sub> + y<sub>n</sub> grows.", "The sum xᵢ + yₙ grows."),
        ("It grows as n<sup>k</sup> does.", "It grows as nᵏ does."),
        ("Mix 1<sup>1</sup>⁄<sub>2</sub> cups.", "Mix 1½ cups."),
        ("Mix 1 <sup>1</sup>/<sub>2</sub> cups.", "Mix 1 ½ cups."),
        ("Mix <sup>3</sup>⁄<sub>4</sub> cups.", "Mix ¾ cups."),
        ("A bolt of <sup>3</sup>⁄<sub>16</sub> inch.", "A bolt of 3⁄16 inch."),
        ("A bolt of 2<sup>3</sup>⁄<sub>16</sub> inches.", "A bolt of 2 3⁄16 inches."),
        ("The 1<sup>st</sup> boat and the 22<sup>nd</sup>.", "The 1st boat and the 22nd."),
        ("The Boat<sup>TM</sup> sails.", "The BoatTM sails."),
        ("The boat <sup>(the red one)</sup> sails.", "The boat (the red one) sails."),
        ("The word <ruby>東京<rp>(</rp><rt>Tokyo</rt><rp>)</rp></ruby> is.", "The word 東京 is."),
        ("The area <math><mi>A</mi></math> grows.", "The area A grows."),
        (
            "Here <math><mi>E</mi><mo>=</mo><msup><mi>x</mi><mn>2</mn></msup></math> holds.",
            "Here E = x² holds.",
        ),
        (
            "Here <math><semantics><mi>r</mi><annotation>\\r</annotation></semantics></math> is.",
            "Here r is.",
        ),
    ],
)
def test_what_a_mark_says_is_kept(html: str, expected: str) -> None:
    assert texts(f"<body><p>{html}</p></body>") == expected
    assert texts(f"<body><div><em>{html}</em></div></body>") == expected


NOTES = [
    '<sup id="cite_ref-{n}" class="reference"><a href="#cite_note-{n}">[{n}]</a></sup>',
    '<sup class="reference">[{n}]</sup>',
    "<sup>{n}</sup>",
    "<sup>[{n}]</sup>",
    "<sup>({n})</sup>",
    '<sup><a href="#fn{n}">{n}</a></sup>',
    '<a href="#fn{n}"><sup>{n}</sup></a>',
    '<a class="footnote-ref" role="doc-noteref" href="#fn:{n}">{n}</a>',
    '<a href="page.html#note-{n}">[{n}]</a>',
    '<a href="#n{n}">{n}</a>',
    '<span class="reference">[{n}]</span>',
    "<sup>*</sup>",
    "<sup>†</sup>",
    '<sup><a href="#a">a</a></sup>',
    "<sup>{n},{n}</sup>",
    '<sup class="noprint Inline-Template">[<i><a href="/wiki/x">citation needed</a></i>]</sup>',
    '<a class="headerlink" href="#x">¶</a>',
    '<a href="#fnref{n}" class="footnote-backref">↩︎</a>',
]


@pytest.mark.parametrize("note", NOTES)
def test_marks_of_notes_are_no_part_of_a_sentence(note: str) -> None:
    for number in (1, 4, 23, 108):
        mark = note.format(n=number)
        html = f"The king lived in the tower.{mark} The queen{mark} planted roses{mark}, he says."
        assert texts(f"<body><p>{html}</p></body>") == (
            "The king lived in the tower. The queen planted roses, he says."
        )


def test_numbers_that_are_words_of_a_sentence_stay() -> None:
    html = '<p>In section <a href="#s3">3</a> we tell of <a href="#x">boats</a> of 1850.</p>'
    assert texts(html) == "In section 3 we tell of boats of 1850."


@pytest.mark.parametrize(
    "formula",
    [
        "<math><mfrac><mi>a</mi><mi>b</mi></mfrac></math>",
        "<math><msqrt><mi>x</mi></msqrt></math>",
        "<math></math>",
        "<math><msup><mi>x</mi><mrow><mi>a</mi><mo>+</mo><mi>q</mi></mrow></msup></math>",
        '<script type="math/tex">x^2</script>',
        '<img src="f.png" class="mwe-math-fallback-image-inline" alt="{\\displaystyle x^{2}}">',
        '<img src="f.png" class="latex" alt="x">',
        "x<sub>π?</sub>",
        "2<sup>π</sup>",
    ],
)
def test_a_sentence_with_a_hole_is_not_read_and_told(formula: str) -> None:
    for before in ("The area", "In all of these the length"):
        page = read(f"<body><p>It is here. {before} {formula} grows larger. It ends.</p></body>")
        assert [node for node in page.nodes if isinstance(node, str)] == ["It is here. It ends."]
        assert [reason.code for reason, _ in page.left_out] == ["formula"]


def test_a_formula_that_stands_twice_is_read_once() -> None:
    html = (
        '<p>The value <span class="mwe-math-element"><span style="display:none"><math><mi>x</mi>'
        '</math></span><img src="x.svg" alt="{\\displaystyle x}"></span> is small.</p>'
        '<p>The value <span class="katex"><span class="katex-mathml"><math><mi>y</mi></math></span>'
        '<span class="katex-html" aria-hidden="true">y</span></span> is smaller than that.</p>'
    )
    assert texts(html) == "The value x is small.\nThe value y is smaller than that."
