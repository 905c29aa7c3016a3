"""Examples in memory, and a tiny checkpoint with random weights to tune."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.models import checkpoints


@pytest.fixture(scope="session")
def tiny_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a Llama that has seen nothing."""
    words: Any = checkpoints.tokenizer()
    return checkpoints.language_model(tmp_path_factory.mktemp("tiny-llama"), words)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own."""
    monkeypatch.delenv("HF_HOME", raising=False)
    monkeypatch.setenv("REALSYN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"
