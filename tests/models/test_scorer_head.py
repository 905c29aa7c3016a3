"""A head over vectors scores as its layers say, and refuses another encoder's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from realsyn_tasks.core.errors import ConfigError
from tests.models.support import load, resolved


def test_a_planted_head_tells_one_direction_from_others(planted_head: Path, cache: Path) -> None:
    others = {"encoder": resolved("encoder", "conse", cache)}
    weights = str(planted_head / "head.npz")
    head = load("vector_scorer", "linear_head", cache, others, weights=weights)
    vectors = np.eye(384, dtype=np.float32)[:3]
    vectors[2, 0] = -1.0
    np.testing.assert_allclose(head(vectors), 1 / (1 + np.exp([-8.0, 0.0, 8.0])))


def test_safetensors_are_the_same_head(planted_head: Path, cache: Path, tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    with np.load(planted_head / "head.npz") as arrays:
        save_file({name: arrays[name] for name in arrays.files}, tmp_path / "head.safetensors")
    others = {"encoder": resolved("encoder", "conse", cache)}
    vectors = np.random.default_rng(1).normal(size=(4, 384)).astype(np.float32)
    paths = (planted_head / "head.npz", tmp_path / "head.safetensors")
    heads = [load("vector_scorer", "linear_head", cache, others, weights=str(p)) for p in paths]
    np.testing.assert_array_equal(heads[0](vectors), heads[1](vectors))


def test_another_encoders_head_and_odd_layers_are_refused(
    planted_head: Path, cache: Path, tmp_path: Path
) -> None:
    others = {"encoder": resolved("encoder", "conse", cache)}
    weights = str(planted_head / "head.npz")
    with pytest.raises(ConfigError, match="is for vectors of open_clip-ViT-L-14"):
        resolved(
            "vector_scorer",
            "linear_head",
            cache,
            others,
            weights=weights,
            encoder="open_clip-ViT-L-14",
        )
    short = {"weight.0": np.zeros((7, 1), np.float32), "bias.0": np.zeros(1, np.float32)}
    np.savez(tmp_path / "short.npz", allow_pickle=False, **short)
    np.savez(
        tmp_path / "wide.npz", allow_pickle=False, **short | {"bias.0": np.zeros(2, np.float32)}
    )
    for name, said in (("short", "vectors of 7 numbers"), ("wide", "does not fit")):
        path = str(tmp_path / f"{name}.npz")
        with pytest.raises(ConfigError, match=said):
            load("vector_scorer", "linear_head", cache, others, weights=path)
