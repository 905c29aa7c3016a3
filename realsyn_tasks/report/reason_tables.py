"""All reasons for which items are dropped, by group, stage and kind of item; docs/reasons.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from realsyn_tasks.core.declaration import Group, Pipeline

HEAD = """\
# Why items are dropped

Every item that goes no further has one of these reasons, in the table `dropped` of its stage. This
page is made of the tables of the stage groups (`realsyn_tasks/GROUP/reasons.py`):

    realsyn reasons --markdown > docs/reasons.md
"""
AGAIN = "; another try may help"


def tables(pipeline: Pipeline) -> dict[str, Any]:
    """Give the words by group, stage, kind of item and code."""
    return {
        group.name: {
            stage: {
                kind: {reason.code: reason.words for reason in reasons}
                for kind, reasons in kinds.items()
            }
            for stage, kinds in group.reason_table().places.items()
        }
        for group in pipeline.groups
    }


def markdown(pipeline: Pipeline) -> str:
    """Give all tables as a page."""
    groups = [group for group in pipeline.groups if group.reason_table().places]
    return "\n".join([HEAD, *(line for group in groups for line in _section(group))])


def _section(group: Group) -> Iterator[str]:
    yield f"## {group.name}\n"
    for stage, kinds in group.reason_table().places.items():
        yield f"### {stage}\n"
        yield "| item | reason | what it means |\n|---|---|---|"
        for kind, reasons in kinds.items():
            for reason in reasons:
                more = AGAIN if reason.transient else ""
                yield f"| {kind} | `{reason}` | {reason.words}{more} |"
        yield ""
