"""A real Prometheus on loopback that scrapes what a StatsD got, under its names of the mapping.

Between the two stands no statsd_exporter but `exposition`, which does what the mapping says.
"""

from __future__ import annotations

import http.server
import json
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import translate
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from tests.core.statsd import Sample

BINARY = shutil.which("prometheus")
QUANTILES = ("0.5", "0.9", "0.99")  # of statsd_exporter's summaries
SCRAPES = 5  # before anything is asked
PATIENCE = 60.0  # seconds, on a machine that does much else


def exposition(samples: Sequence[Sample], mapping: dict[str, Any], factor: int) -> str:
    """Give the samples as Prometheus reads them, counters so many times as high."""
    values: dict[str, float] = {}
    for sample in samples:
        name, labels = _named(sample, mapping)
        if sample.kind == "ms":
            for quantile in QUANTILES:
                values[_series(name, {**labels, "quantile": quantile})] = sample.value / 1000
        elif sample.kind == "g":
            values[_series(name, labels)] = sample.value
        else:
            at = _series(name, labels)
            values[at] = values.get(at, 0) + sample.value * factor
    return "".join(f"{series} {value}\n" for series, value in values.items())


def _named(sample: Sample, mapping: dict[str, Any]) -> tuple[str, dict[str, str]]:
    for rule in mapping["mappings"]:
        pattern = translate(rule["match"]).replace(".*", "([^.]*)")
        if found := re.match(pattern, sample.name):
            own = {key: found.expand(_group(text)) for key, text in rule.get("labels", {}).items()}
            return rule["name"], sample.tags | own
    return re.sub(r"\W", "_", sample.name), sample.tags


def _group(text: str) -> str:
    return re.sub(r"\$(\d)", r"\\\1", text)


def _series(name: str, labels: dict[str, str]) -> str:
    pairs = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
    return f"{name}{{{pairs}}}"


class Prometheus:
    """One that has scraped its target several times."""

    def __init__(self, address: str) -> None:
        self._address = address

    def answer(self, query: str) -> list[dict[str, Any]]:
        """Evaluate a query; fails where it is none."""
        place = f"{self._address}/api/v1/query?{urlencode({'query': query})}"
        with urlopen(place, timeout=10) as reply:
            return list(json.load(reply)["data"]["result"])


@contextmanager
def prometheus(
    folder: Path, samples: Sequence[Sample], mapping: dict[str, Any]
) -> Iterator[Prometheus]:
    """Run one that scrapes samples each second; what they count grows from scrape to scrape."""
    scraped = threading.Semaphore(0)

    class Target(http.server.BaseHTTPRequestHandler):
        scrapes = 0

        def do_GET(self) -> None:
            Target.scrapes += 1
            self.send_response(200)
            self.end_headers()
            self.wfile.write(exposition(samples, mapping, Target.scrapes).encode())
            scraped.release()

        def log_message(self, *words: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Target) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with _running(folder, server.server_port) as address:
            for _ in range(SCRAPES):
                assert scraped.acquire(timeout=PATIENCE), "it does not scrape"
            yield Prometheus(address)
        server.shutdown()


@contextmanager
def _running(folder: Path, target: int) -> Iterator[str]:
    config = folder / "prometheus.yml"
    job = {"job_name": "statsd", "static_configs": [{"targets": [f"127.0.0.1:{target}"]}]}
    settings = {"global": {"scrape_interval": "1s"}, "scrape_configs": [job]}
    config.write_text(json.dumps(settings), encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{probe.getsockname()[1]}"
    words = [str(BINARY), f"--config.file={config}", f"--storage.tsdb.path={folder / 'tsdb'}"]
    words += [f"--web.listen-address={listen}", "--log.level=error"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, cwd=folder) as process:
        try:
            _wait_for(f"http://{listen}/-/ready")
            yield f"http://{listen}"
        finally:
            process.terminate()


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            urlopen(address, timeout=5).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
