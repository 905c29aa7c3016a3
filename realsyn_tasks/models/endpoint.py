"""A client of chat endpoints that speak OpenAI's language: limits, retries, costs, and distrust.

One event loop, in a thread of its own, carries the requests of all shards at work. What an endpoint
says is read up to a limit and believed in nothing: it may be slow, cut off, garbage, or hostile.
The key is read from the environment, goes into one header, and is taken out of every message.
"""

from __future__ import annotations

import asyncio
import atexit
import ipaddress
import json
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from queue import SimpleQueue
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp
import tenacity
from pydantic import Field, field_validator, model_validator

from realsyn_tasks.core import redaction
from realsyn_tasks.core.errors import ConfigError, RealSynError, TransientError
from realsyn_tasks.models import protocols
from realsyn_tasks.models.protocols import Refusal

FIRST_PAUSE = 1.0  # seconds before the second try; each pause is longer than the one before
LONGEST_WAIT = 300.0  # seconds that an endpoint may ask for
SAID = 300  # characters of an endpoint's words that are repeated
LETTERS_A_TOKEN = 3
REFUSED = frozenset({"content_filter", "content_policy_violation", "safety", "prompt_blocked"})
TOO_LONG = ("context_length_exceeded", "maximum context length", "context window")
UNPAID = frozenset({"insufficient_quota", "billing_hard_limit_reached"})


class EndpointRunning(protocols.Running):
    """Where it is, what may be asked of it, and what that may cost. All limits are a process's."""

    base_url: str  # up to and with /v1
    key_variable: str = Field(default="OPENAI_API_KEY", pattern=r"^[A-Z_][A-Z0-9_]*$|^$")
    plain_http: bool = False  # a key may go unencrypted to a host that is not this one
    requests_a_minute: float = Field(default=0, ge=0)  # 0: any number
    tokens_a_minute: float = Field(default=0, ge=0)
    concurrency: int = Field(default=32, ge=1)
    timeout: float = Field(default=120, gt=0)  # seconds for one try
    attempts: int = Field(default=6, ge=1)
    max_bytes: int = Field(default=1 << 20, ge=1024)  # of one answer
    max_cost: float | None = Field(default=None, gt=0)  # in what the prices are in
    price_in: float = Field(default=0, ge=0)  # of a million tokens
    price_out: float = Field(default=0, ge=0)
    shards_together: int = Field(default=4, ge=1)

    @field_validator("base_url")
    @classmethod
    def _is_a_plain_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("base_url is an address: https://host/v1")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("base_url holds no user, key or question: keys are in key_variable")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _costs_have_prices(self) -> Self:
        if self.max_cost is not None and not self.price_in + self.price_out:
            raise ValueError("max_cost needs price_in and price_out: of a million tokens")
        return self


class Again(Exception):
    """A failure that another try may mend, after so many seconds if the endpoint said so."""

    def __init__(self, why: str, after: float | None = None) -> None:
        super().__init__(why)
        self.after = after


@dataclass(frozen=True)
class Reply:
    """What came of a request."""

    text: str
    tokens: tuple[int, int] | None = None  # of prompt and answer, if the endpoint says


class Allowance:
    """Lets through so much a minute, evenly; 0 is no limit."""

    def __init__(self, a_minute: float) -> None:
        self._seconds = 60 / a_minute if a_minute else 0.0
        self._free = 0.0  # when the next may go

    async def wait_for(self, amount: float) -> None:
        """Wait until so much may go."""
        now = asyncio.get_running_loop().time()
        start = max(now, self._free)
        self._free = start + amount * self._seconds
        await asyncio.sleep(start - now)

    def pause(self, seconds: float) -> None:
        """Let nothing go for a while."""
        self._free = max(self._free, asyncio.get_running_loop().time() + seconds)


@dataclass
class Spent:
    """What a process has spent at an endpoint."""

    running: EndpointRunning
    cost: float = 0.0

    def count(self, tokens: tuple[int, int]) -> None:
        """Count the tokens of one request."""
        self.cost += (
            tokens[0] * self.running.price_in + tokens[1] * self.running.price_out
        ) / 1_000_000

    def check(self) -> None:
        """Raise ConfigError if there is nothing left to spend."""
        most = self.running.max_cost
        if most is not None and self.cost >= most:
            raise ConfigError(
                f"{self.running.base_url} has cost this process {self.cost:.2f}, of {most:.2f} that"
                " it may (max_cost): raise it, or go on another day; no answer so far is lost"
            )


