"""What is attached of evaluations, and who quotes it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.datasets.attachments import store
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.report import evaluation as evaluations
from realsyn_tasks.report.renewal import renew
from tests.report.fabricated_evaluation import HOSTILE, at, evaluation


@pytest.fixture(scope="module")
def told_root(published_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root whose version was evaluated, and all of it renewed; never to be written to."""
    root = shutil.copytree(published_root, tmp_path_factory.mktemp("told") / "root")
    renew(evaluation(at(root)))
    return root


@pytest.fixture
def told(told_root: Path) -> Version:
    [version] = at(told_root)
    return version


def text(version: Version, name: str) -> str:
    return version.storage.read(version.at(name)).decode()


def test_it_is_attached_and_the_version_stays(told: Version, version: Version) -> None:
    listed = {each.path for each in told.attachments()}
    assert {"evaluation.html", "evaluation.json", "README.md"} <= listed
    assert told.manifest == version.manifest
    record = json.loads(text(told, "evaluation.json"))
    assert record["evaluations"][0]["protocol"]["name"] == "heads"
    [run] = evaluations.complete(told.storage)
    assert renew(run) == [], "again, nothing differs"


def test_card_report_statement_and_croissant_quote_it(told: Version) -> None:
    version = told
    card = text(version, "README.md")
    assert "## Evaluation" in card and "- evaluated\n" in card
    assert re.search(
        r"\| T_s adds \| paper \| realistic3 \| R@10.* \| \+0\.003 \| .* \| null \|", card
    )
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


def test_the_page_takes_protocols_for_text(told: Version) -> None:
    page = text(told, "evaluation.html")
    assert "<script" not in page and HOSTILE.split("<")[0] in page.replace("&#34;", '"')
    assert page.count("<svg") == 4 and "default-src 'none'" in page
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for said in (
        "+0.9 / +4.4 / +5.0",
        "2 pairs as in evaluation set",
        "100k",
        "stays below the encoder",
    ):
        assert said in page, said


def test_what_was_attached_stays_when_the_run_is_gone(told_root: Path, tmp_path: Path) -> None:
    root = shutil.copytree(told_root, tmp_path / "root")
    shutil.rmtree(root / "evaluations")
    [version] = at(root)
    renew(evaluation([version], name="other"))
    known = [each["evaluation"] for each in evaluations.attached(version)]
    assert known == ["heads-made-up", "other"]
    card = text(version, "README.md")
    assert card.count("by the protocol `heads`") == 1, "of those alike, the last"


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
