"""A prepared cluster, storage that its pods reach, and what the build ought to give."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.k8s import cluster
from tests.k8s.site import BUCKET, Store, local_dataset, make_crawl

# `make test-k8s` says that these tests are wanted; `make test` collects none of them.
if "REALSYN_TEST_KUBERNETES" not in os.environ:
    collect_ignore_glob = ["test_*.py"]

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
SERVER = "import sys; from moto.server import main; main(sys.argv[1:])"


@pytest.fixture(scope="session")
def reachable() -> None:
    """Skip where there is no cluster."""
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no cluster; see tests/k8s/__init__.py")
    if not shutil.which("kubectl"):
        pytest.skip("kubectl is not on the PATH")
    cluster.kubectl("version", "--request-timeout=20s")


@pytest.fixture(scope="session")
def store(reachable: None) -> Iterator[Store]:
    """The S3 endpoint, and on the cluster what pods need to use it."""
    with _endpoint() as (address, credentials, here):
        place = Store(address, credentials, here, f"test-k8s-{secrets.token_hex(4)}")
        cluster.prepare(credentials, host_network=here)
        yield place


@contextmanager
def _endpoint() -> Iterator[tuple[str, dict[str, str], bool]]:
    if address := os.environ.get("REALSYN_K8S_S3"):
        yield address, {name: os.environ.get(name, "test") for name in KEYS}, "127.0.0.1" in address
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", SERVER, "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        address, credentials = f"http://127.0.0.1:{port}", dict.fromkeys(KEYS, "test")
        _wait_for(port)
        Store(address, credentials, True, "").client().create_bucket(Bucket=BUCKET)
        yield address, credentials, True
        server.terminate()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.2)
    raise TimeoutError("the S3 emulator does not answer")


@pytest.fixture(scope="session")
def crawl_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The crawl, on this machine."""
    return make_crawl(tmp_path_factory.mktemp("crawls") / "crawl")


@pytest.fixture(scope="session")
def crawl(store: Store, crawl_folder: Path) -> str:
    """The crawl, where pods find it."""
    return store.upload(crawl_folder, f"crawls/{crawl_folder.name}")


@pytest.fixture(scope="session")
def expected(crawl_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The dataset that local processes make of the same crawl."""
    return local_dataset(tmp_path_factory.mktemp("local"), crawl_folder)
