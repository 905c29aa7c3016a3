"""A Secret of one pod: what Airflow's connection to AWS holds, for nobody else, and as long.

It has the pod's name and the pod as its owner: the cluster removes it with the pod, also when
Airflow is gone by then. Airflow may make such Secrets, and read none.
"""

from __future__ import annotations

from typing import Any

from realsyn_airflow.failures import ConfigFailure
from realsyn_airflow.pod_spec import AWS_FOLDER

VOLUME = "aws"
FILE = "config"
OWNER_READS = 0o440  # and the group, which fsGroup makes the pod's
_REFUSED = (
    "Airflow's connection to AWS has keys, and Airflow may not make Secrets in namespace {}: apply"
    " include/kubernetes/connection-keys.yaml, or name a Secret of yours (pods.secret), or give the"
    " pods' service account a role and leave the keys out of the connection"
)


def mount(pod: Any) -> None:
    """Let a pod that is to be made read the Secret of its own name."""
    from kubernetes import client as api

    name, container = pod.metadata.name, pod.spec.containers[0]
    source = api.V1SecretVolumeSource(secret_name=name, default_mode=OWNER_READS)
    volume = api.V1Volume(name=VOLUME, secret=source)
    mounted = api.V1VolumeMount(name=VOLUME, mount_path=AWS_FOLDER, read_only=True)
    pod.spec.volumes = [*(pod.spec.volumes or []), volume]
    container.volume_mounts = [*(container.volume_mounts or []), mounted]


def leave(client: Any, pod: Any, content: str) -> None:
    """Make the Secret of a pod that is there; nothing happens where it is there already.

    Raises ConfigFailure where Airflow may not make one.
    """
    from kubernetes.client import ApiException

    name, namespace = pod.metadata.name, pod.metadata.namespace
    uid = pod.metadata.uid or client.read_namespaced_pod(name, namespace).metadata.uid
    try:
        client.create_namespaced_secret(namespace, _secret(name, namespace, uid, content))
    except ApiException as error:
        if error.status == 403:
            raise ConfigFailure(_REFUSED.format(namespace)) from None
        if error.status != 409:
            raise


def _secret(name: str, namespace: str, uid: str, content: str) -> dict[str, Any]:
    owner = {"apiVersion": "v1", "kind": "Pod", "name": name, "uid": uid}
    return {
        "metadata": {"name": name, "namespace": namespace, "ownerReferences": [owner]},
        "immutable": True,
        "stringData": {FILE: content},
        "type": "Opaque",
    }
