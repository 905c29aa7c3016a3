"""All that is wrong with what somebody wrote, collected, so that it is told at once.

Whoever corrects a form wants to do so once, not one field a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from realsyn_tasks.core.errors import ConfigError


class SeveralProblems(ConfigError):
    """More than one thing is wrong; each has a sentence that names it and says what to do."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self.sentences = tuple(sentences)
        lines = "".join(f"\n- {sentence}" for sentence in self.sentences)
        super().__init__(f"{len(self.sentences)} things are wrong:{lines}")


class Problems:
    """Collects the ConfigErrors of checks that do not depend on each other."""

    def __init__(self) -> None:
        self._errors: list[ConfigError] = []

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note a ConfigError of what is done within, and go on behind it."""
        try:
            yield
        except ConfigError as error:
            self._errors.append(error)

    def __bool__(self) -> bool:
        return bool(self._errors)

    @property
    def sentences(self) -> tuple[str, ...]:
        """Give each thing that is wrong once, in order."""
        every = (sentence for error in self._errors for sentence in sentences_of(error))
        return tuple(dict.fromkeys(every))

    def raise_if_any(self) -> None:
        """Raise what was noted: a single thing as it was raised, several as SeveralProblems."""
        if len(self.sentences) > 1:
            raise SeveralProblems(self.sentences)
        if self._errors:
            raise self._errors[0]


def sentences_of(error: ConfigError) -> tuple[str, ...]:
    """Give the sentences of an error that may tell of several things."""
    return error.sentences if isinstance(error, SeveralProblems) else (str(error),)
