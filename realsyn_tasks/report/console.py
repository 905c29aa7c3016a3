"""What screens of the terminal have in common: bars, times and sizes in words."""

from __future__ import annotations

from math import floor

BAR = 24
UNITS = ((1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
COUNTS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
TIMES = ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))


def bar(share: float, width: int = BAR) -> str:
    """Draw a share; full only where nothing is left, and empty where nothing is done."""
    filled = floor(share * width)
    if 0 < share < 1:
        filled = min(max(filled, 1), width - 1)
    return "█" * filled + "░" * (width - filled)


def duration(seconds: float) -> str:
    """Write seconds as people say them: 4.2 s, 45 s, 3 min 20 s, 2 h 5 min, 3 d 4 h."""
    whole = round(seconds)
    for size, name, smaller, rest in TIMES:
        if whole >= size:
            parts = whole % size // smaller
            return f"{whole // size:,} {name}" + (f" {parts} {rest}" if parts else "")
    return f"{whole} s" if whole >= 10 or not seconds else f"{seconds:.1f} s"


def span(seconds: float) -> str:
    """Write seconds in one unit, for columns: 4.2 s, 16.3 min, 196.7 d."""
    for size, name, _, _ in TIMES:
        if seconds >= size:
            return f"{seconds / size:,.1f} {name}"
    return f"{seconds:.1f} s"


def short(count: float) -> str:
    """Write a number in few digits: 351, 6.3 k, 2.1 G."""
    for size, name in COUNTS:
        if count >= size:
            return f"{count / size:,.1f} {name}"
    return f"{count:,.0f}"


def amount(size: float) -> str:
    """Write a number of bytes with a unit."""
    for unit, name in UNITS:
        if size >= unit:
            return f"{size / unit:,.1f} {name}"
    return f"{size:,.0f} B"
