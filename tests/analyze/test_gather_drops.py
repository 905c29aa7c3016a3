"""Why items are not in a version, as its runs know it; and what must not be shown."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.analyze import gather_drops
from realsyn_tasks.analyze.gather_drops import Config
from realsyn_tasks.analyze.left_out import UNSEEN, LeftOut, said_of
from realsyn_tasks.core.commits import Ledger
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus import tombstones
from realsyn_tasks.corpus.entries import Entry
from realsyn_tasks.kinds import BUILD, EXTRACT
from realsyn_tasks.stages import PIPELINE
from tests.analyze.test_group import analysis_of, run_of
from tests.support import FakeInputs, context


def gathered(root: Path, tmp_path: Path, **settings: Any) -> dict[str, list[dict[str, Any]]]:
    inputs = FakeInputs(sources={"dataset": run_of(root).sources["dataset"]})
    output = gather_drops.run(inputs, Config(**settings), context(tmp_path))
    return {name: table.to_pylist() for name, table in output.tables.items()}


def test_reasons_are_counted_as_the_ledgers_have_them(analysed: Path) -> None:
    counts: Counter[tuple[str, str, str]] = Counter()
    for folder in ("extracts/pages", "builds/tiny"):
        run = Workspace.open(f"{analysed.as_uri()}/{folder}", PIPELINE)
        for stage in run.stages():
            for commit in run.ledger(stage.name).commits().values():
                for kind, reasons in commit.dropped.items():
                    counts.update({(stage.name, kind, r): n for r, n in reasons.items()})
    told = analysis_of(analysed).rows("drop_reasons")
    assert counts and counts == {(r["stage"], r["kind"], r["reason"]): r["count"] for r in told}


def test_no_stage_has_all_of_its_markers_read_whole(
    analysed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = analysis_of(analysed).rows("drop_reasons")
    monkeypatch.setattr(Ledger, "commits", lambda ledger: pytest.fail("read whole"))
    made = gathered(analysed, tmp_path)
    assert made["reasons"] == told and made["examples"] and made["sizes"]


def test_dropped_and_kept_stand_beside_each_other(analysed: Path) -> None:
    examples = analysis_of(analysed).rows("drop_examples")
    pairs = [row for row in examples if (row["stage"], row["kind"]) == ("filter_pairs", "pair")]
    assert {row["kept"] for row in pairs} == {True, False}
    assert all(row["text"] and row["url"] for row in pairs if row["kept"])
    assert all(row["detail"] for row in pairs if not row["kept"])


def test_domains_know_their_reasons(analysed: Path) -> None:
    [domain] = [r for r in analysis_of(analysed).rows("sources") if r["kind"] == "domain"]
    assert "over_cap" in {each["reason"] for each in domain["reasons"]}


def test_no_more_examples_than_wanted(analysed: Path, tmp_path: Path) -> None:
    examples = gathered(analysed, tmp_path, examples=1)["examples"]
    counts = Counter((r["run"], r["stage"], r["kind"], r["reason"], r["kept"]) for r in examples)
    assert set(counts.values()) == {1}


def test_nothing_is_shown_of_what_was_dropped_so_that_nobody_sees_it() -> None:
    groups = [group for group in PIPELINE.groups if group.kind in (EXTRACT, BUILD)]
    known = {reason.code for group in groups for reason in group.reason_table()}
    assert known >= UNSEEN, "no such reason"
    hidden = {code for code in known if any(word in code for word in ("pii", "nsfw", "evaluation"))}
    assert hidden <= UNSEEN
    assert LeftOut("sentence", "id", "pii", "", {"text": "Call 555"}).unseen


def test_personal_data_is_masked_in_what_is_shown() -> None:
    said = said_of({"text": "Write to jane.doe@example.com today."})
    assert "jane.doe" not in said and said.startswith("Write to")


def test_nothing_is_shown_of_what_was_taken_down(version_root: Path, tmp_path: Path) -> None:
    before = gathered(version_root, tmp_path)
    assert any("pages.example" in row["url"] for row in before["examples"])
    storage = run_of(version_root).storage
    tombstones.file(storage, tombstones.Request.of((Entry("domain", "pages.example"),)))
    after = gathered(version_root, tmp_path)
    assert not any("pages.example" in row["url"] for row in after["examples"])
    assert after["reasons"] == before["reasons"]
