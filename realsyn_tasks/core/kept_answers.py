"""Answers of models, kept beside a shard until it is committed, so that no try asks twice.

    {run}/{stage}/_answers/00042/{attempt}-000003.json      some answers, whole or not at all

An answer that took a second of a GPU, or money, outlives the process that asked for it: a shard
that is done again takes it from here. It is told by the model's identity and all that was asked, so
that another question never gets it. Storage cannot append: answers are written in bundles, the
first at once and the next when PAUSE is over, so that a process that is killed loses the last
seconds at most. What is damaged counts as not there. When a shard is settled, its folder goes;
`forget` removes those of shards that nobody will come back to, for they hold texts.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.storage import Storage

FOLDER = "_answers"
PAUSE = 2.0  # seconds between bundles


class KeptAnswers:
    """The answers of one shard, of all models that it asks; several threads may use it."""

    def __init__(self, storage: Storage, folder: str, pause: float) -> None:
        self._storage, self._folder, self._pause = storage, folder, pause
        self._lock = threading.RLock()
        self._known: dict[str, str] | None = None  # not read yet
        self._unwritten: dict[str, str] = {}
        self._attempt, self._bundles = secrets.token_hex(6), 0
        self._written = -pause

    def get(self, key: str) -> str | None:
        """Give an answer that is kept; None where there is none, or none that is whole."""
        with self._lock:
            if self._known is None:
                self._known = self._read()
            return self._known.get(key)

    def put(self, key: str, answer: str) -> None:
        """Keep an answer; it is written now or soon."""
        with self._lock:
            self._unwritten[key] = answer
            if time.monotonic() - self._written >= self._pause:
                self.flush()

    def flush(self) -> None:
        """Write what is not written yet."""
        with self._lock:
            if not self._unwritten:
                return
            path = f"{self._folder}/{self._attempt}-{self._bundles:06d}.json"
            self._storage.put_if_absent(path, _bundle(self._unwritten))
            if self._known is not None:
                self._known |= self._unwritten
            self._unwritten = {}
            self._bundles += 1
            self._written = time.monotonic()

    @property
    def used(self) -> bool:
        """Say whether an answer was asked for or kept."""
        return self._known is not None or bool(self._unwritten or self._bundles)

    def discard(self) -> None:
        """Remove all of them; nothing happens where there are none."""
        with self._lock:
            self._known, self._unwritten = {}, {}
            _remove(self._storage, self._folder)

    def _read(self) -> dict[str, str]:
        known: dict[str, str] = {}
        for _, data in self._storage.contents(self._folder):
            known |= _answers(data)
        return known


class Asked:
    """The kept answers of one model, told by its identity and what was asked."""

    def __init__(self, answers: KeptAnswers, identity: str) -> None:
        self._answers, self._identity = answers, identity

    def get(self, question: Any) -> str | None:
        """Give the answer to a question, which is anything that JSON can hold."""
        return self._answers.get(self._key(question))

    def put(self, question: Any, answer: str) -> None:
        """Keep the answer to a question."""
        self._answers.put(self._key(question), answer)

    def flush(self) -> None:
        """Write what is not written yet."""
        self._answers.flush()

    def _key(self, question: Any) -> str:
        return digest([self._identity, question])


class NothingKept:
    """Keeps no answers: for a stage that runs outside of a run."""

    def get(self, question: Any) -> str | None:
        """Give none."""
        return None

    def put(self, question: Any, answer: str) -> None:
        """Let it go."""

    def flush(self) -> None:
        """Write nothing."""


def of_shard(storage: Storage, stage_folder: str, shard: int) -> KeptAnswers:
    """Give the kept answers of a shard of a stage."""
    return KeptAnswers(storage, f"{stage_folder}/{FOLDER}/{shard:05d}", PAUSE)


def discard_settled(storage: Storage, stage_folder: str, settled: Callable[[int], bool]) -> None:
    """Remove what is left of shards that are settled: by a process that came too late."""
    for folder in storage.folders(f"{stage_folder}/{FOLDER}"):
        name = folder.rsplit("/", 1)[-1]
        if name.isdigit() and settled(int(name)):
            _remove(storage, folder)


def forget(storage: Storage, run_folder: str, stages: Iterable[str]) -> int:
    """Remove all kept answers of stages of a run, and say how many objects that were.

    They are worth only time: a takedown need not know what they say.
    """
    places = (f"{run_folder}/{stage}/{FOLDER}" for stage in stages)
    return sum(_remove(storage, folder) for place in places for folder in storage.folders(place))


def _remove(storage: Storage, folder: str) -> int:
    storage.sweep(folder)
    paths = [path for path, _ in storage.listing(folder)]
    storage.each(storage.delete, paths)
    return len(paths)


def _bundle(answers: dict[str, str]) -> bytes:
    return json.dumps({"digest": digest(answers), "answers": answers}).encode()


def _answers(data: bytes) -> dict[str, str]:
    """Read a bundle; nothing of one that is torn, or not as it was written."""
    try:
        bundle = json.loads(data)
        answers: dict[str, str] = bundle["answers"]
        whole = bundle["digest"] == digest(answers)
    except (ValueError, KeyError, TypeError):
        return {}
    return answers if whole and all(isinstance(each, str) for each in answers.values()) else {}
