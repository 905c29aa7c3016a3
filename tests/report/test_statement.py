"""The data statement is chosen by facts, sentence by sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.report import statement
from realsyn_tasks.report.card import not_run
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


def test_scorers_of_unsafe_pictures_are_told_with_threshold_and_what_they_dropped(
    facts: Facts,
) -> None:
    assert statement.sections(facts)["Safety"].startswith("No scorer looked")
    scorer = {"model": "yahoo-open-nsfw", "options": {}, "max_score": 0.85, "reason": "nsfw"}
    [extract] = facts.extracts
    settings = extract.settings | {"filter_images": {"scorers": [scorer]}}
    images = facts.corpus["images"] | {"dropped": {"nsfw": 1234}}
    ran = replace(
        facts,
        extracts=[replace(extract, settings=settings)],
        corpus=facts.corpus | {"images": images},
    )
    said = statement.sections(ran)["Safety"]
    assert "yahoo-open-nsfw drops pictures that score more than 0.85 as nsfw (1,234 " in said


def test_a_reason_with_two_filters_of_which_one_ran_was_applied(facts: Facts) -> None:
    assert "nsfw" in not_run(facts)
    [extract] = facts.extracts
    filters = [
        replace(each, on=True)
        if (each.stage, each.reasons) == ("filter_images", ("nsfw",))
        else each
        for each in extract.filters
    ]
    assert "nsfw" not in not_run(replace(facts, extracts=[replace(extract, filters=filters)]))
