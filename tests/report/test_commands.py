from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from realsyn_tasks.core.reasons import Reason
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.extract import reasons as extract
from realsyn_tasks.report import inspection, item_display
from realsyn_tasks.report import status as ledger
from realsyn_tasks.report.summary import summary
from realsyn_tasks.retrieve.reasons import NO_MATCH
from realsyn_tasks.runs.promotion import promote
from realsyn_tasks.sample.reasons import BELOW_BAND, OVER_CAP
from realsyn_tasks.stages import PIPELINE
from realsyn_tasks.synthesize.reasons import COPIED
from tests import fabricated, fabricated_rows
from tests.fabricated import quarantine

Opened = Callable[[str], Workspace]


def test_a_summary_tells_the_whole_way(opened: Opened) -> None:
    workspace = opened("sample")
    promote(workspace, "sample")
    found = summary(workspace).record()
    json.dumps(found)
    assert found["documents"] == {"in": 8, "kept": 8, "dropped": {"malformed_record": 2}}
    assert found["images"]["in"] == 2 * (fabricated_rows.TAKEN + 1)
    assert found["images"]["kept"] == 2 * fabricated_rows.KEPT
    assert found["images"]["dropped"]["too_small"] == 2
    for kind in ("images", "sentences", "pairs"):
        counts = found[kind]
        assert counts["in"] - sum(counts["dropped"].values()) == counts["kept"], kind
    pairs = found["pairs"]
    assert [pairs[n] for n in ("matched", "paired", "in_band", "published")] == [22, 20, 18, 15]
    assert [(name, g["passed"]) for name, g in found["gates"].items()] == [
        (group, True) for group in ("extract", "retrieve", "synthesize", "sample")
    ]
    assert found["stages"]["parse"] == 3.0
    told = {name: found["retrieval"][name] for name in ("target_recall", "planned_recall")}
    assert told == {"target_recall": 0.95, "planned_recall": 0.98}
    assert found["retrieval"]["recall_low"] == 0.95
    assert found["report"] == f"{found['dataset']}/report.html"


def test_a_summary_of_an_extract_counts_the_same(opened: Opened) -> None:
    build = opened("sample")
    extract = Workspace.open(f"{build.storage.uri}/extracts/pages", PIPELINE)
    for kind in ("documents", "images", "sentences"):
        assert getattr(summary(extract), kind) == getattr(summary(build), kind)


def test_status_counts_every_state(opened: Opened) -> None:
    workspace = opened("extract")
    whole = ledger.status(workspace)
    assert whole.complete
    assert all(line.left == 0 for line in whole.stages)
    workspace.ledger("dedup_images").revoke(1)
    quarantine(workspace, "dedup_sentences", [0])
    found = {line.stage: line for line in ledger.status(workspace).stages}
    assert found["dedup_images"].states == {"done": 1, "missing": 1}
    assert found["dedup_images"].seconds_left == 3.0, "and the start of a process"
    assert found["dedup_sentences"].states == {"done": 1, "quarantined": 1}
    assert found["dedup_sentences"].failures == {"permanent": 1}
    assert "no WARC record" in found["dedup_sentences"].error


def test_status_uses_what_running_batches_report(opened: Opened) -> None:
    workspace = opened("extract")
    workspace.ledger("dedup_images").revoke(1)
    record = {"done": 0.5, "shards": 1, "elapsed": 10, "left": 10.0, "at": time.time()}
    path = f"{workspace.folder}/dedup_images/_progress/00001.json"
    workspace.storage.replace(path, json.dumps(record).encode())
    found = {line.stage: line for line in ledger.status(workspace).stages}
    assert found["dedup_images"].running == 1
    assert found["dedup_images"].seconds_left == 10.0, "half a shard, at the batch's own pace"


def inspected(workspace: Workspace, identity: str) -> tuple[str, list[str]]:
    found = inspection.inspect(workspace.storage.uri, identity, PIPELINE)
    return found["verdict"], [event["stage"] for event in found["way"]]


def exported(workspace: Workspace) -> dict[str, Any]:
    commit = workspace.ledger("export").commits()[1]
    return fabricated.read_back(workspace, commit).tables["pairs"].to_pylist()[0]


