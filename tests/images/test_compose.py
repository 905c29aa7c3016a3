"""docker-compose.yaml and what it needs, as far as that can be said without Docker."""

from __future__ import annotations

import http.server
import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from realsyn_tasks.models.cards import cards
from realsyn_tasks.runs.profile import read
from tests.images.dockerfile import ROOT, arguments, ignore_patterns, let_in, stages
from tests.s3 import BUCKET

if TYPE_CHECKING:
    from tests.s3.endpoint import Endpoint

pytest_plugins = ["tests.s3.endpoint"]

TEXT = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
HEADER = TEXT[: TEXT.index("\nname:")]
FOLDER = ROOT / "include" / "compose"
LONG_RUNNING = [name for name, service in SERVICES.items() if service.get("restart") == "always"]
ONE_SHOT = [name for name in SERVICES if name not in LONG_RUNNING]


def load(name: str) -> Any:
    spec = spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def variables(file: str) -> dict[str, str]:
    lines = (FOLDER.parent / file).read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_services_of_airflow_are_there() -> None:
    assert set(LONG_RUNNING) == {
        "postgres",
        "s3",
        "airflow-apiserver",
        "airflow-scheduler",
        "airflow-dag-processor",
        "airflow-triggerer",
    }
    assert set(ONE_SHOT) == {"airflow-init", "s3-init", "upload", "sample-crawl"}


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_what_runs_for_long_says_how_it_is(name: str) -> None:
    check = SERVICES[name]["healthcheck"]

    assert check["test"][0] == "CMD"
    assert {"interval", "timeout", "retries", "start_period"} <= set(check)


def test_services_wait_for_health_or_for_an_end_as_each_has_it() -> None:
    for service in SERVICES.values():
        for other, how in service.get("depends_on", {}).items():
            expected = {True: "service_healthy", False: "service_completed_successfully"}
            assert how["condition"] == expected[other in LONG_RUNNING]


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_built_here_or_official_and_of_a_version(name: str) -> None:
    service = SERVICES[name]
    if "build" in service:
        target = service["build"]["target"]
        assert target in stages(DOCKERFILE)
        assert service["image"].startswith(f"realsyn-{target}:")
    else:
        assert re.fullmatch(r"postgres:\d+", service["image"])


def test_secrets_come_from_the_environment_or_are_documented_defaults() -> None:
    kinds = re.compile(r"PASSWORD|SECRET|FERNET|ACCESS_KEY|SQL_ALCHEMY_CONN")
    given = {
        (name, str(value))
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
        if kinds.search(name)
    }

    assert len(given) >= 7
    for name, value in given:
        found = re.search(r"\$\{([A-Z0-9_]+):-([^}]*)\}", value)
        assert found, f"{name} is written down"
        variable, default = found.groups()
        assert variable in HEADER
        assert default in ("", "airflow") or default.startswith("local-default")


def test_every_variable_is_documented() -> None:
    body = TEXT[len(HEADER) :]
    for variable in set(re.findall(r"\$\{([A-Z0-9_]+)", body)):
        assert variable in HEADER


def test_only_this_machine_reaches_a_port() -> None:
    for service in SERVICES.values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_only_the_data_plane_and_who_shows_its_pages_have_the_keys_of_the_bucket() -> None:
    for name, service in SERVICES.items():
        holds = any(name.startswith("AWS_") for name in service.get("environment", {}))
        shows = name == "airflow-apiserver"
        assert holds == (shows or service["image"].startswith("realsyn-worker:")), name


def test_what_stands_behind_upload_in_the_header_is_the_crawls_name() -> None:
    assert SERVICES["upload"]["entrypoint"][-1] == "upload"
    assert "command" not in SERVICES["upload"]


def test_volumes_and_files_are_there() -> None:
    known = set(yaml.safe_load(TEXT)["volumes"])
    for service in SERVICES.values():
        named = {volume.partition(":")[0] for volume in service.get("volumes", [])}
        assert named <= known | {"/tmp"}
        assert all((ROOT / file).is_file() for file in service.get("env_file", []))
    for script in re.findall(r"include/compose/\w+\.\w+", TEXT):
        assert (ROOT / script).is_file()


