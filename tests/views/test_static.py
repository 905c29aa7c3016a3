"""The browser's application as text: the web becomes no markup, nothing comes from outside."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from realsyn_tasks.views.server import STATIC

SCRIPTS = sorted(STATIC.rglob("*.js"))
MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|setHTML|createContextual"
    r"Fragment|\beval\b|new Function|srcdoc"
)
OUTSIDE = re.compile(r"""(?:from|import\()\s*["'`]https?:|@import|url\(\s*["']?https?:""")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_texts_become_no_markup(script: Path) -> None:
    assert not MARKUP.findall(script.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [*SCRIPTS, *STATIC.rglob("*.css"), *STATIC.rglob("*.html")])
def test_nothing_comes_from_outside(path: Path) -> None:
    assert not OUTSIDE.findall(path.read_text(encoding="utf-8"))


@pytest.mark.skipif(not shutil.which("node"), reason="node is not there")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_javascript(script: Path) -> None:
    words = ["node", "--check", "--input-type=module", "-"]  # a file is not read as a module
    checked = subprocess.run(words, input=script.read_bytes(), capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr.decode()


def test_colours_are_tokens() -> None:
    """A page that names a colour has it wrong in the dark."""
    pages = [path for path in SCRIPTS if path.parent.name == "pages"]
    assert not [p.name for p in pages if re.search(r"#[0-9a-fA-F]{6}\b|rgba?\(", p.read_text())]
