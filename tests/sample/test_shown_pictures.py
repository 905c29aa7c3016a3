"""What tables show of pictures: thumbnails that are made anew, the picture itself, or nothing."""

from __future__ import annotations

import io
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from realsyn_tasks.core import tables
from realsyn_tasks.pictures import thumbnails
from realsyn_tasks.sample import schemas
from realsyn_tasks.sample.export import Config
from realsyn_tasks.sample.shown_pictures import AT_ONCE, ShownPictures
from realsyn_tasks.sample.webdataset_tar import picture as published_picture
from tests.crawls import picture
from tests.sample.builds import Sample, made_pairs

WHOLE: dict[str, Any] = {"fit_band": {"low": -1.0, "high": 2.0}}
WHOLE["filter_pairs"] = {"max_text_area": 1.0}
PICTURES = [picture(seed, (600, 300)) for seed in range(6)]


def exported(folder: Path, **setting: Any) -> list[pa.Table]:
    made = Sample(made_pairs(PICTURES, shards=2), folder, 6, export=setting, **WHOLE)
    return made.tables("export", "pairs")


def shown(made: list[pa.Table]) -> list[dict[str, Any] | None]:
    return [each for table in made for each in table["image"].to_pylist()]


def test_thumbnails_are_small_and_made_anew(tmp_path: Path) -> None:
    images = [each or {} for each in shown(exported(tmp_path))]
    assert len(images) == len(PICTURES)
    for each in images:
        with Image.open(io.BytesIO(each["bytes"])) as image:
            assert (image.format, image.size) == ("WEBP", (256, 128))
        assert each["bytes"] not in PICTURES


def test_the_same_pictures_give_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for place in ("a", "b"):
        tables.write_table(exported(tmp_path / place)[0], tmp_path / f"{place}.parquet")
        written.append((tmp_path / f"{place}.parquet").read_bytes())
    assert written[0] == written[1]


def test_full_pictures_are_those_of_the_tar(tmp_path: Path) -> None:
    images = [each or {} for each in shown(exported(tmp_path, image="full"))]
    assert sorted(each["bytes"] for each in images) == sorted(PICTURES)
    assert {Path(each["path"]).suffix for each in images} == {".jpg"}


def test_without_pictures_the_columns_are_the_same(tmp_path: Path) -> None:
    made = exported(tmp_path, image="none")
    assert shown(made) == [None] * len(PICTURES)
    assert made[0].schema.equals(schemas.PUBLISHED_PAIRS)


def test_a_table_tells_that_it_holds_pictures(tmp_path: Path) -> None:
    tables.write_table(exported(tmp_path)[0], tmp_path / "a.parquet")
    told = (pq.read_schema(tmp_path / "a.parquet").metadata or {})[b"huggingface"]
    assert b'"image": {"_type": "Image"}' in told


def test_a_reader_fetches_few_large_rows_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "ROW_GROUP_BYTES", max(map(len, PICTURES)))
    table = max(exported(tmp_path, image="full"), key=len)
    tables.write_table(table, tmp_path / "a.parquet")
    assert pq.ParquetFile(tmp_path / "a.parquet").num_row_groups == len(table)


def test_pictures_come_back_in_order(tmp_path: Path) -> None:
    image = published_picture(picture(0, (40, 30)))
    keys = [f"{number:010d}" for number in range(2 * AT_ONCE + 1)]
    with closing(ShownPictures(tmp_path / "shown.arrow", "thumbnail", 16)) as some:
        for key in keys:
            some.add(key, image)
    rows = [dict.fromkeys(schemas.PUBLISHED_IN_BOTH.names) for _ in keys]
    table = some.beside(tables.from_rows(schemas.PUBLISHED_IN_BOTH, rows))
    assert [each["path"] for each in table["image"].to_pylist()] == [f"{key}.webp" for key in keys]


def test_a_side_that_shows_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="thumbnail_side"):
        Config(thumbnail_side=2)


def test_no_byte_of_the_web_is_in_a_thumbnail() -> None:
    out = io.BytesIO()
    Image.new("RGB", (40, 30)).save(out, "JPEG", comment=b"<script>alert(1)</script>")
    assert b"<script>" in out.getvalue()
    assert b"<script>" not in thumbnails.thumbnail(out.getvalue(), 256)