def test_airflow_listens_where_its_parts_look_for_it() -> None:
    env = variables("compose/airflow.env")
    port = env["AIRFLOW__API__PORT"]

    address = f"http://airflow-apiserver:{port}"
    assert env["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == f"{address}/execution/"
    assert load("healthy").URL.startswith(f"{address}/")
    assert SERVICES["airflow-apiserver"]["ports"][0].endswith(f":{port}")
    assert env["AIRFLOW__API__HOST"] == "0.0.0.0"


def test_only_its_own_hosts_are_answered_and_nobody_without_the_key() -> None:
    env = {**variables("airflow/local.env"), **variables("compose/airflow.env")}
    assert env["AIRFLOW__CORE__AUTH_MANAGER"] == "realsyn_local.door.OneUser"
    assert not any("ALL_ADMINS" in name for name in env)
    hosts = SERVICES["airflow-apiserver"]["environment"]["REALSYN_HOSTS"].split(",")
    port = "${AIRFLOW_PORT:-8080}"
    assert hosts[:3] == [f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}"]
    assert hosts[3:] == ["airflow-apiserver:8080", "${AIRFLOW_HOSTS:-}"]


def test_what_airflow_is_told_to_import_is_in_its_images() -> None:
    env = {**variables("airflow/local.env"), **variables("compose/airflow.env")}
    modules = {v.rpartition(".")[0] for v in env.values() if v.startswith("realsyn_")}
    keys = (ROOT / "include" / "compose" / "keys.py").read_text()
    names = re.findall("from realsyn_local import (.*)", keys)
    modules |= {f"realsyn_local.{name}" for name in names}
    assert modules >= {"realsyn_local.door", "realsyn_local.keys"}
    for module in modules:
        path = f"plugins/{module.replace('.', '/')}.py"
        assert (ROOT / path).is_file() and let_in(path, ignore_patterns()), path


def test_no_secret_of_airflow_is_known_to_everybody() -> None:
    assert "known-to-everybody" not in TEXT
    env = variables("compose/airflow.env")
    folder = env["REALSYN_KEYS"]
    for name, file in (("API__SECRET_KEY", "api"), ("API_AUTH__JWT_SECRET", "jwt")):
        assert env[f"AIRFLOW__{name}_CMD"] == f"cat {folder}/{file}"
    assert env["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"] == f"{folder}/login.json"
    for name, service in SERVICES.items():
        holds = f"keys:{folder}" in service.get("volumes", [])
        assert holds == name.startswith("airflow-"), name
    assert DOCKERFILE.count(f"/opt/airflow/logs {folder}") == 2, "which gives the volume its owner"


def test_forms_reach_the_bucket_alone() -> None:
    for name in ("airflow-scheduler", "airflow-dag-processor"):
        found = SERVICES[name]["environment"]["REALSYN_PREFIXES"]
        assert found == "s3://${S3_BUCKET:-realsyn},${REALSYN_PREFIXES:-}"


def test_the_profile_is_complete_and_uses_the_models_of_the_image() -> None:
    profile, local = read("compose"), read("local")

    assert profile.dispatch == "process"
    assert profile.batches.max_batches >= 2
    assert profile.models == local.models
    assert set(profile.partitions) == set(local.partitions)
    assert all(kind in cards()[spec.name].kinds for kind, spec in profile.models.items())
    assert "REALSYN_PROFILE: ${REALSYN_PROFILE:-compose}" in TEXT


def test_the_gpu_file_changes_what_there_is() -> None:
    gpu = yaml.safe_load((FOLDER / "gpu.yaml").read_text(encoding="utf-8"))["services"]

    for name, service in gpu.items():
        assert name in SERVICES
        assert set(service["build"]["args"]) <= set(arguments(DOCKERFILE))
        assert f"base-{service['build']['args']['VARIANT']}" in stages(DOCKERFILE)


# --- as Docker reads it ---


def compose(*words: str) -> subprocess.CompletedProcess[str]:
    command = ["docker", "compose", "--project-directory", str(ROOT), *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


COMPOSE = shutil.which("docker") is not None and compose("version").returncode == 0
needs_compose = pytest.mark.skipif(not COMPOSE, reason="docker compose is not here")
GPU_FILE = "include/compose/gpu.yaml"


@needs_compose
@pytest.mark.parametrize("more", [[], ["--file", GPU_FILE]])
def test_docker_takes_the_files_and_each_service_stays_confined(more: list[str]) -> None:
    done = compose("--file", "docker-compose.yaml", *more, "config", "--format", "json")
    assert done.returncode == 0, done.stderr
    services = json.loads(done.stdout)["services"]
    for name, service in services.items():
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"] and service["pids_limit"], name
    gpus = services["airflow-scheduler"].get("deploy", {}).get("resources", {})
    assert bool(gpus.get("reservations", {}).get("devices")) == bool(more)


@needs_compose
def test_what_docker_makes_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AIRFLOW_PORT": "8090", "S3_ENDPOINT_URL": "", "S3_BUCKET": "b"}.items():
        monkeypatch.setenv(name, value)
    services = json.loads(compose("config", "--format", "json").stdout)["services"]
    [port] = services["airflow-apiserver"]["ports"]
    assert (port["host_ip"], port["published"], port["target"]) == ("127.0.0.1", "8090", 8080)
    variables = services["airflow-scheduler"]["environment"]
    assert variables["AWS_ENDPOINT_URL_S3"] == "", "AWS itself"
    assert variables["REALSYN_ROOT"] == "s3://b"
    assert "AWS_SECRET_ACCESS_KEY" not in services["airflow-triggerer"]["environment"]


# --- the scripts ---


def keys(folder: Path, command: str, **given: str) -> str:
    done = subprocess.run(
        [sys.executable, str(FOLDER / "keys.py"), command],
        env={
            "PYTHONPATH": str(ROOT / "plugins"),
            "REALSYN_KEYS": str(folder),
            "REALSYN_HOSTS": "localhost:8090,127.0.0.1:8090,",
            **given,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_secrets_are_made_once_and_those_of_the_environment_go_before(tmp_path: Path) -> None:
    keys(tmp_path, "make")
    first = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert sorted(first) == ["api", "jwt", "login.json"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.iterdir())
    keys(tmp_path, "make", AIRFLOW_JWT_SECRET="mine", AIRFLOW_SECRET_KEY="")
    second = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert second == {**first, "jwt": "mine"}


def test_the_address_has_the_key_in_it(tmp_path: Path) -> None:
    keys(tmp_path, "make")
    [key] = json.loads((tmp_path / "login.json").read_text()).values()
    assert keys(tmp_path, "address") == f"http://localhost:8090/auth/open?token={key}"


@pytest.fixture
def health() -> Iterator[tuple[str, dict[str, Any]]]:
    told: dict[str, Any] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *words: Any) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", told
    server.shutdown()
    thread.join()
    server.server_close()


def test_health_is_what_the_api_server_says(
    health: tuple[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, told = health
    told |= {"scheduler": {"status": "healthy"}, "triggerer": {"status": "unhealthy"}}
    healthy = load("healthy")
    monkeypatch.setattr(healthy, "URL", url)

    assert healthy.main("scheduler") == 0
    assert healthy.main("triggerer") == 1


def bucket(endpoint: Endpoint, *words: str, root: str) -> subprocess.CompletedProcess[str]:
    variables = {**endpoint.variables, "REALSYN_ROOT": root, "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [sys.executable, str(FOLDER / "bucket.py"), *words],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_bucket_is_made_once(s3: Endpoint) -> None:
    for _ in range(2):
        assert bucket(s3, "make", root="s3://made-by-compose").returncode == 0

    names = [found["Name"] for found in s3.client().list_buckets()["Buckets"]]
    assert names.count("made-by-compose") == 1


def test_a_crawl_is_uploaded_as_it_is_with_the_marker_of_a_whole_one(
    s3: Endpoint, tmp_path: Path
) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.warc.gz").write_bytes(b"one")
    (tmp_path / "deep" / "b.txt").write_bytes(b"two")

    done = bucket(s3, "upload", "pages", str(tmp_path), root=s3.root)

    assert done.stdout.strip() == f"s3://{BUCKET}/{s3.prefix}/crawls/pages"
    files = ["_SUCCESS", "a.warc.gz", "deep/b.txt"]
    assert s3.keys("crawls/") == [f"crawls/pages/{name}" for name in files]
    assert s3.stored("crawls/pages/deep/b.txt") == b"two"


def test_an_empty_crawl_is_refused_with_what_to_do(s3: Endpoint, tmp_path: Path) -> None:
    done = bucket(s3, "upload", "pages", str(tmp_path), root=s3.root)

    assert done.returncode == 1
    assert "mount a crawl there" in done.stderr
