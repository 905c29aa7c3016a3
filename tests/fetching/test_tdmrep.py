"""tdmrep.json: what a site reserves is not asked for, whatever the file looks like."""

from __future__ import annotations

import json
from time import monotonic
from typing import Any

import pytest

from realsyn_tasks.fetching.tdmrep import PATH, fits, reserving, rules_of
from tests.fetching.conftest import Fetch, code
from tests.fetching.server import HostileServer, answer, drip, moved


def tdmrep(*rules: Any) -> bytes:
    return json.dumps(list(rules)).encode()


def rule(location: str, value: Any = 1) -> dict[str, Any]:
    return {"location": location, "tdm-reservation": value}


@pytest.mark.parametrize(
    ("location", "path", "expected"),
    [
        ("/", "/a/b.jpg", True),
        ("/a/", "/a/b.jpg", True),
        ("/a/", "/b/a/", False),
        ("a/", "/a/b.jpg", True),
        ("/a/*.jpg", "/a/b/c.jpg", True),
        ("/a/*.jpg$", "/a/b.jpg?w=1", False),
        ("/a/*.jpg$", "/a/b.jpg", True),
        ("*.jpg$", "/x/y.jpg", True),
        ("*", "/", True),
        ("/*/x/*/y", "/1/x/2/y", True),
        ("/*/x/*/y", "/1/x/y", False),
        ("/a$", "/a", True),
        ("/a$", "/ab", False),
        ("/a*a$", "/a", False),
        ("/%7Eme/", "/~me/x", True),
        ("/ü/", "/%C3%BC/x", True),
    ],
)
def test_a_location_is_a_pattern(location: str, path: str, expected: bool) -> None:
    assert fits(location, path) is expected


def test_of_several_rules_the_first_and_the_most_specific_count() -> None:
    def reserved(path: str, *rules: Any) -> bool:
        return bool(reserving(rules_of(tdmrep(*rules)), f"https://a.example{path}"))

    assert not reserved("/free/x", rule("/free/", 0), rule("/"))
    assert reserved("/x", rule("/free/", 0), rule("/"))
    assert reserved("/mine/x", rule("/", 0), rule("/mine/"))
    assert reserved("/free/x", rule("/"), rule("/free/", 0)), "the first one reserves"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[" * 100_000,
        b'{"location": "/", "tdm-reservation": 1}',
        tdmrep(
            1, None, [], {}, {"location": 7, "tdm-reservation": 1}, rule("/", 2), rule("/", [1])
        ),
        tdmrep(rule("/" + "x" * 5000)),
    ],
)
def test_what_is_no_list_of_rules_reserves_nothing(body: bytes) -> None:
    assert reserving(rules_of(body), "https://a.example/x") is None


def test_a_pattern_cannot_be_made_slow() -> None:
    started = monotonic()
    fits("/" + "*a" * 1000 + "$", "/" + "a" * 2000 + "b")
    assert monotonic() - started < 0.5


def test_what_is_reserved_is_not_asked_for(server: HostileServer, fetch: Fetch) -> None:
    paths = ["/art/a.jpg", "/free/b.jpg", "/art/c.png"]
    server.paths |= dict.fromkeys(paths, answer(b"image"))
    server.paths[PATH] = answer(tdmrep(rule("/art/*.jpg"), rule("/free/", 0)))
    found = fetch(server.urls(*paths))
    assert [code(found[url]) for url in server.urls(*paths)] == ["opt_out", "", ""]
    assert found[server.urls(paths[0])[0]].failure_class == "permanent"
    assert "reserves /art/*.jpg" in str(found[server.urls(paths[0])[0]].verdict)
    assert sorted(path for _, path, _ in server.asked) == sorted(["/robots.txt", PATH, *paths[1:]])


def test_the_target_of_a_redirect_has_its_own(server: HostileServer, fetch: Fetch) -> None:
    server.paths |= {"/x": moved(f"http://other.example:{server.port}/art/y")}
    server.paths |= {"/art/y": answer(b"image"), PATH: answer(tdmrep(rule("/art/")))}
    [found] = fetch(server.urls("/x")).values()
    assert code(found) == "opt_out"
    assert len(server.times(PATH)) == 2, "of both origins"


@pytest.mark.parametrize(
    "handler",
    [answer(b"", status="503 Busy"), drip(b"HTTP/1.1 200 OK\r\n\r\n", b"[", 0.1)],
    ids=["busy", "endless"],
)
def test_while_it_cannot_be_had_nothing_is_asked(
    server: HostileServer, fetch: Fetch, handler: Any
) -> None:
    server.paths |= {PATH: handler, "/x": answer(b"image")}
    [found] = fetch(server.urls("/x")).values()
    assert (found.failure_class, code(found)) == ("transient", "tdmrep_unreachable")
    assert not server.times("/x")


def test_marks_on_the_rules_themselves_do_not_hide_them(
    server: HostileServer, fetch: Fetch
) -> None:
    """A site that marks all it serves would otherwise seem to have no rules."""
    marks = ("X-Robots-Tag: noai", "TDM-Reservation: 1")
    server.paths |= {"/private": answer(b"image"), "/art": answer(b"image")}
    server.paths["/robots.txt"] = answer(b"User-agent: *\nDisallow: /private", *marks)
    server.paths[PATH] = answer(tdmrep(rule("/art")), *marks)
    found = fetch(server.urls("/private", "/art"))
    assert sorted(code(a) for a in found.values()) == ["opt_out", "robots_disallow"]
