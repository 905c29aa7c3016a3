"""The index of what older generations hold: keyed once, kept, and never believed when it is off."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from realsyn_tasks.core import tables
from realsyn_tasks.core.config import Dispatch
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.runner import BatchReport, Runner
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus import removals, schemas
from realsyn_tasks.corpus.generations import generations
from realsyn_tasks.corpus.pinned import CorpusRef, Removed, Takedown, corpus_of
from realsyn_tasks.corpus.reasons import TAKEDOWN
from realsyn_tasks.quality import gate
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.opening import open_extract
from realsyn_tasks.runs.promotion import promote
from realsyn_tasks.stages import PIPELINE
from tests.crawls import write_tiny_warc
from tests.support import run_group, tiny_model

FIT = {"per_pivot": 4, "sample_per_pivot": 2, "refit_growth": 100.0}  # many pivots, kept long
PAGES = {"first": 4, "second": 6, "third": 8}  # each crawl holds the one before
DEDUP = (
    "fit_neighbourhoods",
    "key_neighbours",
    "key_corpus",
    "link_neighbours",
    "group_neighbours",
    "key_groups",
    "choose_representatives",
    "describe_images",
    "dedup_images",
    "dedup_sentences",
)


def opened(root: Path, name: str, follow: str = "latest", **fit: Any) -> Workspace:
    stages = {"link_neighbours": {"image_cosine": 0.999}, "fit_neighbourhoods": {**FIT, **fit}}
    crawl = (root / "crawls" / name).as_uri()
    return open_extract(str(root), crawl, name, Choices(stages=stages, follow=follow))


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with two generations and a third crawl, filtered and embedded."""
    root = tmp_path_factory.mktemp("grown")
    for name, pages in PAGES.items():
        folder = root / "crawls" / name
        write_tiny_warc(folder, pages=pages, images=2 * pages, files=2)
        run = opened(root, name)
        if name == "third":
            run_group(run, "extract", until="embed_sentences")
        else:
            run_group(run, "extract")
            gate(run, "extract").raise_if_failed()
            promote(run, "extract")
    return root


@dataclass
class Done:
    """The third crawl's extract, all of it, and what its batches reported; not to be changed."""

    run: Workspace
    reports: dict[str, list[BatchReport]]


