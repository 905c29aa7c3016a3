"""A corpus of made-up vectors in storage that grows generation by generation, and its builds."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from realsyn_tasks.core import tables
from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Promotion, Workspace
from realsyn_tasks.corpus.generations import Generation, GenerationShard, generation_path
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.opening import open_build
from realsyn_tasks.stages import PIPELINE
from tests.retrieve.worlds import Corpus
from tests.support import run_group

STAGES: dict[str, dict[str, Any]] = {
    "embed_queries": {"captions_as_answers": True},
    "pool_samples": {"plan_images": 60},
    "fit_lists": {"sentences_per_list": 20, "nprobe": 3, "refit_recall": 0.0},
    "search_lists": {"candidates": 6, "hub_penalty": 1.0, "hub_images": 4},
    "pool_candidates": {"candidates": 6},
    "cap_hubs": {"max_images_per_sentence": 9},
}


def promote_generation(root: Path, number: int, corpus: Corpus) -> None:
    """Put the shards of a corpus into storage as a promoted generation."""
    storage = Storage.at(str(root))
    shards = []
    for place in range(corpus.shards):
        objects = {}
        for name in ("images", "sentences"):
            table = corpus.tables["corpus", name][place]
            local = root / "part.parquet"
            tables.write_table(table, local)
            target = f"extracts/e{number}/dedup/shard={place:05d}/{name}.parquet"
            objects[name] = storage.upload(local, target)
            local.unlink()
        rows = {name: corpus.tables["corpus", name][place].num_rows for name in objects}
        shards.append(GenerationShard(objects=objects, rows=rows))
    generation = Generation(
        generation=number,
        crawl=f"c{number}",
        crawl_uri="",
        extract=f"e{number}",
        config_digest="",
        digest=digest([[ref.sha256 for ref in shard.objects.values()] for shard in shards]),
        shards=tuple(shards),
    )
    storage.replace(generation_path(number), generation.model_dump_json().encode())


def opened(
    root: Path,
    name: str,
    generations: Sequence[int],
    follow: str = "latest",
    **changes: dict[str, Any],
) -> Workspace:
    stages = {stage: {**values, **changes.get(stage, {})} for stage, values in STAGES.items()}
    return open_build(str(root), "10", name, generations, Choices(stages=stages, follow=follow))


def on_its_own(workspace: Workspace) -> Workspace:
    """Let a build adopt from none but the one that it follows."""
    config = workspace.config.model_copy(update={"donors": ()})
    return Workspace.create(workspace.storage, config, workspace.pipeline)


def matched(workspace: Workspace) -> Workspace:
    """Run the group retrieve and promote it."""
    for reports in run_group(workspace, "retrieve").values():
        assert not any(report.failed or report.quarantined for report in reports)
    planner = Planner(workspace)
    names = [stage for stage in workspace.stages() if stage.group == "retrieve"]
    promotion = Promotion(
        group="retrieve",
        gate="",
        stages={stage.name: planner.status(stage).digest for stage in names},
    )
    path = workspace.promotion_path("retrieve")
    workspace.storage.replace(path, promotion.model_dump_json().encode())
    return workspace


def forget_matches(root: Path, name: str) -> None:
    """Remove all that a build has made, but for its lists."""
    for stage in PIPELINE.group("retrieve").stages:
        if stage.name not in ("fit_lists", "fit_relevance"):
            shutil.rmtree(root / "builds" / name / stage.name, ignore_errors=True)


def commits(workspace: Workspace, stage: str) -> dict[int, Commit]:
    return workspace.ledger(stage).commits()


def contents(workspace: Workspace) -> dict[str, list[str]]:
    """Digest the bytes of everything that the group retrieve gave."""
    return {
        stage.name: [commit.digest for _, commit in sorted(commits(workspace, stage.name).items())]
        for stage in workspace.stages()
        if stage.group == "retrieve"
    }


def scored_pairs(workspace: Workspace) -> float:
    searches = commits(workspace, "search_lists").values()
    return sum(commit.cost["scored_pairs"] for commit in searches)