@dataclass
class Endpoint:
    """Asks one endpoint, for any number of threads."""

    running: EndpointRunning
    key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Start the loop."""
        self.spent = Spent(self.running)
        self._requests = Allowance(self.running.requests_a_minute)
        self._tokens = Allowance(self.running.tokens_a_minute)
        self._stopped: RealSynError | None = None  # what every further request would meet
        self._session: aiohttp.ClientSession | None = None
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="endpoint", daemon=True).start()

    @staticmethod
    def of(running: EndpointRunning) -> Endpoint:
        """Open an endpoint with its key; ConfigError if that would go about unencrypted."""
        key = os.environ.get(running.key_variable, "").strip() if running.key_variable else ""
        parts = urlsplit(running.base_url)
        if key and parts.scheme == "http" and not running.plain_http and not _here(parts.hostname):
            raise ConfigError(
                f"{running.base_url} would get the key of {running.key_variable} unencrypted: use"
                " https, or say plain_http: true where the network is your own"
            )
        return Endpoint(running, key)

    def ask(
        self,
        bodies: Sequence[Mapping[str, Any]],
        answered: Callable[[int, str], None] = protocols.nobody,
    ) -> list[str]:
        """Give the text that each request is answered with; `answered` is told as they come.

        A failure is raised when all others are answered or have failed. Raises TransientError for
        what outlived all tries, ConfigError for what every request would meet.
        """
        outcome: SimpleQueue[tuple[int, str | RealSynError]] = SimpleQueue()
        texts, failures = [""] * len(bodies), []
        for row, body in enumerate(bodies):
            asyncio.run_coroutine_threadsafe(self._settle(row, body, outcome.put), self._loop)
        for _ in bodies:
            row, said = outcome.get()
            if isinstance(said, RealSynError):
                failures.append(said)
            else:
                texts[row] = said
                answered(row, said)
        if failures:
            raise min(failures, key=lambda error: isinstance(error, TransientError))
        return texts

    async def _settle(
        self,
        row: int,
        body: Mapping[str, Any],
        tell: Callable[[tuple[int, str | RealSynError]], None],
    ) -> None:
        try:
            tell((row, await self._answer(body)))
        except RealSynError as error:
            if not isinstance(error, TransientError):
                self._stopped = self._stopped or error
            tell((row, error))
        except Exception as error:
            said = self._bare(f"{type(error).__name__}: {error}")
            tell((row, TransientError(f"{self.running.base_url}: {said}")))

    async def _answer(self, body: Mapping[str, Any]) -> str:
        async for attempt in tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(Again),
            stop=tenacity.stop_after_attempt(self.running.attempts),
            wait=_wait,
            retry_error_callback=self._gives_up,
        ):
            with attempt:
                return await self._try(body)
        raise TransientError(f"{self.running.base_url} was not asked")

    def _gives_up(self, state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        raise TransientError(
            f"{self.running.base_url} failed {state.attempt_number} times, at last: {error}"
        ) from None

    async def _try(self, body: Mapping[str, Any]) -> str:
        async with self._gate:
            expected = _expected(body)
            await self._requests.wait_for(1)
            await self._tokens.wait_for(sum(expected))
            if self._stopped:
                raise self._stopped
            self.spent.check()
            try:
                reply = await self._post(body)
            except Again as again:
                if again.after:
                    self._requests.pause(again.after)
                raise
            self.spent.count(reply.tokens or expected)
            return reply.text

    @property
    def _gate(self) -> asyncio.Semaphore:
        if not hasattr(self, "_semaphore"):
            self._semaphore = asyncio.Semaphore(self.running.concurrency)
        return self._semaphore

    async def _post(self, body: Mapping[str, Any]) -> Reply:
        try:
            async with self._client().post(
                f"{self.running.base_url}/chat/completions", json=dict(body), allow_redirects=False
            ) as response:
                data = await self._body(response)
                return self._read(response.status, response.headers, data)
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise Again(self._bare(f"{type(error).__name__}: {error}")) from None

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            headers = {"Accept-Encoding": "identity"}
            if self.key:
                headers["Authorization"] = f"Bearer {self.key}"
            self._session = aiohttp.ClientSession(
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=self.running.timeout),
                connector=aiohttp.TCPConnector(limit=self.running.concurrency),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
            atexit.register(self._close, self._session)
        return self._session

    def _close(self, session: aiohttp.ClientSession) -> None:
        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(session.close(), self._loop).result(1.0)

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        data = b""
        async for chunk in response.content.iter_chunked(1 << 16):
            data += chunk
            if len(data) > self.running.max_bytes:
                raise ConfigError(
                    f"{self.running.base_url} answered with more than {self.running.max_bytes:,}"
                    " bytes, which no answer has that was asked for; is it a chat endpoint?"
                )
        return data

    def _read(self, status: int, headers: Mapping[str, str], data: bytes) -> Reply:
        if status == 200:
            return _reply(data)
        code, words = _error(data)
        said = self._bare(f"HTTP {status} {code} {words}".strip())
        if (status in (408, 409, 425, 429) or status >= 500) and code not in UNPAID:
            raise Again(said, _seconds(headers.get("Retry-After", "")))
        if code in REFUSED:
            return Reply(Refusal(self._bare(words) or code))
        if status in (400, 413, 422) and any(sign in f"{code} {words}" for sign in TOO_LONG):
            return Reply("")  # prompt and answer do not fit
        raise ConfigError(
            f"{self.running.base_url} refuses what it is asked: {said}. {_advice(status)}"
        )

    def _bare(self, words: str) -> str:
        """Take the key out of an endpoint's words, which may repeat it, and cut them short."""
        bare = words.replace(self.key, redaction.HIDDEN) if self.key else words
        return " ".join(redaction.text(bare).split())[:SAID]


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    backoff = tenacity.wait_exponential_jitter(initial=FIRST_PAUSE, max=60, jitter=FIRST_PAUSE)(
        state
    )
    return max(backoff, getattr(error, "after", None) or 0.0)


