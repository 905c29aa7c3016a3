"""A run's folder: its configuration, its ledgers, and what it reads from elsewhere.

{root}/extracts/{crawl}/   one crawl on its way to becoming a generation
{root}/builds/{build}/     one build over a pinned corpus
{root}/corpus/gen=0001/generation.json      the pointer that promotion writes
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from functools import cached_property

from pydantic import Field

from realsyn_tasks.core.commits import Commit, Ledger
from realsyn_tasks.core.config import (
    CONFIG_NAME,
    Frozen,
    GenerationRef,
    Removed,
    RunConfig,
)
from realsyn_tasks.core.errors import ConfigError, DamagedObject
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.names import run_uri, safe_name
from realsyn_tasks.core.prefixes import allowed
from realsyn_tasks.core.stage import Pipeline, Stage
from realsyn_tasks.core.storage import ObjectRef, Storage

EXTRACTS, BUILDS, CORPUS = "extracts", "builds", "corpus"
FOLDERS = {"extract": EXTRACTS, "build": BUILDS}


class GenerationShard(Frozen):
    """What one crawl shard gave to a generation."""

    objects: dict[str, ObjectRef]  # images, sentences, pixels
    rows: dict[str, int]


class CorpusShard(Commit):
    """A shard of the pinned corpus in the form of a commit, without what was taken down."""

    removed: dict[str, frozenset[str]] = Field(default_factory=dict)  # table -> ids

    @property
    def digest(self) -> str:
        """Digest what is visible; taking nothing from a shard leaves it as it was."""
        gone = {table: sorted(ids) for table, ids in self.removed.items() if ids}
        whole = super().digest
        return digest([whole, gone]) if gone else whole


class Generation(Frozen):
    """What one crawl added to the corpus when it was promoted."""

    generation: int
    crawl: str
    crawl_uri: str
    extract: str
    config_digest: str
    digest: str
    shards: tuple[GenerationShard, ...]
    models: dict[str, str] = Field(default_factory=dict)

    def reference(self) -> GenerationRef:
        """Give what a build is pinned to."""
        totals = {
            kind: sum(shard.rows.get(kind, 0) for shard in self.shards)
            for kind in ("images", "sentences")
        }
        return GenerationRef(
            generation=self.generation,
            digest=self.digest,
            shards=len(self.shards),
            **totals,
        )


class Promotion(Frozen):
    """The pointer that makes a gated stage group visible to the next one."""

    group: str
    gate: str  # digest of the gate's result
    stages: dict[str, str]  # stage -> digest of its commits


def generation_path(number: int) -> str:
    """Name the pointer of a generation."""
    return f"{CORPUS}/gen={number:04d}/generation.json"


def generations(storage: Storage) -> list[Generation]:
    """Read all promoted generations of a corpus, in order."""
    paths = [f"{folder}/generation.json" for folder in storage.folders(CORPUS)]
    found = [Generation.model_validate_json(storage.read(p)) for p in paths if storage.exists(p)]
    return sorted(found, key=lambda generation: generation.generation)


class Workspace:
    """One extract or build, as every command sees it."""

    def __init__(self, storage: Storage, folder: str, config: RunConfig, pipeline: Pipeline):
        self.storage = storage
        self.folder = folder
        self.config = config
        self.pipeline = pipeline

    @staticmethod
    def open(uri: str, pipeline: Pipeline) -> Workspace:
        """Open a run by its URI: {root}/builds/{name} or {root}/extracts/{name}."""
        root, kind, name = run_uri(allowed(uri), FOLDERS.values())
        storage = Storage.at(root)
        path = f"{kind}/{name}/{CONFIG_NAME}"
        try:
            config = RunConfig.model_validate_json(storage.read(path))
        except FileNotFoundError:
            raise ConfigError(f"{uri} has no {CONFIG_NAME}; open the run first") from None
        return Workspace(storage, f"{kind}/{name}", config, pipeline)

    @staticmethod
    def create(storage: Storage, config: RunConfig, pipeline: Pipeline) -> Workspace:
        """Open a run by its configuration, freezing it in storage.

        The same configuration again changes nothing; another one replaces it, and the fingerprints
        then tell which shards it outdates.
        """
        folder = f"{FOLDERS[config.kind]}/{safe_name(config.name, 'name')}"
        data = config.model_dump_json(indent=1).encode()
        path = f"{folder}/{CONFIG_NAME}"
        if not storage.put_if_absent(path, data) and storage.read(path) != data:
            storage.replace(path, data)
        return Workspace(storage, folder, config, pipeline)

    @property
    def uri(self) -> str:
        """Give the URI that opens this run."""
        return f"{self.storage.uri}/{self.folder}"

    @cached_property
    def earlier(self) -> Workspace | None:
        """Open the earlier build that this one follows; None if there is none, or it is gone."""
        if not self.config.earlier:
            return None
        uri = f"{self.storage.uri}/{FOLDERS[self.config.kind]}/{self.config.earlier}"
        path = f"{FOLDERS[self.config.kind]}/{self.config.earlier}/{CONFIG_NAME}"
        return Workspace.open(uri, self.pipeline) if self.storage.exists(path) else None

    def ledger(self, stage: str) -> Ledger:
        """Give the ledger of one stage."""
        return Ledger(self.storage, f"{self.folder}/{stage}")

    def stages(self) -> list[Stage]:
        """List the stages of this run that have anything to do, in order."""
        wanted = {"extract"} if self.config.kind == "extract" else set(self.pipeline.groups)
        wanted -= {"extract"} if self.config.kind == "build" else set()
        return [s for s in self.pipeline.stages if s.group in wanted and self.config.enabled(s)]

    def runs(self, name: str) -> bool:
        """Say whether an input is a stage of this run that is switched on."""
        return any(stage.name == name for stage in self.stages())

    @cached_property
    def corpus(self) -> list[CorpusShard]:
        """Give the shards of the pinned corpus in the form of commits."""
        return [
            CorpusShard(
                stage=CORPUS,
                shard=number,
                fingerprint=shard.objects["images"].sha256,
                attempt="",
                objects=shard.objects,
                rows={name: rows - len(gone.get(name, ())) for name, rows in shard.rows.items()},
                removed=gone,
            )
            for number, (shard, gone) in enumerate(self._corpus_shards())
        ]

    def _corpus_shards(self) -> Iterator[tuple[GenerationShard, dict[str, frozenset[str]]]]:
        takedown = self.config.takedown
        lists = {ref.generation: ref for ref in takedown.removed} if takedown else {}
        for pinned in self.config.corpus:
            data = self.storage.read(generation_path(pinned.generation))
            generation = Generation.model_validate_json(data)
            if generation.digest != pinned.digest:
                raise ConfigError(f"generation {pinned.generation} is not the one pinned")
            gone = _removed(self.storage, lists.get(pinned.generation))
            for number, shard in enumerate(generation.shards):
                yield shard, gone.get(number, {})

    def promotion_path(self, group: str) -> str:
        """Name the pointer that promotes a stage group of this run."""
        return f"{self.folder}/_promoted/{group}.json"

    def promotion(self, group: str) -> Promotion | None:
        """Read the promotion of a stage group, if it has one."""
        try:
            return Promotion.model_validate_json(self.storage.read(self.promotion_path(group)))
        except FileNotFoundError:
            return None


def _removed(storage: Storage, ref: Removed | None) -> dict[int, dict[str, frozenset[str]]]:
    """Read a list of what was taken down: shard of the generation -> table -> ids."""
    import pyarrow.parquet as pq

    if ref is None:
        return {}
    data = storage.read(ref.path)
    if hashlib.sha256(data).hexdigest() != ref.sha256:
        raise DamagedObject(ref.path, "its checksum differs")
    found: dict[int, dict[str, set[str]]] = {}
    columns = pq.read_table(io.BytesIO(data), columns=["shard", "kind", "id"]).to_pydict()
    for shard, kind, item in zip(columns["shard"], columns["kind"], columns["id"], strict=True):
        found.setdefault(shard, {}).setdefault(f"{kind}s", set()).add(item)
    return {
        shard: {name: frozenset(ids) for name, ids in names.items()}
        for shard, names in found.items()
    }


def commits_digest(commits: dict[int, Commit]) -> str:
    """Digest what a stage's commits hold."""
    return digest([commits[shard].digest for shard in sorted(commits)])
