"""What containers, pods and their network may not do, by rules that scanners have.

The names are checkov's. It found nothing else in include/kubernetes but matters of taste: digests
and pull policies of images that a deployment builds itself, a token by variable, and limits that a
pod is given with its stage (tests/plugins/test_pods.py).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from realsyn_tasks.fetching import guard
from realsyn_tasks.fetching.settings import Settings
from realsyn_tasks.stages import PIPELINE

ROOT = Path(__file__).parent.parent.parent
KUBERNETES = ROOT / "include" / "kubernetes"
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
STORAGE = "10.20.0.0/16"
Pod = dict[str, Any]


def documents(name: str) -> list[dict[str, Any]]:
    text = (
        (KUBERNETES / name)
        .read_text(encoding="utf-8")
        .replace("{cidr: STORAGE}", f"{{cidr: {STORAGE}}}")
    )
    return [document for document in yaml.safe_load_all(text) if document]


def pods() -> dict[str, Pod]:
    """Name the specs of all pods that this repository describes."""
    folder = ROOT / "include" / "pod_templates"
    known = {path.stem: yaml.safe_load(path.read_text())["spec"] for path in folder.glob("*.yaml")}
    for path in KUBERNETES.glob("*.yaml"):
        for document in documents(path.name):
            if template := document.get("spec", {}).get("template"):
                known[document["metadata"]["name"]] = template["spec"]
    return known


def within(container: Pod) -> Pod:
    context: Pod = container["securityContext"]
    return context


def every(pod: Pod, holds: Callable[[Pod], bool]) -> bool:
    return all(holds(container) for container in pod["containers"] + pod.get("initContainers", []))


POD_RULES: dict[str, Callable[[Pod], bool]] = {
    "CKV_K8S_16 privileged": lambda p: every(p, lambda c: within(c)["privileged"] is False),
    "CKV_K8S_17 host's processes": lambda p: not p.get("hostPID"),
    "CKV_K8S_18 host's IPC": lambda p: not p.get("hostIPC"),
    "CKV_K8S_19 host's network": lambda p: not p.get("hostNetwork"),
    "CKV_K8S_20 escalation": lambda p: every(
        p, lambda c: within(c)["allowPrivilegeEscalation"] is False
    ),
    "CKV_K8S_22 read-only root": lambda p: every(p, lambda c: within(c)["readOnlyRootFilesystem"]),
    "CKV_K8S_23 root": lambda p: p["securityContext"]["runAsNonRoot"] is True,
    "CKV_K8S_26 host's ports": lambda p: every(
        p, lambda c: not any("hostPort" in port for port in c.get("ports", []))
    ),
    "CKV_K8S_27 host's files": lambda p: not any("hostPath" in v for v in p.get("volumes", [])),
    "CKV_K8S_31 seccomp": lambda p: (
        p["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    ),
    "CKV_K8S_37 capabilities": lambda p: every(
        p, lambda c: within(c)["capabilities"] == {"drop": ["ALL"]}
    ),
    "CKV_K8S_38 account's token": lambda p: p["automountServiceAccountToken"] is False,
    "CKV_K8S_40 high user": lambda p: p["securityContext"]["runAsUser"] >= 10_000,
    "volumes have bounds or are claims": lambda p: all(
        v["emptyDir"].get("sizeLimit") or v["name"] == "models" for v in p.get("volumes", [])
    ),
}

SERVICE_RULES: dict[str, Callable[[Pod], bool]] = {
    "capabilities": lambda s: s["cap_drop"] == ["ALL"] and "cap_add" not in s,
    "escalation": lambda s: s["security_opt"] == ["no-new-privileges:true"],
    "read-only root": lambda s: s["read_only"] is True,
    "privileged": lambda s: not s.get("privileged"),
    "host's namespaces": lambda s: not {"network_mode", "pid", "ipc", "userns_mode"} & set(s),
    "host's devices": lambda s: "devices" not in s,
    "host's files": lambda s: all(v[0] not in "./~$" or v == "/tmp" for v in s["volumes"]),
    "root": lambda s: "build" in s or s["user"] == "postgres",
    "memory": lambda s: bool(s["mem_limit"]),
    "processes": lambda s: 0 < s["pids_limit"] <= 4096,
    "network": lambda s: set(s["networks"]) <= {"inside", "outside"},
}


@pytest.mark.parametrize("rule", POD_RULES)
@pytest.mark.parametrize("name", pods())
def test_a_pod_is_confined(name: str, rule: str) -> None:
    assert POD_RULES[rule](pods()[name]), f"{name}: {rule}"


@pytest.mark.parametrize("rule", SERVICE_RULES)
@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_confined(name: str, rule: str) -> None:
    assert SERVICE_RULES[rule](SERVICES[name]), f"{name}: {rule}"


def test_the_viewer_has_bounds_and_says_how_it_is() -> None:
    """CKV_K8S_8 to 13 and 14."""
    [container] = pods()["realsyn-viewer"]["containers"]
    for amounts in container["resources"].values():
        assert {"cpu", "memory"} == set(amounts)
    assert {"livenessProbe", "readinessProbe"} <= set(container)
    assert container["image"].partition(":")[2] not in ("", "latest")


def test_nobody_but_who_has_to_leaves_the_compose_network() -> None:
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    shut = {name for name, service in SERVICES.items() if service["networks"] == ["inside"]}
    assert shut == {"postgres", "s3", "airflow-init"}


def test_what_is_written_has_a_place() -> None:
    """A read-only root: PostgreSQL's socket, Airflow's home, and temporary files of batches."""
    for name, service in SERVICES.items():
        mounts = [m.rpartition(":")[2] if ":/" in m else m for m in service["volumes"]]
        places = {place.partition(":")[0] for place in [*mounts, *service.get("tmpfs", [])]}
        needed = {"/tmp"} | ({"/opt/airflow"} if name.startswith("airflow-") else set())
        needed |= {"/var/run/postgresql"} if name == "postgres" else set()
        assert needed <= places, name


# --- the cluster's network ---

POLICIES = documents("network.yaml")
LABELS = {"app.kubernetes.io/name": "realsyn"}
BATCH = LABELS | {"app.kubernetes.io/component": "data-plane"}
FETCH = BATCH | {"realsyn/web": "yes"}
VIEWER = LABELS | {"app.kubernetes.io/component": "viewer"}


def chosen(labels: dict[str, str], direction: str) -> list[dict[str, Any]]:
    """Name the rules of a direction for a pod with these labels, as Kubernetes adds them up."""
    specs = [policy["spec"] for policy in POLICIES]
    mine = [s for s in specs if s["podSelector"].get("matchLabels", {}).items() <= labels.items()]
    assert any(direction.capitalize() in s["policyTypes"] for s in mine), "none: all is allowed"
    return [rule for spec in mine for rule in spec.get(direction, [])]


def reaches(labels: dict[str, str], address: str, port: int) -> bool:
    """Say whether a pod may open a TCP connection to an address."""
    return any(
        {"protocol": "TCP", "port": port} in rule["ports"]
        and any(_holds(peer["ipBlock"], address) for peer in rule["to"] if "ipBlock" in peer)
        for rule in chosen(labels, "egress")
    )


def _holds(block: dict[str, Any], address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    inside = parsed in ipaddress.ip_network(block["cidr"])
    return inside and not any(parsed in ipaddress.ip_network(n) for n in block.get("except", []))


METADATA = (
    *("169.254.169.254", "169.254.170.2", "168.63.129.16", "100.100.100.200", "192.0.0.192"),
    *("fd00:ec2::254", "fd20:ce::254", "::ffff:169.254.169.254", "fe80::a9fe:a9fe"),
    *("64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::"),
)


@pytest.mark.parametrize("labels", [BATCH, FETCH, VIEWER], ids=["batch", "fetch", "viewer"])
@pytest.mark.parametrize("address", METADATA)
def test_no_pod_reaches_the_metadata_of_its_machine(labels: dict[str, str], address: str) -> None:
    assert not any(reaches(labels, address, port) for port in (80, 443, 8080, 9000))


def test_the_web_is_there_for_those_that_fetch_alone() -> None:
    for address in ("8.8.8.8", "2606:4700::1111"):
        assert reaches(FETCH, address, 443)
        assert not reaches(BATCH, address, 443) and not reaches(VIEWER, address, 443)
    assert not reaches(FETCH, "8.8.8.8", 22)
    assert all(reaches(labels, "10.20.3.4", 443) for labels in (BATCH, FETCH, VIEWER))
    assert not reaches(FETCH, "10.21.0.1", 443), "a neighbour of the storage"


def test_the_policy_and_the_guard_mean_the_same_networks() -> None:
    blocks = [peer["ipBlock"] for rule in chosen(FETCH, "egress")[2:] for peer in rule["to"]]
    left_out = {network for block in blocks for network in block["except"]}
    known = {str(network) for network in guard._NOT_PUBLIC}
    outside = {"::/3", "4000::/2", "8000::/1"}  # all that is not 2000::/3
    assert left_out == known - outside and {b["cidr"] for b in blocks} == {"0.0.0.0/0", "2000::/3"}
    ports = {port["port"] for rule in chosen(FETCH, "egress")[2:] for port in rule["ports"]}
    assert ports == set(Settings().ports)


def test_nobody_comes_in_but_airflow_to_the_viewer() -> None:
    assert chosen(BATCH, "ingress") == [] and chosen(FETCH, "ingress") == []
    [rule] = chosen(VIEWER, "ingress")
    assert rule["ports"] == [{"protocol": "TCP", "port": 8790}]
    assert rule["from"] == [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "airflow"}}}
    ]


def test_a_pod_without_labels_of_ours_reaches_nothing() -> None:
    assert chosen({}, "egress") == [] and chosen({}, "ingress") == []


def test_the_storage_has_to_be_named_before_the_policy_is_taken() -> None:
    text = (KUBERNETES / "network.yaml").read_text(encoding="utf-8")
    assert text.count("cidr: STORAGE") == 1
    assert text.replace("STORAGE", STORAGE).count(STORAGE) >= 1


def test_fetch_alone_asks_hosts_of_the_web() -> None:
    assert [stage.name for stage in PIPELINE.stages if stage.web] == ["fetch"]
