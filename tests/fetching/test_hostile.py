"""What hostile and broken servers do: each costs its own images, and never more than its time."""

from __future__ import annotations

import asyncio
import datetime
import gzip
import ssl
import zlib
from pathlib import Path
from time import monotonic

import brotli
import pytest
import zstandard

from realsyn_tasks.extract.fetch import Config as FetchConfig
from tests.fetching.conftest import Fetch, code
from tests.fetching.server import Handler, HostileServer, answer, drip, moved, running

IMAGE = b"\xff\xd8\xff" + b"image" * 1000


def only(fetch: Fetch, server: HostileServer, handler: Handler, **changes: object) -> tuple:
    server.paths["/x"] = handler
    [found] = fetch(server.urls("/x"), **changes).values()
    return found.failure_class, code(found)


def test_a_plain_image_arrives_and_connections_are_kept(
    server: HostileServer, fetch: Fetch
) -> None:
    paths = [f"/{n}" for n in range(20)]
    server.paths |= {path: answer(IMAGE + path.encode()) for path in paths}
    found = fetch(server.urls(*paths), per_host=2)
    assert {url[-4:]: a.data for url, a in found.items()} == {
        url[-4:]: IMAGE + f"/{n}".encode() for n, url in enumerate(server.urls(*paths))
    }
    assert server.connections <= 2
    assert len(server.asked) == 22  # two of them for rules


def test_the_crawler_says_who_it_is(server: HostileServer, fetch: Fetch) -> None:
    server.paths["/x"] = answer(IMAGE)
    fetch(server.urls("/x"))
    for _, _, headers in server.asked:
        assert headers["user-agent"].startswith("realsynbot/")
        assert headers["user-agent"].endswith("(+crawl@site.example)")
        assert "cookie" not in headers


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.1), ("transient", "timeout")),
        (drip(b"HTTP/1.1 200 OK\r\n\r\n", b"\xff", 0.1), ("transient", "timeout")),
        (drip(b"", b"", 1.0), ("transient", "timeout")),
        (drip(b"HTTP/1.1 200 OK\r\n\r\n", b"\xff" * 50_000, 0.0), ("permanent", "oversized_body")),
        (
            drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 0.1),
            ("transient", "timeout"),
        ),
        (drip(b"HTTP/1.1 200 OK\r\n", b"X: " + b"y" * 9000, 0.0), ("permanent", "malformed_http")),
        (answer(IMAGE, length=10**12), ("permanent", "oversized_body")),
        (answer(b"", length=0), ("permanent", "empty")),
        (answer(IMAGE, status="404 Not Found"), ("permanent", "http_status")),
        (answer(IMAGE, status="403 Forbidden"), ("permanent", "http_status")),
        (answer(IMAGE, status="206 Partial Content"), ("permanent", "http_status")),
        (answer(b"", status="500 Oh"), ("transient", "server_error")),
        (answer(b"", status="503 Busy"), ("transient", "server_error")),
        (answer(b"", status="429 Slow down"), ("transient", "throttled")),
        (answer(b"\0" * 999, "Content-Encoding: gzip"), ("permanent", "undecodable_body")),
        (
            answer(brotli.compress(b"\0" * 30_000_000), "Content-Encoding: br"),
            ("permanent", "decompression_bomb"),
        ),
        (
            answer(gzip.compress(b"\0" * 30_000_000), "Content-Encoding: gzip"),
            ("permanent", "decompression_bomb"),
        ),
        (
            answer(gzip.compress(IMAGE)[:-20], "Content-Encoding: gzip"),
            ("permanent", "undecodable_body"),
        ),
        (answer(IMAGE, "X-Robots-Tag: all, NoAI"), ("permanent", "opt_out")),
        (answer(IMAGE, "X-Robots-Tag: x", "X-Robots-Tag: noimageai"), ("permanent", "opt_out")),
        (answer(IMAGE, "TDM-Reservation: 1"), ("permanent", "opt_out")),
        (moved("/x"), ("permanent", "redirect_loop")),
        (moved("file:///etc/passwd"), ("permanent", "bad_redirect")),
        (moved("gopher://site.example/"), ("permanent", "bad_redirect")),
        (answer(b"", status="302 Found"), ("permanent", "bad_redirect")),
        (moved("http://127.0.0.2:1/"), ("transient", "robots_unreachable")),
        (moved("http://10.0.0.1/latest"), ("permanent", "refused_address")),
        (moved("http://[::1]/"), ("permanent", "refused_address")),
        (moved("http://169.254.169.254/latest/meta-data"), ("permanent", "refused_address")),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_each_has_its_reason(
    server: HostileServer, fetch: Fetch, handler: Handler, expected: tuple[str, str]
) -> None:
    started = monotonic()
    assert only(fetch, server, handler) == expected
    assert monotonic() - started < 3


