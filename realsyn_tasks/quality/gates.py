"""The gate of a stage group: Great Expectations over statistics and samples, and named checks.

A result holds for the state it was made of, the group's commits, and for the rules it was made by:
the suite file and the code of the checks. As long as none of them changed, a passed gate is not
worked out again. What a person has overridden (quality.override) counts as passed while the result
is that very one.
"""

from __future__ import annotations

import importlib
import inspect
import json
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from realsyn_tasks.core.answers import GateRecord
from realsyn_tasks.core.declaration import Group
from realsyn_tasks.core.errors import ConfigError, DamagedObject
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.findings import Finding
from realsyn_tasks.core.gate_results import (
    GateResult,
    evidence_of,
    result_of,
    state_of,
    stored_record,
    stored_result,
)
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.quality import suites


def gate(workspace: Workspace, group: str) -> GateResult:
    """Check the output of a group, or give the result that still holds.

    That may be the result of a run that all of it was adopted from: of the same content.
    """
    asked = _asked(workspace, group)
    return _standing(workspace, asked) or store(workspace, _judge(asked))


def standing(workspace: Workspace, group: str) -> GateResult | None:
    """Give the result of a passed gate that still holds, if there is one; judge nothing."""
    return _standing(workspace, _asked(workspace, group))


class Asked(NamedTuple):
    """What a gate is asked: of which state, by which rules."""

    evidence: Evidence
    suite: suites.Suite
    state: str
    rules: str

    def answered_by(self, result: GateResult | GateRecord | None) -> bool:
        """Say whether a result is a pass of just this."""
        return (
            result is not None
            and result.passed
            and (result.state, result.rules) == (self.state, self.rules)
        )


def _asked(workspace: Workspace, group: str) -> Asked:
    evidence, suite = evidence_of(workspace, group), suites.load(workspace.pipeline.group(group))
    return Asked(evidence, suite, state_of(evidence), rules_of(evidence, suite))


def _standing(workspace: Workspace, asked: Asked) -> GateResult | None:
    group = asked.evidence.group
    own = stored_result(workspace, group)
    if asked.answered_by(own):
        return own
    records = (stored_record(donor, group) for donor in workspace.donors)
    adopted = next(filter(asked.answered_by, records), None)
    return store(workspace, adopted) if adopted else None


def rules_of(evidence: Evidence, suite: suites.Suite) -> str:
    """Digest by what a gate judges: its suite, and the code of its checks."""
    group = evidence.workspace.pipeline.group(evidence.group)
    return digest([suite, _code(), _code_of(group)])


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


def _judge(asked: Asked) -> GateRecord:
    from realsyn_tasks.quality import checks

    evidence, suite = asked.evidence, asked.suite
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
        state=asked.state,
        rules=asked.rules,
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
    from realsyn_tasks.quality import judged_rows, statistics

    seen = Seen()
    try:
        seen = Seen(statistics.statistics(evidence))
        words = statistics.reason_words(evidence)
        seen = seen._replace(drops=statistics.drops(evidence), reasons=words)
        samples = judged_rows.samples(evidence, int(suite["meta"]["sample_rows"]))
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


def store(workspace: Workspace, record: GateRecord) -> GateResult:
    """Write what a gate found, and its page; an override of just this stays."""
    folder = f"{workspace.folder}/_gates/{record.group}"
    workspace.storage.sweep(folder)
    content = record.model_dump()
    data = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, default=str).encode()
    result = result_of(workspace, record, data)
    write_page(workspace, record, result)
    workspace.storage.replace(f"{folder}/result.json", data)
    return result


def write_page(workspace: Workspace, record: GateRecord, result: GateResult) -> None:
    """Write the page of a gate's record."""
    from realsyn_tasks.quality.page import render

    page = render(record, workspace.folder, result.override)
    path = f"{workspace.folder}/_gates/{record.group}/index.html"
    workspace.storage.replace(path, page.encode())
