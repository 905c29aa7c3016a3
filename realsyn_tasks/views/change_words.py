"""What is said of why pairs differ between two versions, and which settings decided it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from realsyn_tasks.core.declaration import ONE
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets.change_reasons import Cause, Why
from realsyn_tasks.datasets.differences import MODELS, PINNED, Difference

ADDED, REMOVED = "added", "removed"


def sentence(
    why: Why, requests: Mapping[str, int], crawls: Mapping[str, str], reasons: Mapping[str, str]
) -> str:
    """Say a cause in a sentence; numbers of requests and crawls of generations are looked up."""
    words = reasons.get(why.reason, why.reason)
    crawl = f"generation {why.at} (crawl {crawls.get(why.at, 'unknown')})"
    request = f"request {requests.get(why.at, '?')} ({why.at})"
    said = {
        Cause.TAKEN_DOWN: f"taken down by {request}",
        Cause.GENERATION: f"of {crawl}, which the older version was not made from",
        Cause.DROPPED: f"now dropped by {why.at} as {why.reason}: {words}",
        Cause.BETTER_TEXT: f"a sentence of {crawl} fits better",
        Cause.LOST_TEXT: f"a text was of {crawl}, which the newer version was not made from",
        Cause.REORDERED: "the same texts, in another order",
        Cause.SETTINGS: f"settings, models or code of {why.at} differ",
        Cause.FOLLOWS: _FOLLOWS.get(why.at, ""),
        Cause.PAGE: "what its page says of it differs: caption, licence, address",
        Cause.UNKNOWN: "nothing that is still there tells why",
    }[why.cause]
    return _of_change(why, said)


_FOLLOWS = {
    "scores": "scores and tags alone: they follow from what else differs",
    "clusters": "the number of its cluster alone: clusters were fitted to other pictures",
}


def _of_change(why: Why, said: str) -> str:
    if why.cause is Cause.DROPPED and why.change == ADDED:
        return said.replace("now dropped", "before, it was dropped", 1)
    if why.cause is Cause.GENERATION and why.change == REMOVED:
        return said.replace("older", "newer")
    if why.cause is Cause.DROPPED and why.change != REMOVED:
        return f"a text of it is {said}"
    if why.cause is Cause.TAKEN_DOWN and why.change != REMOVED:
        return f"a text of it was {said}"
    return said


def deciding(
    why: Why, old: Workspace | None, new: Workspace | None, different: list[Difference]
) -> list[dict[str, Any]]:
    """Give what differs between the builds of the settings and fits that decide a cause."""
    if why.cause is Cause.SETTINGS:
        return [_setting(each) for each in different if each.group == why.at]
    if why.cause is not Cause.DROPPED or not old or not new or not new.runs(why.at):
        return []
    stages = {why.at, *_deciders(new, why)}
    fits = _fits_of(new, why.at)
    wanted = "target" if any(new.pipeline.stage(fit).targeted for fit in fits) else ""
    settings = [
        _setting(each)
        for each in different
        if each.where in stages or (each.where == PINNED and each.name == wanted)
    ]
    return settings + [each for fit in fits for each in _measures(old, new, fit)]


def _setting(each: Difference) -> dict[str, Any]:
    names = {MODELS: f"model {each.name}", PINNED: each.name}
    name = names.get(each.where, f"{each.where}.{each.name}")
    return {"name": name, "old": each.old, "new": each.new}


def _deciders(run: Workspace, why: Why) -> Iterator[str]:
    """Name the stages whose settings decide a reason, where another stage gives it."""
    for group in run.groups:
        rules = group.hook("rules")
        for rule in rules.rules if rules else ():
            if rule.stage == why.at and any(r.code == why.reason for r in rule.reasons):
                yield rule.source


def _fits_of(run: Workspace, stage: str) -> list[str]:
    """Name the fits that a stage reads."""
    read = [name for name in run.pipeline.stage(stage).reads if run.runs(name)]
    return [name for name in read if run.pipeline.stage(name).axis == ONE]


def _measures(old: Workspace, new: Workspace, fit: str) -> Iterator[dict[str, Any]]:
    """Give the measures of a fit that differ: a cap, a band."""
    before, after = (_measured(run, fit) for run in (old, new))
    for name in sorted(before.keys() & after.keys()):
        if before[name] != after[name]:
            yield {"name": f"{fit}.{name}", "old": before[name], "new": after[name]}


def _measured(run: Workspace, fit: str) -> dict[str, float]:
    commit = run.ledger(fit).find(0)
    return dict(commit.measures) if commit else {}
