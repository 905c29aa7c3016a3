"""The data statement is chosen by facts, sentence by sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.report import statement
from realsyn_tasks.report.facts import Facts, gather
from realsyn_tasks.runs.profile import Publisher
from tests.finished import open_run


@pytest.fixture(scope="module")
def facts(finished: Path) -> Facts:
    return gather(Evidence(open_run(finished, "sample"), "sample"))


def test_it_has_every_section_in_order(facts: Facts) -> None:
    text = statement.render(facts)
    places = [text.index(f"## {title}\n") for title in statement.sections(facts)]
    assert places == sorted(places)
    assert all(statement.sections(facts).values())


def test_models_are_named_as_those_who_chose_and_wrote(facts: Facts) -> None:
    said = statement.sections(facts)["Annotators"]
    for model in facts.models:
        assert model.identity in said
    assert "No person has judged its texts" in said


def test_judgements_of_people_are_counted(facts: Facts) -> None:
    judged = replace(facts.relevance, judged={"text1": {"right": 3, "wrong": 1}})
    said = statement.sections(replace(facts, relevance=judged))["Annotators"]
    assert "People judged 4 of its texts" in said


def test_a_takedown_address_is_told_or_missed(facts: Facts) -> None:
    assert "No contact was given" in statement.sections(facts)["Takedown and maintenance"]
    named = replace(facts, publisher=Publisher(contact="data@lab.example"))
    assert "Write to data@lab.example" in statement.sections(named)["Takedown and maintenance"]


def test_an_extract_without_the_filter_is_not_said_to_have_it(facts: Facts) -> None:
    unknown = replace(facts, extracts=[])
    assert "Not every extract" in statement.sections(unknown)["Personal data"]
