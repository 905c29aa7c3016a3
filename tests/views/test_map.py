from __future__ import annotations

import base64
import io
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.runner import Runner
from realsyn_tasks.core.workspace import Promotion, Workspace
from realsyn_tasks.runs.analyses import open_analysis
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.sample.promotion import promote
from realsyn_tasks.stages import PIPELINE
from realsyn_tasks.views import map as views
from realsyn_tasks.views.answer import Unknown
from realsyn_tasks.views.map import image_map, map_atlas, map_pair
from tests.tiny_models import tiny_model


def published(finished: Path, root: Path) -> Workspace:
    """Copy the finished root and publish its build."""
    shutil.copytree(finished, root)
    build = Workspace.open(f"{root.as_uri()}/builds/tiny", PIPELINE)
    promote(build)
    return build


@pytest.fixture(scope="module")
def mapped(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root whose version has a map."""
    root = tmp_path_factory.mktemp("mapped") / "root"
    build = published(finished, root)
    analysis = open_analysis(build.uri, "", Choices())
    lay_out(analysis)
    pointer = Promotion(group="analyze", gate="g", stages={})
    path = analysis.promotion_path("analyze")
    analysis.storage.replace(path, pointer.model_dump_json().encode())
    return root


def lay_out(analysis: Workspace) -> None:
    """Run the stages of an analysis that the map is made by."""
    for name in ("measure_pairs", "embed_pairs", "fit_topics", "map_images"):
        stage = PIPELINE.stage(name)
        for batch in Planner(analysis).batches(stage):
            Runner(analysis, tiny_model).run_batch(stage, batch)


def ready(ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Ask again until all is known."""
    for _ in range(200):
        if (answer := ask())["state"] in ("ready", "none"):
            return answer
        time.sleep(0.05)
    raise AssertionError("it is never ready")


def name_of(root: Path) -> str:
    [path] = (root / "datasets/realsyn-tiny").glob("v-*")
    return f"realsyn-tiny/{path.name}"


def array(text: str, kind: str) -> Any:
    return np.frombuffer(base64.b64decode(text), dtype=kind)


def test_points_have_places_rows_and_codes(mapped: Path) -> None:
    answer = ready(lambda: image_map(str(mapped), version=name_of(mapped)))
    json.dumps(answer, allow_nan=False)
    assert (answer["points"], answer["pairs"]) == (15, 15)
    assert sorted(array(answer["rows"], "<u4").tolist()) == list(range(15))
    x, y = (array(answer[name], "<u2") for name in ("x", "y"))
    assert len(x) == len(y) == 15 and {0, 65535} <= {*x.tolist(), *y.tolist()}
    columns = {column["name"]: column for column in answer["columns"]}
    assert {"cluster", "score", "syn_score", "domain", "licence"} <= columns.keys()
    for column in columns.values():
        codes = array(column["codes"], "u1")
        counts = [entry["count"] for entry in column["legend"]]
        assert np.bincount(codes, minlength=len(counts)).tolist() == counts
    named = {entry["name"]: entry["asked"] for entry in columns["cluster"]["legend"]}
    assert {"cluster 0": "0", "cluster 1": "1", "cluster 2": "2"}.items() <= named.items()
    assert columns["domain"]["legend"][0] == {
        "name": "pages.example",
        "asked": "pages.example",
        "count": 15,
    }


def test_the_record_tells_how_the_map_was_made(mapped: Path) -> None:
    record = ready(lambda: image_map(str(mapped), version=name_of(mapped)))["record"]
    assert record["settings"]["perplexity"] == 30 and "frozen" not in record["settings"]
    assert (record["fitted"], record["left_out"]) == (1, 0)
    assert record["analysis"].startswith("analyses/")


def test_a_later_analysis_keeps_the_places_of_the_one_before(mapped: Path) -> None:
    first = ready(lambda: image_map(str(mapped), version=name_of(mapped)))
    [path] = (mapped / "datasets/realsyn-tiny").glob("v-*")
    again = open_analysis(path.as_uri(), "again", Choices())
    lay_out(again)
    commit = again.ledger("map_images").find(0)
    assert commit is not None
    assert (commit.measures["kept_places"], commit.measures["fitted"]) == (15, 0)
    [table] = [again.storage.read(commit.objects["places"].path)]
    places = pq.read_table(io.BytesIO(table)).to_pylist()
    low, scale = first["low"], first["scale"]
    steps = {round((row["x"] - low[0]) / scale * 65535) for row in places}
    assert steps == set(array(first["x"], "<u2").tolist())


def test_small_pictures_are_those_of_the_points(mapped: Path) -> None:
    version = name_of(mapped)
    points = ready(lambda: image_map(str(mapped), version=version))
    shown = array(points["shown"], "<u4")
    assert 0 < len(shown) <= 15 and len(set(shown.tolist())) == len(shown)
    answer = ready(lambda: map_atlas(str(mapped), version=version))
    atlas = Image.open(io.BytesIO(base64.b64decode(answer["picture"])))
    assert atlas.size == (answer["columns"] * answer["side"], answer["side"])
    middle = np.asarray(atlas.crop((20, 30, 44, 60)), dtype=float).mean(axis=(0, 1))
    assert not np.allclose(middle, 128, atol=3)  # the grey of an empty place


def test_a_picture_that_cannot_be_read_leaves_its_place_empty(
    mapped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(data: bytes, side: int) -> Image.Image:
        raise ValueError("no picture")

    monkeypatch.setattr(views, "bounded", broken)
    monkeypatch.setattr(views, "_ATLASES", views.Background(1))
    answer = ready(lambda: map_atlas(str(mapped), version=name_of(mapped)))
    atlas = Image.open(io.BytesIO(base64.b64decode(answer["picture"])))
    assert np.asarray(atlas).std() < 3


def test_a_point_is_told_by_its_row(mapped: Path) -> None:
    version = name_of(mapped)
    answer = ready(lambda: map_pair(str(mapped), version=version, row=14))
    assert answer["text1"].startswith("Photograph") and len(answer["image_id"]) == 32
    for row in (-1, 15):
        with pytest.raises(Unknown, match=f"there is no row {row}"):
            map_pair(str(mapped), version=version, row=row)


def test_a_version_without_an_analysis_says_how_to_get_one(finished: Path, tmp_path: Path) -> None:
    published(finished, tmp_path / "root")
    version = name_of(tmp_path / "root")
    answer = ready(lambda: image_map(str(tmp_path / "root"), version=version))
    assert answer["state"] == "none" and answer["dag"] == "realsyn_analyze"
    assert answer["uri"].endswith(f"datasets/{version}")
    with pytest.raises(Unknown, match="start realsyn_analyze"):
        map_atlas(str(tmp_path / "root"), version=version)


def test_rare_values_are_all_others_and_missing_ones_none() -> None:
    values = np.repeat(np.arange(20, dtype=np.int32), np.arange(20, 0, -1))
    column = views._named("cluster", np.append(values, -1), str, str)
    names = [entry["name"] for entry in column["legend"]]
    assert names == [*map(str, range(15)), "all others", "none"]
    assert [entry["count"] for entry in column["legend"]][-2:] == [15, 1]
    assert column["legend"][0]["count"] == 20


def test_scores_are_coded_by_bands_that_the_page_of_pairs_understands() -> None:
    values = np.append(np.linspace(0.2, 0.6, 100), np.nan).astype(np.float32)
    column = views._banded("score", values)
    assert len(column["legend"]) == 11 and column["legend"][-1]["count"] == 1
    assert column["legend"][0]["asked"].startswith("..")
    assert column["legend"][9]["asked"].endswith("..")
    assert sum(entry["count"] for entry in column["legend"]) == 101
    json.dumps(views._banded("score", np.full(3, np.nan)), allow_nan=False)


def test_of_each_region_one_point_stands_for_all_crowded_regions_first() -> None:
    rng = np.random.default_rng(0)
    crowd = rng.normal(0.05, 0.004, size=(500, 2))
    places = np.vstack([crowd, [[1, 1], [0.99, 0], [0, 0.99]]]).astype(np.float32)
    chosen = views._representatives(places)
    assert chosen[0] < 500 and {500, 501, 502} <= set(chosen.tolist())
    assert len(chosen) < 30
