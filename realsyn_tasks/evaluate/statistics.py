"""What the gate is told of an evaluation: what was asked, learnt and trained, and what is claimed.

Whether a claim holds is no matter for the gate: a null and a reversal are results, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from realsyn_tasks.core.counts import Row, share
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.datasets.pinned import PAIRS
from realsyn_tasks.evaluate.group import TRIALS
from realsyn_tasks.evaluate.reasons import OVERLAPPING
from realsyn_tasks.evaluate.settings import TRAINED
from realsyn_tasks.kinds import VERSIONS


def statistics(evidence: Evidence) -> Row:
    """Give questions, lessons, trainings and claims, and what is missing of them."""
    config = evidence.workspace.config
    trainings = list(_trainings(evidence))
    questions = evidence.rows_by_shard("draw_questions", "questions").values()
    fell = sum(row["last_loss"] < row["first_loss"] for row in trainings)
    trials = config.shards(TRIALS)
    judged = evidence.rows("judge_claims", "claims")
    return {
        "pairs": config.sources[VERSIONS.name].rows[PAIRS],
        "questions": sum(questions),
        "questions_of_smallest_set": min(questions, default=0),
        "lessons": evidence.rows("draw_lessons", "lessons"),
        "lessons_of_smallest_trial": min((row["pictures"] for row in trainings), default=0),
        "pairs_overlapping": evidence.dropped("draw_lessons", "pair")[OVERLAPPING.code],
        "trials": trials,
        "trials_untrained": trials - len(trainings),
        "loss_fell_share": share(fell, len(trainings)),
        "claims": judged,
        "claims_unjudged": max(0, _claimed(evidence) - judged),
    }


def _claimed(evidence: Evidence) -> int:
    """Count the claims of the protocol, each of every version."""
    config = evidence.workspace.config
    versions = config.sources[VERSIONS.name].reference["versions"]
    return len(config.stages["judge_claims"]["claims"]) * len(versions)


def _trainings(evidence: Evidence) -> Iterator[dict[str, Any]]:
    """Read what every training came to."""
    columns = ["pictures", "first_loss", "last_loss"]
    for stage in TRAINED.values():
        for commit in evidence.commits(stage):
            for piece in evidence.read(commit.objects["trainings"], columns):
                yield from piece.to_pylist()
