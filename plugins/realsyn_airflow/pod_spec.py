"""What a pod is: the template of its resource class, and on it what the words and profile say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from realsyn_airflow import aws, settings
from realsyn_airflow.failures import ConfigFailure
from realsyn_airflow.seam import thread_variables
from realsyn_tasks.core import include, prefixes
from realsyn_tasks.core.config import resources_of
from realsyn_tasks.core.declaration import CPU, Resources
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.screen import VARIABLE as JSON
from realsyn_tasks.runs.profile import Pods
from realsyn_tasks.stages import PIPELINE

KINDS = {  # folder in a URI -> label
    "builds": "realsyn/build",
    "extracts": "realsyn/extract",
    "analyses": "realsyn/analysis",
    "tunings": "realsyn/tuning",
    "evaluations": "realsyn/evaluation",
}
WEB = "realsyn/web"  # of a pod that include/kubernetes/network.yaml lets out
REACHING_OUT = frozenset(stage.name for stage in PIPELINE.stages if stage.web)
MODELS = "models"  # the template's volume for models beyond those in the image
TERMINATION_LOG = "/dev/termination-log"
AWS_FOLDER = "/var/run/secrets/realsyn/aws"  # of a pod: what Airflow's connection holds
NEEDED = ("image", "namespace", "service_account")


@dataclass(frozen=True)
class PodSpec:
    """One command as a pod, in terms that need no Kubernetes client."""

    name: str
    words: tuple[str, ...]
    labels: Mapping[str, str]
    resources: Resources
    template: Path
    pods: Pods  # the profile's section
    aws: aws.Handover = field(default_factory=aws.Handover)

    @staticmethod
    def of(words: Sequence[str], memory_steps: int = 0) -> PodSpec:
        """Work out the pod of a command; ConfigFailure where the profile is not complete."""
        pods = _pods()
        labels = labels_of(words)
        place = [labels[key] for key in ("realsyn/stage", "realsyn/batch") if key in labels]
        name = "-".join(["realsyn", *(place or [labels["realsyn/command"]])])
        resources = resources_for(words, pods, memory_steps)
        return PodSpec(
            name=safe(name).replace("_", "-").lower(),
            words=tuple(words),
            labels=labels,
            resources=resources,
            template=template_of(resources),
            pods=pods,
            aws=_handover(pods),
        )

    def manifest(self) -> dict[str, Any]:
        """Lay all that over the template; the result is a manifest as kubectl takes it."""
        pod: dict[str, Any] = yaml.safe_load(self.template.read_text(encoding="utf-8"))
        body, pods = pod["spec"], self.pods
        body["serviceAccountName"] = pods.service_account
        body["imagePullSecrets"] = [{"name": name} for name in pods.pull_secrets]
        body["hostNetwork"] = pods.host_network
        if claim := pods.model_claim:
            others = [volume for volume in body["volumes"] if volume["name"] != MODELS]
            named = {"name": MODELS, "persistentVolumeClaim": {"claimName": claim}}
            body["volumes"] = [*others, named]
        container = body["containers"][0]
        container |= {
            "image": pods.image,
            "imagePullPolicy": pods.image_pull_policy,
            "args": list(self.words),
            "resources": {"requests": self.limits(), "limits": self.limits()},
            "env": [*container.get("env", []), *self._environment()],
        }
        if secret := pods.secret:
            container["envFrom"] = [{"secretRef": {"name": secret}}]
        return pod

    def limits(self) -> dict[str, str]:
        """Give requests and limits alike: such pods are the last to be evicted."""
        amounts = {
            "cpu": f"{self.resources.cpu:g}",
            "memory": f"{round(self.resources.memory_gb * 1024)}Mi",
        }
        return amounts | ({"nvidia.com/gpu": str(self.resources.gpu)} if self.resources.gpu else {})

    def _environment(self) -> list[dict[str, Any]]:
        """Give the variables of the process; credentials are not among them."""
        own = {"REALSYN_TERMINATION_LOG": TERMINATION_LOG, JSON: "1"}
        if named := prefixes.named():
            own[prefixes.VARIABLE] = ",".join(named)
        if self.aws.config:
            own |= aws.leading_to(f"{AWS_FOLDER}/config")
        given = {**self.aws.variables, **own, **self.pods.env}
        plain = thread_variables() | settings.data_plane_variables() | given
        name = {"name": "REALSYN_POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
        return [*({"name": k, "value": str(v)} for k, v in sorted(plain.items())), name]


def _handover(pods: Pods) -> aws.Handover:
    """Give what the connection says; the keys of a Secret go before what it says of identity."""
    connection = settings.aws_connection()
    if not connection:
        return aws.Handover()
    return aws.place_of(connection) if pods.secret else aws.for_pod(connection)


def _pods() -> Pods:
    try:
        pods = settings.pods()
    except ConfigError as error:
        raise ConfigFailure(str(error)) from error
    if missing := [name for name in NEEDED if not getattr(pods, name)]:
        raise ConfigFailure(
            f"profile {settings.profile_name()}: pods lacks {', '.join(missing)}; set them in"
            " include/profiles or in REALSYN_PODS"
        )
    return pods


def labels_of(words: Sequence[str]) -> dict[str, str]:
    """Tell by labels what a command does, so that `kubectl get pods -l` can find it."""
    labels = {"realsyn/command": words[0]}
    if words[0] == "run":
        labels["realsyn/stage"] = words[1]
        if words[1] in REACHING_OUT:
            labels[WEB] = "yes"
    given = dict(pairwise(words))
    if "--batch" in given:
        labels["realsyn/batch"] = f"{int(given['--batch']):05d}"
    parts = given.get("--build", "").rstrip("/").rsplit("/", 2)
    if len(parts) == 3 and parts[1] in KINDS:
        labels[KINDS[parts[1]]] = parts[2]
    return {name: safe(value) for name, value in labels.items()}


def safe(text: str) -> str:
    """Make a text fit for a label's value."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text)[:63].strip("-_.")


def resources_for(words: Sequence[str], pods: Pods, memory_steps: int) -> Resources:
    """Give what a command asks for: its stage's declaration, doubled in memory with each step.

    Commands that are not a stage (gate, promote, ...) ask for what the profile gives to `steps`.
    """
    overrides = settings.resources()
    if words[0] == "run":
        asked = resources_of(PIPELINE.stage(words[1]), overrides)
    else:
        asked = replace(CPU, **overrides.get("steps", {}))
    if not memory_steps:
        return asked
    most = max(pods.max_memory_gb, asked.memory_gb)
    return replace(asked, memory_gb=min(most, asked.memory_gb * 2**memory_steps))


def template_of(resources: Resources) -> Path:
    """Find the template of a resource class; a class whose GPUs a profile took away is cpu."""
    name = resources.name if resources.gpu else CPU.name
    return include.include_folder() / "pod_templates" / f"{name}.yaml"
