"""Images on loopback, from memory: python -m tests.benchmarks.image_server HOSTS LATENCY.

Prints its port and serves until its standard input ends. Every path is another image: a photo-like
JPEG followed by the path, which decoders pass over. It knows just enough HTTP for clients that
behave well.
"""

from __future__ import annotations

import asyncio
import io
import sys
from typing import cast

import numpy as np
from PIL import Image

SIDE = 384  # pixels


def photo() -> bytes:
    """A picture with a photo's share of detail, about 35 kB."""
    rng = np.random.default_rng(0)
    coarse = rng.normal(128, 50, (24, 24, 3)).clip(0, 255).astype(np.uint8)
    smooth = Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    grain = rng.normal(0, 12, (SIDE, SIDE, 3))
    out = io.BytesIO()
    pixels = (np.asarray(smooth) + grain).clip(0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(out, "JPEG", quality=75)
    return out.getvalue()


class Connection(asyncio.Protocol):
    """Answers one request after the other, each after the latency."""

    def __init__(self, image: bytes, latency: float) -> None:
        self.image = image
        self.latency = latency
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
            asyncio.get_running_loop().call_later(self.latency, self.answer, head)

    def answer(self, head: bytes) -> None:
        path = head.split(b" ", 2)[1]
        is_image = path.endswith(b".jpg")
        body = self.image + path if is_image else b""
        status = b"200 OK\r\nContent-Type: image/jpeg" if is_image else b"404 Not Found"
        keep = b"close" if b"connection: close" in head.lower() else b"keep-alive"
        start = b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: %s\r\n\r\n"
        self.transport.write(start % (status, len(body), keep) + body)
        if keep == b"close":
            self.transport.close()


async def serve(hosts: int, latency: float) -> None:
    image, loop = photo(), asyncio.get_running_loop()
    port = 0
    for number in range(1, hosts + 1):
        listening = await loop.create_server(
            lambda: Connection(image, latency), f"127.0.0.{number}", port, backlog=1024
        )
        port = listening.sockets[0].getsockname()[1]
    print(port, flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
