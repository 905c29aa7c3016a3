"""Several acts at once, each in a process of its own, as those of two runs of Airflow."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from typing import Any

from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.errors import classify

FORK = multiprocessing.get_context("fork")
Act = Callable[[], Any]
PATIENCE = 120  # seconds


class Said(Frozen):
    """How an act ended: what it gave, or the class and the words of its error."""

    failure_class: str = ""
    words: str = ""


def at_once(*acts: Act) -> list[Said]:
    """Do all of this at the same moment, and give how each ended."""
    start, answers = FORK.Barrier(len(acts)), [FORK.SimpleQueue() for _ in acts]

    def child(act: Act, answer: Any) -> None:
        start.wait(PATIENCE)
        try:
            answer.put(("", repr(act())))
        except Exception as error:
            answer.put((classify(error), str(error)))

    children = [FORK.Process(target=child, args=pair) for pair in zip(acts, answers, strict=True)]
    for process in children:
        process.start()
    said = [answer.get() for answer in answers]
    for process in children:
        process.join(PATIENCE)
    return [Said(failure_class=kind, words=words) for kind, words in said]
