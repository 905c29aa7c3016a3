"""An Airflow whose data plane is pods, beside one whose data plane is local processes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from tests import tiny
from tests.airflow_home import PROJECT, TINY_STAGES, tiny_data_python
from tests.crawls import write_tiny_warc
from tests.e2e.airflow import CONTROL_PYTHON
from tests.k8s import cluster

BUCKET = os.environ.get("REALSYN_K8S_BUCKET", "realsyn")
CRAWL = os.environ.get("REALSYN_K8S_CRAWL", "")
NOT_HANDED_ON = {"KUBECONFIG", *([tiny.VARIABLE] if CRAWL else [])}  # the tiny image has its own
IMAGE = os.environ.get("REALSYN_K8S_IMAGE", "realsyn-tasks:tiny")
TARGET = os.environ.get("REALSYN_K8S_TARGET", "6")
PROFILE = os.environ.get("REALSYN_K8S_PROFILE", "local")
TIMEOUT = float(os.environ.get("REALSYN_K8S_TIMEOUT", "3600"))
# Any cluster has as much: no GPU, and room for several pods at once.
RESOURCES: dict[str, dict[str, Any]] = {
    "cpu": {"memory_gb": 2},
    "gpu": {"gpu": 0, "memory_gb": 2},
    "gpu-llm": {"gpu": 0, "cpu": 1, "memory_gb": 3},
    "steps": {"memory_gb": 2},
}


@dataclass(frozen=True)
class Store:
    """An S3 endpoint, and the folder of it that is ours."""

    endpoint: str
    credentials: Mapping[str, str]
    host_network: bool
    prefix: str

    def client(self) -> Any:
        """Give a client of it."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=self.credentials["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.credentials["AWS_SECRET_ACCESS_KEY"],
        )

    def uri(self, name: str) -> str:
        """Name a folder in it."""
        return f"s3://{BUCKET}/{self.prefix}/{name}"

    def upload(self, folder: Path, name: str) -> str:
        """Copy a local folder; give its URI."""
        client = self.client()
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            client.upload_file(
                str(path), BUCKET, f"{self.prefix}/{name}/{path.relative_to(folder)}"
            )
        return self.uri(name)

    def objects(self, name: str) -> Iterator[tuple[str, bytes]]:
        """Read what is in a folder."""
        client, start = self.client(), f"{self.prefix}/{name}/"
        for key in self.keys(name):
            yield key, client.get_object(Bucket=BUCKET, Key=start + key)["Body"].read()

    def keys(self, name: str) -> list[str]:
        """List what is in a folder."""
        start = f"{self.prefix}/{name}/"
        pages = self.client().get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=start)
        return [item["Key"][len(start) :] for page in pages for item in page.get("Contents", [])]


@dataclass
class PodSite:
    """An Airflow of its own that sends every data-plane command to the cluster."""

    folder: Path
    store: Store
    crawl: str
    resources: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)  # of the pods, besides

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.home = self.folder / "airflow"
        self.root = f"{self.folder.name}/root"
        self.kubeconfig = cluster.restricted_kubeconfig(self.folder)

    def start(self) -> subprocess.Popen[str]:
        """Start a build of the crawl."""
        return _local(self.environment(), *_words(self.crawl, self.store.uri(self.root)))

    def build(self) -> tuple[int, str]:
        """Run a build to its end; give the exit code and what it printed."""
        return finish(self.start())

    def stop(self) -> None:
        """Stop whatever of this site's Airflow is left."""
        _local(self.environment(), "stop").wait(60)

    def dataset(self) -> dict[str, str]:
        """Digest every file of the published datasets."""
        objects = self.store.objects(f"{self.root}/datasets")
        return {path: hashlib.sha256(data).hexdigest() for path, data in objects}

    def commits(self) -> int:
        """Count the markers there are."""
        keys = self.store.keys(self.root)
        return sum("/_commits/" in key and key.endswith(".json") for key in keys)

    def said(self, words: str) -> int:
        """Count the lines of the tasks' logs that hold some words."""
        paths = self.home.glob("logs/dag_id=*/**/*.log")
        return sum(words in line for path in paths for line in path.open(errors="replace"))

    def processes(self) -> list[int]:
        """List the processes of this site's Airflow."""
        marker = f"REALSYN_AIRFLOW_HOME={self.home}".encode()
        pids = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit() and int(folder.name) != os.getpid():
                try:
                    ours = marker in (folder / "environ").read_bytes()
                except OSError:
                    continue
                pids += [int(folder.name)] if ours else []
        return pids

    def environment(self) -> dict[str, str]:
        """Give the environment of its Airflow."""
        pods = {
            "host_network": self.store.host_network,
            "env": {
                "AWS_ENDPOINT_URL": self.store.endpoint,
                "AWS_REGION": "us-east-1",
                "REALSYN_S3_ADDRESSING": "path",
                **self.variables,
            },
            "logging_seconds": 20,
        }
        connection = {
            "conn_type": "kubernetes",
            "extra": {"kube_config_path": str(self.kubeconfig)},
        }
        kept = {name: value for name, value in os.environ.items() if name not in NOT_HANDED_ON}
        return kept | {
            "REALSYN_AIRFLOW_HOME": str(self.home),
            "REALSYN_PROFILE": "production",
            "REALSYN_POD_IMAGE": IMAGE,
            "REALSYN_POD_NAMESPACE": cluster.NAMESPACE,
            "REALSYN_POD_SECRET": cluster.SECRET,
            "REALSYN_PODS": json.dumps(pods),
            "REALSYN_RESOURCES": json.dumps({**RESOURCES, **self.resources}),
            "REALSYN_DATA_PYTHON": "/bin/true",  # nothing of the data plane may run here
            "AIRFLOW_CONN_KUBERNETES_DEFAULT": json.dumps(connection),
        }


def local_dataset(folder: Path, crawl: Path) -> dict[str, str]:
    """Build the same with local processes and files; digest every file of the dataset."""
    folder.mkdir(parents=True, exist_ok=True)
    places = {"REALSYN_AIRFLOW_HOME": str(folder / "airflow"), "REALSYN_PROFILE": "local"}
    if not CRAWL:
        places["REALSYN_DATA_PYTHON"] = str(tiny_data_python(folder))
    kept = {name: value for name, value in os.environ.items() if name not in NOT_HANDED_ON}
    code, said = finish(_local({**kept, **places}, *_words(str(crawl), str(folder / "root"))))
    assert code == 0, said
    datasets = folder / "root" / "datasets"
    files = sorted(path for path in datasets.rglob("*") if path.is_file())
    return {
        str(path.relative_to(datasets)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def make_crawl(folder: Path) -> Path:
    """Give the crawl: the one that was asked for, or a tiny one."""
    if CRAWL:
        return Path(CRAWL)
    write_tiny_warc(folder)
    return folder


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for a build; give the exit code and what it printed."""
    said, _ = process.communicate(timeout=TIMEOUT)
    return process.returncode, said


def _words(crawl: str, root: str) -> list[str]:
    words = ["build", "--crawl", crawl, "--root", root, "--target", TARGET, "--profile", PROFILE]
    return words if CRAWL else [*words, "--stages", json.dumps(TINY_STAGES)]


def _local(environment: Mapping[str, str], *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [CONTROL_PYTHON, "-m", "realsyn_local", *words],
        cwd=PROJECT,
        env={**environment, "PYTHONPATH": "plugins", "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
