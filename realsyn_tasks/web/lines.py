"""Lines of a paragraph: which line breaks only wrap it, and which end one and begin another."""

from __future__ import annotations

import re

from realsyn_tasks.text.whitespace import collapse, word_set

_GOES_ON = re.compile(r"[,;–—\-(/&]$")
_WRAPPED = 55  # characters of a line that was broken for its length
_FULL = 0.7  # of the longest line
_NEARLY_ALL = 0.9  # of the lines
_JOINING = word_set(
    "a an and as at but by for from her his in into is its my near of on or our over that the their"
    " this to under was were which with your"
)


def paragraphs(text: str) -> list[str]:
    """Give the paragraphs of a text in which line ends stand for line breaks."""
    if "\n" not in text:
        return [collapsed] if (collapsed := collapse(text)) else []
    parts = re.split(r"\n[ \t\r\f]*\n[ \t\r\f\n]*", text)
    return [paragraph for part in parts for paragraph in _joined(part)]


def _joined(part: str) -> list[str]:
    lines = list(filter(None, map(collapse, part.split("\n"))))
    if _are_wrapped(lines):
        return [" ".join(lines)]
    joined: list[str] = []
    for last, line in zip(["", *lines], lines, strict=False):
        if joined and _continues(last, line):
            joined[-1] += f" {line}"
        else:
            joined.append(line)
    return joined


def _are_wrapped(lines: list[str]) -> bool:
    """Say whether lines were broken for their length: all are about as long, but the last."""
    longest = max(map(len, lines), default=0)
    full = sum(len(line) >= _FULL * longest for line in lines[:-1])
    return longest >= _WRAPPED and len(lines) > 2 and full >= _NEARLY_ALL * (len(lines) - 1)


def _continues(last: str, line: str) -> bool:
    """Say whether a line goes on with what stands in the line before it."""
    first = line[0]
    if first.islower() or _GOES_ON.search(last) or last.rsplit(" ", 1)[-1] in _JOINING:
        return True
    if first.isalpha() and not first.isupper():
        return True  # of a script without capitals nobody can tell
    return len(last) >= _WRAPPED
