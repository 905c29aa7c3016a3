"""Download the images that the crawl knows by address only.

Part of an extract only where there may be any: the crawl's format lists addresses only,
or `parse.missing_images` is "fetch". What comes out stands for parse's images and pixels, or those
of gather_images: those that the crawl held, and those fetched, in one table and one tar.

What the web answers is an input. Once a shard is committed, its bytes are the truth of the run:
`fetches` lists what became of every address, and whoever does the shard again - a repair, or a run
with other settings - takes from there what was fetched, and what failed for good. Only transient
failures and new addresses are asked for. So to give transient failures another try, repair the
shards that have them (`counts.transient` in the marker, `failure_class` in the table) with force.
If settings that decide what is kept have changed (`TERMS`), everything is asked for anew.

A shard of which no host could be reached at all fails as transient: the fault is likely ours.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from typing import Annotated, BinaryIO
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from realsyn_tasks.core import ids, tables
from realsyn_tasks.core.errors import ConfigError, TransientError
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig
from realsyn_tasks.core.tar import TarWriter
from realsyn_tasks.extract import schemas
from realsyn_tasks.extract.holders import holder
from realsyn_tasks.extract.images import SHOWN, read_header
from realsyn_tasks.extract.merged_images import MergedImages, Row, in_document_order
from realsyn_tasks.extract.reasons import REASONS
from realsyn_tasks.fetching import reasons as fetching
from realsyn_tasks.fetching.outcomes import Answer
from realsyn_tasks.fetching.settings import Settings, is_contact
from realsyn_tasks.pictures.pixels import pixel_limit, read_at

TERMS = ("max_bytes", "max_pixels", "max_redirects", "formats", "ports", "allowed_networks")
UNREACHED = (
    fetching.DNS_FAILURE,
    fetching.CONNECT_FAILED,
    fetching.ROBOTS_UNREACHABLE,
    fetching.TDMREP_UNREACHABLE,
    fetching.HOST_GIVEN_UP,
)
OUTAGE_HOSTS = 5  # so many hosts, and not one reached


def _network(text: str) -> str:
    ipaddress.ip_network(text)  # its ValueError says what is wrong
    return text


Network = Annotated[str, AfterValidator(_network)]


class Config(StageConfig):
    """How the web is asked. Times are in seconds; see `Settings`.

    All bounds hold for one shard in one task: so many tasks at a time, so many times as much.
    """

    ordered = (("connect_seconds", "request_seconds"),)

    contact: str = ""  # an e-mail address or URL for site owners; without it nothing is asked
    robot: str = Field(default="RealSynBot", pattern=r"^[A-Za-z][A-Za-z0-9._-]*$")
    concurrency: int = Field(default=64, ge=1)
    per_host: int = Field(default=4, ge=1)
    host_delay: float = Field(default=0.25, ge=0.0)
    max_bytes: int = Field(default=32 << 20, ge=1)
    max_pixels: int = Field(default=50_000_000, ge=1)
    max_redirects: int = Field(default=5, ge=0)
    request_seconds: float = Field(default=30.0, gt=0.0)
    connect_seconds: float = Field(default=10.0, gt=0.0)
    read_seconds: float = Field(default=10.0, gt=0.0)
    batch_seconds: float = Field(default=3000.0, gt=0.0)
    attempts: int = Field(default=3, ge=1)
    retry_wait: float = Field(default=2.0, ge=0.0)
    host_failures: int = Field(default=8, ge=1)
    formats: tuple[str, ...] = SHOWN
    ports: tuple[Annotated[int, Field(ge=1, le=65_535)], ...] = Field(
        default=(80, 443, 8080, 8443), min_length=1
    )
    allowed_networks: tuple[Network, ...] = ()  # exempt from the guard; for tests on loopback

    def settings(self) -> Settings:
        """Give the bounds in the downloader's terms; ConfigError without a contact."""
        if not is_contact(self.contact):
            raise ConfigError(
                "there are images to fetch, and the sites' owners must be able to reach whoever"
                " fetches them: set fetch.contact to an e-mail address or a URL, in the profile"
                ' under "stages" or in the build\'s stage settings,'
                ' as in {"fetch": {"contact": "crawl@example.org"}}'
            )
        given = self.model_dump(exclude={"max_pixels", "formats"})
        types = tuple(f"image/{name.lower()}" for name in self.formats)
        return Settings(**given, types=types, accept=self._accept)

    def terms(self) -> str:
        """Digest the settings that decide what is kept."""
        return ids.digest([self.model_dump(mode="json")[name] for name in TERMS])

    def _accept(self, data: bytes) -> None:
        """Look at the bytes, not at the label; raises Refused for what is no image for us."""
        read_header(data, self.formats, self.max_pixels)


