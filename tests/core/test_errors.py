"""Failures by what may be done about them: only a broken input is quarantined."""

from __future__ import annotations

from concurrent.futures.process import BrokenProcessPool

import pyarrow as pa
import pytest

from realsyn_tasks.core import errors
from realsyn_tasks.core.errors import classify, explained


def torch_error(name: str, words: str) -> Exception:
    """As torch raises it, which not every environment has."""
    return type(name, (RuntimeError,), {"__module__": "torch"})(words)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (KeyError("word"), "bug"),
        (TypeError("word"), "bug"),
        (AttributeError("word"), "bug"),
        (IndexError("word"), "bug"),
        (AssertionError("word"), "bug"),
        (ValueError("operands could not be broadcast"), "bug"),
        (pa.ArrowInvalid("Column 'text' declared non-nullable contains nulls"), "bug"),
        (errors.PermanentError("the file is cut"), "permanent"),
        (MemoryError(), "memory"),
        (pa.ArrowMemoryError("malloc of size 8 failed"), "memory"),
        (torch_error("OutOfMemoryError", "CUDA out of memory"), "memory"),
        (RuntimeError("[onnxruntime] Failed to allocate memory for buffer"), "memory"),
        (OverflowError("Python int too large to convert to C long"), "config"),
        (pa.ArrowCapacityError("array cannot contain more than 2147483646 bytes"), "config"),
        (pa.ArrowInvalid("offset overflow while concatenating arrays"), "config"),
        (pa.ArrowInvalid("Take operation overflowed binary array capacity"), "config"),
        (pa.ArrowInvalid("Failed casting to string: input array too large"), "config"),
        (pa.ArrowNotImplementedError("not implemented for chunked array outputs"), "config"),
        (ImportError("no module"), "config"),
        (torch_error("AcceleratorError", "CUDA error: an illegal memory access"), "transient"),
        (BrokenProcessPool("a worker was killed"), "transient"),
        (OSError("disk"), "transient"),
        (TimeoutError(), "transient"),
        (errors.DamagedObject("path", "is cut"), "transient"),
        (errors.UndeclaredOutput("a column"), "bug"),
        (errors.RealSynError("of no class"), "bug"),
    ],
)
def test_classes(error: Exception, expected: str) -> None:
    assert classify(error) == expected


def test_an_overflow_says_what_to_change() -> None:
    told = explained(pa.ArrowInvalid("offset overflow while concatenating arrays"), "stage a: ")
    assert str(told).startswith("stage a: ArrowInvalid: offset overflow")
    assert "more partitions" in str(told)
    assert told.exit_code == errors.EXIT_CONFIG
