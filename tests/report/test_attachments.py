"""Card and report are renewed in place; the version they are of stays."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from realsyn_tasks import cli
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets.attachments import store
from realsyn_tasks.datasets.versions import Version, versions
from realsyn_tasks.report import attachments, page
from realsyn_tasks.report.attachments import attach
from realsyn_tasks.runs.promotion import promote
from tests import fabricated
from tests.fabricated_contents import Made

Opened = Callable[[str], Workspace]
MORE = ("DATA_STATEMENT.md", "croissant.json")


@pytest.fixture
def build(opened: Opened) -> Workspace:
    """A build with a published version, to which nothing is attached yet."""
    workspace = opened("sample")
    promote(workspace, "sample")
    return workspace


def version_of(build: Workspace) -> Version:
    [version] = versions(build.storage)
    return version


def files(build: Workspace) -> dict[str, bytes]:
    version = version_of(build)
    paths = [path for path, _ in build.storage.listing(version.path, recursive=True)]
    return {path.removeprefix(f"{version.path}/"): build.storage.read(path) for path in paths}


def test_card_and_report_stand_beside_the_data_with_their_digests(build: Workspace) -> None:
    data = files(build)
    written = attach(build)
    said = {name: text for name, text in files(build).items() if name not in data}
    assert list(said) == [*sorted(["README.md", *MORE, "attachments.json"]), "report.html"]
    assert sorted(written) == [version_of(build).at(name) for name in said]
    listed = {file.path: file for file in version_of(build).attachments()}
    for name in ("README.md", *MORE, "report.html"):
        assert listed[name].sha256 == hashlib.sha256(said[name]).hexdigest()
        assert listed[name].made_by.startswith("realsyn_tasks.report ")
    assert data == {name: text for name, text in files(build).items() if name in data}


def test_attaching_again_writes_nothing(build: Workspace) -> None:
    attach(build)
    before = files(build)
    assert attach(build) == []
    assert files(build) == before


def test_a_changed_title_renews_the_report_of_the_same_version(
    build: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    attach(build)
    before, version = files(build), version_of(build)
    templates = shutil.copytree(page.TEMPLATES, tmp_path / "templates")
    text = (templates / "report.html").read_text()
    (templates / "report.html").write_text(text.replace("<title>", "<title>New: "))
    monkeypatch.setattr(page, "TEMPLATES", templates)
    monkeypatch.setattr(attachments, "_code", lambda: "another code")
    promote(build, "sample")
    written = attach(build)
    assert written == [version.at("report.html"), version.at("attachments.json")]
    assert version_of(build) == version
    assert b"<title>New: realsyn-tiny" in files(build)["report.html"]
    unchanged = {name for name, text in files(build).items() if before[name] == text}
    assert set(before) - unchanged == {"report.html", "attachments.json"}
    made_by = {file.path: file.made_by for file in version.attachments()}
    assert made_by["report.html"].endswith(" another code")
    assert not made_by["README.md"].endswith(" another code")


def test_other_attachments_stay(build: Workspace) -> None:
    attach(build)
    assert store(version_of(build), {"evaluation.json": b"{}"}, "by hand")
    attach(build)
    listed = [file.path for file in version_of(build).attachments()]
    assert listed == sorted(["README.md", *MORE, "evaluation.json", "report.html"])


def test_what_has_not_been_published_has_no_report(opened: Opened) -> None:
    with pytest.raises(ConfigError, match="has published nothing; promote it first"):
        attach(opened("sample"))


def test_the_report_of_other_data_is_not_attached(build: Workspace) -> None:
    def change(made: Made) -> None:
        fabricated.set_column(made, "pairs", "alt", "another text")

    fabricated.damage(build, "export", change)
    with pytest.raises(ConfigError, match="is not what it published as datasets/realsyn-tiny/v-"):
        attach(build)


def test_loaders_read_a_version_with_all_that_is_attached(build: Workspace, tmp_path: Path) -> None:
    from datasets import Image, load_dataset

    attach(build)
    folder = str(Path(build.storage.uri.removeprefix("file://")) / version_of(build).path)
    loaded = load_dataset(folder, split="train", cache_dir=str(tmp_path / "cache"))
    assert len(loaded) == version_of(build).manifest.pairs
    assert loaded.column_names[:2] == ["raw_image_url", "text1"]
    assert isinstance(loaded.features["image"], Image)
    assert loaded[0]["image"].size == (loaded[0]["width"], loaded[0]["height"])


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.app, [*words, "--json"])


def answer(result: Result) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return record


def test_the_commands_promote_verify_and_report(opened: Opened) -> None:
    build = opened("sample")
    uri, root = build.uri, build.storage.uri
    promoted = answer(run("promote", "sample", "--build", uri))
    folder = Path(promoted["uri"].removeprefix("file://"))
    assert promoted["report"] == f"{promoted['uri']}/report.html"
    for words in (["--root", root], ["--dataset", promoted["uri"]]):
        result = run("verify", *words)
        assert (result.exit_code, answer(result)["damaged"]) == (0, 0)
    (folder / "report.html").unlink()
    (folder / "webdataset/00000.tar").unlink()
    result = run("verify", "--root", root)
    assert result.exception
    assert getattr(result.exception, "exit_code", None) == 65
    findings = answer(result)["findings"]
    assert {item["path"].rsplit("/", 1)[1]: item["builds"] for item in findings} == {
        "00000.tar": ["builds/tiny"],
        "report.html": ["builds/tiny"],
    }
    for words in (["promote", "sample"], ["report"]):
        (folder / "report.html").unlink(missing_ok=True)
        assert run(*words, "--build", uri).exit_code == 0
        assert run("verify", "--root", root).exit_code == 0
    for words in ([], ["--root", f"{root}/nowhere"], ["--dataset", f"{root}/datasets/none"]):
        assert isinstance(run("verify", *words).exception, ConfigError)
