"""The ledger in Airflow's own environment: planned and read without starting a command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from realsyn_tasks.core.answers import ShardState
from realsyn_tasks.core.commits import Commit, Failure
from realsyn_tasks.core.config import ResolvedModel, RunConfig
from realsyn_tasks.core.declaration import Source, load
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.crawl import CrawlFile, CrawlRef
from realsyn_tasks.corpus.generations import Generation, GenerationShard, generation_path
from realsyn_tasks.corpus.pinned import CorpusRef, Removed, RemovedRows, Takedown
from realsyn_tasks.extract.group import NEIGHBOURHOODS
from realsyn_tasks.extract.settings import ELSEWHERE
from realsyn_tasks.kinds import CORPUS, CRAWL
from realsyn_tasks.report.status import status
from realsyn_tasks.retrieve.group import LISTS
from realsyn_tasks.runs import repairs
from realsyn_tasks.sample.group import CLUSTERS, DATASET
from realsyn_tasks.stages import PIPELINE
from tests.airflow_home import PROJECT

SHARDS = 3
BUCKET = "ledgers"


@pytest.fixture(params=["files", "s3"])
def storage(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Storage:
    if request.param == "files":
        return Storage.at(str(tmp_path))
    import boto3

    monkeypatch.setenv("AWS_ENDPOINT_URL", request.getfixturevalue("endpoint"))
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=BUCKET)
    return Storage.at(f"s3://{BUCKET}/{tmp_path.name}")


def models(*kinds: str) -> dict[str, ResolvedModel]:
    return {
        kind: ResolvedModel(kind=kind, name="tiny", backend="tiny", identity="tiny")
        for kind in kinds
    }


@pytest.fixture
def extract(storage: Storage) -> Workspace:
    """An extract of three shards of which `parse` is committed, but for the last."""
    files = tuple(CrawlFile(path=f"{n}.html", size=9, digest=str(n)) for n in range(SHARDS))
    crawl = CrawlRef(
        name="pages",
        uri="file:///crawls/pages",
        format="html",
        files=files,
        shards=tuple((file.path,) for file in files),
    )
    config = RunConfig(
        kind="extract",
        name="pages",
        axes={CRAWL.axis: SHARDS, CORPUS.axis: 0},
        partitions={NEIGHBOURHOODS: 1},
        models=models("encoder", "perplexity_model"),
        stages={},
        sources={"crawl": crawl.pinned(), "corpus": CorpusRef().pinned()},
        off=(*ELSEWHERE, "fetch"),
    )
    run = Workspace.create(storage, config, PIPELINE)
    for shard in range(SHARDS - 1):
        commit(run, "parse", shard)
    return run


def commit(run: Workspace, name: str, shard: int) -> None:
    stage, fingerprints = PIPELINE.stage(name), Planner(run).fingerprints
    path = f"{run.folder}/{name}/shard={shard:05d}/part-a-{name}.parquet"
    run.storage.replace(path, b"no table, but as long as its marker says")
    run.ledger(name).commit(
        Commit(
            stage=name,
            shard=shard,
            fingerprint=fingerprints.of(stage, shard),
            attempt="a",
            objects={name: ObjectRef(path=path, size=40, sha256="0")},
            rows={name: 10},
            inputs=fingerprints.inputs(stage, shard),
            cost={"cpu_seconds": 1.5},
        )
    )


def test_status_and_plan_of_a_run(extract: Workspace) -> None:
    line = status(Workspace.open(extract.uri, PIPELINE)).stage("parse")
    assert (line.states, line.rows, line.cpu_seconds) == ({"done": 2, "missing": 1}, 20, 3.0)
    assert Planner(extract).batches(PIPELINE.stage("parse")) == [2]
    assert Evidence(extract, "extract").rows("parse", "parse") == 20


def test_what_is_damaged_or_failed_is_seen(extract: Workspace) -> None:
    stage = PIPELINE.stage("parse")
    lost = extract.ledger("parse").commits()[0].objects["parse"].path
    extract.storage.delete(lost)
    extract.ledger("parse").fail(
        Failure(
            stage="parse",
            shard=2,
            fingerprint=Planner(extract).fingerprints.of(stage, 2),
            failure_class="bug",
            error="KeyError: 'text'",
        )
    )
    rows = list(Planner(extract).status(stage).rows())
    assert [row.state for row in rows] == [
        ShardState.DAMAGED,
        ShardState.DONE,
        ShardState.FAILED,
    ]
    assert (rows[2].failure_class, rows[2].error) == ("bug", "KeyError: 'text'")
    plan = repairs.plan("", extract.uri, repairs.Selection(stage="parse"))
    assert [(step.batch, step.shards) for step in plan.steps] == [(0, "0"), (2, "2")]


def test_a_build_with_takedowns_is_planned_without_their_lists(storage: Storage) -> None:
    objects = {
        name: ObjectRef(path=f"corpus/{name}", size=1, sha256=name)
        for name in ("images", "sentences", "pixels")
    }
    generation = Generation(
        generation=1,
        crawl="pages",
        crawl_uri="",
        extract="pages",
        config_digest="",
        digest="0",
        shards=(GenerationShard(objects=objects, rows={"images": 5, "sentences": 9}),) * 2,
    )
    storage.replace(generation_path(1), generation.model_dump_json().encode())
    removed = Removed(
        generation=1,
        path="takedowns/nobody-reads-this",
        sha256="0",
        images=2,
        sentences=0,
        shards=(RemovedRows(shard=1, table="images", rows=2, digest="0"),),
    )
    takedown = Takedown(number=1, digest="0", removed=(removed,))
    corpus = CorpusRef.of([generation], takedown)
    config = RunConfig(
        kind="build",
        name="tiny",
        axes={CORPUS.axis: 2, DATASET: 1},
        partitions={LISTS: 1, CLUSTERS: 1},
        models=models("encoder", "tagger", "language_model"),
        stages={},
        sources={"corpus": corpus.pinned()},
    )
    run = Workspace.create(storage, config, PIPELINE)
    reader = run.sources["corpus"]
    assert [shard.rows["images"] for shard in reader.commits()] == [5, 3]
    assert reader.digest(0) != reader.digest(1)
    assert [shard.digest for shard in reader.commits()] == [reader.digest(0), reader.digest(1)]
    assert status(run).stage("filter_licences").states == {"missing": 2}


def test_none_of_the_data_planes_libraries_is_loaded_for_it(tmp_path: Path) -> None:
    code = f"""
import sys
from realsyn_tasks.core import batch_planner, evidence, reuse
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.report import status
from realsyn_tasks.retrieve.group import LISTS
from realsyn_tasks.runs import repairs
from realsyn_tasks.sample.group import CLUSTERS, DATASET
Storage.at({str(tmp_path)!r}).put_if_absent("it", b"")
print(*{{"boto3", "numpy", "pandas", "pyarrow", "torch"}} & set(sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("source", PIPELINE.sources, ids=lambda source: source.name)
def test_every_source_can_be_asked_without_arrow(source: Source) -> None:
    """Progress asks each how much there is to do, of builds and of analyses."""
    assert callable(load(source.reader).size)
