"""Database sessions of the local Airflow: what its API server may not wait for on its event loop.

Airflow notes each action of a user on the event loop, by a commit. On SQLite that waits for whoever
writes; where that is a request of the same server, its own commit needs the loop to go on, and both
wait until SQLite gives up (places.CONNECT_ARGS): the server is dumb for a minute, and the action
fails. So notes are written by a thread.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

log = logging.getLogger(__name__)
WRITER = ThreadPoolExecutor(1, "audit")  # ends only when all is written


class LoopSession(Session):
    """A session that never waits on an event loop to write what users did."""

    def commit(self) -> None:
        """Commit; notes alone, on an event loop, soon."""
        if _on_event_loop() and (notes := _only_notes(self)):
            for note in notes:
                self.expunge(note)
            WRITER.submit(_write, self.get_bind(), notes).add_done_callback(_say_failure)
        super().commit()


def session_maker(engine: Engine) -> sessionmaker[LoopSession]:
    """Give what makes sessions, as Airflow's own does but for the class."""
    return sessionmaker(
        engine, class_=LoopSession, autocommit=False, autoflush=False, expire_on_commit=False
    )


def _on_event_loop() -> bool:
    try:
        return bool(asyncio.get_running_loop())
    except RuntimeError:
        return False


def _only_notes(session: Session) -> list[Any]:
    """Give the notes of users' actions that are to be written; none if anything else is, too."""
    from airflow.models.log import Log

    added = list(session.new)
    if session.dirty or session.deleted or not all(isinstance(one, Log) for one in added):
        return []
    return added


def _write(bind: Any, notes: Sequence[Any]) -> None:
    with Session(bind) as session:
        session.add_all(notes)
        session.commit()


def _say_failure(written: Future[None]) -> None:
    if error := written.exception():
        log.error("a user's action is not in Airflow's audit log: %s", error)
