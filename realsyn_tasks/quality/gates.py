"""The gate of a stage group: Great Expectations over statistics and samples, and named checks.

    {run}/_gates/{group}/result.json    findings, statistics, Great Expectations' own results
    {run}/_gates/{group}/index.html     the same for people

A result holds for the state it was made of: the group's commits, the suite file and this package's
code. As long as none of them changed, a passed gate is not worked out again.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from realsyn_tasks.core.answers import GateRecord, StageStatus
from realsyn_tasks.core.declaration import Group
from realsyn_tasks.core.errors import ConfigError, DamagedObject, GateFailed
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.findings import Finding
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.records import derived_record
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.quality import suites


@dataclass(frozen=True)
class GateResult:
    """The outcome of a gate, and where the whole of it is."""

    group: str
    passed: bool
    uri: str  # of the page
    summary: str
    fingerprint: str
    digest: str  # of result.json

    def raise_if_failed(self) -> None:
        """Raise GateFailed with the reason and the page's URI."""
        if not self.passed:
            raise GateFailed(f"{self.summary} See {self.uri}")


def gate(workspace: Workspace, group: str) -> GateResult:
    """Check the output of a group, or give the result that still holds."""
    evidence, suite = _evidence(workspace, group), suites.load(workspace.pipeline.group(group))
    fingerprint = fingerprint_of(evidence, suite)
    earlier = _stored(workspace, group)
    if earlier and earlier.passed and earlier.fingerprint == fingerprint:
        return earlier
    return _store(workspace, _judge(evidence, suite, fingerprint))


def current_result(workspace: Workspace, group: str) -> GateResult | None:
    """Give the stored result of a gate if it is of the present state."""
    found = _stored(workspace, group)
    fingerprint = fingerprint_of(
        _evidence(workspace, group), suites.load(workspace.pipeline.group(group))
    )
    return found if found and found.fingerprint == fingerprint else None


def stored_record(workspace: Workspace, group: str) -> GateRecord | None:
    """Read a gate's result.json, whatever state it is of; a damaged one is as good as none."""
    advice = f"run the gate again: gate {group} --build {workspace.uri}"
    return derived_record(workspace.storage, _path(workspace, group), GateRecord, advice)


def _evidence(workspace: Workspace, group: str) -> Evidence:
    evidence = Evidence(workspace, group)
    if not evidence.stages:
        kind = workspace.config.kind
        raise ConfigError(
            f"group {group!r} has no stages in {workspace.uri}, which is of kind {kind}"
        )
    return evidence


def fingerprint_of(evidence: Evidence, suite: suites.Suite) -> str:
    """Digest what a gate's outcome depends on."""
    stages = {
        name: [status.digest, sorted(status.states.items()), _measures(status)]
        for name, status in evidence.statuses.items()
    }
    config = evidence.workspace.config
    code = _code(), _code_of(evidence.workspace.pipeline.group(evidence.group))
    return digest([evidence.group, stages, suite, code, config.seed, config.target])


def _measures(status: StageStatus) -> list[list[Any]]:
    """Give what commits measured, which their content does not tell."""
    commits = sorted(status.commits.items())
    return [[shard, commit.measures] for shard, commit in commits if commit.measures]


@lru_cache(maxsize=1)
def _code() -> str:
    """Digest this package's sources, so that a changed check runs again."""
    files = sorted(Path(__file__).parent.glob("*.*"))
    return digest([(file.name, file.read_text("utf-8")) for file in files])


@lru_cache(maxsize=8)
def _code_of(group: Group) -> str:
    """Digest the modules that a group names for its gate."""
    modules = {target.partition(":")[0] for target in (group.statistics, group.checks) if target}
    return digest([inspect.getsource(importlib.import_module(name)) for name in sorted(modules)])


