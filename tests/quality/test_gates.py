from __future__ import annotations

import html
import json
import re
from collections.abc import Callable

import pytest

from realsyn_tasks.core.answers import GateRecord
from realsyn_tasks.core.commits import Commit, Ledger
from realsyn_tasks.core.errors import ConfigError, GateFailed
from realsyn_tasks.core.gate_results import (
    evidence_of,
    result_of_present_state,
    state_of,
    stored_record,
)
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.quality import gate, suites, words
from realsyn_tasks.quality.checks import checks_of
from realsyn_tasks.quality.page import render
from realsyn_tasks.runs.promotion import promote
from realsyn_tasks.stages import PIPELINE
from tests import fabricated
from tests.fabricated import quarantine
from tests.fabricated_contents import Made
from tests.quality.breakages import BREAKAGES
from tests.quality.breaking import Breakage, at_chance, bundles

GROUPS = ("extract", "retrieve", "synthesize", "sample")
Opened = Callable[[str], Workspace]


def failed_findings(workspace: Workspace, group: str) -> set[tuple[str, str]]:
    record = stored_record(workspace, group)
    assert record is not None
    return {(f.name, f.about) for f in record.findings if not f.passed}


def assert_stops(workspace: Workspace, group: str) -> str:
    """A failed gate says why in its exception, its JSON and its page, and nothing is promoted."""
    before = workspace.promotion(group)
    corpus, datasets = (set(workspace.storage.listing(f, True)) for f in ("corpus", "datasets"))
    result = gate(workspace, group)
    assert not result.passed
    assert result.summary.startswith(f"{group} gate failed: expected ")
    with pytest.raises(GateFailed) as raised:
        result.raise_if_failed()
    assert result.summary in str(raised.value)
    folder = f"{workspace.folder}/_gates/{group}"
    record = json.loads(workspace.storage.read(f"{folder}/result.json"))
    assert (record["passed"], record["summary"]) == (False, result.summary)
    page = workspace.storage.read(f"{folder}/index.html").decode()
    assert result.summary in html.unescape(page)
    assert workspace.folder in page
    with pytest.raises(GateFailed, match="gate failed"):
        promote(workspace, group)
    assert workspace.promotion(group) == before
    assert set(workspace.storage.listing("corpus", True)) == corpus
    assert set(workspace.storage.listing("datasets", True)) == datasets
    return result.summary


@pytest.mark.parametrize("bundle", bundles(BREAKAGES), ids=lambda some: ", ".join(map(str, some)))
def test_gate_fails_for_the_right_reasons(opened: Opened, bundle: list[Breakage]) -> None:
    workspace = opened(bundle[0].group)
    for breakage in bundle:
        for shard in breakage.shards:
            fabricated.damage(workspace, breakage.stage, breakage.change, shard)
    assert_stops(workspace, bundle[0].group)
    found = failed_findings(workspace, bundle[0].group)
    assert [str(each) for each in bundle if not each.finds <= found] == []


@pytest.mark.parametrize("group", GROUPS)
def test_every_expectation_has_a_breakage(group: str) -> None:
    found = set().union(*(b.finds for b in BREAKAGES if b.group == group))
    suite = suites.load(PIPELINE.group(group))
    for expectation in suite["expectations"]:
        column = words.columns_of(expectation["kwargs"])
        table = expectation["meta"]["table"]
        assert (expectation["type"], f"{table}.{column}" if column else table) in found
    elsewhere = {"quarantine", "objects"}  # tested below
    elsewhere |= {"independence", "writing"}  # of models, not of output: tests/synthesize
    elsewhere |= {"unread", "novelty"}  # of the crawl, not of output: tests/extract
    assert set(suite["meta"]["checks"]) - elsewhere <= {name for name, _ in found}


@pytest.mark.parametrize("group", GROUPS)
def test_every_number_says_why(group: str) -> None:
    suite = suites.load(PIPELINE.group(group))
    assert all(expectation["meta"]["why"] for expectation in suite["expectations"])
    assert all(settings["why"] for settings in suite["meta"]["checks"].values())
    assert set(suite["meta"]["checks"]) <= set(checks_of(PIPELINE.group(group)))


@pytest.mark.parametrize("group", GROUPS)
def test_an_incomplete_group_says_what_is_missing(opened: Opened, group: str) -> None:
    workspace = opened(group)
    stage = [s for s in workspace.stages() if s.group == group][-1]
    shard = max(workspace.ledger(stage.name).commits())
    workspace.ledger(stage.name).revoke(shard)
    summary = assert_stops(workspace, group)
    assert f"{stage.name} (1 missing; first shard {shard:05d})" in summary
    assert "run them again" in summary


