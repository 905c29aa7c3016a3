"""Stored tables as pyarrow reads them: what stands above storage and needs pyarrow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from realsyn_tasks.core import vector_columns
from realsyn_tasks.core.errors import DamagedObject, is_no_fault_of_input
from realsyn_tasks.core.files import LocalStorage
from realsyn_tasks.core.storage import ObjectRef, Storage

BATCH_ROWS = 20_000


def opened(storage: Storage, path: str, size: int | None = None) -> Any:
    """Open an object, of a size if that is known, for pyarrow.

    FileNotFoundError if it is not there.
    A local file is read by pyarrow itself, by several threads at once; to read it through Python
    takes longer.
    """
    if isinstance(storage, LocalStorage):
        return pa.OSFile(storage.full(path))
    return storage.open(path, size)


def committed(storage: Storage, ref: ObjectRef) -> Any:
    """Open a committed object, which nobody writes to any more; DamagedObject if it was cut.

    A local one is mapped into memory, so that pages are decoded from where they lie.
    """
    storage.verify(ref)
    if isinstance(storage, LocalStorage) and ref.size:
        return pa.memory_map(storage.full(ref.path))
    return opened(storage, ref.path)


def pieces(
    storage: Storage, ref: ObjectRef, columns: list[str] | None = None
) -> Iterator[pa.Table]:
    """Read a committed table in at least one piece; DamagedObject if it is not as committed."""
    try:
        with committed(storage, ref) as source:
            file = pq.ParquetFile(source, page_checksum_verification=True)
            if not file.metadata.num_rows:
                yield vector_columns.unpacked(file.read(columns=columns))
            for batch in file.iter_batches(BATCH_ROWS, columns=columns):
                yield vector_columns.unpacked(pa.Table.from_batches([batch]))
    except (pa.ArrowException, OSError) as error:
        if is_no_fault_of_input(error):
            raise
        raise DamagedObject(ref.path, str(error)) from error
