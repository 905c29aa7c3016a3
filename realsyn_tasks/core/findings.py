"""What a gate finds: one record per expectation or check, whoever made it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from realsyn_tasks.core.evidence import Evidence

CRITICAL, WARNING = "critical", "warning"
MOST_EXAMPLES = 3
MOST_SHARDS = 64  # whose bytes a check reads, at most
LONGEST_EXAMPLE = 160  # characters; texts come from the web


@dataclass(frozen=True)
class Finding:
    """One expectation, what was seen instead or in accordance, and up to three examples."""

    name: str
    about: str
    expected: str
    saw: str
    passed: bool
    severity: str = CRITICAL
    why: str = ""
    examples: tuple[str, ...] = ()

    @property
    def blocks(self) -> bool:
        """Say whether this finding alone keeps the group from being promoted."""
        return not self.passed and self.severity == CRITICAL

    def sentence(self) -> str:
        """Say it in one line."""
        examples = f"; e.g. {'; '.join(self.examples)}" if self.examples else ""
        return f"expected {self.expected}; saw {self.saw}{examples}"


Settings = Mapping[str, Any]
Check = Callable[["Evidence", Settings], Finding]


def shorten(values: list[Any]) -> tuple[str, ...]:
    """Give the first three values as short texts on one line each."""
    texts = [" ".join(str(value).split()) for value in values[:MOST_EXAMPLES]]
    return tuple(
        text if len(text) <= LONGEST_EXAMPLE else f"{text[:LONGEST_EXAMPLE]}…" for text in texts
    )
