from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from realsyn_tasks.analyze import schemas
from realsyn_tasks.analyze.map_images import Config, run
from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Output
from tests.support import FakeInputs, context
from tests.vectors.data import clustered_rows

ROWS = clustered_rows(160, 24, 4, seed=1, spread=0.2)
QUICK = {"perplexity": 10, "steps": 50, "components": 8}


@dataclass
class Grown(FakeInputs):
    """Inputs of a version whose dataset has a map already."""

    fits: dict[str, dict[str, pa.Table]] = field(default_factory=dict)

    def earlier_fit(self, content: str) -> dict[str, pa.Table] | None:
        return self.fits.get(content)


def of_version(numbers: range, rows: Any = ROWS, **fits: dict[str, pa.Table]) -> Grown:
    """Pictures by number, over two shards; keys differ between versions, ids do not."""
    drawn, vectors = [], []
    for shard, mine in enumerate((numbers[::2], numbers[1::2])):
        about = [
            {"key": f"{shard:05d}{place:05d}", "image_id": f"image {number}", "place": number}
            for place, number in enumerate(mine)
        ]
        drawn.append(tables.from_rows(schemas.DRAWN, about))
        made = {"key": [row["key"] for row in about][::-1], "embedding": rows[list(mine)][::-1]}
        vectors.append(tables.build(schemas.PAIR_VECTORS, made))
    known = {("measure_pairs", "drawn"): drawn, ("embed_pairs", "vectors"): vectors}
    return Grown(known, fits=fits)


def laid(inputs: Grown, scratch: Path, **settings: Any) -> Output:
    return run(inputs, Config(**QUICK | settings), context(scratch))


def by_image(output: Output) -> dict[str, tuple[float, float]]:
    rows = output.tables["places"].to_pylist()
    return {row["image_id"]: (row["x"], row["y"]) for row in rows}


def test_each_picture_has_a_place_by_its_own_vector(tmp_path: Path) -> None:
    output = laid(of_version(range(100)), tmp_path)
    places = output.tables["places"]
    assert places.schema.equals(schemas.PLACES) and places.num_rows == 100
    assert len(set(places["key"].to_pylist())) == 100
    numbers = [int(name.split()[1]) for name in places["image_id"].to_pylist()]
    products = tables.vectors_of(places) @ tables.vectors_of(places).T
    centred = ROWS[numbers] - ROWS[:100].mean(axis=0)
    assert np.corrcoef(products.ravel(), (centred @ centred.T).ravel())[0, 1] > 0.95
    assert output.measures["trustworthiness"] > 0.85
    assert 0 < output.measures["explained"] <= 1 and output.measures["divergence"] > 0
    assert (output.measures["fitted"], output.measures["left_out"]) == (1, 0)


def test_of_a_large_version_a_seeded_sample_is_laid_out(tmp_path: Path) -> None:
    output = laid(of_version(range(100)), tmp_path, most_points=30)
    fewer = laid(of_version(range(100)), tmp_path, most_points=20)
    assert output.tables["places"].num_rows == 30 and output.measures["left_out"] == 70
    assert set(by_image(fewer)) < set(by_image(output))


def test_new_pictures_are_placed_into_the_old_map(tmp_path: Path) -> None:
    old = laid(of_version(range(100)), tmp_path)
    inputs = of_version(range(20, 160), before=old.tables)
    output = laid(inputs, tmp_path, frozen="before")
    known, places = by_image(old), by_image(output)
    kept = dict(
        zip(
            output.tables["places"]["image_id"].to_pylist(),
            output.tables["places"]["kept"].to_pylist(),
            strict=True,
        )
    )
    assert {name for name, same in kept.items() if same} == set(known) & set(places)
    assert all(places[name] == known[name] for name, same in kept.items() if same)
    measures = output.measures
    assert (measures["kept_places"], measures["placed"], measures["fitted"]) == (80, 60, 0)
    assert measures["trustworthiness"] > 0.85 and "divergence" not in measures
    assert output.tables["components"].equals(old.tables["components"])


def test_a_map_that_has_few_of_the_pictures_is_fitted_anew(tmp_path: Path) -> None:
    old = laid(of_version(range(10)), tmp_path)
    output = laid(of_version(range(100), before=old.tables), tmp_path, frozen="before")
    assert (output.measures["fitted"], output.measures["kept_places"]) == (1, 0)


def test_a_map_of_other_vectors_or_one_that_is_gone_is_not_followed(tmp_path: Path) -> None:
    old = laid(of_version(range(100)), tmp_path)
    shorter = laid(of_version(range(100), ROWS[:, :12], before=old.tables), tmp_path)
    other = laid(of_version(range(100), ROWS[:, :12], before=old.tables), tmp_path, frozen="before")
    gone = laid(of_version(range(100)), tmp_path, frozen="gone")
    assert by_image(other) == by_image(shorter) and by_image(gone) == by_image(old)
    assert other.measures["fitted"] == gone.measures["fitted"] == 1


def test_a_version_of_few_pictures_has_a_map(tmp_path: Path) -> None:
    for count in (1, 2, 9):
        assert laid(of_version(range(count)), tmp_path).tables["places"].num_rows == count
