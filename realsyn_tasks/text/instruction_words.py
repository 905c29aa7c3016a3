"""What instructions to a machine are told by, as instructions.yaml has it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from realsyn_tasks.text.needles import Patterns

FILE = Path(__file__).with_name("instructions.yaml")
_NAME = re.compile("<([A-Z]+)>")


class Language(BaseModel):
    """Beginnings of words of one language, alternatives by bars, each a regular expression.

    An order drops (`drop`) what was told (`orders`); `be` makes somebody of the reader, `answer`
    says what to answer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    drop: str
    orders: str
    be: str
    answer: str
    spaced: bool = True  # blanks stand between words


class Words(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: dict[str, str]
    acts: dict[str, tuple[str, ...]]
    markup: tuple[str, ...]
    templates: tuple[str, ...]
    languages: tuple[Language, ...]

    def act_patterns(self) -> dict[str, Patterns]:
        """Give the patterns of each act, by name."""
        return {name: Patterns(tuple(map(self._spelt, of))) for name, of in self.acts.items()}

    def markup_pattern(self) -> re.Pattern[str]:
        """Compile what chat formats and templates have."""
        return re.compile("|".join((*self.markup, *self.templates)), re.IGNORECASE)

    def _spelt(self, alternative: str) -> str:
        return _NAME.sub(lambda match: self.words[match[1]], alternative)


@cache
def words() -> Words:
    """Read the file."""
    return Words(**yaml.safe_load(FILE.read_text(encoding="utf-8")))
