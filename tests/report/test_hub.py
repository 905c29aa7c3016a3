"""A version goes to a hub whole, once, and only what it lists; the hub stands in on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from realsyn_tasks import cli
from realsyn_tasks.core.errors import EXIT_CONFIG, ConfigError, TransientError
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.report import hub as pushing
from realsyn_tasks.takedown.command import Form, take_down
from tests.report.stand_in_hub import Hub, running

REPO, SECRET = "lab/pairs", "hf_secret_of_a_test"
LISTS = ("attachments.json", "manifest.json")


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library reads its switch once; a test that loads a model may have set that before."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    with running() as served:
        monkeypatch.setenv("HF_ENDPOINT", served.url)
        monkeypatch.setenv("HF_TOKEN", SECRET)
        yield served


def files(version: Version) -> dict[str, bytes]:
    folder = Path(version.uri.removeprefix("file://"))
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def published(version: Version, *more: str) -> Result:
    words = ["publish", "--version", version.uri, "--repo", REPO, "--json", *more]
    return CliRunner().invoke(cli.app, words)


def test_without_being_told_to_nothing_is_sent(version: Version, hub: Hub) -> None:
    result = published(version)
    said: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    assert {file["path"] for file in said["files"]} == set(files(version))
    assert said["bytes"] == sum(map(len, files(version).values()))
    assert "nothing was sent" in result.stderr
    assert (hub.made, hub.commits) == ([], [])


def test_a_version_arrives_whole_and_its_manifest_last(version: Version, hub: Hub) -> None:
    assert published(version, "--really").exit_code == 0
    assert hub.files == files(version)
    assert hub.commits[-1] == list(LISTS)
    assert hub.made[0]["visibility"] == "private"
    assert hub.tokens == {f"Bearer {SECRET}"}


def test_a_public_repository_must_be_asked_for(version: Version, hub: Hub) -> None:
    assert published(version, "--really", "--public").exit_code == 0
    assert hub.made[0]["visibility"] == "public"


def test_what_is_not_listed_stays_here(version: Version, hub: Hub) -> None:
    folder = Path(version.uri.removeprefix("file://"))
    (folder / "notes.txt").write_text("for us alone")
    pushing.push(version, REPO)
    assert "notes.txt" not in hub.files


def test_a_push_that_was_cut_off_goes_on(version: Version, hub: Hub) -> None:
    hub.fails_at = 2
    with pytest.raises(TransientError, match="the hub answered 503"):
        pushing.push(version, REPO)
    sent = [path for commit in hub.commits for path in commit]
    assert "manifest.json" not in hub.files
    hub.fails_at = -1
    again = pushing.push(version, REPO)
    assert {file.path for file in again.files if file.state == "same"} == set(sent)
    assert hub.files == files(version)


def test_what_is_there_is_not_sent_again(version: Version, hub: Hub) -> None:
    pushing.push(version, REPO)
    commits = len(hub.commits)
    again = pushing.push(version, REPO)
    assert ({file.state for file in again.files}, again.bytes) == ({"same"}, 0)
    assert len(hub.commits) == commits


def test_data_of_another_version_goes(version: Version, hub: Hub) -> None:
    hub.files = {"data/train-00007-of-00008.parquet": b"old", "notes.md": b"of the hub"}
    done = pushing.push(version, REPO)
    assert [file.path for file in done.files if file.state == "removed"] == [
        "data/train-00007-of-00008.parquet"
    ]
    assert set(hub.files) == {*files(version), "notes.md"}
    assert "data/train-00007-of-00008.parquet" in hub.commits[-1]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_is_told_without_the_token(
    version: Version, hub: Hub, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.fails_at, hub.answer = 0, status
    with pytest.raises(ConfigError, match=f"the hub answered {status}") as refused:
        pushing.push(version, REPO)
    said = capsys.readouterr()
    assert SECRET not in f"{refused.value}{refused.value.__cause__}{said.out}{said.err}"


def test_without_a_token_nothing_is_asked(
    version: Version, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(ConfigError, match="set HF_TOKEN in the environment"):
        pushing.push(version, REPO)
    assert hub.made == []


def test_a_hub_that_is_not_there_can_be_tried_again(
    version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_TOKEN", SECRET)
    with pytest.raises(TransientError, match="cannot be reached"):
        pushing.push(version, REPO)


def test_where_the_hub_is_switched_off_it_is_said_how_to_switch_it_on(version: Version) -> None:
    """In a process of its own, in which the library reads its switch from the environment."""
    words = ["publish", "--version", version.uri, "--repo", REPO, "--really"]
    nowhere = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_TOKEN": SECRET, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "realsyn_tasks", *words],
        env={**os.environ, **nowhere},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == EXIT_CONFIG, done.stderr
    assert "unset it in the environment" in done.stderr and "HF_HUB_OFFLINE" in done.stderr
    assert SECRET not in f"{done.stdout}{done.stderr}"


def test_a_damaged_version_does_not_go(version: Version, hub: Hub) -> None:
    folder = Path(version.uri.removeprefix("file://"))
    (folder / "webdataset/00000.tar").write_bytes(b"")
    with pytest.raises(ConfigError, match=r"is damaged, first .*00000\.tar"):
        pushing.push(version, REPO)
    assert hub.made == []


def test_what_was_taken_down_since_does_not_go(version: Version, hub: Hub) -> None:
    from realsyn_tasks.datasets.shards import rows

    image = next(rows(version, ["image_id", "sha256"])).to_pylist()[0]
    take_down(version.storage.uri, Form(hashes=image["sha256"]), dry_run=False)
    with pytest.raises(ConfigError, match="that were taken down since"):
        pushing.plan(version, REPO)
    assert hub.made == []


@pytest.mark.parametrize("name", ["pairs", "lab/", "../x", "a/b/c"])
def test_a_name_that_is_none_is_refused(version: Version, name: str) -> None:
    with pytest.raises(ConfigError, match="name OWNER/NAME"):
        pushing.plan(version, name)


def test_a_dataset_is_not_a_version(version: Version) -> None:
    with pytest.raises(ConfigError, match="name one of its versions: v-"):
        pushing.version_at(f"{version.storage.uri}/{version.dataset}")