@dataclass
class _Got:
    """What became of each address, and where in the spool its bytes are."""

    spool: BinaryIO
    done: dict[str, Row] = field(default_factory=dict)  # by URL
    asked: list[Answer] = field(default_factory=list)  # without their bytes

    def keep(self, url: str, data: bytes) -> None:
        place = self.spool.seek(0, 2)
        self.spool.write(data)
        self.done[url] = {"image_id": ids.image_id(data), "offset": place, "length": len(data)}

    def fail(self, url: str, failure_class: str, reason: str, detail: str) -> None:
        self.done[url] = {"failure_class": failure_class, "reason": reason, "detail": detail}

    def take(self, answer: Answer) -> None:
        if answer.data is not None:
            self.keep(answer.url, answer.data)
        elif answer.verdict:
            reason, detail = answer.verdict.reason, answer.verdict.detail
            self.fail(answer.url, answer.failure_class, reason.code, detail)
        self.asked.append(replace(answer, data=None))


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give all images of the shard, and what became of each address.

    The detail of a drop for a failure begins with its class.
    """
    before = holder(inputs.has, "fetch")
    links = in_document_order(inputs.table(before, "linked_images"))
    with ExitStack() as opened:
        spool = opened.enter_context((context.scratch / "fetched").open("w+b"))
        opened.enter_context(pixel_limit(config.max_pixels))
        got = _Got(spool)
        _take_from_earlier(inputs, {row["url"] for row in links}, config.terms(), got)
        wanted = [row["url"] for row in links if row["url"] not in got.done]
        if wanted:
            _ask(wanted, config, got, context)
        pixels = context.scratch / "pixels.tar"
        with closing(TarWriter(pixels)) as tar:
            merged = MergedImages(tar)
            merged.add_all(inputs, before)
            _merge(links, got, merged)
    return Output(
        tables={
            "images": merged.table(),
            "fetches": tables.from_rows(schemas.FETCHES, _fetches(links, got, config), ["link_id"]),
        },
        dropped=merged.dropped,
        blobs={"pixels": pixels},
        counts=_counts(got),
    )


def _take_from_earlier(inputs: Inputs, wanted: set[str], terms: str, got: _Got) -> None:
    """Take over what this shard fetched before, and what failed for good, on the same terms."""
    known, pixels = inputs.earlier_table("fetches"), inputs.earlier_blob("pixels")
    if known is None or pixels is None:
        return
    with pixels:
        for row in known.to_pylist():
            if row["url"] not in wanted or row["terms"] != terms:
                continue
            if row["image_id"]:
                _take_bytes(row, pixels, got)
            elif row["failure_class"] == "permanent" and row["reason"] in REASONS:
                got.fail(row["url"], "permanent", row["reason"], row["detail"])


def _take_bytes(row: Row, pixels: BinaryIO, got: _Got) -> None:
    try:
        data = read_at(pixels, row["offset"], row["length"])
    except EOFError:
        return
    if ids.image_id(data) == row["image_id"]:
        got.keep(row["url"], data)


def _ask(wanted: list[str], config: Config, got: _Got, context: Context) -> None:
    from realsyn_tasks.fetching.batch import fetch_all

    def take(answer: Answer) -> None:
        got.take(answer)
        context.progress(len(got.asked), len(wanted))

    fetch_all(wanted, config.settings(), take)
    hosts = {urlsplit(url).netloc for url in wanted}
    unreached = [a.verdict for a in got.asked if a.verdict and a.verdict.reason in UNREACHED]
    if len(hosts) >= OUTAGE_HOSTS and len(unreached) == len(got.asked):
        raise TransientError(
            f"none of {len(hosts)} hosts could be reached (the last one: {unreached[-1]});"
            " see whether this machine reaches the web and its name server, then repair"
        )


def _merge(links: list[Row], got: _Got, merged: MergedImages) -> None:
    """Put what was fetched behind the crawl's own images, by place in the documents."""
    for link in links:
        done = got.done[link["url"]]
        if "image_id" in done:
            data = read_at(got.spool, done["offset"], done["length"])
            done["offset"] = merged.add(link, data)["offset"]
        else:
            detail = f"{done['failure_class']}: {link['url']} {done['detail']}".strip()
            reason = REASONS[done["reason"]]
            merged.dropped.append(Dropped("image", link["link_id"], reason, detail))


def _fetches(links: list[Row], got: _Got, config: Config) -> Iterable[Row]:
    terms = config.terms()
    for link in links:
        known = {name: link[name] for name in ("link_id", "url")}
        yield {**known, **got.done[link["url"]], "terms": terms}


def _counts(got: _Got) -> dict[str, int]:
    classes = Counter(row.get("failure_class", "fetched") for row in got.done.values())
    return {
        **{name: classes[name] for name in ("fetched", "transient", "permanent")},
        "asked": len(got.asked),
        "requests": sum(answer.requests for answer in got.asked),
    }
