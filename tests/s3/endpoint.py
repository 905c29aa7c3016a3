"""moto's S3 server behind the proxy, with one bucket, and the variables that lead to it.

Test modules get the fixture `s3` by `pytest_plugins = ["tests.s3.endpoint"]`, and `other_s3`: the
same before a server by other people, localbucket, which keeps plain folders. What both agree on is
no habit of one emulator.
"""

from __future__ import annotations

import logging
import os
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from http.server import ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.loaders import create_loader
from botocore.retries.bucket import Clock, TokenBucket
from botocore.retries.standard import ExponentialBackoff
from moto.server import ThreadedMotoServer

from realsyn_tasks.core import s3_access
from tests.s3 import BUCKET
from tests.s3.proxy import Log, Proxy

NOTHING = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
NUMBERS = count()


@dataclass
class Endpoint:
    """A root in the bucket as the code under test sees it, through the proxy, and from behind."""

    proxy: Proxy
    direct: str
    prefix: str

    @property
    def root(self) -> str:
        return f"s3://{BUCKET}/{self.prefix}"

    @property
    def variables(self) -> dict[str, str]:
        """What has to be in the environment; nothing else leads to the bucket."""
        return {
            "AWS_ENDPOINT_URL": self.proxy.url,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self) -> Any:
        """Give a client that passes by the proxy."""
        return client_of(self.direct)

    def keys(self, folder: str = "") -> list[str]:
        """List what is below a folder, relative to the root."""
        start = f"{self.prefix}/{folder}"
        listing = self.client().get_paginator("list_objects_v2")
        pages = listing.paginate(Bucket=BUCKET, Prefix=start)
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        return [key[len(self.prefix) + 1 :] for key in keys]

    def stored(self, path: str) -> bytes:
        key = f"{self.prefix}/{path}"
        return bytes(self.client().get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def overwrite(self, path: str, data: bytes) -> None:
        self.client().put_object(Bucket=BUCKET, Key=f"{self.prefix}/{path}", Body=data)


@lru_cache(maxsize=8)
def client_of(url: str) -> Any:
    """Make a client of an endpoint once: each costs more than many requests."""
    return boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@contextmanager
def before(host: str, port: int) -> Iterator[Proxy]:
    """Start a proxy before a server."""
    proxy = Proxy(host, port)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()


@contextmanager
def serving() -> Iterator[Proxy]:
    """Start server and proxy with an empty bucket; requests are logged by nobody."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        with before(*server.get_host_and_port()) as proxy:
            yield proxy
    finally:
        server.stop()


@contextmanager
def serving_folders(folder: Path) -> Iterator[Proxy]:
    """Start the other server, over a folder, and a proxy."""
    import localbucket

    handler = type("Folders", (localbucket.S3Handler,), {"data_root": folder})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with before("127.0.0.1", server.server_port) as proxy:
            yield proxy
        server.shutdown()


@pytest.fixture(scope="session")
def one_loader() -> Iterator[None]:
    """Let all clients share what botocore reads of S3's interface, which is most of their cost."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", lru_cache(create_loader))
        yield


@pytest.fixture(scope="session")
def s3_proxy(one_loader: None) -> Iterator[Proxy]:
    with serving() as proxy:
        Endpoint(proxy, proxy.upstream, "").client().create_bucket(Bucket=BUCKET)
        yield proxy


@pytest.fixture(scope="session")
def other_s3_proxy(one_loader: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with serving_folders(tmp_path_factory.mktemp("buckets")) as proxy:
        Endpoint(proxy, proxy.upstream, "").client().create_bucket(Bucket=BUCKET)
        yield proxy


HASTE = 20


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the waits between boto3's tries be so many times shorter."""
    wait = ExponentialBackoff.delay_amount
    pause, now = TokenBucket._sleep_amount, Clock.current_time
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *args: wait(*args) / HASTE)
    monkeypatch.setattr(Clock, "current_time", lambda clock: now(clock) * HASTE)
    monkeypatch.setattr(TokenBucket, "_sleep_amount", lambda *args: pause(*args) / HASTE)
    s3_access.forget()


@pytest.fixture
def s3(s3_proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """An empty root that the environment leads to, through a proxy that spoils nothing yet."""
    yield from _leading_to(s3_proxy, monkeypatch)
    _empty(s3_proxy)


@pytest.fixture
def other_s3(other_s3_proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """The same on the other server."""
    yield from _leading_to(other_s3_proxy, monkeypatch)


def _empty(proxy: Proxy) -> None:
    """Let moto forget what is stored: every listing looks at all keys of a bucket."""
    asked = urllib.request.Request(f"{proxy.upstream}/moto-api/reset", b"", method="POST")
    urllib.request.urlopen(asked, timeout=30).close()
    client_of(proxy.upstream).create_bucket(Bucket=BUCKET)


def _leading_to(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    endpoint = Endpoint(proxy, proxy.upstream, f"roots/{next(NUMBERS)}")
    for name in [name for name in os.environ if name.startswith(("AWS_", "REALSYN_S3_"))]:
        monkeypatch.delenv(name)
    for name, value in (NOTHING | endpoint.variables).items():
        monkeypatch.setenv(name, value)
    proxy.fault, proxy.log, proxy.spoilt = None, Log(), 0
    yield endpoint
    proxy.fault = None
