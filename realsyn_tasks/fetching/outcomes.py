"""What becomes of a request."""

from __future__ import annotations

from dataclasses import dataclass

from realsyn_tasks.core.reasons import Reason, Refused, Verdict


class Refusal(Refused):
    """Why there are no bytes, and how long the host wants to be left alone."""

    def __init__(self, reason: Reason, detail: str = "", retry_after: float = 0.0) -> None:
        super().__init__(reason, detail)
        self.retry_after = retry_after  # seconds

    @property
    def transient(self) -> bool:
        """Say whether another try may help."""
        return self.verdict.reason.transient


@dataclass(frozen=True)
class Answer:
    """What an address gave: bytes, or why there are none; `requests` were asked of hosts."""

    url: str
    data: bytes | None = None
    verdict: Verdict | None = None
    requests: int = 0

    @property
    def failure_class(self) -> str:
        """Tell "transient" from "permanent"; "" for an image."""
        if self.verdict is None:
            return ""
        return "transient" if self.verdict.reason.transient else "permanent"
