"""The values for Airflow's official chart: what it knows, what our image can do, and no secret."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from realsyn_airflow import settings

FOLDER = settings.PROJECT / "include/kubernetes"
TYPES = {"string": str, "boolean": bool, "integer": int, "array": list}
LISTED = (Path(__file__).parent / "chart_values.txt").read_text().splitlines()
KNOWN = dict(line.rsplit(" ", 1) for line in LISTED if " " in line and line[0] != "#")
OPEN = [line.removesuffix("*") for line in LISTED if line.endswith(".*")]
FILES = ("values.yaml", "keda.yaml")


def values(name: str = "values.yaml") -> dict[str, Any]:
    return dict(yaml.safe_load((FOLDER / "helm" / name).read_text()))


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    else:
        yield path, value


def manifests(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((FOLDER / name).read_text()))


@pytest.mark.parametrize("name", FILES)
def test_the_chart_knows_each_value_and_its_type(name: str) -> None:
    for path, value in leaves(values(name)):
        if not path.startswith(tuple(OPEN)):
            assert path in KNOWN, path
            assert type(value) is TYPES[KNOWN[path]], path


def test_no_more_is_listed_than_is_said() -> None:
    said = [path for name in FILES for path, _ in leaves(values(name))]
    assert set(KNOWN) <= set(said)
    assert all(any(path.startswith(start) for path in said) for start in OPEN)


def test_airflow_knows_each_setting() -> None:
    from airflow.configuration import conf

    for section, options in values()["config"].items():
        described = conf.configuration_description[section]["options"]
        assert not set(options) - set(described), section


def test_the_deployments_variables_are_those_that_are_read() -> None:
    from realsyn_airflow.ui import viewer
    from realsyn_tasks.core import prefixes

    read = f"{settings.__doc__}{viewer.__doc__}{prefixes.VARIABLE}"
    said = [item["name"] for item in values()["env"]]
    said += [item["envName"] for item in values()["secret"]]
    assert not [name for name in said if name not in read]


def test_it_runs_under_the_restricted_rules_of_its_namespace() -> None:
    [namespace, *_] = manifests("namespace.yaml")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    contexts = values()["securityContexts"]
    assert contexts["pod"]["runAsNonRoot"] is True
    assert contexts["pod"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert contexts["containers"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }


def test_all_that_starts_pods_is_the_account_that_may() -> None:
    said = values()
    [account] = {
        subject["name"]
        for manifest in manifests("pod-launcher.yaml")
        for subject in manifest.get("subjects", [])
    }
    for name in ("scheduler", "triggerer", "dagProcessor", "apiServer"):
        assert said[name]["serviceAccount"] == {"create": False, "name": account}
    assert said["rbac"] == {"create": False}, "the chart would let it do more"
    assert said["allowPodLaunching"] is False


def test_it_is_of_one_version_with_the_data_plane() -> None:
    said = values()
    [image] = [item["value"] for item in said["env"] if item["name"] == "REALSYN_POD_IMAGE"]
    profile = settings._profile("production")
    assert image.split("/")[-1] == profile.pods.image
    assert said["defaultAirflowTag"] == profile.pods.image.split(":")[1]
    lock = (settings.PROJECT / "requirements.txt").read_text()
    assert f"apache-airflow=={said['airflowVersion']} " in lock


def test_the_viewer_is_the_one_of_its_manifest() -> None:
    said = values()
    [service] = [item for item in manifests("viewer.yaml") if item["kind"] == "Service"]
    about = service["metadata"]
    port = service["spec"]["ports"][0]["port"]
    [address] = [item["value"] for item in said["env"] if item["name"] == "REALSYN_VIEWER"]
    assert address == f"http://{about['name']}.{about['namespace']}:{port}"
    assert "name: realsyn-viewer, key: token" in (FOLDER / "viewer.yaml").read_text()
    assert said["secret"] == [
        {"envName": "REALSYN_VIEWER_TOKEN", "secretName": "realsyn-viewer", "secretKey": "token"}
    ]


def test_no_secret_is_in_it() -> None:
    for path, value in leaves(values()):
        text = str(value)
        assert not re.search(r"AKIA|password=|://[^/@ ]+:[^/@ ]+@|-----BEGIN", text), path
    made = set(re.findall(r"secret generic (\S+)", (FOLDER / "helm/values.yaml").read_text()))
    named = {values()[name] for name in ("fernetKeySecretName", "apiSecretKeySecretName")}
    named |= {values()["jwtSecretName"], values()["data"]["metadataSecretName"]}
    assert named == made


def test_keda_leaves_a_triggerer_that_watches() -> None:
    assert values()["triggerer"]["keda"] == {"enabled": False}
    keda = values("keda.yaml")["triggerer"]["keda"]
    assert keda["enabled"] is True
    assert 1 <= keda["minReplicaCount"] < keda["maxReplicaCount"]


@pytest.mark.parametrize(
    ("words", "called"),
    [
        (["scheduler"], "airflow scheduler"),
        (["airflow", "db", "check-migrations"], "airflow db check-migrations"),
        (["bash", "-c", "exec airflow api-server"], "airflow api-server"),
        (["jobs", "check", "--local"], "airflow jobs check --local"),
    ],
)
def test_the_image_takes_the_charts_commands(words: list[str], called: str, tmp_path: Path) -> None:
    airflow = tmp_path / "airflow"
    airflow.write_text('#!/bin/sh\necho airflow "$@"\n')
    airflow.chmod(0o755)
    done = subprocess.run(
        [settings.PROJECT / "include/airflow/entrypoint", *words],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == called
    text = (settings.PROJECT / "Dockerfile").read_text()
    assert text.rstrip().endswith('ENTRYPOINT ["/entrypoint"]\nCMD ["version"]')
    assert "include/airflow/entrypoint /entrypoint" in text
