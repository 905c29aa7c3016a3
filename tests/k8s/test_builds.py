"""Builds in pods, undisturbed and harmed, end with the bytes of a build by local processes."""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.airflow import kill
from tests.k8s import cluster
from tests.k8s.site import TIMEOUT, PodSite, Store, finish

pytestmark = pytest.mark.timeout(2 * TIMEOUT)
STARVED = {"gpu-llm": {"gpu": 0, "cpu": 1, "memory_gb": 0.06}}  # Python alone takes more


def watch(build: subprocess.Popen[str], look: Callable[[], None], pause: float = 2.0) -> None:
    """Look again and again until the build ends; its output is read at the end."""
    deadline = time.monotonic() + TIMEOUT
    while build.poll() is None:
        assert time.monotonic() < deadline, "the build does not end"
        look()
        time.sleep(pause)


@pytest.fixture
def site(tmp_path: Path, store: Store, crawl: str) -> PodSite:
    return PodSite(tmp_path / tmp_path.name, store, crawl)


def test_airflow_may_run_pods_and_nothing_else(site: PodSite) -> None:
    inside = ("--namespace", cluster.NAMESPACE)
    for words in (["create", "pods"], ["delete", "pods"], ["get", "pods", "--subresource=log"]):
        assert cluster.may(site.kubeconfig, *words, *inside)
    for words in (
        ["get", "secrets"],
        ["create", "pods", "--subresource=exec"],
        ["create", "roles"],
    ):
        assert not cluster.may(site.kubeconfig, *words, *inside)
    assert not cluster.may(site.kubeconfig, "list", "pods", "--namespace", "kube-system")


def test_pods_make_the_dataset_of_local_processes(site: PodSite, expected: dict[str, str]) -> None:
    stages, builds = Counter[str](), Counter[str]()
    build = site.start()

    def look() -> None:
        for pod in cluster.pods():
            labels = pod["metadata"]["labels"]
            stages[labels.get("realsyn/stage", labels["realsyn/command"])] += 1
            builds[labels.get("realsyn/build", labels.get("realsyn/extract", ""))] += 1
            assert "AWS_SECRET" not in str(pod["spec"]["containers"][0].get("args"))

    watch(build, look)
    code, said = finish(build)
    assert code == 0, said
    assert site.dataset() == expected
    assert {"parse", "generate_texts", "gate"} <= set(stages)
    assert len(builds) >= 2
    assert not cluster.pods()
    assert any("/_logs/" in key for key in site.store.keys(site.root))


def test_pods_are_deleted_at_random(site: PodSite, expected: dict[str, str]) -> None:
    """Each second pod or so, with its grace period or without one."""
    dice = random.Random(0)
    seen: set[str] = set()
    harmed: list[str] = []
    build = site.start()

    def look() -> None:
        for pod in cluster.pods():
            name = pod["metadata"]["name"]
            if name not in seen and pod["status"]["phase"] == "Running":
                seen.add(name)
                if dice.random() < 0.4:
                    harmed.append(name)
                    cluster.delete(pod, grace=dice.choice([None, 0]))

    watch(build, look)
    code, said = finish(build)
    assert code == 0, said
    assert len(harmed) >= 5
    assert site.said("again at once") >= 1
    assert site.dataset() == expected


def test_a_pod_killed_for_its_memory_gets_more(
    tmp_path: Path, store: Store, crawl: str, expected: dict[str, str]
) -> None:
    site = PodSite(tmp_path / tmp_path.name, store, crawl, resources=STARVED)
    code, said = site.build()
    assert code == 0, said
    assert site.said("killed at its memory limit") >= 1
    assert site.said("The next try gets") >= 1
    assert site.dataset() == expected


def test_all_of_airflow_is_killed(site: PodSite, expected: dict[str, str]) -> None:
    """Pods go on meanwhile; the next Airflow takes up what it finds."""
    for moment in (8, 40):
        build = site.start()
        while site.commits() < moment:
            assert build.poll() is None, build.communicate()[0]
            time.sleep(0.5)
        kill([build.pid, *site.processes()])
        build.communicate()
    code, said = site.build()
    assert code == 0, said
    assert "under way already" in said
    assert site.dataset() == expected


@pytest.mark.skipif(
    not {"REALSYN_K8S_STOP", "REALSYN_K8S_START"} <= set(os.environ),
    reason="REALSYN_K8S_STOP and REALSYN_K8S_START do not say how to stop and start the cluster",
)
def test_the_cluster_is_stopped_and_started(site: PodSite, expected: dict[str, str]) -> None:
    build = site.start()
    for moment, pause in ((8, 5), (40, 45)):
        while site.commits() < moment:
            assert build.poll() is None, build.communicate()[0]
            time.sleep(0.5)
        subprocess.run(os.environ["REALSYN_K8S_STOP"], shell=True, check=True)
        time.sleep(pause)
        subprocess.run(os.environ["REALSYN_K8S_START"], shell=True, check=True)
    code, said = finish(build)
    assert code == 0, said
    assert site.dataset() == expected
