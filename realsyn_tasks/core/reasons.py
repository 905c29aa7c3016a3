"""Why an item goes no further: reasons, verdicts that name one, and the tables they are drawn from.

A reason is declared once, in the module `reasons` of the room whose code gives it. The table of a
stage group says which of its stages may give which of them, for which kind of item; nothing else
can be given (core.contract). Imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Reason:
    """What may be wrong with an item: a code for tables and counts, and words for people."""

    code: str
    words: str
    transient: bool = False  # another try may help

    def __str__(self) -> str:
        return self.code


@dataclass(frozen=True)
class Verdict:
    """Why an item goes no further, in general and here; None in its place: the item stays."""

    reason: Reason
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.reason} {self.detail}".strip()


class Refused(Exception):
    """An item that goes no further; carries the verdict."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.verdict = Verdict(reason, detail)

    def __str__(self) -> str:
        return str(self.verdict)


@dataclass(frozen=True, eq=False)
class Reasons:
    """All reasons of a stage group: by stage, then by kind of item.

    Raises ValueError where one code stands for several reasons.
    """

    places: Mapping[str, Mapping[str, tuple[Reason, ...]]]

    def __post_init__(self) -> None:
        """Refuse a code with two meanings."""
        for reason in self._each():
            if self._by_code[reason.code] != reason:
                raise ValueError(f"reason {reason.code} is declared twice, with other words")

    def _each(self) -> Iterator[Reason]:
        for kinds in self.places.values():
            for reasons in kinds.values():
                yield from reasons

    @cached_property
    def _by_code(self) -> dict[str, Reason]:
        return {reason.code: reason for reason in self._each()}

    def __iter__(self) -> Iterator[Reason]:
        """Give each reason once, in the order of the table."""
        return iter(dict.fromkeys(self._each()))

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def __getitem__(self, code: str) -> Reason:
        """Find a reason by its code; KeyError with the known codes if there is none."""
        if code not in self._by_code:
            known = ", ".join(self._by_code)
            raise KeyError(f"no reason has the code {code!r}; there are: {known or 'none'}")
        return self._by_code[code]

    def of(self, stage: str, kind: str) -> tuple[Reason, ...]:
        """Give the reasons for which a stage may drop a kind of item."""
        return self.places.get(stage, {}).get(kind, ())

    def words(self, code: str) -> str:
        """Give the words for a code; "" for one that only another version of the code knows."""
        return self._by_code[code].words if code in self._by_code else ""


NONE = Reasons({})