def _here(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _seconds(said: str) -> float | None:
    """Read Retry-After: seconds, or a date; never longer than LONGEST_WAIT."""
    try:
        seconds = float(said)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(LONGEST_WAIT, max(0.0, seconds)) if seconds == seconds else None


def _expected(body: Mapping[str, Any]) -> tuple[int, int]:
    """Estimate the tokens of a request and its answer."""
    letters = sum(len(message["content"]) for message in body["messages"])
    most = body.get("max_tokens") or body.get("max_completion_tokens") or 0
    return letters // LETTERS_A_TOKEN + 1, int(most)


def _reply(data: bytes) -> Reply:
    """Read an answer; Again if it is none."""
    try:
        said = json.loads(data)
        choice = said["choices"][0]
        message = choice["message"]
        text, refusal = message.get("content"), message.get("refusal")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise Again("an answer that is no chat completion") from None
    tokens = _tokens(said.get("usage"))
    if refusal or choice.get("finish_reason") == "content_filter":
        return Reply(Refusal(_line(refusal) or _line(text)), tokens)
    return Reply(_line(text), tokens)


def _line(text: Any) -> str:
    """Give the first line of a text that can be stored; empty where there is none."""
    if not isinstance(text, str):
        return ""
    stored = text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
    return stored.strip().partition("\n")[0].strip()


def _tokens(usage: Any) -> tuple[int, int] | None:
    """Read how many tokens there were, as far as that can be believed."""
    said = usage if isinstance(usage, dict) else {}
    asked, answered = said.get("prompt_tokens"), said.get("completion_tokens")
    if not isinstance(asked, int) or not isinstance(answered, int):
        return None
    return (
        (asked, answered) if 0 <= min(asked, answered) <= max(asked, answered) < 1 << 31 else None
    )


def _error(data: bytes) -> tuple[str, str]:
    """Read code and words of an error, in whatever form it comes."""
    try:
        said = json.loads(data)
        error = said.get("error", said)
        if isinstance(error, str):
            return "", error
        code = error.get("code") or error.get("type") or ""
        return str(code), str(error.get("message") or said.get("detail") or "")
    except (ValueError, AttributeError, RecursionError):
        return "", data[:SAID].decode("utf-8", "replace")


def _advice(status: int) -> str:
    if status in (401, 403):
        return "Put a key that is allowed to into the variable that key_variable names"
    if status == 404:
        return "Correct base_url (up to /v1) or model"
    if 300 <= status < 400:
        return "It sends elsewhere, where no key is taken: name that address itself in base_url"
    return "Correct the card's options"
