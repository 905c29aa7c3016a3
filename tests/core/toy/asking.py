"""python -m tests.core.toy.asking ROOT LOG: run a stage that asks a slow model, or what is left.

The model squares numbers, one at a time, and writes each into the log as it is asked.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from realsyn_tasks.core import kept_answers
from realsyn_tasks.core.config import Dispatch, ResolvedModel, RunConfig
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.runner import Runner
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.models.protocols import Prompt
from tests.core.toy import NUMBERS, NUMBERS_AXIS, SHARDS, TOY, pipeline

TOGETHER = ("ask.teacher", "language_model")  # a run of these has the latter alone
ASK = Stage("ask", NUMBERS_AXIS, (), NUMBERS, models=("language_model",), together=TOGETHER)
PIPELINE = pipeline((ASK,))


@dataclass
class Squares:
    """A model that several threads may ask at once."""

    seconds: float = 0.0
    log: Path | None = None
    concurrent: bool = True
    asked: list[str] = field(default_factory=list)
    callers: set[str] = field(default_factory=set)
    _lock: Any = field(default_factory=threading.Lock)

    def generate(self, prompts: Sequence[Prompt], limit: int, answered: Any) -> list[str]:
        texts = []
        for place, prompt in enumerate(prompts):
            self._note(prompt.user)
            time.sleep(self.seconds)
            texts.append(str(int(prompt.user) ** 2))
            answered(place, texts[-1])
        return texts

    def _note(self, question: str) -> None:
        with self._lock:
            self.asked.append(question)
            self.callers.add(threading.current_thread().name)
            if self.log:
                with self.log.open("a") as log:
                    log.write(f"{question}\n")


def open_asking(root: str, together: int = 1, identity: str = "squares", **ask: Any) -> Workspace:
    """Open a run of the stage, whose model takes so many shards at once."""
    model = ResolvedModel(
        kind="language_model",
        name="squares",
        backend="squares",
        running={"shards_together": together},
        identity=identity,
    )
    config = RunConfig(
        kind=TOY.name,
        name="toy",
        axes={NUMBERS_AXIS: SHARDS},
        models={"language_model": model},
        stages={"ask": ask},
        dispatch=Dispatch(max_batches=1),
    )
    return Workspace.create(Storage.at(root), config, PIPELINE)


def run_asking(workspace: Workspace, model: Squares) -> Any:
    """Run the stage's only batch."""
    return Runner(workspace, lambda *asked: model).run_batch(workspace.stages()[0], 0)


if __name__ == "__main__":
    kept_answers.PAUSE = 0.0
    run_asking(open_asking(sys.argv[1], together=2), Squares(0.05, Path(sys.argv[2])))