def test_fewer_bytes_than_announced(server: HostileServer, fetch: Fetch) -> None:
    server.paths["/close"] = answer(IMAGE, length=len(IMAGE) + 5)
    [found] = fetch(server.urls("/close")).values()
    assert (found.failure_class, code(found)) == ("transient", "truncated_body")


def test_more_bytes_than_announced_do_not_reach_the_next_image(
    server: HostileServer, fetch: Fetch
) -> None:
    server.paths |= {"/a": answer(IMAGE + b"HTTP/1.1 200 OK\r\n\r\n", length=len(IMAGE))}
    server.paths |= {f"/{n}": answer(IMAGE + b"%d" % n) for n in range(5)}
    urls = server.urls("/a", *(f"/{n}" for n in range(5)))
    found = fetch(urls, per_host=1, attempts=2)
    assert [found[url].data for url in urls] == [IMAGE, *(IMAGE + b"%d" % n for n in range(5))]


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(IMAGE)),
        ("X-GZip", gzip.compress(IMAGE)),
        ("deflate", zlib.compress(IMAGE)),
        ("deflate", zlib.compress(IMAGE, wbits=-15)),
        ("br", brotli.compress(IMAGE)),
        ("zstd", zstandard.compress(IMAGE)),
        ("gzip, br", brotli.compress(gzip.compress(IMAGE))),
        ("identity", IMAGE),
        ("gzip", IMAGE),
        ("nobody's", IMAGE),
    ],
)
def test_bodies_compressed_unasked_are_unpacked(
    server: HostileServer, fetch: Fetch, coding: str, body: bytes
) -> None:
    server.paths["/x"] = answer(body, f"Content-Encoding: {coding}")
    [found] = fetch(server.urls("/x")).values()
    assert found.data == IMAGE


def test_servers_are_asked_for_what_can_be_decoded(server: HostileServer, fetch: Fetch) -> None:
    server.paths["/x"] = answer(IMAGE)
    types = FetchConfig(contact="a@b.example", formats=("AVIF", "JPEG")).settings().types
    fetch(server.urls("/x"), types=types)
    [asked] = [headers for _, path, headers in server.asked if path == "/x"]
    assert asked["accept"] == "image/avif,image/jpeg,*/*;q=0.1"


def test_redirects_are_followed_so_many_times(server: HostileServer, fetch: Fetch) -> None:
    server.paths |= {f"/{n}": moved(f"/{n + 1}", "301 Moved") for n in range(9)}
    server.paths |= {"/9": answer(IMAGE)}
    assert fetch(server.urls("/4"))[server.urls("/4")[0]].data == IMAGE
    [found] = fetch(server.urls("/0")).values()
    assert code(found) == "too_many_redirects"


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("/\xfc x", "/%FC%20x"),
        ("/\xc3\xbc", "/%C3%BC"),
        ("\\\\SITE.example:{port}\\y\t", "/y"),
        ("http:/y#x", "/y"),
        ("?q=1", "/x?q=1"),
    ],
)
def test_a_redirect_leads_where_browsers_go(
    server: HostileServer, fetch: Fetch, said: str, asked: str
) -> None:
    async def handle(writer: asyncio.StreamWriter) -> None:
        location = said.replace("{port}", str(server.port)).encode("latin-1")
        writer.write(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location)
        writer.write(b"\r\nConnection: close\r\n\r\n")
        await writer.drain()

    server.paths |= {"/x": handle, asked: answer(IMAGE)}
    assert fetch(server.urls("/x"))[server.urls("/x")[0]].data == IMAGE


