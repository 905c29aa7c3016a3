"""The file of a request: of the root or the deployment's prefixes, and never echoed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from realsyn_tasks.core import prefixes
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.takedown import command
from realsyn_tasks.takedown.command import Form, find, take_down

SECRET = "aws_secret_access_key = wJalrXUtnFEMI"
LINES = ["[profile]", SECRET, f"http://[{SECRET}", f"http://h:{SECRET}/", "ж" * 300, "a.example"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    (tmp_path / "credentials").write_text("\n".join(LINES))
    return folder


@pytest.mark.parametrize(
    "file", ["/etc/passwd", "ROOT/../credentials", "ROOT/link", "ROOT/up/credentials"]
)
def test_a_file_elsewhere_is_not_read(file: str, root: Path) -> None:
    (root / "link").symlink_to(root.parent / "credentials")
    (root / "up").symlink_to(root.parent)
    file = file.replace("ROOT", str(root))
    for act in (
        lambda: take_down(str(root), Form(file=file), dry_run=True),
        lambda: take_down(
            str(root), Form(file=Path(file).as_uri(), urls="a.example"), dry_run=True
        ),
        lambda: find(str(root), ["a.example"], file),
    ):
        with pytest.raises(ConfigError, match=r"outside of what|leave out"):
            act()
    assert not list(root.glob("takedowns"))


def test_a_file_below_a_prefix_is_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(prefixes.VARIABLE, str(root.parent))
    found = take_down(str(root), Form(file=str(root.parent / "credentials")), dry_run=True)
    assert found["entries"] == {"domain": 1}


def test_a_line_that_means_nothing_is_told_by_its_number_alone(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = root / "list.txt"
    file.write_text("\n".join(LINES))
    found = take_down(str(root), Form(file=str(file)), dry_run=True)
    command.show_takedown(found)
    searched = find(str(root), [], str(file))
    command.show(searched)
    assert [line["line"] for line in found["first_bad_lines"]] == [1, 2, 3, 4, 5]
    said = capsys.readouterr().err + json.dumps([found, searched], ensure_ascii=False)
    said += "".join(path.read_text() for path in root.rglob("takedowns/**/*.*"))
    assert "line 2 is not" in said
    for word in ("profile", "wJalr", "aws_secret", "жжж"):
        assert word not in said


def test_nothing_of_a_file_is_in_the_reason_of_a_refusal(root: Path) -> None:
    (root / "list.txt").write_text(SECRET)
    with pytest.raises(ConfigError) as refused:
        take_down(str(root), Form(file=str(root / "list.txt")), dry_run=True)
    assert "1 bad lines" in str(refused.value) and "wJalr" not in str(refused.value)
