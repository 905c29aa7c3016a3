"""Nothing of what was taken down is served any more, by any page, whatever was kept before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from realsyn_tasks.datasets import gallery_index
from realsyn_tasks.takedown.command import Form, take_down
from realsyn_tasks.views import map as map_pages
from realsyn_tasks.views import pairs, withheld
from realsyn_tasks.views.answer import Unknown
from realsyn_tasks.views.galleries import gallery_of, version_of
from realsyn_tasks.views.pair_analysis import Analysed
from tests.views.test_pairs import asked

ROW = 4


def in_build(root: str) -> dict[str, Any]:
    return pairs.pairs(root, build="tiny", limit=200)


def test_what_was_shown_before_is_not_shown_after(root: str, version: str) -> None:
    before = asked(root, version=version, limit=200)
    [mine] = [row for row in before["rows"] if row["row"] == ROW]
    assert pairs.pairs_picture(root, version=version, row=ROW).data  # kept by the process
    shard = next(row for row in in_build(root)["rows"] if row["image_id"] == mine["image_id"])
    place = {"shard": shard["shard"], "image": mine["image_id"]}
    assert pairs.pairs_picture(root, build="tiny", **place).data
    take_down(root, Form(hashes=f"image: {mine['image_id']}"), dry_run=False)
    after = asked(root, version=version, limit=200)
    assert {row["key"] for row in before["rows"]} - {row["key"] for row in after["rows"]} == {
        mine["key"]
    }
    assert after["matching"] == before["matching"] - 1
    assert mine["image_id"] not in {row["image_id"] for row in in_build(root)["rows"]}
    for ask in (
        lambda: pairs.pairs_picture(root, version=version, row=ROW),
        lambda: pairs.pairs_picture(root, build="tiny", **place),
        lambda: map_pages.map_pair(root, version=version, row=ROW),
        lambda: asked(root, version=version, like=str(ROW)),
        lambda: pairs.mark_text(
            root, version=version, row=ROW, column="text1", judgement="right", **place
        ),
    ):
        with pytest.raises(Unknown, match="was taken down"):
            ask()
    assert asked(root, version=version, q=mine["key"])["rows"] == []


def test_pages_of_texts_and_maps_leave_it_out(root: str, version: str) -> None:
    rows = asked(root, version=version, limit=200)["rows"]
    page = rows[0]["text_urls"][0]
    take_down(root, Form(urls=page), dry_run=False)
    left = asked(root, version=version, limit=200)["rows"]
    assert not any(page in (*row["text_urls"], row["document_url"]) for row in left)
    gallery = gallery_of(version_of(root, version))
    assert gallery
    everything = np.arange(gallery.known.pairs)
    known = Analysed(None, {}, everything, np.zeros((len(everything), 2), np.float32))
    assert withheld.of_map(gallery, known).rows.tolist() == sorted(row["row"] for row in left)


def test_galleries_on_disk_are_made_anew_without_it(root: str, version: str) -> None:
    known = version_of(root, version)
    before = gallery_index.of_version(known)
    image = asked(root, version=version, limit=200)["rows"][0]["image_id"]
    paths = gallery_index.paths_of(known)
    assert before.vectors["image"].known == before.pairs
    dry = take_down(root, Form(hashes=f"image: {image}"), dry_run=True)
    assert dry["beside"]["galleries"] == len(paths) and gallery_index.paths_of(known) == paths
    take_down(root, Form(hashes=f"image: {image}"), dry_run=False)
    assert gallery_index.paths_of(known) == []
    after = gallery_index.of_version(known)
    assert after.vectors["image"].known == before.vectors["image"].known - 1
