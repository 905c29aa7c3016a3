"""robots.txt, pauses and turns: what a well-behaved crawler owes to those it visits."""

from __future__ import annotations

import pytest

from realsyn_tasks.fetching.origins import MAX_BYTES
from tests.fetching.conftest import Fetch, code
from tests.fetching.server import RULES, HostileServer, answer, drip, moved

RULES_OF_SITE = b"""
User-agent: RealSynBot
Disallow: /private
Crawl-delay: 0.2

User-agent: *
Disallow: /
"""


def test_robots_txt_is_asked_once_and_obeyed(server: HostileServer, fetch: Fetch) -> None:
    paths = ["/a", "/b", "/private/c"]
    server.paths |= dict.fromkeys(paths, answer(b"image"))
    server.paths["/robots.txt"] = answer(RULES_OF_SITE)
    found = fetch(server.urls(*paths))
    assert [code(found[url]) for url in server.urls(*paths)] == ["", "", "robots_disallow"]
    assert sorted(path for _, path, _ in server.asked) == sorted([*RULES, "/a", "/b"])
    between = abs(server.times("/b")[0] - server.times("/a")[0])
    assert between >= 0.1, "as they arrive: a busy machine may take longer over the first"


def test_a_crawl_delay_that_nobody_can_keep(server: HostileServer, fetch: Fetch) -> None:
    server.paths["/robots.txt"] = answer(b"User-agent: *\nCrawl-delay: 86400")
    [found] = fetch(server.urls("/x")).values()
    assert (found.failure_class, code(found)) == ("permanent", "crawl_delay")


def test_without_robots_txt_everything_may_be_asked(server: HostileServer, fetch: Fetch) -> None:
    server.paths["/x"] = answer(b"image")
    for status in ("404 Not Found", "403 Forbidden", "410 Gone"):
        server.paths["/robots.txt"] = answer(b"User-agent: *\nDisallow: /", status=status)
        [found] = fetch(server.urls("/x")).values()
        assert found.data == b"image"


@pytest.mark.parametrize(
    "robots",
    [answer(b"", status="503 Busy"), drip(b"HTTP/1.1 200 OK\r\n\r\n", b"#", 0.1)],
    ids=["busy", "endless"],
)
def test_while_robots_txt_cannot_be_had_nothing_is_asked(
    server: HostileServer, fetch: Fetch, robots: object
) -> None:
    server.paths |= {"/robots.txt": robots, "/x": answer(b"image")}
    [found] = fetch(server.urls("/x")).values()
    assert (found.failure_class, code(found)) == ("transient", "robots_unreachable")
    assert not server.times("/x")


def test_of_a_huge_robots_txt_the_beginning_counts(server: HostileServer, fetch: Fetch) -> None:
    rules = b"User-agent: *\nDisallow: /no\n" + b"#" * 1_000_000
    server.paths |= {"/robots.txt": answer(rules), "/x": answer(b"image"), "/no": answer(b"image")}
    found = fetch(server.urls("/x", "/no"), request_seconds=5.0)
    assert sorted(code(a) for a in found.values()) == ["", "robots_disallow"]


@pytest.mark.parametrize("line", ["Disallow: /x", "Allow: /", "User-agent: *"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_that_the_limit_cuts_says_nothing(
    server: HostileServer, fetch: Fetch, line: str, end: str
) -> None:
    start = f"User-agent: *{end}Disallow: /no{end}#"
    pad = "#" * (MAX_BYTES - len(start + end + line))
    rules = f"{start}{pad}{end}{line}yz/secret{end}"
    assert rules.encode()[:MAX_BYTES].decode().endswith(f"{end}{line}")
    server.paths |= {"/robots.txt": answer(rules.encode())}
    server.paths |= {"/x": answer(b"image"), "/no": answer(b"image")}
    found = fetch(server.urls("/x", "/no"), request_seconds=5.0)
    assert [code(found[url]) for url in server.urls("/x", "/no")] == ["", "robots_disallow"]


def test_the_target_of_a_redirect_has_its_own_rules(server: HostileServer, fetch: Fetch) -> None:
    server.paths |= {"/x": moved(f"http://other.example:{server.port}/y"), "/y": answer(b"image")}
    [found] = fetch(server.urls("/x")).values()
    assert found.data == b"image"
    hosts = [headers["host"].split(":")[0] for _, path, headers in server.asked if "rob" in path]
    assert hosts == ["site.example", "other.example"]


def test_a_host_sees_few_requests_at_once_and_pauses(server: HostileServer, fetch: Fetch) -> None:
    paths = [f"/{n}" for n in range(6)]
    server.paths |= dict.fromkeys(paths, answer(b"image"))
    fetch(server.urls(*paths), per_host=2, host_delay=0.1)
    moments = sorted(moment for moment, _, _ in server.asked)
    assert server.most_at_once <= 2
    assert moments[-1] - moments[0] >= 0.55  # six pauses between seven requests


def test_one_slow_host_does_not_keep_the_others_waiting(
    server: HostileServer, fetch: Fetch
) -> None:
    slow = server.urls(*(f"/slow{n}" for n in range(12)), host="slow.example")
    quick = [server.urls("/q", host=f"h{n}.example")[0] for n in range(6)]
    server.paths |= dict.fromkeys([f"/slow{n}" for n in range(12)], answer(b"image"))
    server.paths["/q"] = answer(b"image")
    order = list(fetch([*slow, *quick], concurrency=2, host_delay=0.05, per_host=1))
    assert max(order.index(url) for url in quick) < order.index(slow[-1])
