"""The page of a gate: what was expected and seen, what is behind it, and what one may do about it.

A gate's result is told as it is stored; what is behind a check is worked out when it is opened.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from realsyn_tasks.core.answers import GateRecord
from realsyn_tasks.core.gate_results import (
    GateResult,
    result_of_present_state,
    stored_record,
    stored_result,
)
from realsyn_tasks.core.include import include_folder
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.pinned import corpus_of
from realsyn_tasks.quality import background, suites
from realsyn_tasks.quality import override as overriding
from realsyn_tasks.quality.background import Asked
from realsyn_tasks.quality.override import why_final
from realsyn_tasks.runs.root import Runs
from realsyn_tasks.views.answer import Unknown
from realsyn_tasks.views.ledgers import LEDGERS

MOST_RUNS = 60  # of a trend, the newest
NONE, PASSED, FAILED, OVERRIDDEN = "none", "passed", "failed", "overridden"


def gates(root: str, *, build: str) -> dict[str, Any]:
    """List the gates of a run: what each found last, and whether its group is promoted by that."""
    run = LEDGERS.of(root, build).workspace
    groups = [group.name for group in run.groups if run.stages(group.name)]
    return {"build": run.uri, "name": run.config.name, "gates": [_told(run, g) for g in groups]}


def _told(run: Workspace, group: str) -> dict[str, Any]:
    result, promotion = stored_result(run, group), run.promotion(group)
    return {
        "group": group,
        "state": _state(result),
        "summary": result.summary if result else "its gate has not been run yet",
        "digest": result.digest if result else "",
        "promoted": bool(result and promotion and promotion.gate == result.digest),
        "override": result.override.model_dump() if result and result.override else None,
    }


def _state(result: GateResult | None) -> str:
    if result is None:
        return NONE
    if result.override:
        return OVERRIDDEN
    return PASSED if result.passed else FAILED


def gate(root: str, *, build: str, group: str) -> dict[str, Any]:
    """Give the result of one gate: each check with its figure, bounds, words and examples."""
    run = _run(root, build, group)
    told, record = _told(run, group), stored_record(run, group)
    suite = suites.load(run.pipeline.group(group))
    checks = [_check(asked, record, suite) for asked in _checks(record)] if record else []
    final = [c["final"] for c in checks if c["final"] and c["blocks"]]
    return {
        **told,
        "build": run.uri,
        "name": run.config.name,
        "kind": run.config.kind,
        "profile": run.config.profile,
        "suite": _suite_path(group),
        "checks": checks,
        "may_be_overridden": told["state"] == FAILED and not final,
        "statistics": _statistics(record),
        "drops": list(_drops(record)),
    }


def _checks(record: GateRecord) -> list[Asked]:
    return background.checks_of(record)


def _run(root: str, build: str, group: str) -> Workspace:
    run = LEDGERS.of(root, build).workspace
    names = [each.name for each in run.groups]
    if group not in names:
        raise Unknown(f"{build} has no group {group!r}; it has: {', '.join(names)}")
    return run


def _suite_path(group: str) -> str:
    path = include_folder() / "expectations" / f"{group}.json"
    return f"include/expectations/{group}.json" if path.is_file() else "expectations.json"


def _check(asked: Asked, record: GateRecord, suite: suites.Suite) -> dict[str, Any]:
    finding = asked.finding
    return {
        **finding.__dict__,
        "number": asked.number,
        "kind": asked.kind,
        "table": asked.table,
        "column": asked.column,
        "blocks": finding.blocks,
        "final": why_final(finding, suite) if not finding.passed else "",
        "figure": background.figure(asked, record, suite),
    }


def _statistics(record: GateRecord | None) -> dict[str, Any]:
    return dict(record.statistics) if record else {}


def _drops(record: GateRecord | None) -> Iterator[dict[str, Any]]:
    for stage, kinds in (record.drops if record else {}).items():
        for kind, counts in kinds.items():
            for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
                about = {"stage": stage, "kind": kind, "reason": reason, "count": count}
                yield {**about, "words": record.reasons.get(reason, "") if record else ""}


def gate_present(root: str, *, build: str, group: str) -> dict[str, Any]:
    """Say whether a gate's result is of what is there now; looks at every marker of the group."""
    run = _run(root, build, group)
    return {"present": result_of_present_state(run, group) is not None}


