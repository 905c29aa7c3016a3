"""What a publisher says stands in the card and in LICENSE, and in no version's name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from realsyn_tasks.core import include
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets.versions import Version, versions
from realsyn_tasks.report.attachments import attach
from realsyn_tasks.report.publisher import Declared, licence_file, terms
from realsyn_tasks.runs.profile import Publisher, read
from realsyn_tasks.runs.promotion import promote

Opened = Callable[[str], Workspace]


@pytest.mark.parametrize(
    ("licence", "stated", "declared"),
    [
        ("", {""}, Declared("other", "not-stated")),
        ("", {"CC-BY-4.0"}, Declared("cc-by-4.0")),
        ("", {"CC-BY-4.0", ""}, Declared("other", "mixed")),
        ("CC-BY-4.0", {"CC-BY-4.0"}, Declared("cc-by-4.0")),
        ("CC-BY-4.0", {"CC-BY-ND-4.0"}, Declared("other", "mixed")),
        ("CC-BY-4.0", {""}, Declared("other", "mixed")),
        ("", {"https://a.example/terms"}, Declared("other", "https://a.example/terms")),
        ("CC0-1.0", set(), Declared("cc0-1.0")),
    ],
)
def test_a_licence_is_declared_only_where_everything_has_it(
    licence: str, stated: set[str], declared: Declared
) -> None:
    assert Declared.of(Publisher(licence=licence), stated) == declared


def test_the_licence_file_says_what_it_covers() -> None:
    assert licence_file(Publisher(name="A Lab"), "realsyn-x") == ""
    text = licence_file(Publisher(name="A Lab", licence="CC-BY-4.0"), "realsyn-x")
    assert text.startswith("realsyn-x is published by A Lab under CC-BY-4.0\n")
    assert "keep the licences that those pages state" in text
    assert terms("https://lab.example/terms") == "https://lab.example/terms"


def profile_of(folder: Path, monkeypatch: pytest.MonkeyPatch, publisher: dict[str, str]) -> None:
    """Let the profile `local` name a publisher."""
    content = include.profile("local") | {"publisher": publisher}
    path = folder / "local.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    monkeypatch.setattr(include, "profile_path", lambda name: path)


def test_a_contact_is_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profile_of(tmp_path, monkeypatch, {"contact": "call us"})
    with pytest.raises(ConfigError, match="neither an e-mail address nor a URL"):
        read("local")


def test_a_licence_file_comes_and_goes_with_the_profile(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = opened("sample")
    promote(build, "sample")
    config = build.config.model_copy(update={"profile": "local"})
    build = Workspace(build.storage, build.folder, config, build.pipeline)
    [version] = versions(build.storage)
    profile_of(tmp_path, monkeypatch, {"licence": "CC-BY-4.0", "contact": "data@lab.example"})
    attach(build)
    assert attached(version) == [
        "DATA_STATEMENT.md",
        "LICENSE",
        "README.md",
        "croissant.json",
        "report.html",
    ]
    assert b"data@lab.example" in build.storage.read(version.at("README.md"))
    profile_of(tmp_path, monkeypatch, {})
    attach(build)
    assert attached(version) == ["DATA_STATEMENT.md", "README.md", "croissant.json", "report.html"]
    assert not build.storage.exists(version.at("LICENSE"))
    assert versions(build.storage) == [version]


def attached(version: Version) -> list[str]:
    return [file.path for file in Version(version.storage, version.path).attachments()]
