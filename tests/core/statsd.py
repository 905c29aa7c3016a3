"""A StatsD on loopback that reads the wire format, and Prometheus' names for what it got."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

VALUE = r":(?P<value>[-+\d.]+)\|(?P<kind>c|g|ms)"
DATADOG = re.compile(rf"(?P<name>[^:|,#]+){VALUE}(?:\|#(?P<tags>.+))?")
INFLUXDB = re.compile(rf"(?P<name>[^:|,#]+)(?:,(?P<tags>[^:]+))?{VALUE}")


@dataclass(frozen=True)
class Sample:
    """One line as a StatsD understands it."""

    name: str
    value: float
    kind: str
    tags: dict[str, str]


def parsed(line: str, influxdb: bool = False) -> Sample:
    """Read a line of the wire format; fails for one that no StatsD would take."""
    found = (INFLUXDB if influxdb else DATADOG).fullmatch(line)
    assert found, line
    mark = "=" if influxdb else ":"
    tags = dict(pair.split(mark, 1) for pair in (found["tags"] or "").split(",") if pair)
    return Sample(found["name"], float(found["value"]), found["kind"], tags)


class Receiver:
    """Takes packets."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.address = f"127.0.0.1:{listener.getsockname()[1]}"
        self.packets: list[bytes] = []

    def samples(self, influxdb: bool = False) -> list[Sample]:
        """Give all that has arrived by now."""
        while True:
            try:
                self.packets.append(self._listener.recv(65536))
            except BlockingIOError:
                break
        lines = b"\n".join(self.packets).decode("ascii").split("\n")
        return [parsed(line, influxdb) for line in lines if line]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Listen on a free port of loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        listener.bind(("127.0.0.1", 0))
        listener.setblocking(False)
        yield Receiver(listener)


def mapped(sample: Sample, mapping: dict[str, Any]) -> tuple[str, set[str]]:
    """Give a sample's name and labels in Prometheus, as statsd_exporter has them."""
    for rule in mapping["mappings"]:
        if fnmatchcase(sample.name, rule["match"]):
            return rule["name"], set(sample.tags) | set(rule.get("labels", {}))
    return re.sub(r"\W", "_", sample.name), set(sample.tags)
