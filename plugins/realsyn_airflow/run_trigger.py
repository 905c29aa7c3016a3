"""The trigger that waits for another run, at the cost of a question now and then."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

from airflow.triggers.base import BaseTrigger, TaskSuccessEvent, TriggerEvent
from asgiref.sync import sync_to_async

from realsyn_airflow.above import UNDER_WAY

POLL = 2.0  # seconds between looks
# A task that is woken before the executor has reported that the process that put it aside is gone
# would be taken for killed by the scheduler.
PAUSE = 10.0  # seconds


class RunTrigger(BaseTrigger):
    """Fires when a run has ended, or is no more.

    In one of the states `enough` the task ends well without a worker; else it is woken, with
    {"state": ...}, to say what that means.
    """

    def __init__(self, dag_id: str, run_id: str, enough: Sequence[str] = ()) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.dag_id = dag_id
        self.run_id = run_id
        self.enough = list(enough)

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Give the path of this class, and what makes it anew."""
        path = f"{RunTrigger.__module__}.{RunTrigger.__qualname__}"
        return path, {"dag_id": self.dag_id, "run_id": self.run_id, "enough": self.enough}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait for the run's end."""
        started = time.monotonic()
        while await self._is(*UNDER_WAY):
            await asyncio.sleep(POLL)
        state = await self._last_state()
        if state in self.enough:
            yield TaskSuccessEvent()
            return
        await asyncio.sleep(max(0.0, PAUSE - (time.monotonic() - started)))
        yield TriggerEvent({"state": state})  # type: ignore[no-untyped-call]

    async def _last_state(self) -> str:
        for state in ("success", "failed"):
            if await self._is(state):
                return state
        return "gone"

    async def _is(self, *states: str) -> bool:
        """Say whether the run is in one of some states."""
        from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

        count = await sync_to_async(RuntimeTaskInstance.get_dr_count)(
            dag_id=self.dag_id, run_ids=[self.run_id], states=list(states)
        )
        return bool(count)
