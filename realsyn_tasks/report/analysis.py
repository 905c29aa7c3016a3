"""The analysis of a version, for whoever tells of it: the tables of the one that is complete."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

from realsyn_tasks.analyze.group import GROUP
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets.pinned import VersionRef
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.kinds import ANALYSIS, VERSION
from realsyn_tasks.runs.root import Runs


@dataclass(frozen=True)
class Analysis:
    """A complete analysis; `run` tells its settings, seed and models."""

    run: Workspace

    def table(self, name: str) -> pa.Table | None:
        """Read a table that the group hands on, by its name; None where its stage is off."""
        [handed_on] = [each for each in GROUP.hands_on if each.name == name]
        commits = self._evidence.commits(handed_on.stage)
        pieces = [p for c in commits for p in self._evidence.read(c.objects[handed_on.table])]
        return pa.concat_tables(pieces) if pieces else None

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Give a table's rows; none where its stage is off."""
        table = self.table(name)
        rows: list[dict[str, Any]] = [] if table is None else table.to_pylist()
        return rows

    def pictures(self) -> dict[str, bytes]:
        """Give the small JPEGs of examples and central pictures, by the key of their pair."""
        return {row["key"]: row["picture"] for row in self.rows("pictures") if row["picture"]}

    @cached_property
    def _evidence(self) -> Evidence:
        return Evidence(self.run, GROUP.name)


def newest(version: Version) -> Analysis | None:
    """Give the complete analysis of a version; None if nobody has made one.

    Of several by different names, the last by name.
    """
    runs = Runs(version.storage.uri).of_kind(ANALYSIS)
    of_it = [run for run in runs if version_of(run) == version.path and _is_complete(run)]
    return Analysis(of_it[-1]) if of_it else None


def version_of(run: Workspace) -> str:
    """Give the folder of the version that a run analyses."""
    return VersionRef.model_validate(run.config.sources[VERSION.name].reference).path


def _is_complete(run: Workspace) -> bool:
    return run.promotion(GROUP.name) is not None
