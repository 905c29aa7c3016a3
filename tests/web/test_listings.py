"""Code is no prose; what is only set like code is."""

from __future__ import annotations

import time

import pytest

from realsyn_tasks.web.listings import looks_like_code
from tests.web.prose import read, texts

CODE = [
    'for line in open("boats.txt"):\n    print(line)  # show\n',
    "def sail(boat):\n  boat.leave(harbour)",
    "1\n2\n3\n4",
    "$ sudo apt-get install boats && make build",
    "SELECT name FROM boats WHERE length > 12 ORDER BY name;",
    "<boat><name>x</name></boat>",
    "2021-03-04 10:11:12 INFO boat.harbour: 12 started [id=7]",
]
FORMS = [
    "<pre>{}</pre>",
    "<pre><code>{}</code></pre>",
    '<div class="highlight"><pre><span>{}</span></pre></div>',
    '<div class="highlight"><table><tr><td class="gutter"><pre>1\n2</pre></td><td><pre>{}</pre>'
    "</table></div>",
    '<pre class="language-python">{}</pre>',
    "<p><code>{}</code></p>",
    "<div><tt>{}</tt></div>",
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("code", CODE)
def test_code_is_left_out_and_told(form: str, code: str) -> None:
    shown = code.replace("<", "&lt;")
    page = read(f"<p>The script opens a file.</p>{form.format(shown)}<p>It ends here.</p>")
    assert page.nodes == ["The script opens a file.", "It ends here."]
    assert {reason.code for reason, _ in page.left_out} == {"listing"}


def test_prose_in_other_letters_is_read() -> None:
    poem = "<pre>The boat sails home,\nand the crew waves at us.\n\nThe night is near.</pre>"
    assert texts(poem) == "The boat sails home, and the crew waves at us.\nThe night is near."
    assert texts("<p><tt>The boat sails home tonight.</tt></p>") == "The boat sails home tonight."
    assert texts("<p>Call <code>open()</code> to read it.</p>") == "Call open() to read it."


def test_a_sample_of_blank_lines_costs_no_more_than_it_is_long() -> None:
    started = time.process_time()
    assert not looks_like_code("\n" * 400_000 + "x")
    assert time.process_time() - started < 5
