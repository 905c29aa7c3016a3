"""The columns of a version in the words of Hugging Face's front matter (dataset_info)."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from realsyn_tasks.sample.schemas import IMAGE, PUBLISHED_PAIRS


def lines() -> Iterator[str]:
    """Give the lines of YAML below `features:`, indented as a part of `dataset_info`."""
    for field in PUBLISHED_PAIRS:
        yield f"  - name: {field.name}"
        yield from _kind(field)


def _kind(field: pa.Field) -> Iterator[str]:
    if field.name == IMAGE.name:
        yield "    dtype: image"
    elif not pa.types.is_list(field.type):
        yield f"    dtype: {dtype(field.type)}"
    elif not pa.types.is_struct(field.type.value_type):
        yield f"    list: {dtype(field.type.value_type)}"
    else:
        yield "    list:"
        for part in field.type.value_type:
            yield f"    - name: {part.name}"
            yield f"      dtype: {dtype(part.type)}"


def dtype(kind: pa.DataType) -> str:
    """Name a type of Arrow as the hub does."""
    return {"float": "float32", "double": "float64"}.get(str(kind), str(kind))
