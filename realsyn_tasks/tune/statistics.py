"""What the gate is told of a tuning: what the teacher gave, and what the student learnt from."""

from __future__ import annotations

from realsyn_tasks.core.counts import Row, share
from realsyn_tasks.core.evidence import Evidence


def statistics(evidence: Evidence) -> Row:
    """Give tasks and answers, examples and tasks held out, and how both models did."""
    asked = [commit.counts for commit in evidence.commits("ask_teacher")]
    tasks = sum(counts["tasks"] for counts in asked)
    answered = sum(counts["answered"] for counts in asked)
    measured = [commit.counts["tasks"] for commit in evidence.commits("compare_models")]
    held_out = evidence.rows("choose_examples", "held_out")
    return {
        "tasks": tasks,
        "answered_share": share(answered, tasks),
        "examples": evidence.rows("choose_examples", "train"),
        "held_out": held_out,
        "held_out_unmeasured": held_out - sum(measured),
        "steps": evidence.rows("train_student", "steps"),
        "accepted_untuned": evidence.measure("compare_models", "accepted_untuned"),
        "accepted_tuned": evidence.measure("compare_models", "accepted_tuned"),
        "gain": evidence.measure("compare_models", "gain"),
    }
