"""Prompts as files: instructions, worked examples, and how the material is laid out.

A prompt's id digests what a model is shown and the prompt's version, so a changed prompt is another
prompt, and goes by another number. The wording is ours; what it asks for follows the paper's
appendix A.2. A family is for models of a kind: `caption-first` and `merge` show small ones by
examples what is wanted, `zero-shot` tells large ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.include import include_folder
from realsyn_tasks.models.protocols import Prompt
from realsyn_tasks.text.disguises import visible

ID_LENGTH = 12
Part = Literal["caption", "tags"]  # of the material, beside the text
Family = Literal["caption-first", "merge", "zero-shot"]
UNSHOWN = {"needs", "without", "family", "version"}  # fields that a model is not shown


class Frozen(BaseModel):
    """Base of what prompt files hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Example(Frozen):
    """A worked example: material, and the text that should come of it."""

    text: str
    tags: tuple[str, ...] = ()
    caption: str = ""
    answer: str


class PromptFile(Frozen):
    """A prompt: instructions, lines with {text}, {tags} and {caption}, and worked examples."""

    system: str = ""
    lines: tuple[str, ...] = Field(min_length=1)
    examples: tuple[Example, ...] = ()
    needs: tuple[Part, ...] = ()  # is not asked where one of these is lacking
    without: tuple[Part, ...] = ()  # is not asked where one of these is there
    family: Family = "merge"
    version: int = Field(default=1, ge=1)  # raised with every change of what a model is shown

    @property
    def prompt_id(self) -> str:
        """Digest what the model is shown, and the version from the second on."""
        shown = self.model_dump(mode="json", exclude=UNSHOWN)
        versioned = {"version": self.version} if self.version > 1 else {}
        return digest(shown | versioned)[:ID_LENGTH]

    @property
    def instruction(self) -> str:
        """Give all words of the prompt that are no material."""
        return visible(
            " ".join([self.system, *(self._filled(line, "", (), "") for line in self.lines)])
        )

    def shows(self, part: Part) -> bool:
        """Say whether the model is shown this part of the material."""
        return any(f"{{{part}}}" in line for line in self.lines)

    def fits(self, tags: Sequence[str], caption: str) -> bool:
        """Say whether this prompt can ask about an image of which so much is known."""
        known = {"tags": bool(tags), "caption": bool(caption)}
        return all(known[part] for part in self.needs) and not any(
            known[part] for part in self.without
        )

    def prompt(self, text: str, tags: Sequence[str], caption: str) -> Prompt:
        """Ask about one image. Without a caption neither question nor examples speak of one."""
        turns = tuple(
            (self._ask(shown.text, shown.tags, shown.caption if caption else ""), shown.answer)
            for shown in self.examples
        )
        return Prompt(self.system, turns, self._ask(text, tags, caption))

    def _ask(self, text: str, tags: Sequence[str], caption: str) -> str:
        absent = [] if tags else ["{tags}"]
        absent += [] if caption else ["{caption}"]
        lines = [line for line in self.lines if not any(field in line for field in absent)]
        return "\n".join(self._filled(line, text, tags, caption) for line in lines)

    @staticmethod
    def _filled(line: str, text: str, tags: Sequence[str], caption: str) -> str:
        return line.format(text=visible(text), tags=", ".join(tags), caption=visible(caption))


def read_prompt(name: str) -> PromptFile:
    """Read include/prompts/{name}.yaml; ConfigError if it is missing or not a prompt."""
    return _read(include_folder() / "prompts" / f"{name}.yaml")


@lru_cache
def _read(path: Path) -> PromptFile:
    try:
        return PromptFile(**yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, TypeError, ValidationError, yaml.YAMLError) as error:
        raise ConfigError(f"prompt {path}: {error}") from error
