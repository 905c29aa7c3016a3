"""Keeps the crawler out of networks that are not the public web.

A page may name any address, also those of the machine that fetches, of its neighbours, or of a
cloud's metadata service; and a name may mean one address when it is checked and another when it is
used. So names are looked up here, only addresses that pass are handed to the client, and the last
check is made on the address that a socket is opened for.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult

from realsyn_tasks.core.reasons import Verdict
from realsyn_tasks.fetching import reasons
from realsyn_tasks.fetching.outcomes import Refusal
from realsyn_tasks.web.addresses import canonical

# Beside what `is_global` refuses, some of which differs between releases of Python: networks that
# carry an IPv4 address inside, are meant for one organisation, or for nobody.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        "168.63.129.16/32",  # of every machine in Azure, its host
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
        # Of IPv6, an eighth is public. The rest has more that carry IPv4: ::ffff:0:0/96,
        # ::ffff:0:0:0/96, 64:ff9b::/96, 64:ff9b:1::/48.
        *("::/3", "4000::/2", "8000::/1"),
    )
)
# Of clouds' metadata services and of neighbours on the wire: no setting exempts these.
_NEVER = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("169.254.0.0/16", "168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32"),
        *("fe80::/10", "fd00:ec2::/32", "fd20:ce::/32"),
    )
)
_ISATAP = (0x00005EFE, 0x02005EFE)  # before the IPv4 address at the end, under any prefix
DNS_THREADS = 16
HOSTS = 10_000  # remembered at most, with what is to be said of them
DNS_NAMES = 100_000  # remembered at most

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Lookup = Callable[[str], Awaitable[list[str]]]
"""Finds the addresses of a name; raises socket.gaierror as getaddrinfo does."""


class RefusedAddress(OSError):
    """An address that must not be connected to."""


class Guard:
    """Tells public addresses from all others. `allowed` networks are exempt, for tests."""

    def __init__(self, ports: Iterable[int], allowed: Iterable[str] = ()) -> None:
        self._ports = frozenset(ports)
        self._allowed = tuple(ipaddress.ip_network(network) for network in allowed)
        self._why_no_host = lru_cache(HOSTS)(self._look_at_host)

    def why_refused(self, address: str, port: int | None = None) -> str:
        """Say what is wrong with an IP address (and port), "" if it is public."""
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return f"{address} is no IP address"
        if self._is_exempt(parsed):
            return ""
        if port is not None and port not in self._ports:
            return f"port {port} is not among those that serve web pages"
        inside = any(parsed in network for network in _NOT_PUBLIC)
        tunnel = parsed.version == 6 and int(parsed) >> 32 & 0xFFFFFFFF in _ISATAP
        return f"{address} is not public" if inside or tunnel or not parsed.is_global else ""

    def _is_exempt(self, address: Address) -> bool:
        if not any(address in network for network in self._allowed):
            return False
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)  # that an IPv6 address may carry
        return not any(known in network for known in (address, inner) for network in _NEVER)

    def check(self, url: str) -> str:
        """Give the host of an address that may be asked for; raises Refusal."""
        if canonical(url) != url:
            raise Refusal(reasons.BAD_ADDRESS, url[:120])
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as error:
            raise Refusal(reasons.BAD_ADDRESS, str(error)[:120]) from error
        verdict = self._why_no_host(host, port)
        if verdict:
            raise Refusal(verdict.reason, verdict.detail)
        return host

    def _look_at_host(self, host: str, port: int) -> Verdict | None:
        if not host or len(host) > 253:
            return Verdict(reasons.BAD_ADDRESS, host[:120])
        if _is_literal(host):
            problem = self.why_refused(host, port)
            return Verdict(reasons.REFUSED_ADDRESS, problem) if problem else None
        try:
            host.encode("idna")
        except UnicodeError as error:
            return Verdict(reasons.BAD_ADDRESS, str(error)[:120])
        return None

    def socket_for(self, info: tuple[Any, ...]) -> socket.socket:
        """Open a socket for an address about to be connected to, unless it is refused."""
        family, kind, protocol, _, address = info
        problem = self.why_refused(str(address[0]), int(address[1]))
        if problem:
            raise RefusedAddress(problem)
        return socket.socket(family=family, type=kind, proto=protocol)


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class GuardedResolver(AbstractResolver):
    """Looks each name up once in a while, and gives only addresses that the guard lets pass."""

    def __init__(
        self, guard: Guard, keep: float, seconds: float, lookup: Lookup | None = None
    ) -> None:
        self._guard = guard
        self._keep = keep
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(DNS_THREADS, thread_name_prefix="dns")
        self._lookup = lookup or self._ask_the_system
        self._known: dict[str, tuple[float, asyncio.Task[list[str]]]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Give the addresses to connect to; raises RefusedAddress if none of them is public."""
        addresses = await asyncio.shield(self._addresses(host))
        problems = {address: self._guard.why_refused(address, port) for address in addresses}
        passed = [address for address, problem in problems.items() if not problem]
        if not passed:
            raise RefusedAddress(next(iter(problems.values()), f"{host} has no address"))
        return [_result(host, port, address) for address in passed]

    def _addresses(self, host: str) -> asyncio.Task[list[str]]:
        now = asyncio.get_running_loop().time()
        until, task = self._known.get(host, (0.0, None))
        if task is None or now > until:
            if len(self._known) >= DNS_NAMES:
                self._known.clear()
            task = asyncio.create_task(self._look_up(host))
            self._known[host] = (now + self._keep, task)
            task.add_done_callback(lambda done: self._forget_if_failed(host, done))
        return task

    def _forget_if_failed(self, host: str, task: asyncio.Task[list[str]]) -> None:
        """That a name does not exist is remembered; that nobody answered is not."""
        error = None if task.cancelled() else task.exception()
        if error and not is_no_such_host(error):
            self._known.pop(host, None)

    async def _look_up(self, host: str) -> list[str]:
        try:
            async with asyncio.timeout(self._seconds):
                return list(dict.fromkeys(await self._lookup(host)))
        except TimeoutError:
            raise socket.gaierror(socket.EAI_AGAIN, f"no answer for {host}") from None

    async def _ask_the_system(self, host: str) -> list[str]:
        loop = asyncio.get_running_loop()
        infos = await loop.run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        )
        return [str(info[4][0]) for info in infos]

    async def close(self) -> None:
        """Forget all names; look-ups on the way are left to end by themselves."""
        for _, task in self._known.values():
            task.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)


def is_no_such_host(error: BaseException) -> bool:
    """Say whether a look-up failed for good."""
    known = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
    return isinstance(error, socket.gaierror) and error.errno in known


def _result(host: str, port: int, address: str) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if ":" in address else socket.AF_INET,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
