"""What a gate tells whoever may do something about it: what failed, and which settings decide it.

Small enough for the result of a command; the whole is the gate's record and its page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from realsyn_tasks.core.errors import GateFailed
from realsyn_tasks.core.gate_results import GateResult, stored_record
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.quality import background, suites
from realsyn_tasks.quality.override import why_final

MOST = 6  # checks, and settings, that are told
LONGEST = 400  # characters of what was expected, or seen
Record = dict[str, Any]


def told(workspace: Workspace, result: GateResult) -> Record:
    """Give a gate's result; of a failed one also the checks, and what one may do about them.

    `final` says why it cannot be overridden, for each check of which that is so; `settings` are
    those of stages that decide the failed checks: stage, setting, value in this run, why.
    """
    said = {
        "passed": result.passed,
        "uri": result.uri,
        "summary": result.summary,
        "digest": result.digest,
        "overridden": result.override.model_dump() if result.override else None,
    }
    return said if result.passed else said | _of_failure(workspace, result)


def _of_failure(workspace: Workspace, result: GateResult) -> Record:
    record = stored_record(workspace, result.group)
    if record is None:
        return {"checks": [], "final": [], "settings": []}
    suite = suites.load(workspace.pipeline.group(result.group))
    failed = [asked for asked in background.checks_of(record) if asked.finding.blocks]
    reasons = (why_final(asked.finding, suite) for asked in failed)
    known = [each for asked in failed for each in background.settings(asked, record, workspace)]
    settings: dict[tuple[str, str], Record] = {}
    for each in known:
        settings.setdefault((each["stage"], each["setting"]), each)
    return {
        "checks": [_check(asked) for asked in failed[:MOST]],
        "final": [*dict.fromkeys(why for why in reasons if why)],
        "settings": [*settings.values()][:MOST],
    }


def _check(asked: background.Asked) -> Record:
    finding = asked.finding
    return {
        "about": finding.about,
        "expected": finding.expected[:LONGEST],
        "saw": finding.saw[:LONGEST],
        "bound": _bound(asked),
    }


def _bound(asked: background.Asked) -> str:
    """Name the place in the suite that says what is expected; "" for what stands in no suite."""
    if asked.kind != "check":
        return f"{asked.finding.name} of {asked.finding.about}"
    return "" if asked.finding.name == "completeness" else f"meta.checks.{asked.finding.name}"


def in_words(said: Record) -> str:
    """Say what one may do about a failed gate: change a setting, or override it."""
    return " ".join(_remedies(said))


def _remedies(said: Record) -> Iterator[str]:
    if said["settings"]:
        names = ", ".join(
            f"{each['stage']}.{each['setting']} ({json.dumps(each['value'])} in this run)"
            for each in said["settings"]
        )
        yield f"Settings that decide it, in the form's Stage settings: {names}."
    if bounds := ", ".join(check["bound"] for check in said["checks"] if check["bound"]):
        yield f"What is expected stands in include/expectations: {bounds}."
    if said["final"]:
        yield f"It cannot be overridden: {'; '.join(said['final'])}."
    else:
        yield "Or override it, with a reason, on its page in the UI or by `realsyn override`."


def raise_if_failed(said: Record) -> None:
    """Raise GateFailed with what was found, where the page is, and what one may do."""
    if not said["passed"]:
        raise GateFailed(f"{said['summary']} See {said['uri']}\n{in_words(said)}")
