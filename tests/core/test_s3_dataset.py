"""The whole pipeline with tiny models on S3: the dataset is, byte for byte, that of files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from realsyn_tasks.core.storage import Storage
from realsyn_tasks.datasets.verification import verify_all
from realsyn_tasks.runs.opening import open_build, open_extract
from tests.crawls import write_tiny_warc
from tests.e2e.test_pipeline import CHOICES, GROUPS, TARGET, dataset, digests, finish
from tests.s3 import BUCKET, faults

if TYPE_CHECKING:
    from tests.s3.endpoint import Endpoint

pytest_plugins = ["tests.s3.endpoint"]
pytestmark = [pytest.mark.usefixtures("hasty"), pytest.mark.slow]
DELIVERIES = "deliveries"


def deliver(s3: Endpoint, folder: Path) -> str:
    """Put a crawl into a bucket of its own, which the build only reads."""
    client = s3.client()
    client.create_bucket(Bucket=DELIVERIES)
    for path in folder.iterdir():
        client.put_object(
            Bucket=DELIVERIES, Key=f"{s3.prefix}/tiny/{path.name}", Body=path.read_bytes()
        )
    return f"s3://{DELIVERIES}/{s3.prefix}/tiny"


def download(s3: Endpoint, uri: str, target: Path) -> Path:
    """Fetch a published dataset by the endpoint's own listing."""
    folder = uri.removeprefix(f"s3://{BUCKET}/{s3.prefix}/")
    for key in s3.keys(folder):
        path = target / key[len(folder) + 1 :]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(s3.stored(key))
    return target


def test_the_dataset_is_that_of_files_under_faults(s3: Endpoint, tmp_path: Path) -> None:
    crawl = tmp_path / "tiny"
    write_tiny_warc(crawl, files=1)
    on_files = dataset(tmp_path / "files", crawl)
    delivered = deliver(s3, crawl)
    s3.proxy.fault = faults.sometimes(
        0.02, 11, faults.slow_down, faults.reset_answer, faults.truncate_answer
    )
    finish(open_extract(s3.root, delivered, "tiny", CHOICES), "extract")
    build = open_build(s3.root, str(TARGET), "", [], CHOICES)
    for group in GROUPS:
        result = finish(build, group)
    assert s3.proxy.spoilt >= 20
    s3.proxy.fault = None
    assert verify_all(Storage.at(s3.root)) == []
    on_s3 = download(s3, result["uri"], tmp_path / "s3")
    assert digests(on_s3) == digests(on_files)
    written = [r for r in s3.proxy.log.requests if r.method != "GET" and DELIVERIES in r.target]
    assert {r.method for r in written} <= {"HEAD"}, "a crawl is only read"
