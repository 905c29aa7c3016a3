"""The stage fetch: one table, one tar, a reason for every address, and repairs that ask again."""

from __future__ import annotations

import io
import json
from collections import Counter
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pytest

from realsyn_tasks.core import ids, tables
from realsyn_tasks.core.errors import ConfigError, TransientError
from realsyn_tasks.core.stage import Output
from realsyn_tasks.extract import fetch, filter_images, schemas
from realsyn_tasks.fetching import guard
from realsyn_tasks.pictures.pixels import read_at
from tests.crawls import picture
from tests.fetching.conftest import loopback
from tests.fetching.server import RULES, HostileServer, answer, drip
from tests.support import FakeInputs, context

CONFIG: dict[str, Any] = {
    "contact": "crawl@site.example",
    "host_delay": 0.0,
    "request_seconds": 1.0,
    "connect_seconds": 0.5,
    "attempts": 1,
    "allowed_networks": ("127.0.0.0/8",),
}


class Inputs(FakeInputs):
    """What parse found, and what the shard held before."""

    earlier: Output | None = None

    def earlier_table(self, name: str) -> pa.Table | None:
        return self.earlier.tables[name] if self.earlier else None

    def earlier_blob(self, name: str) -> BinaryIO | None:
        return io.BytesIO(self.earlier.blobs[name].read_bytes()) if self.earlier else None


def origin(number: int) -> dict[str, Any]:
    return {
        "document_id": "d",
        "document_url": "https://pages.example/",
        "source": "a.parquet",
        "source_offset": 0,
        "position": number,
        "alt": f"alt {number}",
        "caption": "",
        "title": "Trams",
        "heading": f"Tram {number}",
        "context": [{"text": f"Tram {number} climbs the hill.", "offset": 1}],
        "licence": "CC-BY-4.0",
        "crawled": "2021-10-16",
    }


def parsed(urls: list[str], held: tuple[bytes, ...] = ()) -> Inputs:
    rows, place = [], 0
    for number, data in enumerate(held):
        row = {"image_id": ids.image_id(data), "url": f"https://pages.example/{number}"}
        rows.append({**row, **origin(number), "offset": place, "length": len(data)})
        place += len(data)
    links = [
        {"link_id": ids.sentence_id(url), "url": url, **origin(100 + number)}
        for number, url in enumerate(urls)
    ]
    return Inputs(
        {
            ("parse", "images"): [tables.from_rows(schemas.RAW_IMAGES, rows, ["image_id"])],
            ("parse", "linked_images"): [
                tables.from_rows(schemas.LINKED_IMAGES, links, ["link_id"])
            ],
        },
        {("parse", "pixels"): b"".join(held)},
    )


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    async def found(self: object, host: str) -> list[str]:
        return await loopback(host)

    monkeypatch.setattr(guard.GuardedResolver, "_ask_the_system", found)


def run(inputs: Inputs, folder: Path, **changes: Any) -> Output:
    folder.mkdir(exist_ok=True)
    return fetch.run(inputs, fetch.Config(**(CONFIG | changes)), context(folder))


def reasons(output: Output) -> dict[str, int]:
    return dict(Counter(item.reason.code for item in output.dropped))


def stored(output: Output) -> dict[str, bytes]:
    with output.blobs["pixels"].open("rb") as tar:
        rows = output.tables["images"].to_pylist()
        return {row["url"]: read_at(tar, row["offset"], row["length"]) for row in rows}


def test_fetched_images_lie_beside_the_crawls_own(server: HostileServer, tmp_path: Path) -> None:
    photos = [picture(seed) for seed in range(4)]
    server.paths |= {f"/{n}": answer(photos[n]) for n in range(4)}
    server.paths |= {
        "/page": answer(b"<!doctype html>", "Content-Type: image/jpeg"),
        "/label": answer(picture(9, kind="PNG"), "Content-Type: text/html"),
        "/huge": answer(picture(8, (640, 480))),
    }
    urls = server.urls("/1", "/2", "/page", "/label", "/huge", "/gone", "/3")
    output = run(parsed(urls, (photos[0], photos[1])), tmp_path / "a", max_pixels=640 * 480 - 1)
    assert stored(output) == {
        "https://pages.example/0": photos[0],
        "https://pages.example/1": photos[1],
        urls[1]: photos[2],
        urls[3]: picture(9, kind="PNG"),
        urls[6]: photos[3],
    }
    assert reasons(output) == {
        "exact_duplicate": 1,
        "unsupported_format": 1,
        "too_many_pixels": 1,
        "http_status": 1,
    }
    assert output.counts == {
        "fetched": 4,
        "transient": 0,
        "permanent": 3,
        "asked": 7,
        "requests": 7,
    }
    gone = next(item for item in output.dropped if item.reason.code == "http_status")
    assert gone.detail == f"permanent: {server.urls('/gone')[0]} 404"


