"""The bounds of every request, and how the crawler introduces itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_CONTACT = re.compile(r"[^\s@()<>]+@[^\s@()<>]+\.[a-z]{2,}|https?://[^\s()<>]+\.[^\s()<>]+", re.I)


def _accept(data: bytes) -> None:
    """Take any bytes."""


@dataclass(frozen=True)
class Settings:
    """Sizes are in bytes, times in seconds; each bound holds for every request."""

    robot: str = "RealSynBot"  # the name by which robots.txt may address us
    contact: str = ""
    concurrency: int = 64  # requests at a time
    per_host: int = 4
    host_delay: float = 0.25  # from the start of one request to a host to that of the next
    longest_delay: float = 30.0  # a robots.txt that asks for more is obeyed by not asking
    max_bytes: int = 32 << 20
    max_redirects: int = 5
    request_seconds: float = 30.0  # all of one request, its redirects included
    connect_seconds: float = 10.0
    read_seconds: float = 10.0  # without a byte
    dns_seconds: float = 10.0
    dns_keep: float = 600.0
    batch_seconds: float = 3000.0
    attempts: int = 3
    retry_wait: float = 2.0  # before the second try; doubled for the third
    longest_retry_wait: float = 30.0  # a host that asks for more is not asked again
    host_failures: int = 8  # in a row, and the rest of the host's images wait for a repair
    ports: tuple[int, ...] = (80, 443, 8080, 8443)
    allowed_networks: tuple[str, ...] = ()  # exempt from the guard, ports included
    types: tuple[str, ...] = ("image/*",)  # media types that are asked for
    accept: Callable[[bytes], None] = _accept  # raises Refused for bytes that are no image

    @property
    def user_agent(self) -> str:
        """Name the crawler and whom to write to."""
        from realsyn_tasks import __version__

        return f"{self.robot}/{__version__} (+{self.contact})"


def is_contact(text: str) -> bool:
    """Say whether a text is an e-mail address or a URL."""
    return bool(_CONTACT.fullmatch(text.strip()))
