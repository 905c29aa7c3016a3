"""How zero-shot classification asks for a class."""

from __future__ import annotations

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.evaluate.templates import prompts


def test_a_sets_own_templates_come_first() -> None:
    own = ["a photo of a {c}.", "{c}, {0.__class__}"]
    assert prompts("cat", own, "here", "openai") == ["a photo of a cat.", "cat, {0.__class__}"]


def test_else_open_clips_are_used() -> None:
    openai, simple = (prompts("tabby cat", [], "here", which) for which in ("openai", "simple"))
    assert (len(openai), len(simple)) == (80, 7)
    assert openai[0] == "a bad photo of a tabby cat."
    assert set(simple) <= set(openai)


def test_a_template_without_a_place_is_named() -> None:
    with pytest.raises(ConfigError, match=r"templates\.txt: 'a photo of a \{\}' has no \{c\}"):
        prompts("cat", ["a photo of a {}"], "templates.txt", "simple")
