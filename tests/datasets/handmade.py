"""Versions, generations and builds made of rows by hand, to be compared."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from realsyn_tasks.core import tables
from realsyn_tasks.core.commits import DROPPED, Commit
from realsyn_tasks.core.config import ResolvedModel, RunConfig
from realsyn_tasks.core.stage import Dropped
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus import removals
from realsyn_tasks.corpus.generations import (
    Generation,
    GenerationShard,
    generation_path,
    generations,
)
from realsyn_tasks.corpus.pinned import CorpusRef, Takedown
from realsyn_tasks.datasets.manifest import DatasetFile, Manifest, Origin, encoded
from realsyn_tasks.datasets.publication import Publication
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.kinds import CORPUS
from realsyn_tasks.sample.schemas import PUBLISHED_PAIRS
from realsyn_tasks.stages import PIPELINE
from tests.support import resolved

Row = dict[str, Any]


def named(word: str) -> str:
    """Give an id that a word stands for."""
    return hashlib.sha256(word.encode()).hexdigest()[:32]


def pair(word: str, *texts: str, **more: Any) -> Row:
    """Give a published pair: of the picture of this name, with the sentences of these names."""
    chosen = texts or (f"{word} 1", f"{word} 2")
    shown = {f"text{rank}": text for rank, text in enumerate(chosen, start=1)}
    return {
        "text1": "",
        "text2": "",
        "text3": "",
        "syn_text": f"{word} was written",
        **shown,
        "image_id": named(word),
        "key": f"{0:010d}",
        "sentence_ids": [named(text) for text in chosen],
        "realistic_scores": [0.5] * len(chosen),
        "relevance": [0.9] + [None] * (len(chosen) - 1),
        "raw_image_url": f"https://pictures.example/{word}.jpg",
        "document_url": f"https://pages.example/{word}",
        "syn_score": 0.4,
        "cluster_id": 1,
        "licence": "CC0-1.0",
        **more,
    }


def version(root: Path, shards: Sequence[Sequence[Row]], **about: Any) -> Version:
    """Publish pairs by hand, shard by shard; the tars are empty."""
    storage = Storage.at(str(root))
    files: list[tuple[str, ObjectRef, int | None]] = []
    origin: Row = {"name": "realsyn-tiny", "scale": "tiny", "target": 9, "config_digest": "c"}
    origin |= {"generations": (), "models": {"encoder": "e" * 20}, **about}
    staged = "datasets/realsyn-tiny/staged"
    for number, rows in enumerate(shards):
        known = [{name: row.get(name) for name in PUBLISHED_PAIRS.names} for row in rows]
        ref = stored(storage, f"{staged}/{number}", tables.from_rows(PUBLISHED_PAIRS, known))
        files.append((f"data/{number:05d}.parquet", ref, len(rows)))
        files.append((f"webdataset/{number:05d}.tar", ref, None))
    listed = [DatasetFile(path=p, size=r.size, sha256=r.sha256, rows=n) for p, r, n in files]
    manifest = Manifest.of(Origin(**origin), listed)
    for path, ref, _ in files:
        storage.copy(ref, f"{manifest.folder}/{path}")
    storage.put_if_absent(f"{manifest.folder}/manifest.json", encoded(manifest))
    return Version(storage, manifest.folder)


def stored(storage: Storage, path: str, table: pa.Table) -> ObjectRef:
    """Write a table as it is written everywhere."""
    with tempfile.TemporaryDirectory() as scratch:
        local = Path(scratch) / "table"
        tables.write_table(table, local)
        ref = storage.upload(local, path)
        return ref.model_copy(update={"rows": table.num_rows})


def generation(
    root: Path, number: int, images: Sequence[str] = (), sentences: Sequence[str] = ()
) -> Generation:
    """Promote pictures and sentences by their names."""
    storage, folder = Storage.at(str(root)), f"corpus/gen={number:04d}"
    pictures: Row = {"image_id": [named(word) for word in images]}
    pictures |= {
        name: [f"https://pictures.example/{word}" for word in images]
        for name in ("url", "document_url")
    }
    pictures |= {name: [0 for _ in images] for name in ("offset", "length")}
    texts: Row = {"sentence_id": [named(word) for word in sentences]}
    texts["document_url"] = [f"https://pages.example/{word}" for word in sentences]
    objects = {
        "images": stored(storage, f"{folder}/images.parquet", pa.table(pictures)),
        "sentences": stored(storage, f"{folder}/sentences.parquet", pa.table(texts)),
    }
    rows = {"images": len(images), "sentences": len(sentences)}
    made = Generation(
        generation=number,
        crawl=f"crawl-{number}",
        crawl_uri=f"{storage.uri}/crawls/crawl-{number}",
        extract=f"crawl-{number}",
        config_digest="c",
        digest=f"digest-{number}",
        shards=(GenerationShard(objects=objects, rows=rows),),
    )
    storage.put_if_absent(generation_path(number), made.model_dump_json().encode())
    return made


def build(
    root: Path,
    published: Version,
    drops: Mapping[str, Sequence[Dropped]] | None = None,
    name: str = "first",
    **changes: Any,
) -> Workspace:
    """Open the build of a version, with commits of what its stages dropped."""
    storage = Storage.at(str(root))
    wanted = {ref.generation for ref in published.manifest.generations}
    known = [each for each in generations(storage) if each.generation in wanted]
    takedown: Takedown | None = removals.pinned(storage, known)
    stages = [stage for group in PIPELINE.groups_of("build") for stage in group.stages]
    settings = {s.name: s.config_class()().model_dump(mode="json") for s in stages}
    models: dict[str, ResolvedModel] = {
        kind: resolved(kind) for stage in stages for kind in stage.models
    }
    about: dict[str, Any] = {"kind": "build", "name": name, "scale": "tiny", "target": 9}
    about |= {"axes": {CORPUS.axis: 1}, "models": models, "stages": settings}
    about["sources"] = {"corpus": CorpusRef.of(known, takedown).pinned()}
    made = Workspace.create(storage, RunConfig(**about | changes), PIPELINE)
    for stage, dropped in (drops or {}).items():
        commit(made, stage, dropped)
    note = Publication(path=published.path, version=published.name, pairs=1)
    storage.replace(f"{made.folder}/_promoted/dataset.json", encoded(note))
    return made


def commit(run: Workspace, stage: str, dropped: Sequence[Dropped], **measures: float) -> None:
    """Commit a shard of which these items were dropped, and this was measured."""
    path = f"{run.folder}/{stage}/shard=00000/dropped.parquet"
    ref = stored(run.storage, path, tables.dropped_table(dropped))
    counts: dict[str, dict[str, int]] = {}
    for item in dropped:
        counts.setdefault(item.kind, {})[item.reason.code] = 1
    made = Commit(
        stage=stage,
        shard=0,
        fingerprint="f",
        attempt="a",
        objects={DROPPED: ref},
        dropped=counts,
        measures=measures,
    )
    run.ledger(stage).commit(made)
