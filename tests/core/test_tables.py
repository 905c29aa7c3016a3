"""Tables: the same rows give the same bytes, and partitions can be read on their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from realsyn_tasks.core import arrow_files, tables, vector_columns
from realsyn_tasks.core.errors import DamagedObject
from realsyn_tasks.core.files import LocalStorage
from realsyn_tasks.core.stage import Dropped
from realsyn_tasks.extract import schemas as extract_schemas
from realsyn_tasks.extract.reasons import BLANK, URL
from realsyn_tasks.retrieve import schemas as retrieve_schemas


def test_same_rows_same_bytes(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(500, 16))
    columns = {"image_id": [f"{row:032x}" for row in range(500)], "embedding": vectors}
    for name in ("a", "b"):
        tables.write_table(tables.build(extract_schemas.IMAGE_VECTORS, columns), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_vectors_come_back_as_float16_knows_them() -> None:
    vectors = np.array([[0.5, -0.25], [1.0, 0.0]], dtype=np.float32)
    columns = {"image_id": ["a", "b"], "embedding": vectors}
    table = tables.build(extract_schemas.IMAGE_VECTORS, columns)
    assert np.array_equal(tables.vectors_of(table), vectors)
    assert np.array_equal(tables.vectors_of(table.slice(1)), vectors[1:])
    assert tables.vectors_of(table.slice(2)).shape == (0, 0)
    halves = tables.halves_of(table.slice(1))
    assert halves.dtype == np.float16 and halves.tolist() == vectors[1:].tolist()
    assert not halves.flags.owndata
    assert tables.halves_of(table.slice(2)).shape == (0, 0)


def test_dropped_items_are_sorted() -> None:
    items = [Dropped("sentence", "b", URL), Dropped("image", "a", BLANK, "std 0.1")]
    table = tables.dropped_table(items)
    assert table["kind"].to_pylist() == ["image", "sentence"]
    assert table["reason"].to_pylist() == ["blank", "url"]


def test_vectors_are_stored_as_bytes_without_a_dictionary(tmp_path: Path) -> None:
    vectors = np.arange(12, dtype=np.float16).reshape(4, 3)
    columns = {"image_id": list("dbca"), "lists": [[1, 2]] * 4, "embedding": list(vectors)}
    nulls = {field.name: pa.nulls(4, field.type) for field in retrieve_schemas.PROBES}
    table = tables.build(retrieve_schemas.PROBES, nulls | columns, ["image_id"])
    assert table["embedding"].to_pylist() == vectors[[3, 1, 2, 0]].tolist()
    tables.write_table(table, tmp_path / "p")
    file = pq.ParquetFile(tmp_path / "p")
    assert file.schema_arrow.field("embedding").type == pa.binary(6)
    assert vector_columns.unpacked(file.read()) == table
    group = file.metadata.row_group(0)
    found = [group.column(number) for number in range(group.num_columns)]
    plain = {c.path_in_schema for c in found if "RLE_DICTIONARY" not in c.encodings}
    assert plain == {"embedding"}
    told = {c.path_in_schema for c in found if c.statistics is not None}
    assert told == {tables.PARTITION}, "what tells readers which row groups are theirs"
    assert {c.path_in_schema for c in found if c.compression == "UNCOMPRESSED"} == plain
    assert {c.compression for c in found if c.path_in_schema not in plain} == {"ZSTD"}


def test_a_damaged_vector_is_told(tmp_path: Path) -> None:
    columns = {"image_id": ["a", "b"], "embedding": np.arange(1024).reshape(2, 512)}
    storage = LocalStorage(tmp_path.as_uri())
    tables.write_table(tables.build(extract_schemas.IMAGE_VECTORS, columns), tmp_path / "new")
    ref = storage.upload(tmp_path / "new", "p")
    [piece] = arrow_files.pieces(storage, ref)
    assert tables.vectors_of(piece)[1, 0] == 512
    content = bytearray((tmp_path / "p").read_bytes())
    content[content.index(np.float16(512).tobytes() + np.float16(513).tobytes())] ^= 1
    (tmp_path / "p").write_bytes(content)
    with pytest.raises(DamagedObject, match="CRC"):
        list(arrow_files.pieces(storage, ref))


@pytest.mark.parametrize(
    "error", [pa.ArrowMemoryError("malloc of size 8 failed"), pa.ArrowInvalid("offset overflow")]
)
def test_lack_of_memory_is_no_damage(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    storage = LocalStorage(tmp_path.as_uri())
    tables.write_table(pa.table({"a": [1]}), tmp_path / "new")
    ref = storage.upload(tmp_path / "new", "p")
    monkeypatch.setattr(pq, "ParquetFile", fail)
    with pytest.raises(type(error)):
        list(arrow_files.pieces(storage, ref))


@pytest.mark.parametrize("embeddings", [[], [[1.0], [1.0, 2.0]], [[1.0], None], [[], []]])
def test_what_are_no_vectors_of_one_length_come_back_too(
    embeddings: list[object], tmp_path: Path
) -> None:
    rows = [{"image_id": str(n), "embedding": some} for n, some in enumerate(embeddings)]
    table = tables.from_rows(extract_schemas.IMAGE_VECTORS, rows)
    tables.write_table(table, tmp_path / "p")
    assert vector_columns.unpacked(pq.read_table(tmp_path / "p")) == table


def test_a_slice_is_stored_as_what_it_shows(tmp_path: Path) -> None:
    columns = {"image_id": list("abc"), "embedding": np.eye(3)}
    table = tables.build(extract_schemas.IMAGE_VECTORS, columns).slice(1, 2)
    tables.write_table(table, tmp_path / "p")
    stored = vector_columns.unpacked(pq.read_table(tmp_path / "p"))
    assert stored == table and vector_columns.unpacked(
        vector_columns.packed(table).slice(1)
    ) == table.slice(1)
