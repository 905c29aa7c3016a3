"""Croissant metadata is valid to those who read it, and true of the files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.report import croissant
from realsyn_tasks.report.facts import Facts, gather
from realsyn_tasks.runs.profile import Publisher
from realsyn_tasks.sample.schemas import PUBLISHED_PAIRS
from tests.finished import open_run


@pytest.fixture(scope="module")
def facts(finished: Path) -> Facts:
    return gather(Evidence(open_run(finished, "sample"), "sample"))


def about(version: Version) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(version.storage.read(version.at("croissant.json")))
    return read


def test_mlcroissant_finds_nothing_wrong_and_reads_the_pairs(version: Version) -> None:
    import mlcroissant

    folder = Path(version.uri.removeprefix("file://"))
    dataset = mlcroissant.Dataset(jsonld=folder / "croissant.json")
    assert not list(dataset.metadata.ctx.issues.errors)
    records = list(dataset.records("pairs"))
    assert len(records) == version.manifest.pairs
    assert records[0]["pairs/key"].decode() == "0000000000"
    assert records[0]["pairs/text1"]


def test_every_data_file_is_listed_with_its_digest_and_size(version: Version) -> None:
    files = [each for each in about(version)["distribution"] if each["@type"] == "cr:FileObject"]
    assert {(f["contentUrl"], f["sha256"], f["contentSize"]) for f in files} == {
        (file.path, file.sha256, f"{file.size} B") for file in version.manifest.files
    }


def test_every_column_is_a_field_with_its_meaning(version: Version) -> None:
    [records] = about(version)["recordSet"]
    assert [field["name"] for field in records["field"]] == PUBLISHED_PAIRS.names
    assert all(field["description"] for field in records["field"])


def test_it_says_how_to_cite_and_under_which_licences(facts: Facts) -> None:
    told = json.loads(croissant.render(facts))
    assert told["citeAs"].startswith(f"@misc{{{facts.name}-{facts.manifest.version}, ")
    assert "https://spdx.org/licenses/CC-BY-4.0.html" in told["license"]
    assert {"equivalentProperty", "samplingRate", "citeAs"} <= set(told["@context"])
    assert told["rai:personalSensitiveInformation"]


def test_a_publisher_stands_in_it(facts: Facts) -> None:
    publisher = Publisher(name="A {Lab}", homepage="https://lab.example", licence="CC0-1.0")
    told = json.loads(croissant.render(replace(facts, publisher=publisher)))
    assert told["creator"]["name"] == "A {Lab}"
    assert told["license"][0] == "https://spdx.org/licenses/CC0-1.0.html"
    assert "author = {{A Lab}}" in told["citeAs"]


def test_it_tells_no_time(facts: Facts) -> None:
    told = json.loads(croissant.render(facts))
    assert not {"datePublished", "dateCreated", "dateModified"} & set(told)
