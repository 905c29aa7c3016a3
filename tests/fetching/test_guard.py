"""The guard: only public addresses, whatever a page, a redirect or a name server says."""

from __future__ import annotations

import socket

import pytest

from realsyn_tasks.fetching.guard import Guard
from realsyn_tasks.fetching.outcomes import Refusal
from tests.fetching.conftest import Fetch, code
from tests.fetching.server import RULES, HostileServer, answer, moved

PUBLIC = Guard(ports=(80, 443))


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255"),
        *("192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.8", "198.18.0.1", "192.0.2.1"),
        *("224.0.0.1", "255.255.255.255", "240.0.0.1", "192.88.99.1", "203.0.113.9"),
        *("::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "fe80::1"),
        *("fe80::1%eth0", "fc00::1", "fd12:3456::1", "ff02::1", "fec0::1", "2001:db8::1"),
        *("2002:7f00:1::", "64:ff9b::7f00:1", "2001:0:7f00:1::", "100::1", "not an address"),
        # of a cloud's host, and IPv4 within IPv6: SIIT, NAT64, 6to4, Teredo, ISATAP
        *("168.63.129.16", "::ffff:a83f:8110", "::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8"),
        *("64:ff9b::808:808", "64:ff9b:1::7f00:1", "2002:808:808::1", "2001::808:808"),
        *("2606:4700::5efe:7f00:1", "2606:4700::200:5efe:10.0.0.1", "4000::1", "1::1"),
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert PUBLIC.why_refused(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "172.32.0.1", "1.1.1.1", "2606:4700::1111", "168.63.129.17"]
)
def test_addresses_that_are(address: str) -> None:
    assert PUBLIC.why_refused(address) == ""
    assert PUBLIC.why_refused(address, 443) == ""
    assert PUBLIC.why_refused(address, 25)


@pytest.mark.parametrize(
    "address",
    [
        *("169.254.169.254", "169.254.170.2", "168.63.129.16", "100.100.100.200", "192.0.0.192"),
        *("fd00:ec2::254", "fd20:ce::254", "fe80::1", "::ffff:169.254.169.254"),
        *("64:ff9b::a9fe:a9fe", "::ffff:0:a9fe:a9fe", "::a9fe:a9fe"),
    ],
)
def test_no_setting_exempts_the_metadata_of_a_machine(address: str) -> None:
    """`allowed_networks` may open a network of one's own, not the credentials of its machines."""
    everything = Guard(ports=(80,), allowed=("0.0.0.0/0", "::/0"))
    assert everything.why_refused(address, 80)
    assert everything.why_refused("10.0.0.1") == "" == everything.why_refused("fd12::1")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1/", "refused_address"),
        ("http://[::1]/", "refused_address"),
        ("http://[fe80::1]/", "refused_address"),
        ("http://8.8.8.8:22/", "refused_address"),
        ("http://168.63.129.16/", "refused_address"),
        ("http://[::ffff:0:a00:1]/", "refused_address"),
        ("http://0x7f.1/", "bad_address"),
        ("ftp://site.example/", "bad_address"),
        ("file:///etc/passwd", "bad_address"),
        ("http://user:secret@site.example/", "bad_address"),
        ("http://site.example:99999/", "bad_address"),
        ("http://site..example/", "bad_address"),
        ("http://" + "a" * 300 + "/", "bad_address"),
        ("http://[::1/", "bad_address"),
        ("http:///path", "bad_address"),
    ],
)
def test_addresses_that_nobody_should_ask_for(url: str, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        PUBLIC.check(url)
    assert refused.value.verdict.reason.code == reason


def test_a_socket_is_opened_for_checked_addresses_only() -> None:
    info = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("10.0.0.1", 80))
    with pytest.raises(OSError, match=r"10\.0\.0\.1 is not public"):
        PUBLIC.socket_for(info)
    PUBLIC.socket_for((*info[:4], ("8.8.8.8", 80))).close()


def reasons(fetch: Fetch, url: str, **options: object) -> tuple[str, str]:
    [found] = fetch([url], **options).values()
    return found.failure_class, code(found)