@pytest.fixture(scope="module")
def third(grown: Path, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """It follows the second, and so adopts what that has keyed."""
    run = opened(Path(shutil.copytree(grown, tmp_path_factory.mktemp("third") / "root")), "third")
    return Done(run, run_group(run, "extract"))


@pytest.fixture
def root(grown: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(grown, tmp_path / "root"))


def keyed(reports: dict[str, list[BatchReport]]) -> tuple[list[int], list[int]]:
    """The shards of the corpus that were keyed, and those that were adopted."""
    found = reports["key_corpus"]
    assert not any(report.failed or report.quarantined for report in found)
    return (
        sorted(shard for report in found for shard in report.committed),
        sorted(shard for report in found for shard in report.adopted),
    )


def contents(run: Workspace) -> dict[str, list[str]]:
    """Digest the bytes of everything that the removal of duplicates gave."""
    return {
        name: [commit.digest for _, commit in sorted(run.ledger(name).commits().items())]
        for name in DEDUP
    }


def measure(run: Workspace, name: str) -> float:
    commit = run.ledger("fit_neighbourhoods").find(0)
    assert commit is not None
    return commit.measures[name]


def test_only_the_generation_added_last_is_keyed(third: Done) -> None:
    run = third.run
    assert run.config.earlier == "second"
    assert keyed(third.reports) == ([2, 3], [0, 1])
    origins = {n: c.origin for n, c in run.ledger("key_corpus").commits().items()}
    assert origins == {0: "extracts/second", 1: "extracts/second", 2: "", 3: ""}
    assert measure(run, "kept_pivots") == 1.0
    assert measure(run, "sentence_pivots") > 1  # so that neighbourhoods decide who meets
    dropped = [commit.dropped for commit in run.ledger("dedup_sentences").commits().values()]
    assert any("older_duplicate" in counts.get("sentence", {}) for counts in dropped)


def test_adopting_gives_the_bytes_of_keying_everything(third: Done, root: Path) -> None:
    shutil.rmtree(root / "extracts/second/key_corpus")
    keying = opened(root, "third")
    assert keyed(run_group(keying, "extract")) == ([0, 1, 2, 3], [])
    assert contents(third.run) == contents(keying)
    assert third.run.config.digest() == keying.config.digest()


def test_the_switch_fits_and_keys_anew_and_keeps_the_same_items(third: Done, root: Path) -> None:
    """Here other pivots find all there is, as they nearly always do."""
    alone = opened(root, "third", follow="none")
    assert (alone.config.earlier, alone.config.stages["fit_neighbourhoods"]["frozen"]) == ("", "")
    assert keyed(run_group(alone, "extract")) == ([0, 1, 2, 3], [])
    assert measure(alone, "kept_pivots") == 0.0
    for name in ("dedup_images", "dedup_sentences"):
        assert contents(third.run)[name] == contents(alone)[name]


def test_a_damaged_or_withdrawn_shard_is_keyed_anew(third: Done, root: Path) -> None:
    followed = Workspace.open(f"{root.as_uri()}/extracts/second", PIPELINE).ledger("key_corpus")
    commit = followed.find(0)
    assert commit is not None
    (root / commit.objects["words"].path).unlink()
    followed.withdraw(1)
    run = opened(root, "third")
    assert keyed(run_group(run, "extract")) == ([0, 1, 2, 3], [])
    assert contents(run) == contents(third.run)


def test_what_was_taken_down_is_not_adopted(root: Path) -> None:
    run = opened(root, "third")
    [first, _] = generations(run.storage)
    path = first.shards[0].objects["sentences"].path
    gone = pq.read_table(root / path)["sentence_id"][0].as_py()
    row = {"shard": 0, "kind": "sentence", "id": gone, "reason": TAKEDOWN.code}
    rows = [{**row, "request": "r", "detail": "d"}]
    table = tables.from_rows(schemas.REMOVED, rows)
    data = removals.as_bytes(table)
    run.storage.replace("removed.parquet", data)
    listed = Removed(
        generation=1,
        path="removed.parquet",
        sha256=hashlib.sha256(data).hexdigest(),
        images=0,
        sentences=1,
        shards=removals.by_shard(table),
    )
    takedown = Takedown(number=1, digest=digest("one"), removed=(listed,))
    corpus = corpus_of(run.config.sources)
    pinned = CorpusRef(generations=corpus.generations, takedown=takedown).pinned()
    sources = {**run.config.sources, "corpus": pinned}
    config = run.config.model_copy(update={"sources": sources})
    run = Workspace.create(run.storage, config, PIPELINE)
    assert keyed(run_group(run, "extract")) == ([0, 2, 3], [1])
    commit = run.ledger("key_corpus").find(0)
    assert commit is not None
    words = pq.read_table(root / commit.objects["words"].path)
    assert words.num_rows and gone not in words["id"].to_pylist()


def test_past_the_bound_pivots_are_fitted_anew(root: Path) -> None:
    (root / "extracts/third/config.json").unlink()
    second = Workspace.open(f"{root.as_uri()}/extracts/second", PIPELINE)
    tight = second.config.model_copy(
        update={
            "stages": {
                **second.config.stages,
                "fit_neighbourhoods": {
                    **second.config.stages["fit_neighbourhoods"],
                    "refit_growth": 1.0,
                },
            }
        }
    )
    Workspace.create(second.storage, tight, PIPELINE)
    run = opened(root, "third", refit_growth=1.0)
    assert run.config.earlier == "second"
    assert keyed(run_group(run, "extract")) == ([0, 1, 2, 3], [])
    assert measure(run, "kept_pivots") == 0.0
    assert measure(run, "sentence_pivots") > measure(second, "sentence_pivots")


def test_whom_an_extract_follows(root: Path) -> None:
    second = Workspace.open(f"{root.as_uri()}/extracts/second", PIPELINE)
    assert second.config.earlier == "first"
    assert opened(root, "third").config.earlier == "second"
    assert opened(root, "third", follow="first").config.earlier == "first"
    assert opened(root, "third", follow="none").config.earlier == ""
    assert opened(root, "third", iterations=1).config.earlier == ""
    with pytest.raises(ConfigError, match="nobody"):
        opened(root, "third", follow="nobody")


def test_an_extract_whose_pivots_are_gone_looks_for_others(root: Path) -> None:
    run = opened(root, "third")
    shutil.rmtree(root / "extracts/second/fit_neighbourhoods")
    with pytest.raises(ConfigError, match="open it again"):
        run_group(run, "extract")
    again = opened(root, "third")
    assert again.config.earlier == "first"
    assert keyed(run_group(again, "extract")) == ([0, 1, 2, 3], [])


@pytest.mark.parametrize(("size", "most"), [(1, 300), (2, 300), (9, 1)])
def test_the_number_of_batches_decides_nothing(
    third: Done, root: Path, size: int, most: int
) -> None:
    cut = Dispatch(shards_per_batch=size, max_batches=most)
    config = opened(root, "third").config.model_copy(update={"dispatch": cut})
    run = Workspace.create(opened(root, "third").storage, config, PIPELINE)
    counts = set()
    for stage in map(PIPELINE.stage, DEDUP):
        batches = Planner(run).batches(stage)
        counts.add(len(batches))
        for batch in reversed(batches):
            Runner(run, tiny_model).run_batch(stage, batch)
    assert max(counts) == {1: 4, 2: 2, 9: 1}[size]
    assert contents(run) == contents(third.run)
