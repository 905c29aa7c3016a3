"""Metrics: the settings that docs/operations.md names switch them on."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from realsyn_airflow.seam import environment
from realsyn_airflow.settings import data_plane_variables

PROJECT = Path(__file__).resolve().parents[2]
COUNT = "from airflow.observability.stats import Stats; Stats.incr('ti_failures')"


def settings(transport: str) -> dict[str, str]:
    """The documented settings whose names hold a word."""
    text = (PROJECT / "docs/operations.md").read_text(encoding="utf-8")
    found = dict(re.findall(r"^(AIRFLOW__\w+)=(\S+)", text, flags=re.MULTILINE))
    return {name: value for name, value in found.items() if transport in name}


def test_statsd_is_sent_to_the_documented_host_and_port(tmp_path: Path) -> None:
    documented = settings("STATSD")
    assert set(documented) == {
        f"AIRFLOW__METRICS__STATSD_{name}" for name in ("ON", "HOST", "PORT")
    }
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        here = {
            "AIRFLOW__METRICS__STATSD_HOST": "127.0.0.1",
            "AIRFLOW__METRICS__STATSD_PORT": str(receiver.getsockname()[1]),
        }
        environment = {**os.environ, **documented, **here, "AIRFLOW_HOME": str(tmp_path)}
        subprocess.run([sys.executable, "-c", COUNT], env=environment, check=True)
        assert receiver.recv(1000).startswith(b"airflow.")


@pytest.mark.parametrize("name", sorted(settings("OTEL") | settings("OPENLINEAGE")))
def test_other_documented_settings_are_airflows(name: str) -> None:
    from airflow.configuration import conf

    _, section, option = name.split("__")
    known = conf.configuration_description[section.lower()]["options"]
    assert option.lower() in known


def test_what_the_dashboard_asks_of_airflow_are_metrics_of_airflow() -> None:
    import airflow._shared.observability.metrics as metrics
    import yaml

    known = yaml.safe_load(
        (Path(metrics.__file__).parent / "metrics_template.yaml").read_text(encoding="utf-8")
    )["metrics"]
    names = {re.sub(r"\{\w+\}", "*", name) for m in known for name in (m["name"], m["legacy_name"])}
    folder = PROJECT / "include/grafana"
    mapping = yaml.safe_load((folder / "statsd-mapping.yaml").read_text(encoding="utf-8"))
    rules = [rule for rule in mapping["mappings"] if rule["match"].startswith("airflow.")]
    for rule in rules:
        assert rule["match"].removeprefix("airflow.") in names
    board = (folder / "realsyn.json").read_text(encoding="utf-8")
    asked = set(re.findall(r"airflow_[a-z_]+", board))
    assert asked == {rule["name"] for rule in rules}


def test_where_a_statsd_is_goes_on_to_processes_and_pods(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REALSYN_STATSD", raising=False)
    assert not {"REALSYN_STATSD", "REALSYN_STATSD_TAGS"} & set(environment())
    monkeypatch.setenv("REALSYN_STATSD", "statsd:8125")
    assert data_plane_variables()["REALSYN_STATSD_TAGS"] == "datadog"
    monkeypatch.setenv("AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED", "True")
    assert environment()["REALSYN_STATSD"] == "statsd:8125"
    assert environment()["REALSYN_STATSD_TAGS"] == "influxdb"
