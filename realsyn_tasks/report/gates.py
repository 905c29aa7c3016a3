"""What the gates of a build and of the extracts before it said, as card and report tell it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from realsyn_tasks.core.findings import Finding
from realsyn_tasks.core.gate_results import Override, stored_record, stored_result
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.runs.discovery import extracts_of


@dataclass(frozen=True)
class Gate:
    """A gate of one run: its own verdict, what it looked at, and whose word stands against it."""

    run: str
    group: str
    passed: bool
    findings: tuple[Finding, ...]
    override: Override | None

    @property
    def complaints(self) -> tuple[Finding, ...]:
        """Give what was not as expected, whether it blocks or not."""
        return tuple(finding for finding in self.findings if not finding.passed)


def gates_of(build: Workspace) -> list[Gate]:
    """Give the gates in the order of their groups, as far as they have judged."""
    return [gate for run in (*extracts_of(build), build) for gate in _of_run(run)]


def _of_run(run: Workspace) -> Iterator[Gate]:
    for group in run.groups:
        record, result = stored_record(run, group.name), stored_result(run, group.name)
        if record and result:
            yield Gate(run.folder, group.name, record.passed, record.findings, result.override)
