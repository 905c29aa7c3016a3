"""What the data plane tells a StatsD of each shard that it is done with, if one is named.

REALSYN_STATSD        host:port of one, over UDP; nobody is told without it
REALSYN_STATSD_TAGS   how it reads tags: datadog (as DogStatsD does) or influxdb

    realsyn.shards    stage, group, outcome     committed, adopted, or the class of its failure
    realsyn.items     stage, group, table       rows of committed tables
    realsyn.drops     stage, group, kind, reason
    realsyn.seconds   stage, group              on the clock
    realsyn.cost      stage, group, unit        cpu_seconds, gpu_seconds, what a stage counts itself
    realsyn.bytes     stage, group              of committed objects

All are counters, told after the marker is there. Names and tags are those of the pipeline, never
of data or of places. A StatsD that is not there costs a run nothing.
"""

from __future__ import annotations

import logging
import os
import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.declaration import Stage

ADDRESS, TAGS = "REALSYN_STATSD", "REALSYN_STATSD_TAGS"
DATADOG, INFLUXDB = "datadog", "influxdb"
PACKET = 1_400  # bytes, so that none is split on its way
PATIENCE = 1.0  # seconds, once, for the name service
NOT_ADDED_UP = {"seconds", "peak_memory_mb"}  # of a commit's cost
_ODD = re.compile(r"[^A-Za-z0-9_.-]")

log = logging.getLogger(__name__)
Sample = tuple[str, float, dict[str, str]]


def committed(stage: Stage, commit: Commit) -> None:
    """Tell what a commit took and made."""
    _tell(stage, lambda: _of_commit(commit))


def settled(stage: Stage, outcome: str) -> None:
    """Tell that a shard was adopted, or in which way it failed."""
    _tell(stage, lambda: iter([("shards", 1, {"outcome": outcome})]))


def _of_commit(commit: Commit) -> Iterator[Sample]:
    yield "shards", 1, {"outcome": "committed"}
    yield "seconds", commit.cost.get("seconds", 0.0), {}
    yield "bytes", sum(ref.size for ref in commit.objects.values()), {}
    for table, rows in commit.rows.items():
        yield "items", rows, {"table": table}
    for kind, reasons in commit.dropped.items():
        for reason, items in reasons.items():
            yield "drops", items, {"kind": kind, "reason": reason}
    for unit in sorted(commit.cost.keys() - NOT_ADDED_UP):
        yield "cost", commit.cost[unit], {"unit": unit}


def _tell(stage: Stage, samples: Callable[[], Iterator[Sample]]) -> None:
    address = os.environ.get(ADDRESS, "")
    if not address:
        return
    try:
        statsd = _statsd(address, os.environ.get(TAGS, DATADOG))
        same = {"stage": stage.name, "group": stage.group}
        statsd.send((name, value, same | tags) for name, value, tags in samples() if value)
    except Exception as error:
        log.warning("%s=%s is told nothing: %s", ADDRESS, address, error)


@lru_cache(maxsize=2)
def _statsd(address: str, style: str) -> Statsd:
    return Statsd(address, style)


class Statsd:
    """Sends counters to one address; what can't be sent is lost."""

    def __init__(self, address: str, style: str = DATADOG) -> None:
        self._host, _, port = address.rpartition(":")
        self._port = int(port)
        self._style = style
        self._places: list[tuple[int, tuple[str, int]]] = []  # socket families and addresses
        self._lookup: threading.Thread | None = threading.Thread(target=self._resolve, daemon=True)
        self._lookup.start()

    def _resolve(self) -> None:
        host = self._host.strip("[]") or "127.0.0.1"
        try:
            for known in socket.getaddrinfo(host, self._port, type=socket.SOCK_DGRAM):
                self._places.append((known[0], known[4][:2]))  # type: ignore[arg-type]
        except OSError as error:
            log.warning("%s=%s:%s is told nothing: %s", ADDRESS, host, self._port, error)

    def send(self, samples: Iterable[Sample]) -> None:
        """Send counters in as few packets as they fit in."""
        if self._lookup is not None:
            self._lookup.join(PATIENCE)
            self._lookup = None
        if not self._places:
            return
        family, place = self._places[0]
        with socket.socket(family, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            for packet in packets(self._line(*sample) for sample in samples):
                sender.sendto(packet, place)

    def _line(self, name: str, value: float, tags: dict[str, str]) -> bytes:
        pairs = [(key, _ODD.sub("_", str(text))) for key, text in tags.items()]
        if self._style == INFLUXDB:
            told = "".join(f",{key}={text}" for key, text in pairs)
            return f"realsyn.{name}{told}:{_written(value)}|c".encode()
        told = ",".join(f"{key}:{text}" for key, text in pairs)
        return f"realsyn.{name}:{_written(value)}|c|#{told}".encode()


def _written(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def packets(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Join lines to packets of bounded size."""
    packet = b""
    for line in lines:
        if packet and len(packet) + 1 + len(line) > PACKET:
            yield packet
            packet = b""
        packet = packet + b"\n" + line if packet else line
    if packet:
        yield packet
