"""The last words of a process, for whoever started it: its result, or why it failed.

Whoever starts a pod reads them as the container's termination message, which outlives its log and
may have 4,096 bytes. A result that does not fit is named by its digest: it is the line of the log
with that digest.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

LIMIT = 4096  # bytes; Kubernetes keeps no more
CUT = " [cut]"


class LastWords:
    """Collects what there is to say, and says it anew each time: the process may end any moment."""

    def __init__(self) -> None:
        self._said: dict[str, str] = {}

    def result(self, text: str) -> None:
        """Leave a result, a line of JSON that was printed as well."""
        self._say(result=text)

    def error(self, text: str) -> None:
        """Leave what went wrong, beside the result if there is one."""
        self._say(error=text)

    def _say(self, **news: str) -> None:
        self._said |= news
        if path := os.environ.get("REALSYN_TERMINATION_LOG"):
            try:
                Path(path).write_bytes(_fitting(self._said))
            except OSError as error:
                print(f"warning: no last words in {path}: {error}", flush=True)


def _fitting(said: dict[str, str]) -> bytes:
    error, result = said.get("error", ""), said.get("result", "")
    data = _encode({"error": error, "result": result})
    if len(data) > LIMIT and result:
        data = _encode({"error": error, "digest": digest_of(result)})
    while len(data) > LIMIT:
        error = error.removesuffix(CUT)[: -(len(data) - LIMIT) // 2 - len(CUT)] + CUT
        data = _encode({"error": error, "digest": digest_of(result) if result else ""})
    return data


def _encode(words: dict[str, str]) -> bytes:
    said = {name: value for name, value in words.items() if value}
    return json.dumps(said, ensure_ascii=False).encode()


def digest_of(result: str) -> str:
    """Name a result by its content."""
    return hashlib.sha256(result.encode()).hexdigest()
