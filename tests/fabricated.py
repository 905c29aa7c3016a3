"""A finished small run made of rows, not of stages: what gates, reports and promotion are tried on.

Every commit carries the fingerprint that the planner expects, so the run is complete; `damage`
changes what one stage put out and brings later fingerprints up to date.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from realsyn_tasks.core import tables, vector_columns
from realsyn_tasks.core.commits import DROPPED, Commit, Failure
from realsyn_tasks.core.config import ResolvedModel, RunConfig
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.reasons import Reason
from realsyn_tasks.core.stage import Dropped
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.crawl import CrawlFile, CrawlRef
from realsyn_tasks.corpus.generations import generations
from realsyn_tasks.corpus.pinned import CorpusRef
from realsyn_tasks.extract.group import NEIGHBOURHOODS
from realsyn_tasks.extract.settings import ELSEWHERE
from realsyn_tasks.kinds import CORPUS, CRAWL
from realsyn_tasks.retrieve.group import LISTS
from realsyn_tasks.sample.group import CLUSTERS, DATASET
from realsyn_tasks.stages import PIPELINE
from tests import fabricated_contents as contents
from tests import fabricated_rows
from tests.fabricated_contents import Made
from tests.support import resolved

MODELS = (
    "encoder",
    "tagger",
    "language_model",
    "perplexity_model",
    "reranker",
    "text_detector",
)


def extract(root: Path, name: str = "pages", shards: int = fabricated_rows.SHARDS) -> Workspace:
    """Open an extract and commit all of it."""
    workspace = open_extract(root, name, shards)
    commit_group(workspace, "extract", contents.extract)
    return workspace


def open_extract(root: Path, name: str, shards: int) -> Workspace:
    """Open an extract of a crawl with a file for each shard."""
    files = tuple(CrawlFile(path=f"{n}.html", size=9, digest=str(n)) for n in range(shards))
    crawl = CrawlRef(
        name=name,
        uri=(root / "crawls" / name).as_uri(),
        format="html",
        files=files,
        shards=tuple((file.path,) for file in files),
    )
    config = RunConfig(
        kind="extract",
        name=name,
        axes={CRAWL.axis: shards, CORPUS.axis: 0},
        partitions={NEIGHBOURHOODS: 1},
        models=_models(),
        stages=_settings("extract"),
        sources={"crawl": crawl.pinned(), "corpus": CorpusRef().pinned()},
        off=(*ELSEWHERE, "fetch"),
    )
    return Workspace.create(Storage.at(str(root)), config, PIPELINE)


def build(root: Path, target: int = 15, published: int = 2) -> Workspace:
    """Open a build over all generations; its groups are committed by `commit_build`."""
    storage = Storage.at(str(root))
    corpus = CorpusRef.of(generations(storage))
    config = RunConfig(
        kind="build",
        name="tiny",
        scale="tiny",
        target=target,
        axes={CORPUS.axis: corpus.shards, DATASET: published},
        partitions={LISTS: 1, CLUSTERS: 1},
        models={**_models(), "captioner": resolved("captioner", "none")},
        stages=_settings("build") | {"cap_hubs": {"max_images_per_sentence": 5}},
        sources={"corpus": corpus.pinned()},
    )
    return Workspace.create(storage, config, PIPELINE)


def commit_build_group(workspace: Workspace, group: str) -> None:
    """Commit all stages of one group of a build."""
    makers = {"retrieve": contents.retrieve, "synthesize": contents.synthesize}
    commit_group(workspace, group, makers.get(group, contents.sample))


def _settings(kind: str) -> dict[str, dict[str, Any]]:
    """Give the defaults of all stages of a kind of run."""
    stages = [stage for group in PIPELINE.groups_of(kind) for stage in group.stages]
    return {stage.name: stage.config_class()().model_dump(mode="json") for stage in stages}


def _models() -> dict[str, ResolvedModel]:
    return {kind: resolved(kind) for kind in MODELS}


Maker = Callable[[Workspace, str, int], Made]


def commit_group(workspace: Workspace, group: str, make: Maker) -> None:
    """Commit every shard of every stage of a group, in order."""
    planner = Planner(workspace)  # asks a stage's ledger once, after it is written
    for stage in workspace.stages():
        if stage.group == group:
            for shard in range(workspace.config.shards(stage.axis)):
                commit(workspace, planner, stage, shard, make(workspace, stage.name, shard))


def commit(workspace: Workspace, planner: Planner, stage: Stage, shard: int, made: Made) -> None:
    """Write the objects of one shard, then its marker."""
    folder = f"{workspace.folder}/{stage.name}/shard={shard:05d}"
    attempt = hashlib.sha256(repr(sorted(made.measures)).encode()).hexdigest()[:12]
    objects = {}
    with tempfile.TemporaryDirectory() as scratch:
        written = {**made.tables, DROPPED: tables.dropped_table(made.dropped)}
        for name, table in written.items():
            local = Path(scratch) / name
            tables.write_table(table, local)
            ref = workspace.storage.upload(local, f"{folder}/part-{attempt}-{name}.parquet")
            objects[name] = ref.model_copy(update={"rows": table.num_rows})
        for name, data in made.blobs.items():
            local = Path(scratch) / name
            local.write_bytes(data)
            objects[name] = workspace.storage.upload(local, f"{folder}/part-{attempt}-{name}.tar")
    fingerprint = planner.fingerprints.of(stage, shard)
    workspace.ledger(stage.name).commit(marker(stage, shard, made, fingerprint, attempt, objects))


def marker(
    stage: Stage,
    shard: int,
    made: Made,
    fingerprint: str,
    attempt: str,
    objects: dict[str, ObjectRef],
) -> Commit:
    """Give the commit of what was made of a shard."""
    counts: dict[str, dict[str, int]] = {}
    for item in made.dropped:
        reasons = counts.setdefault(item.kind, {})
        reasons[item.reason.code] = reasons.get(item.reason.code, 0) + 1
    return Commit(
        stage=stage.name,
        shard=shard,
        fingerprint=fingerprint,
        attempt=attempt,
        objects=objects,
        rows={name: table.num_rows for name, table in made.tables.items()},
        dropped=counts,
        measures=made.measures,
        counts=made.counts,
        models={kind: f"tiny-{kind}" for kind in stage.models},
        cost={"seconds": 1.5, "cpu_seconds": 1.25},
    )


Change = Callable[[Made], None]


def damage(workspace: Workspace, stage: str, change: Change, shard: int = 0) -> None:
    """Commit something else for one shard, as a broken stage would have."""
    found = PIPELINE.stage(stage)
    ledger = workspace.ledger(stage)
    old = ledger.commits()[shard]
    made = read_back(workspace, old)
    change(made)
    ledger.revoke(shard)
    commit(workspace, Planner(workspace), found, shard, made)
    refresh(workspace, found.group)


def refresh(workspace: Workspace, group: str) -> None:
    """Give the commits of a group the fingerprints that their inputs have now."""
    planner = Planner(workspace)  # asks a stage's ledger once, after it is brought up to date
    for stage in workspace.stages():
        if stage.group != group:
            continue
        ledger = workspace.ledger(stage.name)
        for shard, old in ledger.commits().items():
            fingerprint = planner.fingerprints.of(stage, shard)
            if old.fingerprint != fingerprint:
                ledger.revoke(shard)
                ledger.commit(old.model_copy(update={"fingerprint": fingerprint}))


def read_back(workspace: Workspace, found: Commit) -> Made:
    """Read all that a commit vouches for."""
    made = Made(measures=dict(found.measures), counts=dict(found.counts))
    for name, ref in found.objects.items():
        data = workspace.storage.read(ref.path)
        if not ref.path.endswith(".parquet"):
            made.blobs[name] = data
        elif name == DROPPED:
            made.dropped = [_dropped(row) for row in pq.read_table(io.BytesIO(data)).to_pylist()]
        else:
            made.tables[name] = vector_columns.unpacked(pq.read_table(io.BytesIO(data)))
    return made


def _dropped(row: dict[str, str]) -> Dropped:
    return Dropped(**{**row, "reason": Reason(row["reason"], "")})  # type: ignore[arg-type]


def set_column(made: Made, table: str, column: str, values: Any) -> None:
    """Replace a column; a single value for the first row, a list for the first rows."""
    old = made.tables[table]
    given = values if isinstance(values, list) else [values]
    number = old.column_names.index(column)
    rest = old[column].to_pylist()[len(given) :]
    field_ = old.schema.field(number)
    made.tables[table] = old.set_column(number, field_, pa.array(given + rest, field_.type))


def quarantine(workspace: Workspace, stage: str, shards: list[int]) -> None:
    """Let shards of a stage fail for good, and those that read them follow."""
    for shard in shards:
        ledger, found = workspace.ledger(stage), workspace.pipeline.stage(stage)
        fingerprint = Planner(workspace).fingerprints.of(found, shard)
        ledger.revoke(shard)
        ledger.fail(
            Failure(
                stage=stage,
                shard=shard,
                fingerprint=fingerprint,
                failure_class="permanent",
                error="CorruptCrawlFile: no WARC record in it",
            )
        )
    refresh(workspace, workspace.pipeline.stage(stage).group)