def test_what_a_document_says_of_a_picture_goes_with_it(
    server: HostileServer, tmp_path: Path
) -> None:
    server.paths["/1"] = answer(picture(1))
    rows = run(parsed(server.urls("/1"), (picture(2),)), tmp_path / "a").tables["images"]
    assert sorted(rows["heading"].to_pylist()) == ["Tram 0", "Tram 100"]
    assert all(len(context) == 1 for context in rows["context"].to_pylist())
    assert set(rows["licence"].to_pylist()) == {"CC-BY-4.0"}


def test_the_same_answers_give_the_same_bytes(server: HostileServer, tmp_path: Path) -> None:
    paths = [f"/{n}" for n in range(12)]
    server.paths |= {path: answer(picture(n)) for n, path in enumerate(paths)}
    first, again = (run(parsed(server.urls(*paths)), tmp_path / name) for name in "ab")
    assert first.blobs["pixels"].read_bytes() == again.blobs["pixels"].read_bytes()
    assert first.tables == again.tables


def test_a_truncated_image_goes_no_further_than_the_filter(
    server: HostileServer, tmp_path: Path
) -> None:
    server.paths |= {"/half": answer(picture(1)[:3000]), "/whole": answer(picture(2))}
    output = run(parsed(server.urls("/half", "/whole")), tmp_path / "a")
    given = FakeInputs(
        {("fetch", "images"): [output.tables["images"]]},
        {("fetch", "pixels"): output.blobs["pixels"].read_bytes()},
    )
    kept = filter_images.run(given, filter_images.Config(), context(tmp_path))
    assert kept.tables["images"]["url"].to_pylist() == server.urls("/whole")
    assert [item.reason.code for item in kept.dropped] == ["undecodable"]


def test_without_a_contact_nothing_is_asked(server: HostileServer, tmp_path: Path) -> None:
    for contact in ("", "me", "<a@b.example>", "crawl@"):
        with pytest.raises(ConfigError, match=r"fetch\.contact"):
            run(parsed(server.urls("/x")), tmp_path / "a", contact=contact)
    assert not server.asked


def test_where_nothing_is_linked_nothing_is_asked_and_no_contact_needed(
    server: HostileServer, tmp_path: Path
) -> None:
    output = run(parsed([], (picture(1), picture(2))), tmp_path / "a", contact="")
    assert list(stored(output).values()) and not server.asked
    assert output.counts["asked"] == 0


def test_a_repair_asks_again_only_for_what_was_transient(
    server: HostileServer, tmp_path: Path
) -> None:
    server.paths |= {
        "/good": answer(picture(1)),
        "/busy": answer(b"", status="503 Busy"),
        "/slow": drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x", 0.1),
        "/gone": answer(b"", status="404 Not Found"),
    }
    inputs = parsed(server.urls("/good", "/busy", "/slow", "/gone"))
    first = run(inputs, tmp_path / "a")
    assert reasons(first) == {"server_error": 1, "timeout": 1, "http_status": 1}
    assert first.counts["transient"] == 2
    server.asked.clear()
    server.paths |= {"/busy": answer(picture(2)), "/good": answer(picture(3))}
    inputs.earlier = first
    second = run(inputs, tmp_path / "b")
    assert sorted(path for _, path, _ in server.asked) == sorted([*RULES, "/busy", "/slow"])
    assert stored(second) == {
        server.urls("/good")[0]: picture(1),
        server.urls("/busy")[0]: picture(2),
    }
    assert reasons(second) == {"timeout": 1, "http_status": 1}
    server.asked.clear()
    inputs.earlier = second
    run(inputs, tmp_path / "c", max_bytes=10_000_000)
    assert len(server.asked) == 6  # on other terms, everything anew


