"""What was masked is followed without showing it; what was taken down is not said to be there."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core import ids
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.quality import gate
from realsyn_tasks.report import inspection, item_display
from realsyn_tasks.runs.opening import Choices, open_extract
from realsyn_tasks.runs.promotion import promote
from realsyn_tasks.stages import PIPELINE
from realsyn_tasks.takedown.command import Form, take_down
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
