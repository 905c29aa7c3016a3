"""Renews what is told of versions, when a run has published, analysed or evaluated them."""

from __future__ import annotations

from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.kinds import ANALYSIS, EVALUATION
from realsyn_tasks.report.analysis import version_of
from realsyn_tasks.report.attachments import attach, attach_evaluations
from realsyn_tasks.report.evaluation import versions_of
from realsyn_tasks.report.model_card import describe
from realsyn_tasks.runs.analyses import build_of


def renew(run: Workspace) -> list[str]:
    """Renew card and report of what a run published, analysed or evaluated; give the paths written.

    Of a version whose build is gone neither is: what they tell comes from there. What it was
    evaluated as is attached to it all the same.
    """
    if run.config.kind == EVALUATION.name:
        return [*describe(run), *(path for each in versions_of(run) for path in _evaluated(each))]
    if run.config.kind != ANALYSIS.name:
        return attach(run)
    return _of_build(Version(run.storage, version_of(run)))


def _evaluated(version: Version) -> list[str]:
    return [*attach_evaluations(version), *_of_build(version)]


def _of_build(version: Version) -> list[str]:
    build = build_of(version)
    return attach(build) if build else []
