"""The contract of all backends, with the real engine: one tiny checkpoint is all four kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.models.contract import Case, Contract

ENGINE = {"enforce_eager": True, "max_model_len": 4096, "limit_mm_per_prompt": {"image": 1}}
CHANGES: dict[str, dict[str, Any]] = {
    "language_model": {"temperature": 0.5, "stop": ("cat",), "max_tokens": 9, "start": "the"},
    "perplexity_model": {"temperature": 0.5, "stop": ("cat",), "max_tokens": 9, "start": "the"},
    "captioner": {"prompt": "What is it?", "max_new_tokens": 5},
    "judge": {"question": "Is it so: {text}?"},
}


class TestContract(Contract):
    """Damaged files are the stand-in's part (tests/models): each would start an engine."""

    @pytest.fixture(params=list(CHANGES))
    def case(self, request: pytest.FixtureRequest, llava: Path) -> Case:
        """A kind, and the engine that all of them share."""
        return Case(
            request.param,
            "vllm",
            llava.parent / "cache",
            options={"checkpoint": str(llava), "dtype": "float32", "engine": ENGINE},
            changes={
                "dtype": "bfloat16",
                "seed": 1,
                "engine": {"max_model_len": 256},
                **CHANGES[request.param],
            },
            running={
                "tensor_parallel_size": 1,
                "gpu_memory_utilization": 0.8,
                "batch_size": 2,
                "shards_together": 2,
            },
            tolerance=1e-4,
        )
