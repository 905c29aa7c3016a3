"""Items are found in a bucket as on files, and one that lost its index gets it again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from realsyn_tasks.core.storage import Storage
from realsyn_tasks.report import inspection, item_index, item_pictures
from realsyn_tasks.report.item_search import Search
from realsyn_tasks.runs.root import Runs
from realsyn_tasks.stages import PIPELINE
from tests import fabricated_rows

if TYPE_CHECKING:
    from tests.s3.endpoint import Endpoint

pytest_plugins = ["tests.s3.endpoint"]
pytestmark = pytest.mark.usefixtures("hasty")


def test_an_item_of_a_bucket_has_the_same_answer(s3: Endpoint, finished: Path) -> None:
    for path in (path for path in finished.rglob("*") if path.is_file()):
        s3.overwrite(path.relative_to(finished).as_posix(), path.read_bytes())
    image, url = (fabricated_rows.images_of(0)[2][name] for name in ("image_id", "url"))
    story = inspection.inspect(s3.root, url, PIPELINE)
    assert (story["id"], story["state"]) == (image, "kept"), "the build waits to be published"
    kept = [key for key in s3.keys(item_index.FOLDER) if key.endswith("index.json")]
    assert len(kept) == 2, "one of each run"
    for key in s3.keys(item_index.FOLDER):
        Storage.at(s3.root).delete(key)
    assert inspection.inspect(s3.root, url, PIPELINE)["way"] == story["way"]
    assert item_pictures.bytes_of(Search(Runs(s3.root)), image) == fabricated_rows.picture(0, 2)