def test_a_truncated_object_counts_as_missing(opened: Opened) -> None:
    workspace = opened("extract")
    path = workspace.ledger("dedup_images").commits()[0].objects["images"].path
    workspace.storage.replace(path, workspace.storage.read(path)[:-1])
    assert "dedup_images (1 damaged; first shard 00000)" in assert_stops(workspace, "extract")


@pytest.mark.parametrize("group", GROUPS)
def test_a_flipped_bit_is_found(opened: Opened, group: str) -> None:
    workspace = opened(group)
    stage = [s for s in workspace.stages() if s.group == group][-1]
    path = workspace.ledger(stage.name).commits()[0].objects["dropped"].path
    data = bytearray(workspace.storage.read(path))
    data[len(data) // 2] ^= 1
    workspace.storage.replace(path, bytes(data))
    workspace.storage.delete(f"{workspace.folder}/_gates/{group}/result.json")
    assert "its checksum differs" in assert_stops(workspace, group)
    assert failed_findings(workspace, group) == {("objects", "storage")}


def test_one_quarantined_shard_is_tolerated(opened: Opened) -> None:
    workspace = opened("extract")
    quarantine(workspace, "parse", [1])
    result = gate(workspace, "extract")
    assert result.passed, result.summary


def test_too_many_quarantined_shards_are_not(opened: Opened) -> None:
    workspace = opened("extract")
    quarantine(workspace, "parse", [0, 1])
    summary = assert_stops(workspace, "extract")
    assert "quarantined" in summary
    assert "no WARC record in it" in summary
    assert ("quarantine", "shards") in failed_findings(workspace, "extract")


@pytest.mark.parametrize("group", GROUPS)
def test_a_passed_gate_is_not_worked_out_again(
    opened: Opened, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = opened(group)
    monkeypatch.setattr(suites, "validate", lambda *given: pytest.fail("worked out again"))
    again = gate(workspace, group)
    assert again.passed
    assert result_of_present_state(workspace, group) == again


@pytest.mark.parametrize("group", GROUPS)
def test_a_state_is_told_without_reading_any_marker_whole(
    opened: Opened, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They have gigabytes at 30,000 shards, and one request each."""
    run = opened(group)
    stages = run.stages(group)
    known = {stage.name: Planner(run).status(stage) for stage in stages}
    measured = {
        name: [[n, c.measures] for n, c in sorted(status.commits.items()) if c.measures]
        for name, status in known.items()
    }
    whole = {
        name: [status.digest, sorted(status.states.items()), measured[name]]
        for name, status in known.items()
    }
    targeted = [run.config.target, False] if group == "sample" else []
    monkeypatch.setattr(Ledger, "commits", lambda ledger: pytest.fail("read whole"))
    state = state_of(evidence_of(run, group))
    assert state == digest([group, whole, run.config.seed, targeted])
    assert group not in ("retrieve", "sample") or any(measured.values())


def test_a_gate_reads_no_marker_whole_but_those_whose_objects_it_reads(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = opened("synthesize")
    before = stored_record(run, "synthesize")
    run.storage.delete(f"{run.folder}/_gates/synthesize/result.json")
    read, commits = set[str](), Ledger.commits

    def noted(ledger: Ledger) -> dict[int, Commit]:
        read.add(ledger._folder.rpartition("/")[2])
        return commits(ledger)

    monkeypatch.setattr(Ledger, "commits", noted)
    gate(run, "synthesize")
    assert stored_record(run, "synthesize") == before
    assert read <= {
        "merge_matches",
        *(each.stage for each in PIPELINE.group("synthesize").hands_on),
    }


def test_changed_commits_void_a_result(opened: Opened) -> None:
    workspace = opened("retrieve")
    fabricated.damage(workspace, "merge_matches", lambda made: None)
    assert result_of_present_state(workspace, "retrieve") is not None

    def change(made: Made) -> None:
        fabricated.set_column(made, "matches", "document_url", "https://other.example/")

    fabricated.damage(workspace, "merge_matches", change)
    assert result_of_present_state(workspace, "retrieve") is None
    with pytest.raises(GateFailed, match="run the gate first"):
        promote(workspace, "retrieve")


def test_a_result_has_the_same_bytes_every_time(opened: Opened) -> None:
    workspace = opened("sample")
    folder = f"{workspace.folder}/_gates/sample"
    names = ("result.json", "index.html")
    before = [workspace.storage.read(f"{folder}/{name}") for name in names]
    for name in names:
        workspace.storage.delete(f"{folder}/{name}")
    gate(workspace, "sample")
    assert [workspace.storage.read(f"{folder}/{name}") for name in names] == before


def test_bars_of_several_stages_compare() -> None:
    drops = {"filter_pairs": {"pair": {"above_band": 30}}, "balance": {"pair": {"over_cap": 60}}}
    words = {"over_cap": "its cluster has enough pairs without it"}
    about = {
        "group": "sample",
        "passed": True,
        "summary": "",
        "state": "",
        "rules": "",
        "findings": (),
    }
    text = render(GateRecord(**about, drops=drops, reasons=words), "builds/a")
    assert re.findall(r"width: ([\d.]+)%\"", text) == ["50.0", "100.0"]


def test_gate_and_page_say_what_the_reasons_mean(opened: Opened) -> None:
    workspace = opened("sample")
    folder = f"{workspace.folder}/_gates/sample"
    record = json.loads(workspace.storage.read(f"{folder}/result.json"))
    codes = {code for kinds in record["drops"].values() for n in kinds.values() for code in n}
    assert record["reasons"] == {code: PIPELINE.reason_words[code] for code in codes} != {}
    page = html.unescape(workspace.storage.read(f"{folder}/index.html").decode())
    assert all(words in page for words in record["reasons"].values())


def test_hostile_text_stays_text_on_the_page(opened: Opened) -> None:
    workspace = opened("extract")
    hostile = "<script>fetch('//evil.example')</script><img src=x onerror=alert(1)>"

    def change(made: Made) -> None:
        fabricated.set_column(made, "sentences", "sentence_id", hostile)

    fabricated.damage(workspace, "dedup_sentences", change)
    gate(workspace, "extract")
    page = workspace.storage.read(f"{workspace.folder}/_gates/extract/index.html").decode()
    assert hostile not in page
    assert html.escape(hostile)[:40] in page or "&lt;script&gt;" in page
    assert "http://" not in page
    assert "https://" not in page


def test_a_group_of_another_kind_of_run_is_refused(opened: Opened) -> None:
    with pytest.raises(ConfigError, match="has no stages"):
        gate(opened("extract"), "sample")


def test_a_world_in_which_relevance_cannot_be_known_is_told_and_not_stopped(
    opened: Opened,
) -> None:
    workspace = opened("retrieve")

    def unknowable(made: Made) -> None:
        made.measures = {"sampled": 24.0, "documents_with_own_text": 2.0}

    fabricated.damage(workspace, "measure_relevance", unknowable)
    result = gate(workspace, "retrieve")
    assert result.passed
    assert "with a warning" in result.summary
    record = stored_record(workspace, "retrieve")
    assert record is not None
    [finding] = [finding for finding in record.findings if not finding.passed]
    assert (finding.name, finding.severity) == ("relevance", "warning")
    assert "cannot be known" in finding.saw


def test_texts_at_chance_are_told_in_words_with_examples(opened: Opened) -> None:
    workspace = opened("retrieve")
    fabricated.damage(workspace, "measure_relevance", at_chance)
    summary = assert_stops(workspace, "retrieve")
    assert "by the picture alone, text1 of 30.0% of the images (0.0% to 40.0%; at random" in summary
    assert "these texts say nothing about these images" in summary
    assert "https://pages.example/" in summary


def test_words_of_documents_that_do_all_the_work_are_told(opened: Opened) -> None:
    workspace = opened("retrieve")

    def blind(made: Made) -> None:
        made.measures["image_text1_low"] = 0.05

    fabricated.damage(workspace, "measure_relevance", blind)
    assert gate(workspace, "retrieve").passed
    record = stored_record(workspace, "retrieve")
    assert record is not None
    [finding] = [finding for finding in record.findings if finding.name == "relevance"]
    assert "the pictures alone find nothing" in finding.saw


def test_estimates_that_a_build_kept_pass_until_they_are_surely_off(opened: Opened) -> None:
    workspace = opened("retrieve")

    def kept(made: Made) -> None:
        made.measures |= {"kept_relevance": 1.0, "target_precision": 0.65}

    fabricated.damage(workspace, "fit_relevance", kept)
    assert gate(workspace, "retrieve").passed


@pytest.mark.parametrize(("auc", "passed"), [(0.8, True), (0.5, False)])
def test_judged_estimates_have_to_hold_for_the_corpus(
    opened: Opened, auc: float, passed: bool
) -> None:
    workspace = opened("retrieve")

    def judged(made: Made) -> None:
        made.measures |= {
            "judged_estimate": 1.0,
            "expected_precision": 0.9,
            "held_out_documents": 40.0,
            "auc": auc,
        }

    fabricated.damage(workspace, "fit_relevance", judged)
    result = gate(workspace, "retrieve")
    assert result.passed is passed
    assert passed or "what was judged elsewhere does not hold for this corpus" in result.summary
