"""include/airflow/aws.env under Airflow: connections from Secrets Manager, logs in the bucket."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.airflow_home import PROJECT

BUCKET, QUEUE = "house", "http://127.0.0.1/1/arrivals"
CONNECTIONS = {
    "kubernetes_default": {"conn_type": "kubernetes", "extra": {"namespace": "realsyn"}},
    "smtp_default": {"conn_type": "smtp", "host": "mail.example", "password": "hush-mail"},
}
CODE = """
import json
from pathlib import Path
from airflow.sdk import BaseHook
from airflow.sdk.configuration import conf
from airflow.sdk.log import load_remote_conn_id, load_remote_log_handler
from realsyn_airflow import aws, settings

handler, path = load_remote_log_handler(), "dag_id=a/run_id=b/task_id=c/attempt=1.log"
local = Path(conf.get("logging", "base_log_folder"), path)
for line in ("first", "second"):
    local.parent.mkdir(parents=True, exist_ok=True)
    local.write_text(f"{line}\\n")
    handler.upload(path, None)
handed = aws.for_process(settings.aws_connection(), {})
connections = {}
for name in ("kubernetes_default", "smtp_default"):
    known = BaseHook.get_connection(name)
    connections[name] = [known.conn_type, known.host, known.password, known.extra_dejson]
print(json.dumps({
    "class": f"{type(handler).__module__}.{type(handler).__name__}",
    "connection": load_remote_conn_id(),
    "local": local.exists(),
    "read": handler.read(path, None),
    "config": handed.config,
    "variables": handed.variables,
    "queue": settings.ingest().queue,
    "connections": connections,
}))
"""


def client(service: str, endpoint: str) -> Any:
    import boto3

    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "y"}
    return boto3.client(service, endpoint_url=endpoint, region_name="eu-west-1", **keys)


@pytest.fixture(scope="module")
def aws_default(endpoint: str) -> dict[str, Any]:
    """The connection, which is nowhere but in Secrets Manager, as is what CONNECTIONS has."""
    style = {"s3": {"addressing_style": "path"}}
    extra = {"region_name": "eu-west-1", "endpoint_url": endpoint, "config_kwargs": style}
    said = {"conn_type": "aws", "login": "AKIA", "password": "hush-key", "extra": extra}
    for name, content in {**CONNECTIONS, "aws_default": said}.items():
        client("secretsmanager", endpoint).create_secret(
            Name=f"airflow/connections/{name}", SecretString=json.dumps(content)
        )
    where = {"LocationConstraint": "eu-west-1"}
    client("s3", endpoint).create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
    return said


def settings_of(endpoint: str) -> dict[str, str]:
    """What the file says, for this bucket."""
    text = (PROJECT / "include/airflow/aws.env").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    said = dict(line.split("=", 1) for line in lines)
    for word, value in {"BUCKET": BUCKET, "REGION": "eu-west-1", "QUEUE": QUEUE}.items():
        said = {name: line.replace(word, value) for name, line in said.items()}
    kwargs = json.loads(said["AIRFLOW__SECRETS__BACKEND_KWARGS"]) | {"endpoint_url": endpoint}
    return said | {"AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps(kwargs)}


@pytest.fixture(scope="module")
def told(endpoint: str, aws_default: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What Airflow and the plugin make of these settings, in a process that has nothing else."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    own = {
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(tmp_path_factory.mktemp("logs")),
        "PYTHONPATH": f"{PROJECT}:{PROJECT}/plugins",
        "AWS_ACCESS_KEY_ID": "machine",
        "AWS_SECRET_ACCESS_KEY": "role",
    }
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env=kept | settings_of(endpoint) | own,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "hush" not in done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_logs_of_tasks_go_to_the_bucket_and_are_read_there(told: Any, endpoint: str) -> None:
    assert told["class"] == "airflow.providers.amazon.aws.log.s3_task_handler.S3RemoteLogIO"
    assert told["connection"] == "aws_default"
    key = "airflow-logs/dag_id=a/run_id=b/task_id=c/attempt=1.log"
    stored = client("s3", endpoint).get_object(Bucket=BUCKET, Key=key)["Body"].read()
    assert stored == b"first\nsecond\n"
    assert told["read"] == [[f"s3://{BUCKET}/{key}"], ["first\nsecond\n"]]
    assert not told["local"]


def test_the_data_plane_has_the_connection_out_of_secrets_manager(told: Any, endpoint: str) -> None:
    assert "aws_access_key_id = AKIA\naws_secret_access_key = hush-key" in told["config"]
    assert told["variables"]["AWS_ENDPOINT_URL_S3"] == endpoint


def test_other_connections_come_from_secrets_manager_too(told: Any) -> None:
    assert told["connections"] == {
        "kubernetes_default": ["kubernetes", None, None, {"namespace": "realsyn"}],
        "smtp_default": ["smtp", "mail.example", "hush-mail", {}],
    }


def test_the_files_other_settings_are_understood(told: Any) -> None:
    assert told["queue"] == QUEUE
