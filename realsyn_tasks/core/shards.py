"""Shard numbers as people write them: 3-7,12."""

from __future__ import annotations

from collections.abc import Iterable

from realsyn_tasks.core.errors import ConfigError

DIGITS = 6  # of a shard's number, at most
SHOWN = 600  # characters


def in_ranges(text: str, what: str = "shards") -> list[int]:
    """List the numbers of `3-7,12`, sorted and once each; ConfigError for anything else."""
    numbers: set[int] = set()
    for part in text.replace(" ", "").split(","):
        first, _, last = part.partition("-")
        if not (first.isdecimal() and (last or first).isdecimal()) or part.endswith("-"):
            raise ConfigError(f"{what} {text[:80]!r}: write numbers and ranges, such as 3-7,12")
        if max(len(first), len(last)) > DIGITS:
            raise ConfigError(f"{what} {text[:80]!r}: a number has at most {DIGITS} digits")
        if int(last or first) < int(first):
            raise ConfigError(f"{what} {text!r}: the range {part} runs backwards")
        numbers |= set(range(int(first), int(last or first) + 1))
    return sorted(numbers)


def as_ranges(numbers: Iterable[int]) -> str:
    """Write numbers as ranges: 3-7,12."""
    parts: list[list[int]] = []
    for number in sorted(set(numbers)):
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(f"{a}-{b}" if b > a else str(a) for a, b in parts)


def shown(ranges: str) -> str:
    """Cut ranges that are only looked at, and would be longer than anybody reads."""
    return ranges if len(ranges) <= SHOWN else f"{ranges[:SHOWN].rpartition(',')[0]},..."