def test_an_endless_body_does_not_hold_the_batch(server: HostileServer, fetch: Fetch) -> None:
    server.paths |= {"/slow": drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x", 0.05)}
    server.paths |= {"/x": answer(IMAGE)}
    started = monotonic()
    urls = server.urls("/slow", "/x")
    found = fetch(urls, request_seconds=60.0, read_seconds=60.0, batch_seconds=1.5)
    assert monotonic() - started < 8
    assert [code(found[url]) for url in urls] == ["batch_deadline", ""]


def test_what_is_transient_is_tried_again(server: HostileServer, fetch: Fetch) -> None:
    tries = [answer(b"", status="503 Busy"), answer(b"", status="502 Oh"), answer(IMAGE)]

    async def next_one(writer: object) -> None:
        await tries.pop(0)(writer)  # type: ignore[arg-type]

    server.paths["/x"] = next_one
    [found] = fetch(server.urls("/x"), attempts=3).values()
    assert (found.data, found.requests) == (IMAGE, 3)


def test_retry_after_is_waited_for(server: HostileServer, fetch: Fetch) -> None:
    tries = [answer(b"", "Retry-After: 1", status="429 Slow down"), answer(IMAGE)]

    async def next_one(writer: object) -> None:
        await tries.pop(0)(writer)  # type: ignore[arg-type]

    server.paths["/x"] = next_one
    [found] = fetch(server.urls("/x"), attempts=2).values()
    first, second = server.times("/x")
    assert found.data == IMAGE and second - first >= 1.0


def test_a_host_that_wants_a_long_pause_is_left_alone(server: HostileServer, fetch: Fetch) -> None:
    paths = [f"/{n}" for n in range(9)]
    later = answer(b"", "Retry-After: 3600", status="429 Slow down")
    server.paths |= dict.fromkeys(paths, later)
    found = fetch(server.urls(*paths), attempts=3, per_host=1)
    assert len(server.asked) == 3  # the rules, and one image
    assert {code(a) for a in found.values()} == {"host_given_up"}
    assert {a.failure_class for a in found.values()} == {"transient"}


def test_a_dead_host_is_given_up(server: HostileServer, fetch: Fetch) -> None:
    paths = [f"/{n}" for n in range(30)]
    server.paths |= dict.fromkeys(paths, answer(b"", status="500 Oh"))
    found = fetch(server.urls(*paths), host_failures=4, per_host=1)
    assert len(server.asked) <= 7
    assert {code(a) for a in found.values()} == {"server_error", "host_given_up"}


def test_nobody_listens(server: HostileServer, fetch: Fetch) -> None:
    [found] = fetch(["http://site.example:1/x"]).values()
    assert (found.failure_class, code(found)) == ("transient", "robots_unreachable")


def test_a_host_that_cannot_prove_who_it_is(fetch: Fetch, tmp_path: Path) -> None:
    with running(HostileServer({"/x": answer(IMAGE)}), tls=_self_signed(tmp_path)) as server:
        url = f"https://site.example:{server.port}/x"
        [found] = fetch([url]).values()
        assert (found.failure_class, code(found)) == ("permanent", "tls_failure")
        assert not server.asked


def _self_signed(folder: Path) -> ssl.SSLContext:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "site.example")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "key.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
