"""An HTTP server on loopback that answers byte for byte as told, however rude that is."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from time import monotonic

Handler = Callable[[asyncio.StreamWriter], Awaitable[None]]
RULES = ["/robots.txt", "/.well-known/tdmrep.json"]  # asked of an origin before anything else


def answer(
    body: bytes = b"", *headers: str, status: str = "200 OK", length: int | None = None
) -> Handler:
    """Answer with these bytes; `length` is what Content-Length claims, -1 for no such header."""
    lines = [f"HTTP/1.1 {status}", *headers]
    if length != -1:
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    head = "\r\n".join(lines).encode() + b"\r\n\r\n"

    async def handle(writer: asyncio.StreamWriter) -> None:
        writer.write(head + body)
        await writer.drain()

    return handle


def moved(to: str, status: str = "302 Found") -> Handler:
    return answer(b"", f"Location: {to}", status=status)


def drip(start: bytes, piece: bytes, seconds: float) -> Handler:
    """Send a beginning, then a piece every so often, for ever."""

    async def handle(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(seconds)

    return handle


@dataclass
class HostileServer:
    """What it says by path, and what it was asked; `port` is known once it runs."""

    paths: dict[str, Handler] = field(default_factory=dict)
    asked: list[tuple[float, str, dict[str, str]]] = field(default_factory=list)
    connections: int = 0
    most_at_once: int = 0
    port: int = 0
    _now: int = 0

    def urls(self, *paths: str, host: str = "site.example") -> list[str]:
        return [f"http://{host}:{self.port}{path}" for path in paths]

    def times(self, path: str) -> list[float]:
        return [moment for moment, asked, _ in self.asked if asked == path]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode("latin-1").split("\r\n")
                path = first.split()[1]
                headers = dict(line.lower().split(": ", 1) for line in lines if line)
                self.asked.append((monotonic(), path, headers))
                async with self._counted():
                    await self.paths.get(path, answer(status="404 Not Found"))(writer)
                if path.startswith("/close"):
                    break
        except (OSError, EOFError):
            pass
        finally:
            writer.close()

    @asynccontextmanager
    async def _counted(self) -> AsyncIterator[None]:
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            yield
        finally:
            self._now -= 1


@contextmanager
def running(server: HostileServer, tls: ssl.SSLContext | None = None) -> Iterator[HostileServer]:
    """Run a server in a thread of its own; whatever it is doing ends with it."""
    loop = asyncio.new_event_loop()

    async def start() -> None:
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls, backlog=256)
        server.port = listening.sockets[0].getsockname()[1]

    async def stop() -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
