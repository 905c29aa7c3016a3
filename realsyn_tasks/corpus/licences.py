"""Which licences a build uses: lists of patterns, held against what pages state."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase


def matches(licence: str, patterns: Sequence[str]) -> bool:
    """Say whether a licence fits a shell pattern such as CC-*-NC-*, whatever its case.

    "" is a page that states none; only the patterns "" and * fit it.
    """
    return any(fnmatchcase(licence.casefold(), pattern.casefold()) for pattern in patterns)


def is_refused(licence: str, refused: Sequence[str], allowed: Sequence[str]) -> bool:
    """Say whether what is under a licence is left out; without lists nothing is.

    What fits a refused pattern is, and where any are allowed, what fits none of those.
    """
    return matches(licence, refused) or (bool(allowed) and not matches(licence, allowed))
