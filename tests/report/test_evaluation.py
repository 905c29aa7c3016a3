"""What is attached of evaluations, and who quotes it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets.attachments import store
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.report import evaluation as evaluations
from realsyn_tasks.report.renewal import renew
from tests.report.fabricated_evaluation import HOSTILE, evaluation


@pytest.fixture
def run(version: Version) -> Workspace:
    """A finished evaluation of a published version that its build made."""
    made = evaluation([version])
    renew(made)
    return made


def text(version: Version, name: str) -> str:
    return version.storage.read(version.at(name)).decode()


def test_it_is_attached_and_the_version_stays(run: Workspace, version: Version) -> None:
    before = version.manifest
    listed = {each.path for each in version.attachments()}
    assert {"evaluation.html", "evaluation.json", "README.md"} <= listed
    assert Version(version.storage, version.path).manifest == before
    record = json.loads(text(version, "evaluation.json"))
    assert record["evaluations"][0]["protocol"]["name"] == "heads"
    assert renew(run) == [], "again, nothing differs"


def test_card_report_statement_and_croissant_quote_it(run: Workspace, version: Version) -> None:
    card = text(version, "README.md")
    assert "## Evaluation" in card and "- evaluated\n" in card
    assert re.search(r"\| T_s adds \| paper \| realistic3 \| R@10.* \| \+0\.003 \| .* \| null \|", card)
    assert "| teacher | ceiling: the encoder itself, untrained | .580 |" in card
    assert "distil the encoder" in card and "(evaluation.html)" in card
    assert "<script>" not in card.split("## Evaluation")[1].split("## Licences")[0].replace(
        "\\<script", ""
    )
    assert "By the protocol heads, of 4 claims 2 hold" in text(version, "DATA_STATEMENT.md")
    [page, data] = json.loads(text(version, "croissant.json"))["subjectOf"]
    assert (page["url"], data["url"]) == ("evaluation.html", "evaluation.json")
    assert '<a href="evaluation.html">' in text(version, "report.html")


def test_a_version_that_nobody_evaluated_says_so(version: Version) -> None:
    assert "nobody has evaluated this version" in text(version, "DATA_STATEMENT.md")
    assert "realsyn_evaluate" in text(version, "report.html")
    assert "## Evaluation" not in text(version, "README.md")
    assert "subjectOf" not in json.loads(text(version, "croissant.json"))


def test_the_page_takes_protocols_for_text(run: Workspace, version: Version) -> None:
    page = text(version, "evaluation.html")
    assert "<script" not in page and HOSTILE.split("<")[0] in page.replace("&#34;", '"')
    assert page.count("<svg") == 4 and "default-src 'none'" in page
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for said in ("+0.9 / +4.4 / +5.0", "2 pairs as overlapping", "100k", "stays below the encoder"):
        assert said in page, said


def test_what_was_attached_stays_when_the_run_is_gone(run: Workspace, version: Version) -> None:
    for path, _ in list(version.storage.listing(run.folder, recursive=True)):
        version.storage.delete(path)
    other = evaluation([version], name="other")
    renew(other)
    told = [each["evaluation"] for each in evaluations.attached(version)]
    assert told == ["heads-made-up", "other"]
    assert text(version, "README.md").count("by the protocol `heads`") == 1, "the last of those alike"


@pytest.mark.parametrize("data", [b"{}", b"[1]", b"\xff", b'{"format": "realsyn evaluations 1"}'])
def test_another_file_of_that_name_is_not_quoted(data: bytes, version: Version) -> None:
    store(version, {"evaluation.json": data}, "by hand")
    assert evaluations.attached(version) == []


def test_only_promoted_evaluations_count(version: Version) -> None:
    evaluation([version], promoted=False)
    assert evaluations.complete(version.storage) == []
    assert evaluations.of_version(version) == []


def test_a_run_is_named_within_its_root(tmp_path: Path, version: Version) -> None:
    run, root = evaluation([version]), version.storage.uri
    for name in (run.config.name, run.folder, run.uri):
        assert evaluations.named(root, name).uri == run.uri
    with pytest.raises(ConfigError, match="is no evaluation of"):
        evaluations.named(root, f"{Storage.at(str(tmp_path / 'else')).uri}/evaluations/x")
