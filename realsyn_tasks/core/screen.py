"""The terminal: who reads it, where screens go, and any answer in words.

A command answers people on standard output, by a screenful. Where a machine reads (`--json`), and
outside of commands, standard output is for JSON alone, and screens go to standard error.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console

VARIABLE = "REALSYN_JSON"  # in the environment: every command answers as with --json
WIDTH = 100  # characters, where there is no terminal
LINES = 36  # of an answer in words
EACH = 8  # of the entries of a list

_people: ContextVar[bool] = ContextVar("people", default=False)


@contextmanager
def read_by_people(people: bool) -> Iterator[None]:
    """Let screens and answers be for people, or for a machine, for a while."""
    token = _people.set(people)
    try:
        yield
    finally:
        _people.reset(token)


def for_people() -> bool:
    """Say whether a command is answering people."""
    return _people.get()


def stream() -> TextIO:
    """Give what screens are printed to."""
    return sys.stdout if for_people() else sys.stderr


def terminal(width: int = WIDTH, **more: Any) -> Console:
    """Give that as a console, with colours only where somebody looks at it.

    `width` counts where there is no terminal.
    """
    from rich.console import Console

    file = stream()
    return Console(file=file, width=None if file.isatty() else width, **more)


def in_words(answer: Any) -> list[str]:
    """Write a plain answer in lines for people, a screenful at most."""
    lines = list(_lines(answer, ""))
    if len(lines) <= LINES:
        return lines
    return [*lines[:LINES], f"… and {len(lines) - LINES} more lines; --json gives all"]


def _lines(value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _entry(f"{name}:".replace("_", " "), inner, indent)
    elif isinstance(value, list | tuple):
        for inner in value[:EACH]:
            yield from _entry("-", inner, indent)
        if len(value) > EACH:
            yield f"{indent}… and {len(value) - EACH} more"
    else:
        yield indent + _word(value)


def _entry(head: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping | list | tuple) and value:
        inner = list(_lines(value, indent + "  "))
        if isinstance(value, Mapping) and head == "-":
            yield f"{indent}- {inner[0].lstrip()}"
            inner = inner[1:]
        else:
            yield indent + head
        yield from inner
    else:
        yield f"{indent}{head} {_word(value)}"


def _word(value: Any) -> str:
    if value is None or (not isinstance(value, bool | int | float) and not value):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,.6g}" if isinstance(value, float) else str(value)
