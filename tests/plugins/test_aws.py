"""Airflow's connection to AWS: what processes and pods get of it, and that it stays a secret."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace as Some
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from realsyn_airflow import aws, failures, pages, pod_spec, pods
from realsyn_airflow.pod_spec import PodSpec
from realsyn_airflow.seam import LocalProcess
from tests.airflow_home import PROJECT, script

ROLE = "arn:aws:iam::123456789012:role/data"
KEYS = {"login": "AKIAOWN", "password": "hush-hush"}
RUN = ["run", "parse", "--build", "s3://bucket/builds/demo", "--batch", "0"]
Extra = dict[str, Any]


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of AWS around, whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "REALSYN_AWS"))]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Any:
    def add(extra: Extra | None = None, **fields: str) -> None:
        said = {"conn_type": "aws", "extra": extra or {}, **fields}
        monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps(said))
        monkeypatch.setenv("REALSYN_AWS_CONN", "aws_default")

    return add


def at(endpoint: str, **more: Any) -> Extra:
    """An extra field of which everything is on this machine."""
    style = {"s3": {"addressing_style": "path"}}
    services = {"sts": {"endpoint_url": endpoint}}
    known = {"endpoint_url": endpoint, "region_name": "eu-west-1", "config_kwargs": style}
    return {**known, "service_config": services, **more}


def credentials(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Those that boto3 gets in a process with just these variables of AWS, as this one is then."""
    from botocore.session import Session

    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in variables.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    found = Session().get_credentials()
    found.get_frozen_credentials()
    return found


# --- processes of this machine ---


def test_without_a_connection_a_process_has_the_environment_as_it_is() -> None:
    with aws.environment({"AWS_PROFILE": "team"}) as variables:
        assert variables == {"AWS_PROFILE": "team"}


def test_a_connection_tells_where_aws_is(connect: Any) -> None:
    connect(at("http://localhost:9000", verify="/etc/ca.pem"))
    with aws.environment({"AWS_REGION": "us-east-1", "PATH": "/bin"}) as variables:
        assert variables == {
            "PATH": "/bin",
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ENDPOINT_URL_S3": "http://localhost:9000",
            "AWS_ENDPOINT_URL_STS": "http://localhost:9000",
            "AWS_CA_BUNDLE": "/etc/ca.pem",
            "REALSYN_S3_ADDRESSING": "path",
        }


