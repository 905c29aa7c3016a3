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
    RemovedRows,
    RunConfig,
)
from realsyn_tasks.core.errors import ConfigError, DamagedObject
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.records import derived_record, read_record
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

    generation: int
    place: int  # among the shards of the generation
    removed: dict[str, RemovedRows] = Field(default_factory=dict)  # by table

    @property
    def digest(self) -> str:
        """Digest what is visible; taking nothing from a shard leaves it as it was."""
        return _visible_digest(self.objects, self.removed)


def _visible_digest(objects: dict[str, ObjectRef], removed: dict[str, RemovedRows]) -> str:
    whole = digest({name: ref.sha256 for name, ref in objects.items()})
    gone = {table: rows.digest for table, rows in removed.items()}
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
    found = [read_generation(storage, path) for path in paths if storage.exists(path)]
    return sorted(found, key=lambda generation: generation.generation)


def read_generation(storage: Storage, path: str) -> Generation:
    """Read the pointer of a generation; DamagedRecord says what to do where it is damaged."""
    advice = (
        "put back a copy of it, or remove it and promote its extract again (task promote of"
        " realsyn_extract); no build can be opened over the corpus before"
    )
    return read_record(storage, path, Generation, advice)


_PinnedShard = tuple[int, int, GenerationShard, dict[str, RemovedRows]]


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
        root, kind, name = _split(uri)
        storage = Storage.at(root)
        path = f"{kind}/{name}/{CONFIG_NAME}"
        advice = "open the run again under the same name; what is committed stays"
        try:
            config = read_record(storage, path, RunConfig, advice)
        except FileNotFoundError:
            raise ConfigError(f"{uri} has no {CONFIG_NAME}; open the run first") from None
        return Workspace(storage, f"{kind}/{name}", config, pipeline)

    @staticmethod
    def create(storage: Storage, config: RunConfig, pipeline: Pipeline) -> Workspace:
        """Open a run by its configuration, freezing it in storage.

        The same configuration again changes nothing; another one replaces it, and the fingerprints
        then tell which shards it outdates.
        """
        folder = f"{FOLDERS[config.kind]}/{config.name}"
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
                rows=_less(shard.rows, gone),
                generation=generation,
                place=place,
                removed=gone,
            )
            for number, (generation, place, shard, gone) in enumerate(self._corpus_shards())
        ]

    @cached_property
    def corpus_contents(self) -> list[str]:
        """Digest what is visible of each shard of the pinned corpus."""
        shards = self._corpus_shards()
        return [_visible_digest(shard.objects, gone) for _, _, shard, gone in shards]

    def _corpus_shards(self) -> Iterator[_PinnedShard]:
        takedown = self.config.takedown
        lists = {ref.generation: ref.by_shard() for ref in takedown.removed} if takedown else {}
        for pinned in self.config.corpus:
            generation = read_generation(self.storage, generation_path(pinned.generation))
            if generation.digest != pinned.digest:
                raise ConfigError(f"generation {pinned.generation} is not the one pinned")
            gone = lists.get(pinned.generation, {})
            for place, shard in enumerate(generation.shards):
                yield pinned.generation, place, shard, gone.get(place, {})

    def removed_ids(self, shard: CorpusShard, table: str) -> frozenset[str]:
        """Read which rows of a table of a corpus shard were taken down; needs pyarrow."""
        return self._removed[shard.generation][shard.place].get(table, frozenset())

    @cached_property
    def _removed(self) -> dict[int, dict[int, dict[str, frozenset[str]]]]:
        takedown = self.config.takedown
        lists = takedown.removed if takedown else ()
        return {ref.generation: _removed(self.storage, ref) for ref in lists}

    def promotion_path(self, group: str) -> str:
        """Name the pointer that promotes a stage group of this run."""
        return f"{self.folder}/_promoted/{group}.json"

    def promotion(self, group: str) -> Promotion | None:
        """Read the promotion of a stage group, if it has one."""
        advice = f"promote it again: promote {group} --build {self.uri}"
        return derived_record(self.storage, self.promotion_path(group), Promotion, advice)


def _less(rows: dict[str, int], gone: dict[str, RemovedRows]) -> dict[str, int]:
    return {name: n - gone[name].rows if name in gone else n for name, n in rows.items()}


def _removed(storage: Storage, ref: Removed) -> dict[int, dict[str, frozenset[str]]]:
    """Read a list of what was taken down: shard of the generation -> table -> ids."""
    import pyarrow.parquet as pq

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


def _split(uri: str) -> tuple[str, str, str]:
    parts = uri.rstrip("/").rsplit("/", 2)
    if len(parts) != 3 or parts[1] not in FOLDERS.values():
        raise ConfigError(f"{uri} is not the URI of a run: ROOT/builds/NAME or ROOT/extracts/NAME")
    return parts[0], parts[1], parts[2]
