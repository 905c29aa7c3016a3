"""Prompt files: what they ask, and that a changed one has another id."""

from __future__ import annotations

from pathlib import Path

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.include import include_folder
from realsyn_tasks.synthesize.generate_texts import PROMPTS
from realsyn_tasks.synthesize.guards import Limits, Material, check
from realsyn_tasks.synthesize.prompts import Example, PromptFile, read_prompt

FILE = PromptFile(
    system="Say it anew.",
    lines=("Text: {text}", "Caption: {caption}", "Tags: {tags}"),
    examples=(Example(text="A cat.", caption="A pet.", tags=("cat", "rug"), answer="One cat."),),
)


def test_question_and_example_are_laid_out_alike() -> None:
    prompt = FILE.prompt("A dog\n barks.", ["dog", "lawn"], "A pet outside.")
    assert prompt.system == "Say it anew."
    assert prompt.turns == (("Text: A cat.\nCaption: A pet.\nTags: cat, rug", "One cat."),)
    assert prompt.user == "Text: A dog barks.\nCaption: A pet outside.\nTags: dog, lawn"


def test_without_a_caption_nothing_speaks_of_one() -> None:
    prompt = FILE.prompt("A dog barks.", ["dog"], "")
    assert prompt.turns == (("Text: A cat.\nTags: cat, rug", "One cat."),)
    assert prompt.user == "Text: A dog barks.\nTags: dog"


def test_braces_in_a_text_are_only_text() -> None:
    assert FILE.prompt("A {tags} and {0} sign.", [], "").user == "Text: A {tags} and {0} sign."


def test_any_change_makes_another_id() -> None:
    ids = {
        FILE.prompt_id,
        FILE.model_copy(update={"system": "Say it."}).prompt_id,
        FILE.model_copy(update={"examples": ()}).prompt_id,
        FILE.model_copy(update={"lines": FILE.lines[::-1]}).prompt_id,
    }
    assert len(ids) == 4
    assert all(len(name) == 12 for name in ids)


@pytest.mark.parametrize("content", ["", "lines: []", "system: x", "lines: [a]\nmore: 1", "{"])
def test_broken_files_say_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    monkeypatch.setenv("REALSYN_INCLUDE", str(tmp_path))
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "broken.yaml").write_text(content)
    with pytest.raises(ConfigError, match=r"broken\.yaml"):
        read_prompt("broken")


def test_a_missing_file_says_where_it_should_be() -> None:
    with pytest.raises(ConfigError, match=r"nothing\.yaml"):
        read_prompt("nothing")


@pytest.mark.parametrize(
    "name", sorted(p.stem for p in (include_folder() / "prompts").glob("*.yaml"))
)
def test_shipped_examples_hold_against_our_own_guards(name: str) -> None:
    """What the model is shown must be what we would take from it."""
    prompt = read_prompt(name)
    assert prompt.examples
    for example in prompt.examples:
        material = Material(example.text, example.tags, instruction=prompt.instruction)
        assert check(example.answer, material, Limits()) is None


def test_the_default_prompts_are_shipped_and_differ() -> None:
    assert len({read_prompt(name).prompt_id for name in PROMPTS}) == len(PROMPTS)
