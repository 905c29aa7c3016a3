"""One digest of everything in vectors/, whatever computes the products and on how many threads."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from realsyn_tasks.vectors import duplicates, kmeans, native, search
from tests.vectors.data import clustered_rows

ROOT = Path(__file__).parents[2]
SETTINGS = {
    "two threads": {"OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"},
    "an old CPU's products": {"OPENBLAS_CORETYPE": "Nehalem"},
    "no kernel": {"REALSYN_KERNEL": "portable"},
    "the oldest kernel": {"REALSYN_KERNEL": "avx2"},
    "numpy without vector extensions": {"NPY_DISABLE_CPU_FEATURES": "all that can be"},
}


def digest() -> str:
    """Of retrieval and de-duplication in 384 dimensions, with exact and near ties."""
    base, queries = clustered_rows(2500, 384, 40, 1, 0.6), clustered_rows(300, 384, 40, 2, 0.6)
    base[2000:2100] = base[:100]
    base[2100:2200] = base[100:200] * np.float32(1 + 1e-6)
    centroids = kmeans.fit(base, 30, seed=3)
    lists = kmeans.assign(base, centroids)
    probed = search.probe(queries, centroids, 5)
    groups = duplicates.near_groups(base, 0.8)
    arrays = [centroids, lists, probed, groups, duplicates.representatives(base, groups)]
    arrays += search.search_lists(queries, probed, base, lists, 4)
    arrays += search.exact_search(queries, [base], 10)
    arrays += duplicates.near_pairs(base, 0.8)
    arrays += duplicates.near_pairs_in_lists(base, search.probe(base, centroids, 2), 0.8)
    arrays += [looked_up(queries, centroids)]
    return sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()


def looked_up(queries: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    """Three centroids of each query, looked up by groups as very many are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kmeans, "GROUPED_FROM", 30)
        patch.setattr(kmeans, "GROUPS_OF_SEVERAL", 4)
        return kmeans.Nearest.of(centroids).nearest(queries, 3)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="names x86 kernels")
@pytest.mark.parametrize("name", SETTINGS)
def test_digest_does_not_depend_on(name: str) -> None:
    settings = dict(SETTINGS[name])
    if settings.get("REALSYN_KERNEL") == "avx2" and not native.library_path("avx2").exists():
        pytest.skip("no kernel compiled: .ci/native needs a compiler")
    if "NPY_DISABLE_CPU_FEATURES" in settings:
        settings["NPY_DISABLE_CPU_FEATURES"] = " ".join(dispatched_features())
    done = subprocess.run(
        [sys.executable, "-c", "from tests.vectors.test_same_bits import digest; print(digest())"],
        env={**os.environ, **settings, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == digest()


def dispatched_features() -> list[str]:
    """Instruction sets that numpy chose at run time and can be told not to."""
    from numpy._core import _multiarray_umath as core

    return [name for name in core.__cpu_dispatch__ if core.__cpu_features__.get(name)]
