"""Pods in a cluster of AWS: its address by the cluster's name, its key by the connection to AWS.

Nothing of the cluster is configured besides. Both end after minutes, so they are asked for again
whenever the task is taken up, and by the trigger.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from airflow.providers.amazon.aws.hooks.eks import EksHook
from airflow.providers.amazon.aws.operators.eks import EksPodOperator
from airflow.providers.amazon.aws.triggers.eks import EksPodTrigger

from realsyn_airflow.pods import FreshOperator
from realsyn_airflow.triggers import PodTrigger


class EksTrigger(PodTrigger, EksPodTrigger):
    """Waits for a pod of such a cluster, as patiently as for any other."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Name this class instead of its parents."""
        return f"{EksTrigger.__module__}.{EksTrigger.__qualname__}", super().serialize()[1]

    async def on_kill(self) -> None:
        """Delete the pod of a task that was stopped."""
        with self._reached():
            await super().on_kill()

    async def _answered(self) -> bool:
        """Say whether the cluster answers."""
        try:
            with self._reached():
                return await super()._answered()
        except Exception as error:
            self.log.warning("no way to cluster %s: %s", self.eks_cluster_name, error)
            return False

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Lead to the cluster anew: the key that the wait began with has ended with it."""
        hook = EksHook(aws_conn_id=self._aws_conn_id, region_name=self.region)
        with hook.generate_config_file_with_credentials(
            eks_cluster_name=self.eks_cluster_name, pod_namespace=self.pod_namespace
        ) as (file, _):
            self.config_dict = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
            self.__dict__.pop("hook", None)
            yield


class EksOperator(FreshOperator, EksPodOperator):
    """Runs a pod in such a cluster."""

    patient_trigger = EksTrigger

    def execute_sync(self, context: Any) -> Any:
        """Run the pod and wait for it."""
        with self._reached():
            return super().execute_sync(context)

    def execute_async(self, context: Any) -> None:
        """Run the pod and put the task aside."""
        with self._reached():
            super().execute_async(context)

    @contextmanager
    def _reached(self) -> Iterator[None]:
        hook = EksHook(aws_conn_id=self.aws_conn_id, region_name=self.region)
        with hook.generate_config_file_with_credentials(
            eks_cluster_name=self.cluster_name, pod_namespace=self.namespace
        ) as (self.config_file, self._credentials_file_path):
            yield
