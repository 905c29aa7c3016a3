"""The local Airflow's sessions, on a database where somebody else is writing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from airflow.models.log import Log
from sqlalchemy import Engine, create_engine, func, select
from sqlalchemy.orm import Session

from realsyn_local import sessions

PATIENCE = 3.0  # seconds that a writer waits here; 60 in the local Airflow


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = create_engine(
        f"sqlite:///{tmp_path}/airflow.db",
        connect_args={"timeout": PATIENCE, "check_same_thread": False},
    )
    Log.metadata.tables["log"].create(made)
    yield made
    made.dispose()


def note(event: str) -> Log:
    return Log(event=event, owner="she")


def notes(engine: Engine) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(Log)) or 0


async def answer(engine: Engine, written: threading.Event) -> None:
    """Answer as Airflow does: written in a thread, committed when the event loop comes to it."""
    session = sessions.session_maker(engine)()

    def write() -> None:
        session.add(note("written"))
        session.flush()

    await asyncio.to_thread(write)
    written.set()
    await asyncio.sleep(0.1)
    await asyncio.to_thread(session.commit)
    session.close()


async def act(engine: Engine, written: threading.Event) -> None:
    """Note what a user did, as Airflow does before an action: on the loop itself."""
    await asyncio.to_thread(written.wait)
    with sessions.session_maker(engine)() as session:
        session.add(note("patch_dag_run"))
        session.commit()


def test_an_action_never_waits_for_what_needs_the_event_loop(engine: Engine) -> None:
    written = threading.Event()

    async def both() -> None:
        await asyncio.gather(answer(engine, written), act(engine, written))

    asyncio.run(both())
    sessions.WRITER.submit(int).result()  # after what was written before
    assert notes(engine) == 2


def test_what_is_more_than_a_note_is_committed_at_once(engine: Engine) -> None:
    async def change() -> int:
        with Session(engine) as session:
            session.add(note("first"))
            session.commit()
        with sessions.session_maker(engine)() as session:
            session.scalars(select(Log)).one().event = "changed"
            session.add(note("second"))
            session.commit()
            return notes(engine)

    assert asyncio.run(change()) == 2


def test_off_the_loop_a_note_is_there_when_it_is_committed(engine: Engine) -> None:
    with sessions.session_maker(engine)() as session:
        session.add(note("alone"))
        session.commit()
    assert notes(engine) == 1
