"""The Dockerfile, as far as that can be said without building it."""

from __future__ import annotations

import re
import subprocess
import tomllib

import pytest

from tests.images.dockerfile import (
    ROOT,
    Stage,
    arguments,
    copied,
    copied_from,
    ignore_patterns,
    let_in,
    stages,
)

TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
STAGES = stages(TEXT)
TARGETS = ("airflow", "tasks", "worker", "s3")


def ancestors(name: str) -> list[Stage]:
    """A stage and the stages it starts from, the nearest first."""
    found = []
    while name in STAGES or name == "base-${VARIANT}":
        stage = STAGES["base-cpu" if name == "base-${VARIANT}" else name]
        found.append(stage)
        name = stage.base
    return found


def runs() -> list[tuple[str, str]]:
    return [(stage.name, rest) for stage in STAGES.values() for rest in stage.all("RUN")]


def test_the_targets_are_there_and_the_control_plane_is_the_default() -> None:
    assert set(TARGETS) <= set(STAGES)
    assert list(STAGES)[-1] == "airflow"


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_runs_as_root(target: str) -> None:
    users = [user for stage in ancestors(target) for user in reversed(stage.all("USER"))]

    assert users[0] == "10001:10001"
    assert "--uid 10001" in " ".join(STAGES["base-cpu"].all("RUN"))
    assert "--uid 10001" in " ".join(STAGES["base-gpu"].all("RUN"))


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_says_what_it_is(target: str) -> None:
    labels = " ".join(label for stage in ancestors(target) for label in stage.all("LABEL"))

    for name in ("title", "licenses", "version", "revision"):
        assert f"org.opencontainers.image.{name}=" in labels
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert arguments(TEXT)["VERSION"] == project["version"]


def test_the_control_plane_has_nothing_of_the_data_plane() -> None:
    sources = {name for stage in ancestors("airflow") for name in copied_from(stage)}

    assert not sources & {"data", "data-lean", "models", "tasks"}
    heavy = re.compile(r"^(torch|faiss-cpu|pyarrow|great-expectations|vllm)==", re.M)
    assert not heavy.search((ROOT / "requirements.txt").read_text(encoding="utf-8"))


def test_the_data_plane_has_nothing_of_the_control_plane() -> None:
    sources = {name for stage in ancestors("tasks") for name in copied_from(stage)}
    folders = " ".join(rest for stage in ancestors("tasks") for rest in stage.all("COPY"))

    assert "control" not in sources
    assert "plugins" not in folders
    assert "dags" not in folders


@pytest.mark.parametrize("stage, command", runs())
def test_installs_are_locked(stage: str, command: str) -> None:
    if "pip" in command and "install" in command.split():
        assert "--require-hashes" in command
    if "apt-get install" in command:
        # the only packages that are not pinned are the system's; of `native` nothing is kept
        assert stage in {"base-gpu", "native"}
    assert not re.search(r"\b(curl|wget|npm|ADD http)", command)


def test_environments_come_from_the_set_up_without_what_only_tests_need() -> None:
    for name, plane in (("control", "control"), ("data", "data")):
        assert f"bash .ci/setup {plane}" in " ".join(STAGES[name].all("RUN"))
        assert any("REALSYN_DEV=no" in env for env in STAGES[name].all("ENV"))


@pytest.mark.parametrize("plane", ["control", "data"])
@pytest.mark.parametrize("variable", ["REALSYN_DEV=no", "REALSYN_DEV="])
def test_set_up_leaves_out_the_tools_where_asked(plane: str, variable: str) -> None:
    functions = 'eval "$(sed "\\$d" .ci/setup)"; DATA_LOCK=data.txt; locks_of "$1"'
    done = subprocess.run(
        ["env", variable, "bash", "-c", functions, ".ci/setup", plane],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert ("dev" in done.stdout) == (variable == "REALSYN_DEV=")
    assert {"control": "requirements.txt", "data": "data.txt"}[plane] in done.stdout


def test_bases_are_named_by_version_and_no_frontend_is_fetched() -> None:
    defaults = arguments(TEXT)

    for name in ("PYTHON_IMAGE", "CUDA_IMAGE"):
        assert re.search(r":[0-9]+\.[0-9]+", defaults[name])
    assert "python:3.11" in defaults["PYTHON_IMAGE"]
    assert "# syntax" not in TEXT


def test_the_cuda_base_is_of_the_cuda_that_torch_was_built_with() -> None:
    lock = (ROOT / "realsyn_tasks/requirements-gpu.txt").read_text(encoding="utf-8")
    toolkit = re.search(r"^cuda-toolkit==(\d+\.\d+)", lock, re.M)

    assert toolkit
    assert f"cuda:{toolkit[1]}." in arguments(TEXT)["CUDA_IMAGE"]


@pytest.mark.parametrize("stage", STAGES.values(), ids=list(STAGES))
def test_what_is_copied_is_there_and_let_into_the_build(stage: Stage) -> None:
    for source in copied(stage):
        found = list(ROOT.glob(source))
        assert found, source
        for path in found:
            assert let_in(path.relative_to(ROOT).as_posix(), ignore_patterns()), path
    assert copied_from(stage) <= set(STAGES)


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        ".git/config",
        ".venvs/data/bin/python",
        ".cache/models/x",
        "runs/demo/x",
        "tests/support.py",
        "realsyn_tasks/core/__pycache__/s3.cpython-311.pyc",
    ],
)
def test_nothing_else_is_let_in(path: str) -> None:
    assert not let_in(path, ignore_patterns())


def test_the_data_plane_writes_nowhere_but_in_tmp() -> None:
    variables = dict(
        pair.split("=", 1) for env in STAGES["tasks"].all("ENV") for pair in env.split()
    )

    assert variables["HOME"] == "/tmp"
    assert variables["XDG_CACHE_HOME"].startswith("/tmp/")
    assert variables["PYTHONDONTWRITEBYTECODE"] == "1"
    assert variables["REALSYN_CACHE"].startswith("/opt/realsyn/")
    assert variables["GX_ANALYTICS_ENABLED"] == "False"
    assert 'ENTRYPOINT ["python", "-m", "realsyn_tasks"]' in TEXT
