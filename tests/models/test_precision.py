"""A CPU is asked for what it multiplies fast, and a run keeps the answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from realsyn_tasks.models import precision
from realsyn_tasks.models.language_transformers import TransformersLanguageModel

X86 = "processor\t: 0\nflags\t\t: fpu avx2 {}\n\nprocessor\t: 1\nflags\t\t: fpu avx2 {}\n"
ARM = "processor\t: 0\nFeatures\t: fp asimd {}\n"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (X86.format("avx512_bf16", "avx512_bf16"), "bfloat16"),
        (X86.format("amx_bf16", "amx_bf16"), "bfloat16"),
        (X86.format("avx512f", "avx512f"), "float32"),
        (ARM.format("bf16"), "bfloat16"),
        (ARM.format("sve"), "float32"),
        ("", "float32"),
    ],
)
def test_bfloat16_is_for_cpus_that_multiply_it(
    told: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "CPUINFO", tmp_path / "cpuinfo")
    precision.CPUINFO.write_text(told, encoding="ascii")
    assert precision.fast_here() == expected
    assert TransformersLanguageModel.Options().dtype == expected


def test_systems_that_tell_nothing_get_what_is_fast_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "CPUINFO", tmp_path / "none")
    assert precision.fast_here() == "float32"


def test_a_precision_that_is_named_counts() -> None:
    assert TransformersLanguageModel.Options(dtype="float16").dtype == "float16"