def test_bytes_that_were_damaged_meanwhile_are_fetched_again(
    server: HostileServer, tmp_path: Path
) -> None:
    server.paths["/x"] = answer(picture(1))
    inputs = parsed(server.urls("/x"))
    inputs.earlier = run(inputs, tmp_path / "a")
    path = inputs.earlier.blobs["pixels"]
    path.write_bytes(path.read_bytes().replace(picture(1)[-100:], b"\0" * 100))
    assert list(stored(run(inputs, tmp_path / "b")).values()) == [picture(1)]


def test_an_outage_of_ours_is_not_taken_for_the_webs(tmp_path: Path) -> None:
    inputs = parsed([f"http://h{n}.example:1/x" for n in range(6)])
    with pytest.raises(TransientError, match="none of 6 hosts could be reached"):
        run(inputs, tmp_path / "a")
    assert reasons(run(parsed(["http://h.example:1/x"]), tmp_path / "b")) == {
        "robots_unreachable": 1
    }


def obelics_crawl(folder: Path, server: HostileServer, names: list[str]) -> Path:
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        {
            "images": [None, *server.urls(name)],
            "texts": [f"The old red tram number {n} climbs the steep hill slowly.", None],
            "metadata": json.dumps([None, {"alt_text": name}]),
            "general_metadata": json.dumps({"url": f"https://pages.example/{n}"}),
        }
        for n, name in enumerate(names)
    ]
    pq.write_table(pa.Table.from_pylist(rows), folder / "part.parquet")
    return folder


def test_a_crawl_of_addresses_from_end_to_end(server: HostileServer, tmp_path: Path) -> None:
    """Two shards are committed; only the transient failure of one is asked for by a repair."""
    from realsyn_tasks.runs.choices import Choices
    from realsyn_tasks.runs.opening import open_extract
    from realsyn_tasks.runs.repairs import TRANSIENT, Selection, plan, withdraw
    from tests.support import run_group

    names = [f"/{n}.jpg" for n in range(5)]
    server.paths |= {name: answer(picture(n)) for n, name in enumerate(names)}
    server.paths["/4.jpg"] = answer(b"", status="503 Busy")
    crawl = obelics_crawl(tmp_path / "crawls" / "web", server, names[3:])
    (crawl / "part.parquet").rename(crawl / "second.parquet")
    obelics_crawl(crawl, server, names[:3])
    choices = Choices(stages={"fetch": CONFIG})
    workspace = open_extract(str(tmp_path / "root"), str(crawl), "web", choices)
    run_group(workspace, "extract", until="filter_images")
    ledger = workspace.ledger("fetch")
    assert [c.counts["transient"] for _, c in sorted(ledger.commits().items())] == [0, 1]
    untouched = ledger.commits()[0].attempt

    selection = Selection(stage="fetch", shards=TRANSIENT)
    [row] = [r for r in plan("", workspace.uri, selection).rows if r.when == "named"]
    assert (row.stage, row.shards, row.state) == ("fetch", "1", "done")
    assert row.why.startswith("1 items failed for now")
    assert len(ledger.commits()) == 2, "a plan changes nothing"

    server.asked.clear()
    server.paths["/4.jpg"] = answer(picture(4))
    withdraw("", workspace.uri, selection)
    run_group(workspace, "extract", until="filter_images")
    assert [path for _, path, _ in server.asked] == [*RULES, "/4.jpg"]
    assert ledger.commits()[0].attempt == untouched
    kept = workspace.ledger("filter_images").commits()
    assert sum(commit.rows["images"] for commit in kept.values()) == 5
    assert plan("", workspace.uri, selection).shards == 0, "nothing transient is left"


def test_where_the_crawl_has_its_images_the_stage_is_off(tmp_path: Path) -> None:
    from realsyn_tasks.runs.choices import Choices
    from realsyn_tasks.runs.opening import open_extract
    from tests.crawls import write_tiny_warc

    write_tiny_warc(tmp_path / "crawl")
    root, crawl = str(tmp_path / "root"), str(tmp_path / "crawl")
    workspace = open_extract(root, crawl, "tiny", Choices())
    assert not workspace.runs("fetch")
    asking = Choices(stages={"parse": {"missing_images": "fetch"}})
    assert open_extract(root, crawl, "tiny", asking).runs("fetch")
