"""Prompt files: what they ask, and that a changed one has another id."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.include import include_folder
from realsyn_tasks.models.cards import cards
from realsyn_tasks.runs.preset import read
from realsyn_tasks.synthesize.generate_texts import WAYS, Config
from realsyn_tasks.synthesize.guards import Limits, Material, check
from realsyn_tasks.synthesize.prompts import Example, PromptFile, read_prompt

PAPER = Limits(**read("paper").stages["generate_texts"]["guards"])
SHOWN = (((), ""), (("dog",), ""), ((), "A pet."), (("dog",), "A pet."))  # tags and caption
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
    assert bool(prompt.examples) == (prompt.family != "zero-shot")
    for example in prompt.examples:
        material = Material(
            example.text,
            example.tags if prompt.shows("tags") else (),
            example.caption if prompt.needs == ("caption",) else "",
            instruction=prompt.instruction,
        )
        limits = PAPER if name in ("merge", "reword") else Limits()
        assert check(example.answer, material, limits) is None


def test_no_example_of_the_default_prompts_says_that_a_thing_is_a_kind_of_thing() -> None:
    """A small model then says so of everything: 22 of 40 texts did."""
    for name in {way.prompt for way in WAYS}:
        for example in read_prompt(name).examples:
            assert not re.search(r"\b(?:is|are) (?:an?|the|one)\b", example.answer)


def test_the_default_prompts_are_shipped_and_differ() -> None:
    names = {way.prompt for way in WAYS}
    assert len({read_prompt(name).prompt_id for name in names}) == len(names)


def test_a_prompt_asks_only_where_its_parts_are_known() -> None:
    caption, tags, merge = map(read_prompt, ("caption", "tags", "merge"))
    assert caption.fits(["dog"], "A pet.")
    assert not caption.fits(["dog"], "")
    assert tags.fits(["dog"], "")
    assert not tags.fits([], "")
    assert not tags.fits(["dog"], "A pet.")  # a caption says more
    assert merge.fits([], "")


def test_what_a_prompt_needs_is_not_shown_and_makes_no_other_id() -> None:
    assert FILE.model_copy(update={"needs": ("tags",)}).prompt_id == FILE.prompt_id


PUBLISHED = {  # name: version, and the id that texts of it were published with
    "caption": (1, "f4cce6f3adb1"),
    "detail": (1, "89ccabbd8cbd"),
    "merge": (1, "66ef6353a7ed"),
    "reword": (1, "285cf4b4552c"),
    "tags": (1, "2cd796b7ad27"),
    "zero-shot": (1, "1c3c8f10ab79"),
}


def test_a_changed_prompt_goes_by_another_version() -> None:
    """Where this fails, raise the prompt's `version`, and note it here with its new id."""
    names = sorted(p.stem for p in (include_folder() / "prompts").glob("*.yaml"))
    shipped = {name: read_prompt(name) for name in names}
    known = {name: (prompt.version, prompt.prompt_id) for name, prompt in shipped.items()}
    assert known == PUBLISHED


def test_a_version_is_part_of_the_id_and_a_family_is_not() -> None:
    second = FILE.model_copy(update={"version": 2})
    assert second.prompt_id != FILE.prompt_id
    assert second.instruction == FILE.instruction
    assert FILE.model_copy(update={"family": "zero-shot"}).prompt_id == FILE.prompt_id


def test_a_large_model_is_told_and_not_shown() -> None:
    """The card of one says so; whoever names it gets the prompt that was made for its size."""
    said = cards()["llama-3-8b-instruct"].stages["generate_texts"]
    prompts = [read_prompt(way.prompt) for way in Config(**said).ways]
    assert {prompt.family for prompt in prompts} == {"zero-shot"}
    for part in ("text", "caption", "tags"):
        assert all(part in prompt.instruction.lower() for prompt in prompts)
    assert all(prompt.fits(tags, caption) for prompt in prompts for tags, caption in SHOWN)
