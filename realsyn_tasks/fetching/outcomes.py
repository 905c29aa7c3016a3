"""What becomes of a request."""

from __future__ import annotations

from dataclasses import dataclass

TRANSIENT = {
    "timeout": "no full answer within the time allowed",
    "connect_failed": "no connection",
    "connection_lost": "the connection broke off",
    "truncated_body": "fewer bytes than announced",
    "dns_failure": "the name service did not answer",
    "throttled": "the host asked for fewer requests",
    "server_error": "the server failed",
    "robots_unreachable": "robots.txt could not be had, so nothing may be asked for",
    "tdmrep_unreachable": "tdmrep.json could not be had, so all may be reserved",
    "host_given_up": "the host failed too often in this batch",
    "batch_deadline": "the batch's time was over",
}
PERMANENT = {
    "bad_address": "not an http(s) address that anyone should ask for",
    "refused_address": "leads to a private, local or reserved address",
    "no_such_host": "the name does not exist",
    "tls_failure": "the host cannot prove who it is",
    "http_status": "the server has no such thing, or not for us",
    "malformed_http": "the answer is not HTTP",
    "bad_redirect": "a redirect that leads nowhere",
    "redirect_loop": "redirects that lead back",
    "too_many_redirects": "more redirects than anyone needs",
    "robots_disallow": "robots.txt forbids it",
    "crawl_delay": "robots.txt asks for longer pauses than a batch can keep",
    "opt_out": "the answer, or the site's tdmrep.json, forbids this use",
    "unknown_encoding": "compressed in a way that was not asked for",
    "undecodable_body": "compressed, and broken",
    "decompression_bomb": "small on the way, too large unpacked",
    "oversized_body": "more bytes than allowed",
    "empty": "no bytes",
}


class Refusal(Exception):
    """Why there are no bytes: a reason code, and a short detail for people."""

    def __init__(self, reason: str, detail: str = "", retry_after: float = 0.0) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail
        self.retry_after = retry_after  # seconds

    @property
    def transient(self) -> bool:
        """Say whether another try may help."""
        return self.reason in TRANSIENT


@dataclass(frozen=True)
class Answer:
    """What an address gave: bytes, or a reason. `requests` counts what was asked of hosts."""

    url: str
    data: bytes | None = None
    reason: str = ""
    detail: str = ""
    requests: int = 0

    @property
    def failure_class(self) -> str:
        """Tell "transient" from "permanent"; "" for an image."""
        if self.data is not None:
            return ""
        return "transient" if self.reason in TRANSIENT else "permanent"
