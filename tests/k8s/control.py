"""What Airflow's operator asks a cluster for; run by the control plane's Python, prints JSON.

control.py manifest WORDS...   the pod of a command
control.py create WORDS...     make it, with the Secret of its own; gives its name
"""

from __future__ import annotations

import json
import sys
from typing import Any

from kubernetes.client import ApiClient

from realsyn_airflow import pods
from realsyn_airflow.pod_spec import PodSpec


def main(action: str, *words: str) -> Any:
    """Do what is asked."""
    operator = pods.operator(PodSpec.of(words), "task", deferrable=True)
    pod = operator.build_pod_request_obj(None, dry_run=True)
    if action == "manifest":
        return ApiClient().sanitize_for_serialization(pod)
    operator.reattach_on_restart = False  # which takes a task's context
    return operator.get_or_create_pod(pod, None).metadata.name


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
