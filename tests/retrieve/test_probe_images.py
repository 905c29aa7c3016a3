"""Images are keyed by the partitions that they visit, and written row group by row group."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from realsyn_tasks.core import tables, vector_columns
from realsyn_tasks.core.stage import Output
from realsyn_tasks.retrieve import probe_images, schemas
from realsyn_tasks.retrieve.group import LISTS
from realsyn_tasks.retrieve.lists import partition_of
from realsyn_tasks.vectors import search
from tests.support import FakeInputs, context, whole

IMAGES, SENTENCE_LISTS, PROBES, PARTITIONS, DIM = 3000, 60, 12, 8, 16


@pytest.fixture(scope="module")
def vectors() -> tuple[np.ndarray, np.ndarray]:
    """Images and centroids as they are stored."""
    rng = np.random.default_rng(3)
    made = (rng.standard_normal((count, DIM)) for count in (IMAGES, SENTENCE_LISTS))
    images, centroids = (rows.astype(np.float16).astype(np.float32) for rows in made)
    return images, centroids


def probed(vectors: tuple[np.ndarray, np.ndarray], scratch: Path) -> Output:
    images, centroids = vectors
    ids = [f"{number * 7919 % IMAGES:032x}" for number in range(IMAGES)]
    stored = {"image_id": ids, "embedding": vector_columns.vector_array(images)}
    lists = {
        "list_id": np.arange(SENTENCE_LISTS, dtype=np.int32),
        "embedding": centroids,
    }
    inputs = FakeInputs(
        {
            ("embed_queries", "queries"): [pa.table(stored)],
            ("fit_lists", "centroids"): [tables.build(schemas.CENTROIDS, lists)],
            ("fit_lists", "plan"): [pa.table({"nprobe": [PROBES]})],
        }
    )
    given = context(scratch, shard=5, axes={LISTS: PARTITIONS})
    return probe_images.run(inputs, probe_images.Config(), given)


def test_an_image_is_once_in_each_partition_of_its_lists(
    vectors: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    table = whole(probed(vectors, tmp_path).tables["probes"])
    images, centroids = vectors
    nearest = search.probe(images, centroids, PROBES)
    rows = table.to_pylist()
    assert len({(row["image_id"], row["partition"]) for row in rows}) == len(rows)
    assert sum(len(row["lists"]) for row in rows) == nearest.size
    for row in rows[::97]:
        number = next(n for n in range(IMAGES) if n * 7919 % IMAGES == int(row["image_id"], 16))
        here = nearest[number][
            partition_of(nearest[number], SENTENCE_LISTS, PARTITIONS) == row["partition"]
        ]
        assert row["lists"] == here.tolist()
        assert np.array_equal(np.float32(row["embedding"]), images[number])


def test_pieces_are_stored_as_the_table_would_be(
    vectors: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    pieces, table = (probed(vectors, tmp_path).tables["probes"] for _ in range(2))
    table = whole(table)
    assert table.schema == schemas.PROBES
    tables.write_table(pieces, tmp_path / "pieces.parquet")
    tables.write_table(
        tables.ordered(table, ["image_id", tables.PARTITION]), tmp_path / "table.parquet"
    )
    stored = (tmp_path / "pieces.parquet").read_bytes()
    assert stored == (tmp_path / "table.parquet").read_bytes()
    assert pq.read_metadata(tmp_path / "pieces.parquet").num_row_groups > 3