def gate_check(root: str, *, build: str, group: str, number: int, digest: str) -> dict[str, Any]:
    """Give what is behind one check: how its figure is spread, rows that break it, its settings.

    `digest` is that of the result whose check it is, so that nobody sees another one's.
    """
    run = _run(root, build, group)
    record, asked = _asked(run, group, number, digest)
    key = (run.uri, group, digest)
    behind = _KEPT.get((*key, str(number)), lambda: _behind(run, group, asked, key))
    settings = background.settings(asked, record, run)
    return {"behind": behind, "settings": settings}


def _asked(run: Workspace, group: str, number: int, digest: str) -> tuple[GateRecord, Asked]:
    result, record = stored_result(run, group), stored_record(run, group)
    if record is None or result is None or result.digest != digest:
        raise Unknown(f"the gate of {group} has found something else since: load the page again")
    checks = _checks(record)
    if not 0 <= number < len(checks):
        raise Unknown(f"the gate of {group} has the checks 0 to {len(checks) - 1}, not {number}")
    return record, checks[number]


def _behind(
    run: Workspace, group: str, asked: Asked, key: tuple[str, ...]
) -> dict[str, Any] | None:
    """Work out a distribution; None for a check that has none."""
    view = LEDGERS.of(run.storage.uri, run.uri)
    LEDGERS.snapshot(view)
    if asked.kind == "rows":
        suite = suites.load(run.pipeline.group(group))
        return background.of_rows(asked, run, group, view.planner, suite)
    if asked.kind == "statistic":
        work_out = partial(background.by_shard, run, group, view.planner)
        return background.of_statistic(asked, _KEPT.get((*key, "by shard"), work_out))
    return None


def gate_trend(root: str, *, build: str, group: str, name: str, about: str) -> dict[str, Any]:
    """Give the figure of one check in all runs of this root that have the gate, oldest first."""
    run = _run(root, build, group)
    kind, suite = run.pipeline.kind(run.config.kind), suites.load(run.pipeline.group(group))
    runs = sorted(Runs(root).of_kind(kind), key=_age)[-MOST_RUNS:]
    points = (_point(each, group, name, about, suite) for each in runs)
    return {"points": [point for point in points if point]}


def _age(run: Workspace) -> tuple[int, str]:
    """Put runs in order: by the newest generation that they know, then by name."""
    newest = max((g.generation for g in corpus_of(run.config.sources).generations), default=0)
    return newest, run.config.name


def _point(
    run: Workspace, group: str, name: str, about: str, suite: suites.Suite
) -> dict[str, Any] | None:
    record, result = stored_record(run, group), stored_result(run, group)
    if record is None or result is None:
        return None
    same = [c for c in _checks(record) if (c.finding.name, c.finding.about) == (name, about)]
    if not same:
        return None
    finding = same[0].finding
    return {
        "run": run.config.name,
        "build": run.uri,
        "generation": _age(run)[0],
        "state": OVERRIDDEN if finding.blocks and result.override else _verdict(finding.passed),
        "saw": finding.saw,
        "figure": background.figure(same[0], record, suite),
    }


def _verdict(passed: bool) -> str:
    return PASSED if passed else FAILED


def override(
    root: str, *, build: str, group: str, digest: str, reason: str, by: str = ""
) -> dict[str, Any]:
    """Override a failed gate: of just the result with this digest, for this reason."""
    run = _run(root, build, group)
    made = overriding.override(run, group, reason, by, digest)
    return {"override": made.model_dump(), "build": run.uri, "group": group}


class _Kept:
    """What was worked out lately, by what it is of."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, ...], Any] = OrderedDict()

    def get(self, key: tuple[str, ...], make: Callable[[], Any]) -> Any:
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        made = make()
        with self._lock:
            self._known[key] = made
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return made


_KEPT = _Kept(64)
VIEWS = (gates, gate, gate_present, gate_check, gate_trend)
ACTIONS = (override,)