def _judge(evidence: Evidence, suite: suites.Suite, fingerprint: str) -> GateRecord:
    from realsyn_tasks.quality import checks

    findings, seen = [checks.completeness(evidence, {})], Seen()
    if findings[0].passed:
        for name, settings in suite["meta"]["checks"].items():
            findings.append(_check(evidence, name, settings))
        if all(finding.passed for finding in findings if finding.name == "objects"):
            more, seen = _expectations(evidence, suite)
            findings += more
    failed = [finding for finding in findings if finding.blocks]
    return GateRecord(
        group=evidence.group,
        passed=not failed,
        summary=_summary(evidence.group, findings, failed),
        fingerprint=fingerprint,
        findings=tuple(findings),
        **seen._asdict(),
    )


def _check(evidence: Evidence, name: str, settings: dict[str, Any]) -> Finding:
    from realsyn_tasks.quality import checks

    known_checks = checks.checks_of(evidence.workspace.pipeline.group(evidence.group))
    if name not in known_checks:
        known = ", ".join(known_checks)
        raise ConfigError(f"expectations of group {evidence.group}: no check {name!r}; of: {known}")
    why = settings.get("why", "")
    try:
        finding = known_checks[name](evidence, settings)
    except DamagedObject as error:
        return _unreadable(name, error)
    return Finding(**{**finding.__dict__, "why": why})


def _unreadable(name: str, error: DamagedObject) -> Finding:
    return Finding(name, "storage", "readable committed tables", str(error), passed=False)


class Seen(NamedTuple):
    """What a gate saw of a group's tables."""

    statistics: dict[str, Any] = {}  # noqa: RUF012 (never changed)
    drops: dict[str, dict[str, dict[str, int]]] = {}  # noqa: RUF012
    reasons: dict[str, str] = {}  # noqa: RUF012
    great_expectations: dict[str, Any] = {}  # noqa: RUF012


def _expectations(evidence: Evidence, suite: suites.Suite) -> tuple[list[Finding], Seen]:
    from realsyn_tasks.quality import row_sample, statistics

    seen = Seen()
    try:
        seen = Seen(statistics.statistics(evidence))
        words = statistics.reason_words(evidence)
        seen = seen._replace(drops=statistics.drops(evidence), reasons=words)
        samples = row_sample.samples(evidence, int(suite["meta"]["sample_rows"]))
    except DamagedObject as error:
        return [_unreadable("tables", error)], seen
    tables = suites.frames(seen.statistics, samples, suite)
    findings, results = suites.validate(suite, tables)
    return findings, seen._replace(great_expectations=results)


def _summary(group: str, findings: list[Finding], failed: list[Finding]) -> str:
    if not failed:
        warnings = sum(not finding.passed for finding in findings)
        note = f", {warnings} with a warning" if warnings else ""
        return f"{group} gate passed: {len(findings)} expectations met{note}."
    more = f" And {len(failed) - 1} more." if len(failed) > 1 else ""
    return f"{group} gate failed: {failed[0].sentence()}.{more}"


def _store(workspace: Workspace, record: GateRecord) -> GateResult:
    from realsyn_tasks.quality.page import render

    folder = f"{workspace.folder}/_gates/{record.group}"
    workspace.storage.sweep(folder)
    content = record.model_dump()
    data = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, default=str).encode()
    workspace.storage.replace(f"{folder}/index.html", render(record, workspace.folder).encode())
    workspace.storage.replace(f"{folder}/result.json", data)
    return _result(workspace, record, data)


def _path(workspace: Workspace, group: str) -> str:
    return f"{workspace.folder}/_gates/{group}/result.json"


def _stored(workspace: Workspace, group: str) -> GateResult | None:
    record = stored_record(workspace, group)
    if record is None:
        return None
    return _result(workspace, record, workspace.storage.read(_path(workspace, group)))


def _result(workspace: Workspace, record: GateRecord, data: bytes) -> GateResult:
    return GateResult(
        group=record.group,
        passed=record.passed,
        uri=f"{workspace.uri}/_gates/{record.group}/index.html",
        summary=record.summary,
        fingerprint=record.fingerprint,
        digest=hashlib.sha256(data).hexdigest(),
    )
