"""Overriding a failed gate: a person's decision, with a reason, about one result and no other.

A person may judge that a figure is good enough. Nobody can judge what was never looked at, so
shards that are not done, objects that are damaged and expectations that could not be worked out
stay as they are; nor what is promised to others, which a suite marks as final and says why.
Promotion has conditions of its own (takedowns above all) that no override touches.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from realsyn_tasks.core.answers import GateRecord
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.findings import Finding
from realsyn_tasks.core.gate_results import (
    GateResult,
    OverriddenCheck,
    Override,
    override_path,
    result_of_present_state,
    stored_record,
    stored_result,
)
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.quality import suites, words
from realsyn_tasks.quality.gates import write_page

SHORTEST, LONGEST = 10, 1000  # characters of a reason
_NOT_DONE = "shards that are not done were never looked at: run them (realsyn_backfill)"
_UNREAD = "what is damaged or unreadable was never looked at: run its stage again"
_UNCHECKED = "what could not be worked out was never looked at: mend the suite or the stage"


def override(workspace: Workspace, group: str, reason: str, by: str, result: str = "") -> Override:
    """Record that a gate's failed result is to count as passed, who says so, and why.

    `result` is the digest of the result that the person saw. Raises ConfigError for a reason too
    short, a result that is another one by now or not of what is there, one that passed, and one
    that failed for something that nobody may override.
    """
    made, record = _proposed(workspace, group, reason, by, result)
    data = made.model_dump_json(indent=1).encode()
    workspace.storage.replace(override_path(workspace, group), data)
    overridden = stored_result(workspace, group)
    if overridden:
        write_page(workspace, record, overridden)
    return made


def proposed(workspace: Workspace, group: str, reason: str, by: str, result: str = "") -> Override:
    """Give what `override` would record; raises what it would."""
    return _proposed(workspace, group, reason, by, result)[0]


def _proposed(
    workspace: Workspace, group: str, reason: str, by: str, result: str
) -> tuple[Override, GateRecord]:
    reason, by = _one_line(reason), _one_line(by)
    _check_words(reason, by)
    known, record = _failed_result(workspace, group, result)
    failed = [finding for finding in record.findings if finding.blocks]
    _refuse_final(workspace, group, failed)
    made = Override(
        group=group,
        gate=known.digest,
        reason=reason,
        by=by,
        at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        checks=tuple(_check(finding) for finding in failed),
    )
    return made, record


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _check_words(reason: str, by: str) -> None:
    if not SHORTEST <= len(reason) <= LONGEST or not reason.isprintable():
        raise ConfigError(
            f"give a reason of {SHORTEST} to {LONGEST} characters: it stands in the dataset's card"
        )
    if not by or not by.isprintable():
        raise ConfigError("say who overrides the gate: it stands in the dataset's card")


def _failed_result(workspace: Workspace, group: str, result: str) -> tuple[GateResult, GateRecord]:
    known, record = result_of_present_state(workspace, group), stored_record(workspace, group)
    if known is None or record is None:
        raise ConfigError(
            f"the gate of {group} has no result of what is there now; run it first:"
            f" gate {group} --build {workspace.uri}"
        )
    if record.passed:
        raise ConfigError(f"the gate of {group} passed: there is nothing to override")
    if result and result != known.digest:
        raise ConfigError(
            f"the gate of {group} has found something else since you looked: look again"
        )
    return known, record


def _refuse_final(workspace: Workspace, group: str, failed: list[Finding]) -> None:
    suite = suites.load(workspace.pipeline.group(group))
    said = [
        f"{finding.name} ({finding.about}): {why}"
        for finding in failed
        if (why := why_final(finding, suite))
    ]
    if said:
        raise ConfigError(f"this cannot be overridden: {'; '.join(said)}")


def why_final(finding: Finding, suite: dict[str, Any]) -> str:
    """Say why a finding cannot be overridden; empty if it can."""
    if finding.name == "completeness":
        return _NOT_DONE
    if finding.about == "storage":
        return _UNREAD
    if finding.saw.startswith(words.UNCHECKED):
        return _UNCHECKED
    return str(suite["meta"]["checks"].get(finding.name, {}).get("final", ""))


def _check(finding: Finding) -> OverriddenCheck:
    return OverriddenCheck(
        name=finding.name, about=finding.about, expected=finding.expected, saw=finding.saw
    )
