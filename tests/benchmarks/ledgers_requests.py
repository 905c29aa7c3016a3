"""How many requests to S3 it takes to know the state of a build of very many shards.

A build is fabricated in a folder and handed to moto's server as it lies there, with the indices
that an earlier look has left; then the data plane is asked, and what passes the wire is counted.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

from realsyn_tasks.core.commits import Ledger
from realsyn_tasks.core.ledger_index import Index, name_of
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.kinds import BUILD
from realsyn_tasks.stages import PIPELINE
from tests.benchmarks import ledgers
from tests.benchmarks.measure import Row
from tests.s3 import BUCKET
from tests.s3.endpoint import Endpoint, serving

SHARDS = (500, 2_500)
ASKED = ("status", "status, quick", "plan of sample", "repair", "no-op batch that maps")


def rows(machine: str, scale: float) -> Iterator[Row]:
    """Count at each size."""
    with serving() as proxy:
        endpoint = Endpoint(proxy, proxy.upstream, "")
        endpoint.client().create_bucket(Bucket=BUCKET)
        for shards in (round(size * scale) for size in SHARDS):
            with tempfile.TemporaryDirectory(prefix="realsyn-bench-") as folder:
                hand_over(Path(folder), shards)
            asked = ledgers.questions(f"s3://{BUCKET}/{shards}")
            for name in ASKED:
                start = len(proxy.log.requests)
                ledgers.ask(asked[name], endpoint.variables)
                for operation, count in sorted(proxy.log.counts(start).items()):
                    case = f"{shards} shards of a build in S3: {name}: {operation}"
                    yield Row("ledgers", case, count, None, "requests", machine)


def hand_over(folder: Path, shards: int) -> None:
    """Fabricate a build with all of its objects, and let moto have it below its number of shards.

    Put past the wire: a tenth of the time.
    """
    groups = [group.name for group in PIPELINE.groups_of(BUILD.name)]
    [build] = ledgers.fabricate(folder, shards, groups, [BUILD.name])
    for stage in build.stages():
        _tag_as_s3_does(build.storage, f"{build.folder}/{stage.name}")
    backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    for path in folder.rglob("*"):
        if path.is_file():
            key = f"{shards}/{path.relative_to(folder).as_posix()}"
            backend.put_object(BUCKET, key, path.read_bytes())


def _tag_as_s3_does(storage: Storage, folder: str) -> None:
    """Write the index of a ledger with the tags that its markers have in S3: their MD5."""
    lines = Ledger(storage, folder).outlines()
    markers = storage.read_each([f"{folder}/_commits/{name_of(shard)}" for shard in lines])
    tags = [f'"{hashlib.md5(data or b"").hexdigest()}"' for data in markers]
    storage.replace(f"{folder}/_commits.index", Index(lines, tags, True).packed())
