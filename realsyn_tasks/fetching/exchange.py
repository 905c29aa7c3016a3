"""One request and one answer, with every cap; nothing that the server says is believed."""

from __future__ import annotations

import re
import socket
import ssl
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import aiohttp
import certifi
from yarl import URL

from realsyn_tasks.core.reasons import Reason, Refused
from realsyn_tasks.fetching import reasons
from realsyn_tasks.fetching.guard import (
    Guard,
    GuardedResolver,
    Lookup,
    RefusedAddress,
    is_no_such_host,
)
from realsyn_tasks.fetching.outcomes import Refusal
from realsyn_tasks.fetching.settings import Settings
from realsyn_tasks.web.addresses import join
from realsyn_tasks.web.codings import Decoder
from realsyn_tasks.web.opt_out import opt_out_in
from realsyn_tasks.web.reasons import (
    HTTP_STATUS,
    MALFORMED_HTTP,
    OPT_OUT,
    OVERSIZED_BODY,
    UNDECODABLE_BODY,
)

REDIRECTS = frozenset({301, 302, 303, 307, 308})
TRY_AGAIN = frozenset({408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524})
CHUNK = 64 << 10
_STRAY_BYTE = re.compile("[\udc80-\udcff]")  # one that is not UTF-8, as the client gives it


@dataclass(frozen=True)
class Redirect:
    """Where the server sends us instead."""

    url: str


def open_session(settings: Settings, guard: Guard, lookup: Lookup | None) -> aiohttp.ClientSession:
    """Open a client that keeps connections alive, and no cookies, proxies or passwords."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    connector = aiohttp.TCPConnector(
        resolver=GuardedResolver(guard, settings.dns_keep, settings.dns_seconds, lookup),
        use_dns_cache=False,  # the resolver has its own, which remembers failures too
        socket_factory=guard.socket_for,
        ssl=context,
        limit=settings.concurrency,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        headers={
            "User-Agent": settings.user_agent,
            "Accept": ",".join((*settings.types, "*/*;q=0.1")),
            "Accept-Encoding": "identity",
        },
        timeout=aiohttp.ClientTimeout(
            total=None, sock_connect=settings.connect_seconds, sock_read=settings.read_seconds
        ),
    )


async def ask(
    session: aiohttp.ClientSession, url: str, max_bytes: int, cut: bool = False
) -> bytes | Redirect:
    """Give the body at an address, or where it has moved; raises Refusal for all else.

    A body longer than `max_bytes` is refused. With `cut`, which is for files of rules, only the
    lines at its beginning are read, and marks that forbid its use say nothing.
    """
    try:
        async with session.get(URL(url, encoded=True), allow_redirects=False) as response:
            if response.status in REDIRECTS:
                return _redirect(url, response)
            _check_status(response)
            if not cut:
                _check_opt_out(response)
            return await _body(response, max_bytes, cut)
    except Refusal:
        raise
    except Refused as refused:  # of the decoder
        raise Refusal(refused.verdict.reason, refused.verdict.detail) from refused
    except Exception as error:  # whatever a hostile answer makes the client stumble over
        raise _refusal_of(error) from error


def _redirect(url: str, response: aiohttp.ClientResponse) -> Redirect:
    said = response.headers.get("Location", "")
    target = join(url, _STRAY_BYTE.sub(_escaped, said))
    if not target or "Location" not in response.headers:
        raise Refusal(reasons.BAD_REDIRECT, _STRAY_BYTE.sub(_escaped, said)[:120])
    return Redirect(target)


def _escaped(stray: re.Match[str]) -> str:
    return f"%{ord(stray[0]) & 0xFF:02X}"


def _check_status(response: aiohttp.ClientResponse) -> None:
    status = response.status
    if status == 429 or (status == 503 and "Retry-After" in response.headers):
        raise Refusal(reasons.THROTTLED, str(status), _retry_after(response))
    if status in TRY_AGAIN:
        raise Refusal(reasons.SERVER_ERROR, str(status))
    if status != 200:
        raise Refusal(HTTP_STATUS, str(status))


def _retry_after(response: aiohttp.ClientResponse) -> float:
    """Seconds, given as such or as the difference of two of the server's own dates."""
    value = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}", value):
        return float(value)
    try:
        then = parsedate_to_datetime(value)
        return max(0.0, (then - parsedate_to_datetime(response.headers["Date"])).total_seconds())
    except (ValueError, TypeError, KeyError):
        return 0.0


def _check_opt_out(response: aiohttp.ClientResponse) -> None:
    forbids = opt_out_in(lambda header: response.headers.getall(header, ()))
    if forbids:
        raise Refusal(OPT_OUT, forbids)


async def _body(response: aiohttp.ClientResponse, max_bytes: int, cut: bool) -> bytes:
    announced = response.content_length
    if announced is not None and announced > max_bytes and not cut:
        raise Refusal(OVERSIZED_BODY, f"announces {announced} bytes")
    decoder = Decoder(response.headers.get("Content-Encoding", ""), max_bytes, beginning=cut)
    async for chunk in response.content.iter_chunked(CHUNK):
        if not decoder.feed(chunk):
            break
    body = decoder.finish()
    if body.cut and not cut:
        raise Refusal(UNDECODABLE_BODY, "ends early")
    return _whole_lines(body.data) if body.cut else body.data


def _whole_lines(data: bytes) -> bytes:
    """All but the last line, which may say something else as a whole."""
    return data[: max(data.rfind(b"\n"), data.rfind(b"\r")) + 1]


def _refusal_of(error: BaseException) -> Refusal:
    """Name what went wrong; the cause may lie under the client's own exceptions."""
    cause: BaseException | None = error
    while cause is not None:
        reason = _reason_of(cause)
        if reason:
            return Refusal(reason, _describe(cause))
        cause = getattr(cause, "os_error", None) or cause.__cause__ or cause.__context__
    connecting = isinstance(error, aiohttp.ClientConnectorError)
    broken = reasons.CONNECTION_LOST if isinstance(error, OSError) else MALFORMED_HTTP
    return Refusal(reasons.CONNECT_FAILED if connecting else broken, _describe(error))


def _reason_of(error: BaseException) -> Reason | None:
    if isinstance(error, socket.gaierror):
        return reasons.NO_SUCH_HOST if is_no_such_host(error) else reasons.DNS_FAILURE
    return next((reason for kinds, reason in _REASONS if isinstance(error, kinds)), None)


_REASONS: tuple[tuple[tuple[type[BaseException], ...], Reason], ...] = (
    ((RefusedAddress,), reasons.REFUSED_ADDRESS),
    ((aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError), reasons.TLS_FAILURE),
    ((ssl.SSLError,), reasons.TLS_FAILURE),
    ((aiohttp.InvalidURL,), reasons.BAD_ADDRESS),
    ((aiohttp.ClientResponseError,), MALFORMED_HTTP),
    ((aiohttp.ClientPayloadError,), reasons.TRUNCATED_BODY),
    ((aiohttp.ServerDisconnectedError,), reasons.CONNECTION_LOST),
    ((TimeoutError,), reasons.TIMEOUT),
)


def _describe(error: BaseException) -> str:
    return re.sub(r"0x[0-9a-f]+", "0x", " ".join(f"{type(error).__name__} {error}".split()))[:160]
