"""A picture that no page shows is found by its address, though only its place is dropped."""

from __future__ import annotations

from pathlib import Path

from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.extract.item_keys import KEYS, IdlePictures
from realsyn_tasks.extract.picture_index import Index
from realsyn_tasks.formats import warc_index
from realsyn_tasks.stages import PIPELINE
from tests import fabricated

SHOWN, IDLE = "//site.example/shown.jpg", "//site.example/idle.jpg"


def test_an_idle_picture_is_known_by_its_address(tmp_path: Path) -> None:
    index = Index()
    for offset, name in enumerate((SHOWN, IDLE)):
        index.note(0, warc_index.Row(warc_index.What.IMAGE, 100 * offset, (name,)))
    index.note(0, warc_index.Row(warc_index.What.NOT_SHOWN, 100, ("",)))
    table, bearing = index.table([]), IdlePictures("parse", "index")
    keys = {key for part in bearing.keys(table) for key in part.tolist()}
    assert keys == {bearing.key_of("https://site.example/idle.jpg")}
    run: Workspace = fabricated.extract(tmp_path)
    assert bearing.ids_at(run, 1, table, "http://SITE.example/idle.jpg") == ["1.html:100"]
    assert bearing.ids_at(run, 1, table, "http://site.example/shown.jpg") == []


def test_what_bears_keys_is_there_to_be_read() -> None:
    for bearing in KEYS:
        stage = PIPELINE.stage(bearing.stage)
        schema = stage.schemas().get(bearing.table)
        if schema is not None:
            assert set(bearing.columns) <= set(schema.names), bearing
