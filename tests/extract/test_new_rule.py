"""A rule is a function, one line in the list of rules, and a reason: nothing else names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from realsyn_tasks.core.contract import check_output
from realsyn_tasks.core.errors import UndeclaredOutput
from realsyn_tasks.core.reasons import Reason, Reasons, Verdict
from realsyn_tasks.core.stage import Output
from realsyn_tasks.extract import count_words, filter_sentences, reasons
from realsyn_tasks.report import reason_tables
from realsyn_tasks.stages import PIPELINE
from tests.extract.sentences import parsed_sentences
from tests.support import FakeInputs, context

TRIED = Reason("tried", "names what this test looks for")
STAGE = PIPELINE.stage("filter_sentences")
GOOD = "A small brown dog runs along the wet beach at sunset."
BAD = "A small brown zyzzyva runs along the wet beach at sunset."


def by_name(text: str) -> Verdict | None:
    """Drop what is about weevils."""
    return Verdict(TRIED) if "zyzzyva" in text else None


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one line of registration."""
    rules = (*filter_sentences.RULES, lambda row, known: by_name(row["text"]))
    monkeypatch.setattr(filter_sentences, "RULES", rules)


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason."""
    places = reasons.REASONS.places
    sentence = (*places[STAGE.name]["sentence"], TRIED)
    grown = Reasons({**places, STAGE.name: {"sentence": sentence}})
    monkeypatch.setattr(reasons, "REASONS", grown)


def filtered(tmp_path: Path) -> Output:
    inputs = FakeInputs({("parse", "sentences"): [parsed_sentences([GOOD, BAD])]})
    words = count_words.run(inputs, count_words.Config(), context(tmp_path))
    inputs.tables |= {("count_words", name): [table] for name, table in words.tables.items()}
    return filter_sentences.run(inputs, filter_sentences.Config(), context(tmp_path))


@pytest.mark.usefixtures("registered", "declared")
def test_a_new_rule_drops_with_its_reason(tmp_path: Path) -> None:
    output = filtered(tmp_path)
    check_output(STAGE, output)
    assert [item.reason for item in output.dropped] == [TRIED]
    assert output.tables["sentences"]["text"].to_pylist() == [GOOD]
    assert "| sentence | `tried` | names what this test looks for |" in reason_tables.markdown(
        PIPELINE
    )


@pytest.mark.usefixtures("registered")
def test_a_reason_that_nobody_declared_stops_the_stage(tmp_path: Path) -> None:
    with pytest.raises(UndeclaredOutput, match="tried"):
        check_output(STAGE, filtered(tmp_path))
