"""What networks and object stores do to those who trust them. Each gives a Fault for the proxy."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Lock

from tests.s3.proxy import Answer, Fault, Forward, Request

Matches = Callable[[Request], bool]


def error(status: int, code: str) -> Answer:
    """Give an error as S3 words it."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{code}</Message></Error>"
    return Answer(status, {"Content-Type": "application/xml"}, body.encode())


def any_of(*operations: str, containing: str = "") -> Matches:
    """Match operations on keys that contain a text."""
    return lambda request: request.operation in operations and containing in request.key


def everything(request: Request) -> bool:
    return True


def first(times: int, matches: Matches, fault: Fault) -> Fault:
    """Spoil the first so many matching requests for each operation and key."""
    seen: Counter[tuple[str, str]] = Counter()
    lock = Lock()

    def spoil(request: Request, forward: Forward) -> Answer | None:
        if not matches(request):
            return None
        with lock:
            seen[request.operation, request.key] += 1
            late = seen[request.operation, request.key] > times
        return None if late else fault(request, forward)

    return spoil


def sometimes(share: float, seed: int, *faults: Fault) -> Fault:
    """Spoil a share of all requests, each by a fault of chance."""
    chance = random.Random(seed)
    lock = Lock()

    def spoil(request: Request, forward: Forward) -> Answer | None:
        with lock:
            hit, fault = chance.random() < share, chance.choice(faults)
        return fault(request, forward) if hit else None

    return spoil


def slow_down(request: Request, forward: Forward) -> Answer:
    return error(503, "SlowDown")


def forbidden(request: Request, forward: Forward) -> Answer:
    return error(403, "AccessDenied")


def not_implemented(request: Request, forward: Forward) -> Answer:
    return error(501, "NotImplemented")


def expired(request: Request, forward: Forward) -> Answer:
    """Refuse credentials whose time is over; to HEAD without a word."""
    return Answer(400, {}, b"") if request.method == "HEAD" else error(400, "ExpiredToken")


def skewed(request: Request, forward: Forward) -> Answer:
    return error(403, "RequestTimeTooSkewed")


def conflict(request: Request, forward: Forward) -> Answer:
    return error(409, "ConditionalRequestConflict")


def not_allowed(request: Request, forward: Forward) -> Answer:
    return error(405, "MethodNotAllowed")


def failed_within(request: Request, forward: Forward) -> Answer:
    """Say that all is well, and in the body that it is not, as for what takes S3 long."""
    return error(200, "InternalError")


@dataclass
class Stalled:
    """The head of an answer and a part of its body come, and then nothing, for so many seconds."""

    seconds: float

    def __call__(self, request: Request, forward: Forward) -> Answer:
        return replace(forward(request), pause=self.seconds)


@dataclass
class Dripping:
    """The body of an answer comes byte by byte, with so many seconds after each."""

    seconds: float

    def __call__(self, request: Request, forward: Forward) -> Answer:
        return replace(forward(request), drip=self.seconds)


def reset_answer(request: Request, forward: Forward) -> Answer:
    """Do what was asked, and break the connection in the middle of the answer."""
    answer = forward(request)
    if not answer.body:
        return Answer(0, {}, b"")
    length = answer.headers.get("Content-Length", str(len(answer.body)))
    return replace(
        answer,
        headers=answer.headers | {"Content-Length": length},
        reset=len(answer.body) // 2,
    )


def reset_request(request: Request, forward: Forward) -> Answer:
    """Break the connection before anything is done."""
    return Answer(0, {}, b"")


def truncate_answer(request: Request, forward: Forward) -> Answer | None:
    """Answer with half of the body, and claim that this is all."""
    answer = forward(request)
    if request.method != "GET" or answer.status not in {200, 206}:
        return answer
    headers = {k: v for k, v in answer.headers.items() if k.lower() != "content-range"}
    return replace(answer, headers=headers, body=answer.body[: len(answer.body) // 2])


def truncate_unchecked(request: Request, forward: Forward) -> Answer | None:
    """Do the same as an endpoint that keeps no checksums."""
    answer = truncate_answer(request, forward)
    if answer is None:
        return None
    kept = {k: v for k, v in answer.headers.items() if not k.lower().startswith("x-amz-checksum")}
    return replace(answer, headers=kept)


def truncate_upload(request: Request, forward: Forward) -> Answer:
    """Let the endpoint store half of what was sent, as if that were all."""
    if request.method != "PUT":
        return forward(request)
    return forward(replace(request, body=request.body[: len(request.body) // 2]))


def garble_upload(request: Request, forward: Forward) -> Answer:
    """Let the endpoint store as many bytes as were sent, one of them another."""
    body = bytearray(request.body)
    if request.method == "PUT" and body:
        body[len(body) // 2] ^= 0xFF
    return forward(replace(request, body=bytes(body)))


def plain(request: Request, forward: Forward) -> Answer:
    """Forget the conditions of a request, as endpoints without conditional puts do."""
    kept = {k: v for k, v in request.headers.items() if k not in {"if-none-match", "if-match"}}
    return forward(replace(request, headers=kept))


def encrypted(request: Request, forward: Forward) -> Answer:
    """Answer as for objects encrypted with own keys: ETags are no MD5, checksums are not kept."""
    answer = forward(request)
    hidden = ("x-amz-checksum", "etag")
    kept = {k: v for k, v in answer.headers.items() if not k.lower().startswith(hidden)}
    kept |= {"x-amz-server-side-encryption": "aws:kms", "ETag": f'"{"0" * 32}"'}
    return replace(answer, headers=kept)


@dataclass
class Stale:
    """Reads and lists answer as they did before the first write that was seen of each key.

    `times` is how often for each request after a write; writes always pass.
    """

    times: int
    matches: Matches = everything
    before: dict[str, dict[str, Answer]] = field(default_factory=dict)
    lists: dict[str, Answer] = field(default_factory=dict)
    told: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __call__(self, request: Request, forward: Forward) -> Answer | None:
        if request.operation in {"PUT", "DELETE"}:
            return self._write(request, forward)
        stale = self._old(request)
        if not self.matches(request) or stale is None:
            self._note_list(request, forward)
            return None
        asked = (request.operation, request.key or request.target)
        self.told[asked] += 1
        return None if self.told[asked] > self.times else stale

    def _write(self, request: Request, forward: Forward) -> Answer:
        target = request.target.split("?")[0]
        kept = {k: v for k, v in request.headers.items() if not k.startswith(("if-", "content-"))}
        before = {method: forward(Request(method, target, kept, b"")) for method in ("GET", "HEAD")}
        answer = forward(request)
        if answer.status < 300:
            self.before.setdefault(request.key, before)
            for operation in before:
                self.told.pop((operation, request.key), None)
        return replace(answer, honest=True)

    def _old(self, request: Request) -> Answer | None:
        if request.operation == "LIST":
            return self.lists.get(request.target)
        return self.before.get(request.key, {}).get(request.method)

    def _note_list(self, request: Request, forward: Forward) -> None:
        if request.operation == "LIST" and request.target not in self.lists:
            self.lists[request.target] = forward(request)
