"""The cluster that KUBECONFIG names, as its owner sees it: prepared, watched, and harmed."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.airflow_home import PROJECT

MANIFESTS = PROJECT / "include" / "kubernetes"
NAMESPACE = os.environ.get("REALSYN_K8S_NAMESPACE", "realsyn")
ACCOUNT = "realsyn-airflow"
SECRET = "realsyn-s3"
DAY = 24 * 3600  # seconds that the token of Airflow's account lasts


def kubectl(*words: str, stdin: str | None = None) -> str:
    """Run kubectl as the cluster's owner."""
    command = ["kubectl", *words]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
    return done.stdout


def prepare(credentials: Mapping[str, str], host_network: bool) -> None:
    """Apply the project's manifests, and the Secret that pods have their credentials from."""
    for name in ("namespace.yaml", "pod-launcher.yaml"):
        text = (MANIFESTS / name).read_text(encoding="utf-8")
        kubectl("apply", "-f", "-", stdin=text.replace(": realsyn\n", f": {NAMESPACE}\n"))
    if host_network:  # which the strictest pod security standard does not allow
        label = "pod-security.kubernetes.io/enforce=privileged"
        kubectl("label", "namespace", NAMESPACE, "--overwrite", label)
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SECRET, "namespace": NAMESPACE},
        "stringData": dict(credentials),
    }
    kubectl("apply", "-f", "-", stdin=json.dumps(secret))


def restricted_kubeconfig(folder: Path) -> Path:
    """Write a kubeconfig of the service account that include/kubernetes makes for Airflow."""
    request = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"audiences": [], "expirationSeconds": DAY},
    }
    path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{ACCOUNT}/token"
    with tempfile.NamedTemporaryFile("w", suffix=".json") as body:
        json.dump(request, body)
        body.flush()
        token = json.loads(kubectl("create", "--raw", path, "-f", body.name))["status"]["token"]
    config = json.loads(
        kubectl("config", "view", "--minify", "--flatten", "--raw", "--output", "json")
    )
    config["users"] = [{"name": ACCOUNT, "user": {"token": token}}]
    config["contexts"][0]["context"] |= {"user": ACCOUNT, "namespace": NAMESPACE}
    target = folder / "airflow.kubeconfig"
    target.write_text(json.dumps(config), encoding="utf-8")
    target.chmod(0o600)
    return target


def may(kubeconfig: Path, *words: str) -> bool:
    """Ask whether the holder of a kubeconfig may do something."""
    command = ["kubectl", "--kubeconfig", str(kubeconfig), "auth", "can-i", *words]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def pods(*selectors: str) -> list[dict[str, Any]]:
    """List the pods of the data plane."""
    labels = ",".join(["app.kubernetes.io/name=realsyn", *selectors])
    words = ("get", "pods", "--namespace", NAMESPACE, "--selector", labels, "--output", "json")
    items: list[dict[str, Any]] = json.loads(kubectl(*words))["items"]
    return items


def delete(pod: Mapping[str, Any], grace: int | None = None) -> None:
    """Delete a pod, as a drained node does."""
    words = ["delete", "pod", pod["metadata"]["name"], "--namespace", NAMESPACE, "--wait=false"]
    words += ["--ignore-not-found", *([] if grace is None else [f"--grace-period={grace}"])]
    kubectl(*words, *(["--force"] if grace == 0 else []))