def test_an_image_is_followed_from_its_page_to_its_sample(
    opened: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = opened("sample")
    version = promote(workspace, "sample")["version"]
    row = exported(workspace)
    verdict, way = inspected(workspace, row["image_id"])
    assert verdict == f"published in datasets/realsyn-tiny/{version} as sample {row['key']}"
    assert list(dict.fromkeys(way)) == [
        *("parse", "filter_images", "embed_images", "dedup_images", "generation"),
        *("merge_matches", "tag_images"),
        *("generate_texts", "score_pairs", "filter_pairs", "balance", "export", "dataset"),
    ]
    story = inspection.inspect(workspace.storage.uri, row["image_id"], PIPELINE)
    item_display.show(story, everything=True)
    printed = capsys.readouterr().err
    for value in (row["document_url"], row["syn_text"], row["source"], row["prompt_id"], version):
        assert value in printed


def test_a_sentence_leads_to_the_samples_it_is_a_text_of(opened: Opened) -> None:
    workspace = opened("sample")
    version = promote(workspace, "sample")["version"]
    rows = [
        row
        for _, commit in sorted(workspace.ledger("export").commits().items())
        for row in fabricated.read_back(workspace, commit).tables["pairs"].to_pylist()
    ]
    sentence = exported(workspace)["sentence_ids"][-1]
    keys = [row["key"] for row in rows if sentence in row["sentence_ids"]]
    verdict, way = inspected(workspace, sentence)
    assert verdict == (
        f"published in datasets/realsyn-tiny/{version} as a text of sample {', '.join(keys)}"
    )
    assert {"merge_matches", "score_pairs", "export", "dataset"} <= set(way)


def reasons() -> list[tuple[str, Reason, str, str]]:
    """Give an id, the reason, its detail and the stage for each way of being dropped."""
    images, pairs = fabricated_rows.images_of(0), fabricated_rows.pairs_of(0)
    late = [pair["image_id"] for pair in fabricated_rows.pairs_of(1)][-1]
    return [
        (
            fabricated_rows.raw_images_of(0)[0][-1]["image_id"],
            extract.TOO_SMALL,
            " (80x80)",
            "filter_images",
        ),
        (images[-1]["image_id"], extract.PERCEPTUAL_DUPLICATE, " (kept another)", "dedup_images"),
        (
            fabricated_rows.sentences_of(0)[-1]["sentence_id"],
            extract.TOO_SHORT,
            "",
            "filter_sentences",
        ),
        (images[fabricated_rows.KEPT - 1]["image_id"], NO_MATCH, "", "merge_matches"),
        (fabricated_rows.matches_of(0)[-1][0]["image_id"], COPIED, " (as text1)", "generate_texts"),
        (pairs[0]["image_id"], BELOW_BAND, " (0.300)", "filter_pairs"),
        (late, OVER_CAP, "", "balance"),
    ]


@pytest.mark.parametrize(("identity", "reason", "detail", "stage"), reasons())
def test_what_was_dropped_has_its_reason(
    opened: Opened, identity: str, reason: Reason, detail: str, stage: str
) -> None:
    verdict, _ = inspected(opened("sample"), identity)
    said = f"dropped as {reason.code}: {reason.words}{detail}, by stage {stage} of "
    assert verdict.startswith(said)


def test_a_bad_record_is_found_by_its_place(opened: Opened) -> None:
    verdict, way = inspected(opened("sample"), "1.html:9")
    assert verdict.startswith("dropped as malformed_record: no WARC record where one should be")
    assert verdict.endswith(", by stage parse of extracts/pages, shard 00001")
    assert way == ["parse"]


def test_an_unknown_id_was_never_seen(opened: Opened) -> None:
    verdict, way = inspected(opened("sample"), "f" * 32)
    assert verdict == (
        "never seen: none of 1 crawls that were extracted has it; as an MD5 it was looked for in"
        " 2 of 2 shards"
    )
    assert not way


def test_control_characters_do_not_reach_the_terminal(
    opened: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = opened("extract")

    def change(made: fabricated.Made) -> None:
        fabricated.set_column(made, "images", "alt", "\x1b]0;owned\x07 \x1b[31m")

    fabricated.damage(workspace, "dedup_images", change)
    identity = fabricated.read_back(
        workspace, workspace.ledger("dedup_images").commits()[0]
    ).tables["images"]["image_id"][0]
    story = inspection.inspect(workspace.storage.uri, identity.as_py(), PIPELINE)
    item_display.show(story, everything=True)
    assert "\x1b" not in capsys.readouterr().err
