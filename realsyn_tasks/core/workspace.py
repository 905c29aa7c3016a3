"""A run's folder: its configuration, its ledgers, and what it reads from elsewhere.

{root}/{folder of its kind}/{name}/config.json
                                  /{stage}/                 data, commits, failures (core.commits)
                                  /_gates/{group}/          results of gates
                                  /_promoted/{group}.json   the pointer that promotion writes
"""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property

from realsyn_tasks.core.commits import Ledger
from realsyn_tasks.core.config import CONFIG_NAME, Frozen, RunConfig
from realsyn_tasks.core.declaration import Group, Pipeline, Stage, load
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.names import run_uri, safe_name
from realsyn_tasks.core.prefixes import allowed
from realsyn_tasks.core.records import DamagedRecord, derived_record, read_record
from realsyn_tasks.core.source import SourceReader
from realsyn_tasks.core.storage import Storage


class Promotion(Frozen):
    """The pointer that makes a gated stage group visible to the next one."""

    group: str
    gate: str  # digest of the gate's result
    stages: dict[str, str]  # stage -> digest of its commits


class Workspace:
    """One run, as every command sees it."""

    def __init__(self, storage: Storage, folder: str, config: RunConfig, pipeline: Pipeline):
        self.storage = storage
        self.folder = folder
        self.config = config
        self.pipeline = pipeline

    @staticmethod
    def open(uri: str, pipeline: Pipeline) -> Workspace:
        """Open a run by its URI: {root}/{folder of its kind}/{name}."""
        folders = [kind.folder for kind in pipeline.kinds]
        root, folder, name = run_uri(allowed(uri), folders)
        storage = Storage.at(root)
        path = f"{folder}/{name}/{CONFIG_NAME}"
        advice = "open the run again under the same name; what is committed stays"
        try:
            config = read_record(storage, path, RunConfig, advice)
        except FileNotFoundError:
            raise ConfigError(f"{uri} has no {CONFIG_NAME}; open the run first") from None
        return Workspace(storage, f"{folder}/{name}", config, pipeline)

    @staticmethod
    def create(storage: Storage, config: RunConfig, pipeline: Pipeline) -> Workspace:
        """Open a run by its configuration, freezing it in storage.

        The same configuration again changes nothing; another one replaces it, and the fingerprints
        then tell which shards it outdates.
        """
        folder = f"{pipeline.kind(config.kind).folder}/{safe_name(config.name, 'name')}"
        storage.sweep(folder)
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
        """Open the earlier build that this one follows; None if there is none, or it is gone.

        It may be this one itself, as it was before something was taken down.
        """
        return self._sibling(self.config.earlier) if self.config.earlier else None

    @cached_property
    def donors(self) -> tuple[Workspace, ...]:
        """Open the runs whose commits may count here too, the one that this follows first.

        One that is gone, or whose configuration cannot be read, gives nothing.
        """
        names = dict.fromkeys(name for name in self.config.donors if name != self.config.earlier)
        others = (self.earlier, *map(self._readable, names))
        return tuple(run for run in others if run is not None and run.folder != self.folder)

    def _readable(self, name: str) -> Workspace | None:
        with suppress(DamagedRecord):
            return self._sibling(name)
        return None

    def _sibling(self, name: str) -> Workspace | None:
        folder = f"{self.pipeline.kind(self.config.kind).folder}/{name}"
        if not self.storage.exists(f"{folder}/{CONFIG_NAME}"):
            return None
        return Workspace.open(f"{self.storage.uri}/{folder}", self.pipeline)

    def ledger(self, stage: str) -> Ledger:
        """Give the ledger of one stage."""
        return Ledger(self.storage, f"{self.folder}/{stage}")

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """List the stage groups of this kind of run, in order."""
        return self.pipeline.groups_of(self.config.kind)

    def stages(self, group: str = "") -> list[Stage]:
        """List the stages of this run, or of one group, that have anything to do, in order."""
        return [
            stage
            for each in self.groups
            for stage in each.stages
            if self.config.enabled(stage) and group in ("", each.name)
        ]

    def runs(self, name: str) -> bool:
        """Say whether an input is a stage of this run that is switched on."""
        return any(stage.name == name for stage in self.stages())

    @cached_property
    def sources(self) -> dict[str, SourceReader]:
        """Give the readers of what this run is pinned to, by name."""
        return {
            name: load(self.pipeline.source(name).reader)(self.storage, pinned.reference)
            for name, pinned in self.config.sources.items()
        }

    def promotion_path(self, group: str) -> str:
        """Name the pointer that promotes a stage group of this run."""
        return f"{self.folder}/_promoted/{group}.json"

    def promotion(self, group: str) -> Promotion | None:
        """Read the promotion of a stage group, if it has one."""
        advice = f"promote it again: promote {group} --build {self.uri}"
        return derived_record(self.storage, self.promotion_path(group), Promotion, advice)
