"""The real vLLM, in its build for CPUs: `make test-vllm`, in an environment of its own."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.include import cache_folder
from realsyn_tasks.models._torchvision import import_torchvision
from tests.models.support import load
from tests.vllm import ENVIRONMENT, OPTIONS, tiny_llava

os.environ.update(ENVIRONMENT)
if find_spec("vllm") and find_spec("torchvision"):
    # A CUDA build beside a CPU torch: by themselves, vLLM and its processes fail to import it.
    import_torchvision()
    startup = Path(__file__).parent / "startup"
    os.environ["PYTHONPATH"] = os.pathsep.join(map(str, (startup, startup.parents[2])))
collect_ignore_glob = [] if find_spec("vllm") else ["test_*.py"]


@pytest.fixture(scope="session")
def model() -> Any:
    """The embedded weights in vLLM."""
    return load("language_model", "vllm", cache_folder(), **OPTIONS)


@pytest.fixture(scope="session")
def reference() -> Any:
    """The embedded weights in the transformers backend."""
    options = {"checkpoint": OPTIONS["checkpoint"], "dtype": OPTIONS["dtype"]}
    return load("language_model", "transformers", cache_folder(), **options)


@pytest.fixture(scope="session")
def llava(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny vision-language model with random weights."""
    return tiny_llava.make(tmp_path_factory.mktemp("tiny-llava"))
