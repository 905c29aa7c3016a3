"""What was masked is followed without showing it; what was taken down is not said to be there."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core import ids, tables
from realsyn_tasks.core.stage import Dropped
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.extract import schemas
from realsyn_tasks.extract.reasons import NOT_IN_CRAWL
from realsyn_tasks.fetching.reasons import TIMEOUT
from realsyn_tasks.formats.reasons import NOT_SHOWN
from realsyn_tasks.quality import gate
from realsyn_tasks.report import inspection, item_display, whereabouts
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.opening import open_extract
from realsyn_tasks.runs.promotion import promote
from realsyn_tasks.stages import PIPELINE
from realsyn_tasks.takedown.command import Form, take_down
from tests import fabricated, fabricated_rows
from tests.crawls import HOST, Response, picture, tiny_site, write_warc
from tests.support import run_group

MAIL = "jane.doe@mail.example"
RAW = f"Please write to {MAIL} about the old wooden bridge."
OTHER = "Please write to bob@mail.example about the old wooden bridge."
MASKED = "Please write to [EMAIL] about the old wooden bridge."
ALONE = f"My number is 219-09-9999 and {MAIL} is my address in town."
BESIDE = (
    f'<figure><img src="bridge.jpg" alt="Ask {MAIL}"><figcaption>A bridge.</figcaption></figure>'
)
PAGE = f"<html lang=en><body><p>{RAW}</p><p>{OTHER}</p><p>{ALONE}</p>{BESIDE}</body></html>"


def extracted(root: Path, pii: str) -> Workspace:
    """A generation with a page of personal data, by the real stages with tiny models."""
    page = Response(f"{HOST}/contact.html", PAGE.encode())
    bridge = Response(f"{HOST}/bridge.jpg", picture(50), "image/jpeg")
    write_warc(root / "crawls/tiny/a.warc.gz", [*tiny_site(2, 4), page, bridge])
    loose = {"min_complexity": 0, "min_information": 0.0, "drop_kinds": [], "language": ""}
    stages: dict[str, dict[str, Any]] = {
        "filter_sentences": {"pii": pii, **loose},
        "describe_images": {"pii": pii},
        "filter_perplexity": {"min_perplexity": 0.0, "max_perplexity": 1e9},
        "link_neighbours": {"image_cosine": 0.999, "sentence_cosine": 0.9999},
    }
    uri = (root / "crawls/tiny").as_uri()
    run = open_extract(str(root), uri, "tiny", Choices(stages=stages))
    run_group(run, "extract")
    gate(run, "extract").raise_if_failed()
    promote(run, "extract")
    return run


@pytest.fixture(scope="module")
def masked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("masked")
    extracted(root, "mask")
    return root


def told(root: Path, thing: str, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], str]:
    """The way of a thing, and all that is printed and given of it."""
    found = inspection.inspect(str(root), thing, PIPELINE)
    item_display.show(found, everything=True)
    return found, f"{found}{capsys.readouterr().err}"


def of_story(text: str) -> tuple[str, str]:
    return text, ids.sentence_id(text)


@pytest.mark.parametrize("thing", [*of_story(RAW), *of_story(MASKED)])
def test_a_masked_sentence_is_followed_under_both_ids_and_by_its_text(
    masked: Path, thing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = min(ids.sentence_id(RAW), ids.sentence_id(OTHER))
    asked = OTHER if kept == ids.sentence_id(OTHER) and thing == RAW else thing
    asked = kept if thing == ids.sentence_id(RAW) else asked
    found, printed = told(masked, asked, capsys)
    assert found["verdict"].startswith("masked (email)")
    assert found["verdict"].endswith("in the corpus since generation 1")
    stages = list(dict.fromkeys(event["stage"] for event in found["way"]))
    assert stages[:2] == ["parse", "filter_sentences"]
    assert stages[-2:] == ["dedup_sentences", "generation"]
    assert MASKED in printed and kept in printed and ids.sentence_id(MASKED) in printed
    assert MAIL not in printed and "bob@" not in printed


def test_what_a_mask_made_equal_leads_to_the_one_that_is_kept(
    masked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = max(ids.sentence_id(RAW), ids.sentence_id(OTHER))
    found, printed = told(masked, gone, capsys)
    assert found["verdict"].startswith(
        "dropped as masked_duplicate: equal to another sentence once masked"
        f" (as {ids.sentence_id(MASKED)}), by stage filter_sentences"
    )
    assert MAIL not in printed and "bob@" not in printed


def test_what_was_dropped_for_personal_data_is_told_without_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    extracted(tmp_path, "drop")
    found, printed = told(tmp_path, ALONE, capsys)
    assert found["verdict"].startswith(
        "dropped as pii: has personal data (email), by stage filter_sentences"
    )
    assert "My number is [ID_NUMBER] and [EMAIL] is my address in town." in printed
    assert MAIL not in printed and "219-09" not in printed


def test_what_is_kept_on_purpose_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    extracted(tmp_path, "keep")
    found, printed = told(tmp_path, ids.sentence_id(RAW), capsys)
    assert found["verdict"] == "in the corpus since generation 1"
    assert MAIL in printed


def test_what_was_taken_down_says_so_with_its_request(
    masked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = shutil.copytree(masked, tmp_path / "root")
    image = hashlib.sha256(picture(1)).hexdigest()
    assert told(root, image[:32], capsys)[0]["verdict"] == "in the corpus since generation 1"
    take_down(str(root), Form(hashes=image, note="case 7"), dry_run=True)
    assert told(root, image[:32], capsys)[0]["verdict"] == "in the corpus since generation 1"
    filed = take_down(str(root), Form(hashes=image, note="case 7"), dry_run=False)
    found, printed = told(root, image[:32], capsys)
    said = f"taken down from generation 1 by request {filed['request']} (number 1, note 'case 7')"
    assert found["verdict"].startswith(f"{said} for sha256: {image}; receipt takedowns/receipts/")
    assert found["verdict"].rsplit("/", 1)[1] == filed["receipt"].rsplit("/", 1)[1]
    assert "takedown" in printed and "case 7" in printed
    sentence = take_down(str(root), Form(urls=f"{HOST}/contact.html"), dry_run=False)
    verdict = told(root, MASKED, capsys)[0]["verdict"]
    assert f"taken down from generation 1 by request {sentence['request']} (number 2)" in verdict
    assert verdict.startswith("masked (email), before that ")


def test_a_list_that_was_never_made_is_made_up_for(
    masked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = shutil.copytree(masked, tmp_path / "root")
    image = hashlib.sha256(picture(1)).hexdigest()
    take_down(str(root), Form(hashes=image), dry_run=False)
    shutil.rmtree(root / "takedowns/removed")
    assert "taken down" in told(root, image[:32], capsys)[0]["verdict"]
    assert not (root / "takedowns/removed").exists(), "looking changes nothing"


def test_an_unknown_text_was_never_seen_and_says_how_far_it_was_looked_for(masked: Path) -> None:
    story = inspection.inspect(str(masked), "Nobody ever wrote this.", PIPELINE)
    assert (story["state"], story["id"], story["way"]) == ("never_seen", "", [])
    assert story["verdict"].endswith("as a phrase it was looked for in 1 of 1 shards")
    assert [row["state"] for row in story["looked_at"]] == ["generation 1"]


def test_what_is_said_of_a_picture_is_told_with_its_verdicts(
    masked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bridge = hashlib.sha256(picture(50)).hexdigest()[:32]
    printed = told(masked, bridge, capsys)[1]
    assert 'caption: "A bridge.", kept' in printed
    assert 'alt text: "Ask [EMAIL]", kept' in printed
    assert f'sentence 3 before: "{MASKED}"' in printed
    assert MAIL not in printed and "bob@" not in printed
    extracted(tmp_path, "drop")
    printed = told(tmp_path, bridge, capsys)[1]
    assert "alt text: (empty), refused as pii: has personal data" in printed
    assert "sentence 1 before: (empty), refused as pii: has personal data" in printed
    assert MAIL not in printed and "219-09" not in printed


Opened = Callable[[str], Workspace]


def asked(workspace: Workspace, thing: str) -> dict[str, Any]:
    return inspection.inspect(workspace.storage.uri, thing, PIPELINE)


def also_dropped(workspace: Workspace, stage: str, *items: Dropped) -> None:
    fabricated.damage(workspace, stage, lambda made: made.dropped.extend(items))


GONE = "https://pages.example/gone/Picture%201.jpg"


@pytest.mark.parametrize("typed", [GONE, "http://PAGES.example/gone/Picture 1.jpg#x"])
def test_a_picture_that_the_crawl_lacks_is_found_by_its_address(opened: Opened, typed: str) -> None:
    workspace = opened("extract")
    also_dropped(workspace, "parse", Dropped("image", ids.sentence_id(GONE), NOT_IN_CRAWL, GONE))
    story = asked(workspace, typed)
    assert story["state"] == "not_fetched"
    assert story["verdict"].startswith("dropped as not_in_crawl: known by its address only")
    assert story["change"].startswith("the crawl would have to hold it")


def test_a_picture_that_no_page_shows_says_so(opened: Opened) -> None:
    workspace = opened("extract")
    also_dropped(workspace, "parse", Dropped("record", "pictures/idle.jpg:0", NOT_SHOWN))
    story = asked(workspace, "pictures/idle.jpg")
    assert (story["state"], story["way"][0]["row"]["id"]) == ("not_shown", "pictures/idle.jpg:0")


def test_a_failure_to_fetch_that_may_pass_says_that_another_try_may_help(opened: Opened) -> None:
    workspace = opened("extract")
    detail = f"transient: {GONE} 30 s"
    also_dropped(workspace, "parse", Dropped("image", ids.sentence_id(GONE), TIMEOUT, detail))
    story = asked(workspace, GONE)
    assert (story["state"], story["reason"]) == ("not_fetched", "timeout")
    assert "another try" in story["change"] and "30 s" in story["verdict"]


def test_what_was_dropped_by_a_threshold_tells_it_and_its_value(opened: Opened) -> None:
    last = fabricated_rows.raw_images_of(0)[0][-1]
    story = asked(opened("extract"), last["url"])
    assert (story["id"], story["state"]) == (last["image_id"], "dropped")
    assert story["thresholds"] == {"filter_images.min_side": 100}
    assert story["verdict"].endswith("; filter_images.min_side is 100")
    assert "filter_images.min_side" in story["change"]


def test_what_is_out_of_band_tells_the_band_that_was_fitted(opened: Opened) -> None:
    story = asked(opened("sample"), fabricated_rows.pairs_of(0)[0]["image_id"])
    assert story["state"] == "out_of_band"
    assert story["thresholds"]["fit_band.low"] == 0.31


def test_a_copy_leads_to_the_one_that_is_kept(opened: Opened) -> None:
    workspace = opened("extract")
    kept, gone = (
        fabricated_rows.images_of(0)[1]["image_id"],
        fabricated_rows.images_of(0)[-1]["image_id"],
    )
    member = {"partition": 0, "kind": "image", "shard": None, "kept_id": kept, "id": gone}
    row = {**member, "reason": "perceptual_duplicate", "cosine": None}

    def merged(made: fabricated.Made) -> None:
        made.tables["members"] = tables.from_rows(schemas.MEMBERS, [row])

    fabricated.damage(workspace, "choose_representatives", merged)
    story = asked(workspace, gone)
    assert story["state"] == "duplicate"
    assert story["kept"]["id"] == kept
    assert story["kept"]["verdict"]


def test_a_page_tells_what_became_of_its_pictures(opened: Opened) -> None:
    workspace = opened("sample")
    version = promote(workspace, "sample")["version"]
    page = fabricated_rows.images_of(0)[1]["document_url"]
    story = asked(workspace, page.replace("https://", ""))
    assert story["kind"] == "document_id"
    mine = {
        row["image_id"]
        for row in fabricated_rows.raw_images_of(0)[0]
        if row["document_url"] == page
    }
    assert {picture["id"] for picture in story["pictures"]} == mine
    assert {picture["state"] for picture in story["pictures"]} == {"published", "dropped"}
    published = [p["verdict"] for p in story["pictures"] if p["state"] == "published"]
    assert all(version in verdict for verdict in published)


@pytest.mark.parametrize("name", ["key", "sha256", "original_md5", "raw_image_url", "image_id"])
def test_a_published_pair_is_found_by_any_of_its_names(opened: Opened, name: str) -> None:
    workspace = opened("sample")
    promote(workspace, "sample")
    commit = workspace.ledger("export").commits()[1]
    row = fabricated.read_back(workspace, commit).tables["pairs"].to_pylist()[0]
    story = asked(workspace, row[name])
    assert (story["id"], story["state"]) == (row["image_id"], "published")
    assert story["verdict"].endswith(f"as sample {row['key']}")


def test_a_phrase_is_looked_for_in_the_sentences(opened: Opened) -> None:
    story = asked(opened("extract"), "PHOTOGRAPH 3 of folder 1")
    assert story["id"] == fabricated_rows.sentences_of(1)[3]["sentence_id"]
    assert story["scanned"] == {"shards": 2, "of": 2, "as": "a phrase", "left_out": ""}


def test_a_screenful_is_all_that_is_printed_unless_all_is_asked_for(
    opened: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = opened("sample")
    promote(workspace, "sample")
    story = asked(workspace, fabricated_rows.pairs_of(0)[3]["image_id"])
    item_display.show(story)
    brief = capsys.readouterr().err
    assert len(brief.splitlines()) <= 24
    assert "\x1b" not in brief, "no colour where nobody looks"
    item_display.show(story, everything=True)
    assert len(capsys.readouterr().err.splitlines()) > 40


def test_find_says_why_what_is_not_published_is_not(opened: Opened) -> None:
    workspace = opened("sample")
    promote(workspace, "sample")
    root, lost = workspace.storage.uri, fabricated_rows.raw_images_of(0)[0][-1]["url"]
    sightings = whereabouts.find(root, PIPELINE, [fabricated_rows.pairs_of(0)[3]["url"], lost])
    assert sightings["missing"] == [lost]
    [answer] = sightings["answers"]
    assert answer["verdict"] == asked(workspace, lost)["verdict"]
    assert answer["state"] == "dropped"
