"""The page of one item: its way as steps, its texts and those that lost, pictures of any fate."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from realsyn_tasks.core import tables
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.runs.promotion import promote
from realsyn_tasks.synthesize import schemas
from realsyn_tasks.takedown.command import Form, take_down
from realsyn_tasks.views import items, routes
from realsyn_tasks.views.answer import Unknown
from tests import fabricated, fabricated_rows

Opened = Callable[[str], Workspace]
PAIR = fabricated_rows.pairs_of(0)[3]


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    """Roots of tests come and go faster than a search is kept."""
    items._opened.cache_clear()


@pytest.fixture
def published(opened: Opened) -> Workspace:
    workspace = opened("sample")
    promote(workspace, "sample")
    return workspace


def shown(workspace: Workspace, key: str, **asked: str) -> dict[str, Any]:
    answer = items.item(workspace.storage.uri, key=key, **asked)
    return dict(json.loads(json.dumps(answer, allow_nan=False)))


def test_a_pair_is_shown_from_its_record_to_its_row(published: Workspace) -> None:
    item = shown(published, PAIR["url"])
    assert item["state"] == "published"
    stages = [step["stage"] for step in item["steps"]]
    assert stages[0] == "parse" and stages[-2:] == ["export", "dataset"]
    assert {step["state"] for step in item["steps"]} == {"kept", "published"}
    assert item["page"]["source"] == "0.html" and item["page"]["source_offset"] == 3
    assert item["crawl"]["uri"].endswith("/crawls/pages")
    texts = [row["text"] for row in item["texts"]]
    assert texts == [PAIR[name] for name in ("text1", "text2", "text3")]
    assert item["texts"][0]["relevance"] == pytest.approx(0.9)
    assert item["synthetic"]["answer"] == PAIR["syn_text"]
    assert item["published_in"][0]["dataset"].startswith("datasets/realsyn-tiny/")
    assert item["corpus_shard"] == 0 and item["build"] == "builds/tiny"


def test_each_step_tells_its_filters_and_models(published: Workspace) -> None:
    steps = {step["stage"]: step for step in shown(published, PAIR["image_id"])["steps"]}
    checks = [check["settings"] for check in steps["filter_images"]["checks"]]
    assert {"min_side": 100} in checks
    assert {"name": "width", "value": 123} in steps["filter_images"]["values"]
    [encoder] = steps["embed_images"]["models"]
    assert (encoder["kind"], encoder["identity"]) == ("encoder", "tiny-encoder")


def test_what_was_dropped_ends_where_it_was_with_what_decided(published: Workspace) -> None:
    item = shown(published, fabricated_rows.pairs_of(0)[0]["image_id"])
    last = item["steps"][-1]
    assert (last["stage"], last["state"]) == ("filter_pairs", "dropped")
    assert last["drop"]["reason"] == "below_band" and last["drop"]["detail"] == "0.300"
    assert last["drop"]["thresholds"]["fit_band.low"] == 0.31
    assert item["change"].startswith("another value of fit_band.")


def test_the_same_text_of_others_is_shown(published: Workspace) -> None:
    item = shown(published, PAIR["image_id"])
    first = PAIR["sentence_ids"][0]
    others = {
        row["image_id"]: row["rank"]
        for texts in fabricated_rows.matches_of(0)
        for row in texts
        if row["sentence_id"] == first and row["image_id"] != PAIR["image_id"]
    }
    assert {row["image"]: row["rank"] for row in item["same_text"]} == others


def test_refused_texts_are_told_with_their_guards(published: Workspace) -> None:
    row = {"image_id": PAIR["image_id"], "attempt": 1, "reason": "drift", "detail": "0.1"}

    def refused(made: fabricated.Made) -> None:
        made.tables["rejected"] = tables.from_rows(schemas.REJECTED, [{**row, "text": "Odd."}])

    fabricated.damage(published, "generate_texts", refused)
    [answer] = shown(published, PAIR["image_id"])["synthetic"]["refused"]
    assert (answer["text"], answer["reason"]) == ("Odd.", "drift")


def test_what_nobody_has_seen_says_where_it_was_looked_for(published: Workspace) -> None:
    item = shown(published, "https://nobody.example/x.jpg")
    assert item["state"] == "never_seen" and item["steps"] == []
    assert [row["run"] for row in item["looked_at"]] == ["extracts/pages"]


def test_a_version_leads_to_the_build_that_published_it(published: Workspace) -> None:
    version = shown(published, PAIR["image_id"])["published_in"][0]["dataset"].rsplit("/")[-1]
    assert shown(published, PAIR["image_id"], version=version)["build"] == "builds/tiny"
    with pytest.raises(Unknown, match="published v-0 last"):
        shown(published, PAIR["image_id"], version="v-0")


@pytest.mark.parametrize("place", [3, fabricated_rows.TAKEN - 1])
def test_a_picture_is_encoded_anew_also_of_one_that_was_dropped(opened: Opened, place: int) -> None:
    workspace = opened("extract")
    image = fabricated_rows.raw_images_of(1)[0][place]["image_id"]
    picture = items.item_picture(workspace.storage.uri, image=image)
    assert picture.media_type == "image/webp"
    with Image.open(io.BytesIO(picture.data)) as shown_picture:
        assert shown_picture.size == (120 + place, 150)
    assert picture.data != fabricated_rows.picture(1, place)


def test_a_picture_that_was_taken_down_is_not_shown(opened: Opened) -> None:
    workspace = opened("extract")
    take_down(workspace.storage.uri, Form(hashes=f"image: {PAIR['image_id']}"), dry_run=False)
    with pytest.raises(Unknown, match="or it was taken down"):
        items.item_picture(workspace.storage.uri, image=PAIR["image_id"])
    assert shown(workspace, PAIR["image_id"])["state"] == "taken_down"


def test_the_views_are_routes() -> None:
    assert {"item", "item_picture"} <= set(routes.table("VIEWS"))
