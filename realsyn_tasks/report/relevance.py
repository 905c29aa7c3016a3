"""Whether texts fit pictures, as the report tells it: what a build measured, what people say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus import labels
from realsyn_tasks.corpus.labels import Judgement
from realsyn_tasks.retrieve import words
from realsyn_tasks.retrieve.group import GROUP as RETRIEVE
from realsyn_tasks.sample.group import GROUP as SAMPLE

Rows = list[dict[str, Any]]
Pair = tuple[str, str]  # an image's id and a text
THRESHOLDS = tuple(place / 10 for place in range(10))


@dataclass(frozen=True)
class Relevance:
    """The tables and measures of a build, and the judgements that are of its pairs."""

    measures: Mapping[str, float]
    precision: Mapping[str, float]  # measures of what is kept
    recall: Mapping[str, float]
    agreement: Rows
    known_items: Rows
    baselines: Rows
    provenance: Rows
    curve: Rows
    calibration: Rows
    judged: dict[str, dict[str, int]]  # text1, synthetic, other -> right, partly, wrong
    judged_curve: Rows  # by threshold, of judged texts with an estimate

    @property
    def headline(self) -> tuple[str, str]:
        """Say whether texts fit, and what was searched."""
        return words.relevance_in_words(self.measures), words.recall_in_words(self.recall)

    @property
    def all_searched(self) -> bool:
        """Say whether recall is 1 by construction."""
        return words.all_searched(self.recall)


def gather(workspace: Workspace) -> Relevance:
    """Gather what is known of a build whose group retrieve is complete."""
    evidence = Evidence(workspace, RETRIEVE.name)
    tables = {**_tables(evidence, "relevance"), **_tables(evidence, "precision")}
    names = ("agreement", "known_items", "baselines", "provenance", "curve", "calibration")
    known = _judgements(workspace)
    return Relevance(
        measures=_measures(evidence, "relevance"),
        precision=_measures(evidence, "precision"),
        recall={**_measures(evidence, "plan"), **_measures(evidence, "audit")},
        **{name: tables.get(name, []) for name in names},
        judged=_judged(workspace, known),
        judged_curve=list(_judged_curve(evidence, known)),
    )


def _tables(evidence: Evidence, fit: str) -> dict[str, Rows]:
    """Read the small tables of a fit."""
    commits = evidence.commits(RETRIEVE.measures[fit])
    return {
        name: [row for piece in evidence.read(ref) for row in piece.to_pylist()]
        for commit in commits
        for name, ref in commit.objects.items()
        if name in evidence.stage(commit.stage).writes
    }


def _measures(evidence: Evidence, fit: str) -> Mapping[str, float]:
    return next((c.measures for c in evidence.commits(RETRIEVE.measures[fit])), {})


def _judgements(workspace: Workspace) -> dict[Pair, list[Judgement]]:
    """Give what people said of pairs, in whichever build of the root they saw them."""
    known: dict[Pair, list[Judgement]] = {}
    for page in labels.read(workspace.storage):
        for label in page.labels:
            known.setdefault((label.image_id, label.text), []).append(label.judgement)
    return known


def _judged(
    workspace: Workspace, known: Mapping[Pair, list[Judgement]]
) -> dict[str, dict[str, int]]:
    """Count the judgements of published texts by what the text is, and what was said."""
    [what] = SAMPLE.hands_on
    columns = {"text1": "text1", "synthetic": "syn_text"}
    evidence = Evidence(workspace, SAMPLE.name)
    counts: dict[str, Counter[str]] = {name: Counter() for name in columns}
    for row in _rows_of(evidence, what.stage, what.table, ["image_id", *columns.values()], known):
        for name, column in columns.items():
            counts[name].update(known.get((row["image_id"], row[column] or ""), ()))
    return {
        name: {each.value: some[each] for each in Judgement}
        for name, some in counts.items()
        if some
    }


def _judged_curve(
    evidence: Evidence, known: Mapping[Pair, list[Judgement]]
) -> Iterator[dict[str, Any]]:
    """Tell of each threshold how many of the judged texts above it are right, or partly so."""
    [what] = RETRIEVE.hands_on
    columns = ["image_id", "text", "relevance"]
    judged = [
        (row["relevance"], judgement)
        for row in _rows_of(evidence, what.stage, what.table, columns, known)
        if row["relevance"] is not None
        for judgement in known.get((row["image_id"], row["text"]), ())
    ]
    for threshold in THRESHOLDS:
        counts = Counter(judgement for estimate, judgement in judged if estimate >= threshold)
        if total := counts.total():
            right, partly = counts[Judgement.RIGHT], counts[Judgement.PARTLY]
            shares = {"right": right / total, "right_or_partly": (right + partly) / total}
            yield {"threshold": threshold, "judged": total, **shares}


def _rows_of(
    evidence: Evidence, stage: str, table: str, columns: list[str], known: Mapping[Pair, Any]
) -> Iterator[dict[str, Any]]:
    """Read the rows of images of which anything was said."""
    names = pa.array(sorted({image for image, _ in known}), type=pa.string())
    for commit in evidence.commits(stage) if known else ():
        for piece in evidence.rows_of(commit.objects[table], "image_id", names, columns):
            yield from piece.to_pylist()
