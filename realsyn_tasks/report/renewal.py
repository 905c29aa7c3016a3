"""Renews what is told of a version, when a run has published or analysed it."""

from __future__ import annotations

from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.kinds import ANALYSIS
from realsyn_tasks.report.analysis import version_of
from realsyn_tasks.report.attachments import attach
from realsyn_tasks.runs.analyses import build_of


def renew(run: Workspace) -> list[str]:
    """Renew card and report of what a run published or analysed; give the paths written.

    Of a version whose build is gone nothing is: what they tell comes from there.
    """
    if run.config.kind != ANALYSIS.name:
        return attach(run)
    build = build_of(Version(run.storage, version_of(run)))
    return attach(build) if build else []
