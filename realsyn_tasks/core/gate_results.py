"""Results of gates as they are stored, and whether they hold for what is there now.

    {run}/_gates/{group}/result.json    the record (core.answers.GateRecord)
    {run}/_gates/{group}/index.html     the same for people
    {run}/_gates/{group}/override.json  a person's word that a failed result will do (Override)

An override is of one result alone, told by its digest: a gate that then finds anything else needs
another one. The result itself stays as it was found.

A result is of a state (the group's commits) under some rules (suite and checks). That the rules are
today's is for the gate itself to see; everybody else goes by the state.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from realsyn_tasks.core.answers import GateRecord
from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.errors import ConfigError, GateFailed
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.records import derived_record
from realsyn_tasks.core.workspace import Workspace


class OverriddenCheck(Frozen):
    """A check that had failed when its gate was overridden."""

    name: str
    about: str
    expected: str
    saw: str


class Override(Frozen):
    """A person's decision that what a gate found is to be promoted all the same, and why."""

    group: str
    gate: str  # digest of the result that it is of
    reason: str
    by: str
    at: str  # date and time, UTC
    checks: tuple[OverriddenCheck, ...]  # that had failed

    def in_words(self) -> str:
        """Say it in a sentence."""
        return f"Overridden by {self.by} on {self.at[:10]}: {self.reason}"


@dataclass(frozen=True)
class GateResult:
    """The outcome of a gate, and where the whole of it is.

    It passes if nothing was found, or if a person has overridden what was.
    """

    group: str
    passed: bool
    uri: str  # of the page
    summary: str
    state: str
    rules: str
    digest: str  # of result.json
    override: Override | None = None

    def raise_if_failed(self) -> None:
        """Raise GateFailed with the reason and the page's URI."""
        if not self.passed:
            raise GateFailed(f"{self.summary} See {self.uri}")


def evidence_of(workspace: Workspace, group: str) -> Evidence:
    """Give what a gate of a group looks at; ConfigError if the run has no such group."""
    evidence = Evidence(workspace, group)
    if not evidence.stages:
        kind = workspace.config.kind
        raise ConfigError(
            f"group {group!r} has no stages in {workspace.uri}, which is of kind {kind}"
        )
    return evidence


def state_of(evidence: Evidence) -> str:
    """Digest what there is to judge: shards by state, what they hold, and what was measured."""
    stages = {
        name: [status.digest, sorted(status.states.items()), list(status.outlines.measured())]
        for name, status in evidence.statuses.items()
    }
    config = evidence.workspace.config
    group = evidence.workspace.pipeline.group(evidence.group)
    target = [config.target, config.allow_smaller] if group.targeted else []
    return digest([evidence.group, stages, config.seed, target])


def stored_record(workspace: Workspace, group: str) -> GateRecord | None:
    """Read a gate's result.json, whatever state it is of; a damaged one is as good as none."""
    advice = f"run the gate again: gate {group} --build {workspace.uri}"
    return derived_record(workspace.storage, result_path(workspace, group), GateRecord, advice)


def stored_result(workspace: Workspace, group: str) -> GateResult | None:
    """Give the stored result of a gate, whatever state it is of."""
    record = stored_record(workspace, group)
    if record is None:
        return None
    return result_of(workspace, record, workspace.storage.read(result_path(workspace, group)))


def result_of_present_state(workspace: Workspace, group: str) -> GateResult | None:
    """Give the stored result of a gate if it is of what is there now."""
    result = stored_result(workspace, group)
    state = state_of(evidence_of(workspace, group))
    return result if result and result.state == state else None


def result_of(workspace: Workspace, record: GateRecord, data: bytes) -> GateResult:
    """Sum up a record that is stored as these bytes, with its override if there is one."""
    sha256 = hashlib.sha256(data).hexdigest()
    override = None if record.passed else override_of(workspace, record.group, sha256)
    return GateResult(
        group=record.group,
        passed=record.passed or override is not None,
        uri=f"{workspace.uri}/_gates/{record.group}/index.html",
        summary=f"{record.summary} {override.in_words()}" if override else record.summary,
        state=record.state,
        rules=record.rules,
        digest=sha256,
        override=override,
    )


def override_of(workspace: Workspace, group: str, result: str) -> Override | None:
    """Read the override of just this result of a gate, if there is one."""
    advice = "override the gate again, if it still is to be"
    override = derived_record(workspace.storage, override_path(workspace, group), Override, advice)
    return override if override and override.gate == result else None


def override_path(workspace: Workspace, group: str) -> str:
    """Name the record of a gate's override."""
    return f"{workspace.folder}/_gates/{group}/override.json"


def result_path(workspace: Workspace, group: str) -> str:
    """Name the record of a gate."""
    return f"{workspace.folder}/_gates/{group}/result.json"
