"""The embedded models, prepared once, and tiny random checkpoints made on the spot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realsyn_tasks.core.include import cache_folder
from tests.models import checkpoints, endpoint_stand_in
from tests.models.support import load


@pytest.fixture(scope="session")
def cache() -> Path:
    """The cache folder with all embedded models in it; what is there already is not redone."""
    from realsyn_tasks.models.makers import prepare

    prepare(cache_folder())
    return cache_folder()


@pytest.fixture(scope="session")
def conse(cache: Path) -> Any:
    return load("encoder", "conse", cache)


@pytest.fixture(scope="session")
def smollm(cache: Path) -> Any:
    return load("language_model", "transformers", cache)


@pytest.fixture(scope="session")
def tiny_tokenizer() -> Any:
    return checkpoints.tokenizer()


@pytest.fixture(scope="session")
def tiny_llama(tiny_tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.language_model(tmp_path_factory.mktemp("tiny-llama"), tiny_tokenizer)


@pytest.fixture(scope="session")
def tiny_captioner(tiny_tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.captioner(tmp_path_factory.mktemp("tiny-captioner"), tiny_tokenizer)


@pytest.fixture(scope="session")
def tiny_ram_plus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.ram_plus(tmp_path_factory.mktemp("tiny-ram-plus"))


@pytest.fixture(scope="session")
def tiny_scorer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.scorer(tmp_path_factory.mktemp("tiny-scorer"))


@pytest.fixture(scope="session")
def planted_head(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A head of two layers for conse's vectors: how far they point along the first axis."""
    folder = tmp_path_factory.mktemp("head")
    first = np.zeros((384, 2), np.float32)
    first[0] = (8.0, -8.0)
    layers = {"weight.0": first, "bias.0": np.zeros(2, np.float32)}
    layers |= {"weight.1": np.array([[1.0], [-1.0]], np.float32), "bias.1": np.zeros(1, np.float32)}
    np.savez(folder / "head.npz", allow_pickle=False, **layers)
    return folder


@pytest.fixture(scope="session")
def tiny_reranker(tiny_tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.reranker(tmp_path_factory.mktemp("tiny-reranker"), tiny_tokenizer)


@pytest.fixture(scope="session")
def tiny_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.clip(tmp_path_factory.mktemp("tiny-clip"))


@pytest.fixture(scope="session")
def tiny_siglip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny-siglip")
    return checkpoints.clip(folder, checkpoints.SIGLIP, resize_mode="squash")


@pytest.fixture(scope="session")
def tiny_eva(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.clip(tmp_path_factory.mktemp("tiny-eva"), checkpoints.EVA)


@pytest.fixture(scope="session")
def chat_endpoint() -> Iterator[int]:
    """The port of a chat endpoint that answers by what it is asked."""
    with endpoint_stand_in.listening() as port:
        yield port


@pytest.fixture(scope="session")
def tiny_language_model(tiny_llama: Path) -> Any:
    options: dict[str, Any] = {
        "checkpoint": str(tiny_llama),
        "dtype": "float32",
        "batch_size": 4,
    }
    return load("language_model", "transformers", tiny_llama.parent / "cache", **options)
