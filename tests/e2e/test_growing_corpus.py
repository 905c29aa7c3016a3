"""A second crawl: the build over both follows the first one, and publishes what one alone would."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.report.summary import summary
from realsyn_tasks.runs.opening import open_build, open_extract
from tests.crawls import write_tiny_warc
from tests.e2e.test_pipeline import CHOICES, GROUPS, digests, finish

TARGET = "8"
PER_SHARD = ("assign_sentences", "probe_images", "tag_images")


def ingest(root: Path, crawls: Path, number: int) -> None:
    """Extract one of the two halves of the tiny site as a crawl of its own."""
    crawl = crawls / f"half-{number}"
    crawl.mkdir(parents=True)
    [*_, path] = write_tiny_warc(crawls / f"all-{number}")[: number + 1]
    shutil.copy(path, crawl)
    finish(open_extract(str(root), str(crawl), f"half-{number}", CHOICES), "extract")


def build(root: Path, name: str, follow: str = "latest") -> tuple[Workspace, Path]:
    """Build over all generations and publish; give the build and the dataset's folder."""
    choices = CHOICES.model_copy(update={"follow": follow})
    workspace = open_build(str(root), TARGET, name, [], choices, allow_smaller=True)
    result = [finish(workspace, group) for group in GROUPS][-1]
    return workspace, Path(result["uri"].removeprefix("file://"))


def data_of(dataset: Path) -> dict[str, str]:
    """The digests of the pairs, without the pages that name models, costs and configuration."""
    return {p: d for p, d in digests(dataset).items() if p.startswith(("data/", "webdataset/"))}


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Workspace, Path]]:
    root, crawls = tmp_path_factory.mktemp("root"), tmp_path_factory.mktemp("crawls")
    ingest(root, crawls, 0)
    found = {"first": build(root, "first")}
    ingest(root, crawls, 1)
    found["second"] = build(root, "second")
    found["alone"] = build(root, "alone", follow="none")
    return found


def test_the_dataset_is_what_a_build_of_its_own_publishes(
    grown: dict[str, tuple[Workspace, Path]],
) -> None:
    """One list holds all of so small a corpus: then even other lists cannot make a difference."""
    second, alone = grown["second"], grown["alone"]
    assert (second[0].config.earlier, alone[0].config.earlier) == ("first", "")
    assert len(data_of(second[1])) >= 2
    assert data_of(second[1]) == data_of(alone[1])
    assert data_of(second[1]) != data_of(grown["first"][1])


def test_what_the_first_build_did_is_not_done_again(
    grown: dict[str, tuple[Workspace, Path]],
) -> None:
    second, _ = grown["second"]
    for name in PER_SHARD:
        origins = [commit.origin for _, commit in sorted(second.ledger(name).commits().items())]
        assert origins == ["builds/first", ""], name
    assert not any(c.origin for c in grown["alone"][0].ledger("tag_images").commits().values())


def test_adopted_work_costs_nothing_again(grown: dict[str, tuple[Workspace, Path]]) -> None:
    shards = {
        name: {cost.stage: cost.shards for cost in summary(workspace).costs}
        for name, (workspace, _) in grown.items()
    }
    assert shards["second"]["tag_images"] == 1
    assert shards["alone"]["tag_images"] == 2