def test_keys_of_a_connection_overrule_those_around(
    connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(**KEYS)
    with aws.environment({"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}) as variables:
        found = credentials(variables, monkeypatch)
    assert (found.access_key, found.secret_key) == ("AKIAOWN", "hush-hush")


@pytest.mark.parametrize(
    ("fields", "around"),
    [
        (KEYS, {}),
        ({}, {"AWS_ACCESS_KEY_ID": "AKIAAROUND", "AWS_SECRET_ACCESS_KEY": "y"}),
        ({}, {"AWS_PROFILE": "team"}),
        ({"extra": {"profile_name": "team"}}, {}),
    ],
)
def test_a_role_is_taken_by_the_process_itself_which_renews_it(
    fields: Extra,
    around: dict[str, str],
    endpoint: str,
    connect: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(os.environ["AWS_CONFIG_FILE"]).write_text(
        "[profile team]\naws_access_key_id = AKIATEAM\naws_secret_access_key = z\n"
    )
    own = dict(fields)
    connect(at(endpoint, role_arn=ROLE, **own.pop("extra", {})), **own)
    base = {"AWS_CONFIG_FILE": os.environ["AWS_CONFIG_FILE"], **around}
    with aws.environment(base) as variables:
        found = credentials(variables, monkeypatch)
        assert found.method == "assume-role"
        first = found.get_frozen_credentials()
        assert first.access_key.startswith("ASIA")
        found._expiry_time -= timedelta(hours=2)
        found._refresh_using.__self__._cache.clear()
        assert found.get_frozen_credentials().token != first.token


def test_what_is_asked_of_the_role_is_handed_on(connect: Any) -> None:
    asked = {"ExternalId": "7", "DurationSeconds": 900}
    connect({"role_arn": ROLE, "assume_role_kwargs": asked}, **KEYS)
    handed = aws.for_process("aws_default", {})
    assert handed.config.splitlines() == [
        "[profile realsyn-airflow]",
        f"role_arn = {ROLE}",
        "role_session_name = RealSyn_aws_default",
        "external_id = 7",
        "duration_seconds = 900",
        "source_profile = realsyn-source",
        "[profile realsyn-source]",
        "aws_access_key_id = AKIAOWN",
        "aws_secret_access_key = hush-hush",
    ]
    assert "hush" not in repr(handed)


@pytest.mark.parametrize(
    ("around", "line"),
    [
        ({}, "credential_source = Ec2InstanceMetadata"),
        (
            {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1"},
            "credential_source = EcsContainer",
        ),
        (
            {"AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn:of-airflow"},
            "web_identity_token_file = /token",
        ),
    ],
)
def test_a_role_is_taken_by_the_right_of_the_machine(
    around: dict[str, str], line: str, connect: Any
) -> None:
    connect({"role_arn": ROLE})
    lines = aws.for_process("aws_default", around).config.splitlines()
    assert line in lines
    assert f"role_arn = {ROLE}" in lines


def test_a_role_by_a_token_file_is_taken_by_the_process(connect: Any) -> None:
    connect(
        {
            "role_arn": ROLE,
            "assume_role_method": "assume_role_with_web_identity",
            "assume_role_with_web_identity_federation": "file",
            "assume_role_with_web_identity_token_file": "/token",
        }
    )
    assert aws.for_process("aws_default", {}).config.splitlines() == [
        "[profile realsyn-airflow]",
        f"role_arn = {ROLE}",
        "role_session_name = RealSyn_aws_default",
        "web_identity_token_file = /token",
    ]


def test_what_aws_has_no_words_for_comes_as_credentials_that_end(
    endpoint: str, connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(at(endpoint, role_arn=ROLE, assume_role_kwargs={"Policy": "{}"}), **KEYS)
    with aws.environment({}) as variables:
        found = credentials(variables, monkeypatch)
    assert found.access_key.startswith("ASIA")
    assert found.token


def test_a_connection_that_is_nowhere_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REALSYN_AWS_CONN", "aws_team")
    with (
        pytest.raises(failures.ConfigFailure, match=r"'aws_team'.*AIRFLOW_CONN_AWS_TEAM"),
        aws.environment({}),
    ):
        pass


def test_a_key_cannot_break_out_of_its_line(connect: Any) -> None:
    connect(login="x", password="y\n[profile realsyn-airflow]\ncredential_process = rm")
    with pytest.raises(failures.ConfigFailure, match="more than one line"):
        aws.for_process("aws_default", {})


def test_a_command_has_the_connection_and_no_trace_of_it_stays(
    connect: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    keep = f'cp "$AWS_CONFIG_FILE" {tmp_path}/seen; ls -l "$AWS_CONFIG_FILE" > {tmp_path}/mode\n'
    python = script(tmp_path, f"env > {tmp_path}/env\n{keep}echo '{{}}'\n")
    monkeypatch.setenv("REALSYN_DATA_PYTHON", str(python))
    connect(**KEYS)
    with caplog.at_level(logging.DEBUG):
        assert LocalProcess().call(RUN) == {}
    seen = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines())
    assert "hush-hush" in (tmp_path / "seen").read_text()
    assert (tmp_path / "mode").read_text().startswith("-rw-------")
    assert not Path(seen["AWS_CONFIG_FILE"]).parent.exists()
    assert "hush" not in str(seen) + caplog.text


def test_what_a_killed_process_left_is_swept_and_what_is_in_use_is_not(
    connect: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    connect(**KEYS)
    killed = "from realsyn_airflow import aws; import os, signal\n"
    killed += "with aws._kept('keys'): os.kill(os.getpid(), signal.SIGKILL)"
    here = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": f"{PROJECT}:{PROJECT}/plugins"}
    subprocess.run([sys.executable, "-c", killed], env=here, check=False)
    [left] = tmp_path.glob("realsyn-aws-*")
    with aws.environment({}) as first, aws.environment({}) as second:
        assert not left.exists()
        assert Path(first["AWS_CONFIG_FILE"]).exists()
        assert Path(second["AWS_CONFIG_FILE"]).exists()
    assert not list(tmp_path.glob("realsyn-aws-*"))


def test_the_data_plane_reads_the_bucket_by_the_connection(
    endpoint: str, connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its own Python, its own botocore, and nothing else that leads to the bucket."""
    import boto3

    connect(at(endpoint, role_arn=ROLE), **KEYS)
    s3 = boto3.client("s3", endpoint_url=endpoint, aws_access_key_id="x", aws_secret_access_key="y")
    s3.create_bucket(
        Bucket="connected", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    done = LocalProcess().call(["discover", "--root", "s3://connected", "--settle", "0"])
    assert done == {"crawls": []}


def test_pages_are_read_by_the_connection(endpoint: str, connect: Any) -> None:
    import boto3

    connect(at(endpoint), **KEYS)
    s3 = boto3.client("s3", endpoint_url=endpoint, aws_access_key_id="x", aws_secret_access_key="y")
    s3.create_bucket(Bucket="pages", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="pages", Key="index.html", Body=b"<p>seen")
    assert pages.read("s3://pages/index.html") == b"<p>seen"


# --- pods ---


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("POD_IMAGE", "POD_NAMESPACE", "POD_SECRET", "PODS", "RESOURCES"):
        monkeypatch.delenv(f"REALSYN_{name}", raising=False)
    monkeypatch.setenv("REALSYN_PROFILE", "production")


def as_sent(operator: Any) -> dict[str, Any]:
    from kubernetes.client import ApiClient

    pod = operator.build_pod_request_obj(None, dry_run=True)
    return dict(ApiClient().sanitize_for_serialization(pod))


def variables_of(pod: dict[str, Any]) -> dict[str, str]:
    listed = pod["spec"]["containers"][0]["env"]
    return {item["name"]: item["value"] for item in listed if "value" in item}


@pytest.mark.usefixtures("production")
def test_a_pod_takes_the_connections_role_by_its_own_identity(connect: Any) -> None:
    connect(at("http://s3.internal", role_arn=ROLE))
    pod = as_sent(pods.operator(PodSpec.of(RUN), "task", deferrable=True))
    said = variables_of(pod)
    assert said["AWS_ROLE_ARN"] == ROLE
    assert said["AWS_REGION"] == "eu-west-1"
    assert said["AWS_ENDPOINT_URL_S3"] == "http://s3.internal"
    assert "AWS_CONFIG_FILE" not in said
    assert {volume["name"] for volume in pod["spec"]["volumes"]} == {"tmp", "shm", "models"}


class Cluster:
    """As much of the Kubernetes client as a Secret needs."""

    def __init__(self, status: int = 0) -> None:
        self.secrets: list[dict[str, Any]] = []
        self.status = status

    def read_namespaced_pod(self, name: str, namespace: str) -> Any:
        return Some(metadata=Some(uid=f"uid of {name}"))

    def create_namespaced_secret(self, namespace: str, body: dict[str, Any]) -> None:
        from kubernetes.client import ApiException

        if self.status:
            raise ApiException(status=self.status)
        self.secrets.append(body)


def created(operator: Any, cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make an operator's pod in a cluster; give the pod that was asked for."""
    gone: list[Any] = []
    manager = Some(create_pod=lambda pod: pod, delete_pod=gone.append)
    monkeypatch.setattr(type(operator), "client", cluster, raising=False)
    monkeypatch.setattr(type(operator), "pod_manager", manager, raising=False)
    operator.reattach_on_restart = False
    pod = operator.build_pod_request_obj(None, dry_run=True)
    try:
        return operator.get_or_create_pod(pod, {})
    except failures.ConfigFailure:
        assert gone == [pod], "a pod that would wait for ever"
        raise


@pytest.mark.usefixtures("production")
def test_keys_go_to_a_pod_in_a_secret_of_its_own(
    connect: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    connect({"role_arn": ROLE}, **KEYS)
    cluster = Cluster()
    with caplog.at_level(logging.DEBUG):
        operator = pods.operator(PodSpec.of(RUN), "task", deferrable=True)
        name = created(operator, cluster, monkeypatch).metadata.name
    pod = as_sent(operator)
    [secret] = cluster.secrets
    assert "hush-hush" in secret["stringData"]["config"]
    assert f"role_arn = {ROLE}" in secret["stringData"]["config"]
    assert secret["metadata"]["name"] == name
    [owner] = secret["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["uid"]) == ("Pod", name, f"uid of {name}")
    assert variables_of(pod)["AWS_CONFIG_FILE"] == f"{pod_spec.AWS_FOLDER}/config"
    mounts = pod["spec"]["containers"][0]["volumeMounts"]
    assert {"name": "aws", "mountPath": pod_spec.AWS_FOLDER, "readOnly": True} in mounts
    assert "hush" not in json.dumps(pod) + caplog.text + repr(PodSpec.of(RUN))


@pytest.mark.usefixtures("production")
def test_a_pod_without_its_secret_does_not_stay(
    connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(**KEYS)
    operator = pods.operator(PodSpec.of(RUN), "task", deferrable=True)
    with pytest.raises(failures.ConfigFailure, match=r"connection-keys\.yaml"):
        created(operator, Cluster(403), monkeypatch)
    assert created(operator, Cluster(409), monkeypatch), "a retry finds pod and Secret there"


@pytest.mark.usefixtures("production")
def test_a_secret_of_the_deployment_goes_before_the_connections_keys(
    connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REALSYN_POD_SECRET", "bucket-keys")
    connect({"role_arn": ROLE, "region_name": "eu-west-1"}, **KEYS)
    said = variables_of(as_sent(pods.operator(PodSpec.of(RUN), "task", deferrable=True)))
    assert said["AWS_REGION"] == "eu-west-1"
    assert not {"AWS_ROLE_ARN", "AWS_PROFILE", "AWS_CONFIG_FILE"} & set(said)


# --- clusters of AWS ---


@pytest.fixture
def eks(endpoint: str, connect: Any, monkeypatch: pytest.MonkeyPatch, production: None) -> Any:
    """An operator of a pod in the cluster `house`, which is known to AWS and not there."""
    connect(at(endpoint), **KEYS)
    client = aws.client("eks", "aws_default")
    if "house" not in client.list_clusters()["clusters"]:
        role = "arn:aws:iam::123456789012:role/eks"
        client.create_cluster(name="house", roleArn=role, resourcesVpcConfig={"subnetIds": ["s"]})
    monkeypatch.setenv("REALSYN_PODS", '{"eks_cluster": "house"}')
    return pods.operator(PodSpec.of(RUN), "task", deferrable=True)


def test_a_pod_in_a_cluster_of_aws_is_the_pod_that_it_is_elsewhere(
    eks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.providers.amazon.aws.operators.eks import EksPodOperator

    assert isinstance(eks, EksPodOperator)
    assert (eks.cluster_name, eks.aws_conn_id, eks.in_cluster) == ("house", "aws_default", False)
    monkeypatch.setenv("REALSYN_PODS", "{}")
    other = pods.operator(PodSpec.of(RUN), "task", deferrable=True)
    here, there = as_sent(eks), as_sent(other)
    for pod in (here, there):
        name = pod["metadata"].pop("name")
        assert name.startswith("realsyn-parse-00000-")
        assert pod["spec"]["volumes"].pop()["secret"]["secretName"] == name
    assert here == there


def test_the_cluster_is_found_by_its_name_and_entered_by_the_connection(
    eks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import yaml

    seen: list[Any] = []

    def create(self: Any, pod_request_obj: Any, context: Any) -> Any:
        files = [Path(self.config_file), Path(self._credentials_file_path)]
        seen.append([file.read_text() for file in files])
        raise ConnectionError("no cluster behind the name")

    monkeypatch.setattr(pods.FreshOperator, "get_or_create_pod", create)
    eks.callbacks = []
    with pytest.raises(ConnectionError):
        eks.execute_async({})
    [[config, keys]] = seen
    told = yaml.safe_load(config)
    assert told["clusters"][0]["cluster"]["server"].startswith("https://")
    assert "--cluster-name house" in str(told["users"])
    assert "hush" not in config
    assert "AKIAOWN" in keys
    assert not Path(eks.config_file).exists()


@pytest.fixture
def waiting(eks: Any) -> Any:
    """The provider's own trigger for a pod of that cluster."""
    from airflow.providers.amazon.aws.triggers.eks import EksPodTrigger

    return EksPodTrigger(
        eks_cluster_name="house",
        aws_conn_id="aws_default",
        pod_name="p-1",
        pod_namespace="n",
        trigger_start_time=datetime.now(UTC),
        base_container_name="base",
    )


def patient(eks: Any, waiting: Any) -> Any:
    deferred = TaskDeferred(trigger=waiting, method_name="trigger_reentry")
    return pods._patient(deferred, eks).trigger


def test_who_waits_for_such_a_pod_is_as_patient_and_knows_the_cluster(
    eks: Any, waiting: Any
) -> None:
    path, arguments = patient(eks, waiting).serialize()
    assert path == "realsyn_airflow.eks.EksTrigger"
    assert arguments == waiting.serialize()[1]
    assert arguments["eks_cluster_name"] == "house"
    assert "hush" not in str(arguments)


@pytest.mark.parametrize(("ask", "method"), [("on_kill", "delete_pod"), ("_answered", "get_pod")])
def test_who_waits_enters_the_cluster_anew_to_ask_or_to_delete(
    eks: Any, waiting: Any, ask: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.providers.cncf.kubernetes.hooks.kubernetes import AsyncKubernetesHook

    entered: list[bool] = []

    async def answer(hook: Any, *args: Any, **kwargs: Any) -> None:
        keys = re.search(r"\S+\.aws_creds", str(hook.config_dict))
        entered.append(keys is not None and Path(keys[0]).exists())

    monkeypatch.setattr(AsyncKubernetesHook, method, answer)
    asyncio.run(getattr(patient(eks, waiting), ask)())
    assert entered == [True]
