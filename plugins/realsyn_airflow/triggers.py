"""The trigger that waits for a pod: patient with a short pod, and with a cluster that is away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from airflow.providers.cncf.kubernetes.triggers.pod import KubernetesPodTrigger
from airflow.triggers.base import TriggerEvent

# A pod that ends while its task is being put aside would wake the task before the executor has
# reported that the process that put it aside is gone; the scheduler then takes the task for killed.
PAUSE = 10.0  # seconds
OUTAGE_POLL = 15.0  # seconds between looks for the cluster
KILL_TIMEOUT = 20.0  # seconds for deleting a pod; Airflow gives 30 for all that is to be done


class PodTrigger(KubernetesPodTrigger):
    """Fires when the pod is done; not too early, and not because the cluster does not answer."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Name this class instead of its parent."""
        return f"{PodTrigger.__module__}.{PodTrigger.__qualname__}", super().serialize()[1]

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait for the pod."""
        elapsed = (datetime.now(UTC) - self.trigger_start_time).total_seconds()
        await asyncio.sleep(max(0.0, PAUSE - elapsed))
        while True:
            async for event in super().run():
                if event.payload["status"] != "error" or await self._answered():
                    yield event
                    return
            self._fired_event = False
            await asyncio.sleep(OUTAGE_POLL)

    async def on_kill(self) -> None:
        """Delete the pod of a task that was stopped; name it where the cluster does not do that."""
        deleting = self.hook.delete_pod(
            name=self.pod_name,
            namespace=self.pod_namespace,
            grace_period_seconds=self.termination_grace_period,
        )
        try:
            await asyncio.wait_for(deleting, KILL_TIMEOUT)
            self.log.info("deleted pod %s, whose task was stopped", self.pod_name)
        except Exception as error:
            self.log.error(
                "pod %s goes on, for it cannot be deleted (%s: %s); do it by hand:"
                " kubectl delete pod %s --namespace %s",
                *(self.pod_name, type(error).__name__, error, self.pod_name, self.pod_namespace),
            )

    async def _answered(self) -> bool:
        """Say whether the cluster answers; True as well when there is no time left to wait for it.

        An answer is any word about the pod, also that there is none.
        """
        if time.time() >= self.trigger_kwargs.get("_execution_deadline", float("inf")):
            return True
        try:
            await self.hook.get_pod(self.pod_name, self.pod_namespace)
        except Exception as error:
            status = getattr(error.__cause__ or error, "status", None)
            self.log.warning("no word of %s: %s %s", self.pod_name, type(error).__name__, status)
            return isinstance(status, int) and 400 <= status < 500
        return True
