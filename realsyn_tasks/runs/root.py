"""All runs below a root, behind one door: listed, opened, promoted, found due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from realsyn_tasks.core.config import CONFIG_NAME
from realsyn_tasks.core.declaration import Kind, Pipeline
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.generations import Generation, generations, lost_objects
from realsyn_tasks.kinds import EXTRACT
from realsyn_tasks.stages import PIPELINE

if TYPE_CHECKING:
    from realsyn_tasks.runs.choices import Choices


class Runs:
    """The runs below one root. Roots, names and URIs come from outside: they are checked here."""

    def __init__(self, root: str, pipeline: Pipeline = PIPELINE) -> None:
        self.storage = Storage.at(root)
        self.pipeline = pipeline

    @staticmethod
    def at(uri: str, pipeline: Pipeline = PIPELINE) -> Workspace:
        """Give a run by its URI; ConfigError if it is none, or was never opened."""
        return Workspace.open(uri, pipeline)

    def of_kind(self, kind: Kind) -> Iterator[Workspace]:
        """Give the runs of a kind, by name."""
        for folder in self.storage.folders(kind.folder):
            if self.storage.exists(f"{folder}/{CONFIG_NAME}"):
                yield self.at(f"{self.storage.uri}/{folder}", self.pipeline)

    def __iter__(self) -> Iterator[Workspace]:
        """Give all runs, kind by kind."""
        for kind in self.pipeline.kinds:
            yield from self.of_kind(kind)

    def generations(self) -> list[Generation]:
        """Give what was promoted into the corpus, in order."""
        return generations(self.storage)

    def changeable(self, uri: str = "") -> list[Workspace]:
        """Give all runs, or one, but for extracts in the corpus: generations never change.

        An extract whose generation is damaged is among them: it has to make the same once more.
        """
        promoted = {generation.extract: generation for generation in self.generations()}
        runs = [self.at(uri, self.pipeline)] if uri else self
        return [
            run
            for run in runs
            if run.config.kind != EXTRACT.name
            or run.config.name not in promoted
            or self._is_damaged(run, promoted[run.config.name])
        ]

    def _is_damaged(self, run: Workspace, generation: Generation) -> bool:
        """Say whether a generation lacks objects, or markers of them were taken back."""
        if lost_objects(self.storage, generation.generation):
            return True
        for stage in run.stages():
            done = run.ledger(stage.name).outlines()
            lacking = set(range(run.config.shards(stage.axis))) - set(done)
            if lacking and run.ledger(stage.name).withdrawn(lacking):
                return True
        return False

    def open_extract(self, crawl: str, name: str, choices: Choices, format: str = "") -> Workspace:
        """Open the extract of a crawl: see runs.opening."""
        from realsyn_tasks.runs import opening

        return opening.open_extract(self.storage.uri, crawl, name, choices, format)

    def open_build(
        self, scale: str, name: str, pinned: Iterable[int], choices: Choices
    ) -> Workspace:
        """Open a build at a scale: see runs.opening."""
        from realsyn_tasks.runs import opening

        return opening.open_build(self.storage.uri, scale, name, pinned, choices)

    def open_builds(
        self, scales: Sequence[str], name: str, pinned: Iterable[int], choices: Choices
    ) -> list[Workspace]:
        """Open builds at several scales: see runs.opening."""
        from realsyn_tasks.runs import opening

        return opening.open_builds(self.storage.uri, scales, name, pinned, choices)

    def due(self, group: str, uri: str = "") -> list[Workspace]:
        """Give the runs, or one, whose turn it is to do a stage group: see runs.discovery."""
        from realsyn_tasks.runs import discovery

        return discovery.due(self.changeable(uri), group, self.pipeline)

    @staticmethod
    def promote(run: Workspace, group: str) -> dict[str, Any]:
        """Make the gated output of a stage group visible: see runs.promotion."""
        from realsyn_tasks.runs import promotion

        return promotion.promote(run, group)