def test_names_that_mean_private_addresses(fetch: Fetch) -> None:
    async def lookup(host: str) -> list[str]:
        return ["10.0.0.1", "fe80::1"]

    assert reasons(fetch, "http://site.example/x", lookup=lookup)[1] == "refused_address"


@pytest.mark.parametrize("host", ["localhost", "2130706433", "127.1", "0x7f000001", "0177.0.0.1"])
def test_other_spellings_of_this_machine(host: str, fetch: Fetch) -> None:
    """The system's own look-up, and not the guard's exemption for tests."""
    found = reasons(fetch, f"http://{host}/x", lookup=None, allowed_networks=())
    assert found[1] in ("refused_address", "bad_address", "no_such_host")
    assert found[0] == "permanent"


def test_of_many_addresses_only_public_ones_are_used(server: HostileServer, fetch: Fetch) -> None:
    async def lookup(host: str) -> list[str]:
        return ["10.0.0.1", "127.0.0.1", "169.254.169.254"]

    server.paths["/x"] = answer(b"bytes")
    [found] = fetch(server.urls("/x"), lookup=lookup).values()
    assert found.data == b"bytes"


def test_a_name_that_changes_its_mind_is_looked_up_once(
    server: HostileServer, fetch: Fetch
) -> None:
    """Rebinding: public when checked, private when used. What was checked is what is used."""
    asked: list[str] = []

    async def lookup(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    server.paths |= {f"/close{n}": answer(b"bytes") for n in range(4)}
    found = fetch(server.urls(*(f"/close{n}" for n in range(4))), lookup=lookup, per_host=1)
    assert asked == ["site.example"]
    assert {a.data for a in found.values()} == {b"bytes"}
    assert server.connections >= 4


def test_each_redirect_is_looked_up_and_checked(server: HostileServer, fetch: Fetch) -> None:
    async def lookup(host: str) -> list[str]:
        return {"site.example": ["127.0.0.1"], "inside.example": ["192.168.0.7"]}[host]

    server.paths["/x"] = moved(f"http://inside.example:{server.port}/secret")
    assert reasons(fetch, server.urls("/x")[0], lookup=lookup) == ("permanent", "refused_address")
    assert [path for _, path, _ in server.asked] == [*RULES, "/x"]


@pytest.mark.parametrize(
    "target",
    [
        *("169.254.169.254/latest/meta-data/", "[fd00:ec2::254]/latest/meta-data/"),
        *("[::ffff:169.254.169.254]/", "[::ffff:a9fe:a9fe]/", "2852039166/", "0xa9fea9fe/"),
        *("0251.0376.0251.0376/", "169.254.43518/", "metadata.example/", "169.254.169.254./"),
    ],
)
def test_no_redirect_leads_to_the_metadata_of_the_machine(
    target: str, server: HostileServer, fetch: Fetch
) -> None:
    """Though every network is allowed, as a careless setting might have it."""

    async def lookup(host: str) -> list[str]:
        inside = ["169.254.169.254", "fd00:ec2::254", "::ffff:169.254.169.254"]
        return ["127.0.0.1"] if host == "site.example" else inside

    server.paths["/x"] = moved(f"http://{target}")
    options = {"lookup": lookup, "allowed_networks": ("0.0.0.0/0", "::/0")}
    failure, reason = reasons(fetch, server.urls("/x")[0], **options)
    assert failure == "permanent" and reason in ("refused_address", "bad_address")


def test_what_name_servers_fail_at(fetch: Fetch) -> None:
    async def unknown(host: str) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    async def busy(host: str) -> list[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    async def silent(host: str) -> list[str]:
        import asyncio

        await asyncio.sleep(60)
        return []

    url = "http://site.example/x"
    assert reasons(fetch, url, lookup=unknown) == ("permanent", "no_such_host")
    assert reasons(fetch, url, lookup=busy) == ("transient", "robots_unreachable")
    assert reasons(fetch, url, lookup=silent) == ("transient", "robots_unreachable")
    assert (
        reasons(fetch, "http://xn--bcher-kva.example/%C3%BC?q=%C3%BC", lookup=unknown)[1]
        == "no_such_host"
    )
