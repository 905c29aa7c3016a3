"""What of a page stays for where it stands, and for what a second judge says."""

from __future__ import annotations

import pytest

from realsyn_tasks.web import judge
from tests.web.prose import paragraphs, read, sentences, texts, variants


def test_remarks_far_from_the_text_are_left_out_and_long_paragraphs_are_not() -> None:
    for dice, _ in variants(10):
        said = sentences(dice, 28)
        remark = "<div><div>I was there in 1987 and liked it.</div></div>"
        after = f"<div><div><p>{' '.join(said[:4])}</p></div></div>"
        body = f"<div><h1>Boats</h1>{paragraphs(said[4:], 4)}</div>"
        got = texts(f"<body>{body}{remark}{after}</body>")
        assert "1987" not in got and " ".join(said[:4]) in got
        inside = body.replace("</div>", f"{remark}</div>")
        assert "1987" in texts(f"<body>{inside}{after}</body>")


@pytest.mark.parametrize("lead", ["<p>{}</p>", "<div class=x><p>{}</p></div>", "<div>{}</div>"])
def test_what_leads_from_the_title_to_the_text_is_read(lead: str) -> None:
    for _, said in variants(10):
        first = f"{said[0][:-1]}, which nobody had expected."
        html = f"<h1>Boats</h1>{lead.format(first)}<div><div>{paragraphs(said[1:])}</div></div>"
        assert first in texts(f"<body>{html}</body>")


def test_a_page_that_says_one_thing_again_and_again_is_read() -> None:
    page = "<p>The boat sails home tonight, and the crew waves at us from the deck.</p>" * 30
    assert len(read(f"<body>{page}</body>").nodes) == 30


def test_lines_of_a_poem_are_no_labels() -> None:
    lines = "<br>".join(f"The boat {n} sails on\nUnder Mother's moon" for n in "abcdefghijkl")
    assert "The boat l sails on" in texts(f"<body><div>{lines}</div></body>")


def test_a_judge_who_finds_nothing_has_no_say() -> None:
    blocks = [
        f"The boat of day {n} sails home tonight, and all of the crew waves." for n in range(9)
    ]
    assert judge.approved(blocks, "<body></body>", 3) == [True] * 9
    page = f"<body><article>{''.join(f'<p>{text}</p>' for text in blocks[:8])}</article></body>"
    blocks[8] = "Read these stories each week and tell your friends of them."
    assert judge.approved(blocks, page, 3) == [True] * 8 + [False]


def test_a_judge_reads_by_runs_of_words() -> None:
    blocks = [
        f"The boat of day {n} sails home tonight, and all of the crew waves." for n in range(9)
    ]
    page = "".join(f"<p>{text.replace('tonight', '<b>tonight</b>[1]')}</p>" for text in blocks)
    assert judge.approved(blocks[::-1], f"<article>{page}</article>", 3) == [True] * 9


def test_a_judge_is_not_asked_of_deep_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(page: str) -> str:
        raise AssertionError(page[:20])

    monkeypatch.setattr(judge, "_main_text", asked)
    assert judge.approved(["A word " * 100], "<p>x", 900) == [True]
    with pytest.raises(AssertionError):
        judge.approved(["A word " * 100], "<p>x", 9)
