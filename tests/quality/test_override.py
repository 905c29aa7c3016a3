from __future__ import annotations

import html
import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from realsyn_tasks.cli import app
from realsyn_tasks.core.answers import GateRecord
from realsyn_tasks.core.errors import ConfigError, GateFailed
from realsyn_tasks.core.findings import Finding
from realsyn_tasks.core.gate_results import override_path, stored_record, stored_result
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.quality import gate, gates, suites
from realsyn_tasks.quality.adoption import adopt_groups
from realsyn_tasks.quality.override import override, why_final
from realsyn_tasks.runs.promotion import promote
from tests import fabricated
from tests.fabricated_contents import Made
from tests.quality.breaking import at_chance, personal_caption

Opened = Callable[[str], Workspace]
REASON = "the corpus of the trial has too few documents to tell"


@pytest.fixture
def failed(opened: Opened) -> Workspace:
    """A build whose gate of retrieve has failed."""
    run = opened("retrieve")
    fabricated.damage(run, "measure_relevance", at_chance)
    assert not gate(run, "retrieve").passed
    return run


def result_of(run: Workspace, group: str = "retrieve") -> bytes:
    return run.storage.read(f"{run.folder}/_gates/{group}/result.json")


def test_an_overridden_gate_passes_and_promotes_with_its_result_untouched(
    failed: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = result_of(failed)
    made = override(failed, "retrieve", f"  {REASON}\n", "ann")
    assert (made.reason, made.by) == (REASON, "ann")
    assert [check.name for check in made.checks] == ["relevance"]
    assert result_of(failed) == before
    monkeypatch.setattr(suites, "validate", lambda *given: pytest.fail("worked out again"))
    result = gate(failed, "retrieve")
    assert (result.passed, result.override) == (True, made)
    assert result.summary.endswith(f"Overridden by ann on {made.at[:10]}: {REASON}")
    promote(failed, "retrieve")
    promotion = failed.promotion("retrieve")
    assert promotion is not None and promotion.gate == made.gate


def test_another_result_needs_another_override(failed: Workspace) -> None:
    override(failed, "retrieve", REASON, "ann")

    def worse(made: Made) -> None:
        made.measures["sampled"] += 1

    fabricated.damage(failed, "measure_relevance", worse)
    assert not gate(failed, "retrieve").passed
    with pytest.raises(GateFailed, match="gate failed"):
        promote(failed, "retrieve")


def test_the_same_result_found_again_is_still_overridden(failed: Workspace) -> None:
    made = override(failed, "retrieve", REASON, "ann")
    failed.storage.delete(f"{failed.folder}/_gates/retrieve/result.json")
    assert gate(failed, "retrieve").override == made


def test_what_the_person_did_not_see_is_not_overridden(failed: Workspace) -> None:
    with pytest.raises(ConfigError, match="something else since you looked"):
        override(failed, "retrieve", REASON, "ann", result="0" * 64)


def test_a_pass_is_not_overridden(opened: Opened) -> None:
    with pytest.raises(ConfigError, match="nothing to override"):
        override(opened("retrieve"), "retrieve", REASON, "ann")


def test_what_no_gate_has_looked_at_is_not_overridden(failed: Workspace) -> None:
    def more(made: Made) -> None:
        made.measures["sampled"] += 1

    fabricated.damage(failed, "measure_relevance", more)
    with pytest.raises(ConfigError, match="no result of what is there now"):
        override(failed, "retrieve", REASON, "ann")


@pytest.mark.parametrize(
    ("reason", "by"),
    [("", "ann"), ("too short", "ann"), (" " * 30, "ann"), ("x" * 1001, "ann"), (REASON, " ")],
)
def test_a_reason_and_a_name_are_asked_for(failed: Workspace, reason: str, by: str) -> None:
    with pytest.raises(ConfigError, match=r"in the dataset's card"):
        override(failed, "retrieve", reason, by)
    assert not failed.storage.exists(override_path(failed, "retrieve"))


def test_shards_that_were_never_looked_at_are_not_overridden(opened: Opened) -> None:
    run = opened("retrieve")
    run.ledger("merge_matches").revoke(0)
    assert not gate(run, "retrieve").passed
    with pytest.raises(ConfigError, match=r"completeness .*never looked at"):
        override(run, "retrieve", REASON, "ann")


def test_a_flipped_bit_is_not_overridden(opened: Opened) -> None:
    run = opened("retrieve")
    path = run.ledger("merge_matches").commits()[0].objects["dropped"].path
    data = bytearray(run.storage.read(path))
    data[len(data) // 2] ^= 1
    run.storage.replace(path, bytes(data))
    run.storage.delete(f"{run.folder}/_gates/retrieve/result.json")
    assert not gate(run, "retrieve").passed
    with pytest.raises(ConfigError, match=r"objects \(storage\): .*never looked at"):
        override(run, "retrieve", REASON, "ann")


def test_personal_data_is_not_overridden(opened: Opened) -> None:
    run = opened("sample")
    fabricated.damage(run, "export", personal_caption)
    assert not gate(run, "sample").passed
    with pytest.raises(ConfigError, match=r"withheld .*not ours to let through"):
        override(run, "sample", REASON, "ann")


def test_what_could_not_be_worked_out_is_not_overridden() -> None:
    finding = Finding("any", "pairs.x", "x", "that it cannot be checked: no column x", False)
    assert "could not be worked out" in why_final(finding, {"meta": {"checks": {}}})


def test_no_other_run_adopts_an_overridden_gate(failed: Workspace) -> None:
    override(failed, "retrieve", REASON, "ann")
    promote(failed, "retrieve")
    record = stored_record(failed, "retrieve")
    asked = gates._asked(failed, "retrieve")
    assert record is not None and not asked.answered_by(record)
    assert asked.answered_by(stored_result(failed, "retrieve"))
    assert adopt_groups(failed).groups[0] == "retrieve", "it is promoted here"


def test_the_page_says_who_and_why_and_as_text(failed: Workspace) -> None:
    hostile = "<script>alert(1)</script> is what I write"
    override(failed, "retrieve", hostile, "<b>ann</b>")
    page = failed.storage.read(f"{failed.folder}/_gates/retrieve/index.html").decode()
    assert "<script>" not in page and "<b>ann</b>" not in page
    assert hostile in html.unescape(page) and "overridden" in page


def test_a_damaged_override_is_none(failed: Workspace) -> None:
    override(failed, "retrieve", REASON, "ann")
    failed.storage.replace(override_path(failed, "retrieve"), b'{"group"')
    assert not gate(failed, "retrieve").passed


def test_command(failed: Workspace) -> None:
    def said(*words: str) -> tuple[int, str]:
        outcome = CliRunner().invoke(app, [*words, "--build", failed.uri, "--json"])
        if isinstance(outcome.exception, ConfigError):
            return outcome.exception.exit_code, str(outcome.exception)
        return outcome.exit_code, outcome.stdout.splitlines()[-1]

    code, words = said("override", "retrieve", "--reason", "no", "--by", "ann")
    assert (code, "give a reason" in words) == (78, True)
    code, words = said("override", "retrieve", "--reason", REASON, "--by", "ann")
    assert (code, json.loads(words)["reason"], json.loads(words)["really"]) == (0, REASON, False)
    assert json.loads(said("gate", "retrieve")[1])["passed"] is False, "it was only shown"
    code, words = said("override", "retrieve", "--reason", REASON, "--by", "ann", "--really")
    assert (code, json.loads(words)["reason"]) == (0, REASON)
    code, words = said("gate", "retrieve")
    told = json.loads(words)
    assert (code, told["passed"], told["overridden"]["by"]) == (0, True, "ann")
    assert GateRecord.model_validate_json(result_of(failed)).passed is False
