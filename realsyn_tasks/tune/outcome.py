"""What came of a tuning: how the tuned model did beside the untuned one, for people to see."""

from __future__ import annotations

from typing import Any

from realsyn_tasks.core import arrow_files
from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.workspace import Workspace


def outcome(tuning: Workspace) -> dict[str, Any]:
    """Give the measures of both models, and of what; ConfigError where they are not compared."""
    compared, trained = _done(tuning, "compare_models"), _done(tuning, "train_student")
    return {
        "gain": bool(compared.measures["gain"]),
        "measures": _rows(tuning, compared, "measures"),
        "refused": _rows(tuning, compared, "reasons"),
        "examples": trained.counts["examples"],
        "steps": trained.rows["steps"],
    }


def _done(tuning: Workspace, stage: str) -> Commit:
    commit = tuning.ledger(stage).find(0)
    if commit is None:
        raise ConfigError(f"{tuning.uri} has not come to {stage} yet: run the stages before it")
    return commit


def _rows(tuning: Workspace, commit: Commit, table: str) -> list[dict[str, Any]]:
    pieces = arrow_files.pieces(tuning.storage, commit.objects[table])
    return [row for piece in pieces for row in piece.to_pylist()]
