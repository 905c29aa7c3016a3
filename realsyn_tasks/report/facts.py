"""All that the dataset's card and report tell, gathered once from commits and committed tables.

Memory is bounded: histograms are of a seeded sample of pairs, and only cluster sizes are counted
over everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.quality.row_sample import Sampled, draw
from realsyn_tasks.report.funnel import Counts, corpus_counts, pair_counts
from realsyn_tasks.report.pictures import thumbnail
from realsyn_tasks.report.tokens import count_tokens
from realsyn_tasks.retrieve.hub_use import hub_use
from realsyn_tasks.sample.promotion import models_of

SAMPLE = 20_000  # pairs that the histograms are made of, at most
SHOWN = 24  # pairs shown with their picture
MOST_TAGS = 20
COLUMNS = ["image_id", "text1", "syn_text", "realistic_scores", "syn_score", "tags"]


@dataclass(frozen=True)
class Shown:
    """One pair as it is shown: a small picture and everything known of it."""

    picture: str  # data URI; empty where it cannot be made
    row: dict[str, Any]


@dataclass(frozen=True)
class Facts:
    """What is told about a dataset."""

    name: str
    scale: str
    target: int
    pairs: int
    shards: int
    config_digest: str
    generations: list[dict[str, Any]]
    models: dict[str, str]
    settings: dict[str, dict[str, Any]]
    corpus: Counts
    way: Counts  # from images to pairs
    plan: dict[str, float]  # of the retrieval
    audit: dict[str, float]
    hubs: dict[str, float]  # how much hangs on few sentences
    band: dict[str, float]
    cap: dict[str, float]
    similarity: dict[str, list[float]]
    lengths: dict[str, list[int]]
    cluster_sizes: dict[str, list[int]]  # before and after the cap, largest first
    tags: list[tuple[str, int]]
    sampled: int
    shown: list[Shown] = field(default_factory=list)


def gather(evidence: Evidence) -> Facts:
    """Gather the facts about a build whose sample group is complete."""
    workspace = evidence.workspace
    config = workspace.config
    sample = _sample(evidence)
    return Facts(
        name=f"realsyn-{config.scale}",
        scale=config.scale,
        target=config.target,
        pairs=evidence.rows("export", "pairs"),
        shards=sum(bool(commit.rows.get("pairs")) for commit in evidence.commits("export")),
        config_digest=config.digest(),
        generations=[reference.model_dump() for reference in config.corpus],
        models=models_of(evidence),
        settings={name: values for name, values in sorted(config.stages.items()) if values},
        corpus=corpus_counts(workspace),
        way=pair_counts(workspace),
        plan=_measures(evidence, "fit_lists"),
        audit=_measures(evidence, "audit_recall"),
        hubs=hub_use(evidence).statistics(),
        band=_measures(evidence, "fit_band"),
        cap=_measures(evidence, "solve_cap"),
        similarity=_similarity(sample),
        lengths=_lengths(sample),
        cluster_sizes=_cluster_sizes(evidence),
        tags=_tags(sample),
        sampled=sample.num_rows if sample else 0,
        shown=list(_shown(evidence)),
    )


def _sample(evidence: Evidence) -> pa.Table | None:
    what = Sampled("pairs", "export", "pairs", "image_id")
    return draw(evidence, what, SAMPLE, evidence.workspace.config.seed, COLUMNS)


def _measures(evidence: Evidence, stage: str) -> dict[str, float]:
    return next((dict(commit.measures) for commit in evidence.commits(stage)), {})


def _similarity(sample: pa.Table | None) -> dict[str, list[float]]:
    if sample is None:
        return {"text1": [], "synthetic": []}
    realistic = [scores[0] for scores in sample["realistic_scores"].to_pylist() if scores]
    return {"text1": realistic, "synthetic": sample["syn_score"].to_pylist()}


def _lengths(sample: pa.Table | None) -> dict[str, list[int]]:
    if sample is None:
        return {"text1": [], "synthetic": []}
    named = {"text1": "text1", "synthetic": "syn_text"}
    return {name: count_tokens(sample[column].to_pylist()) for name, column in named.items()}


def _cluster_sizes(evidence: Evidence) -> dict[str, list[int]]:
    before: list[int] = []
    for commit in evidence.commits("rank_pairs"):
        for piece in evidence.read(commit.objects["sizes"], ["size"]):
            before.extend(piece["size"].to_pylist())
    after: Counter[int] = Counter()
    for commit in evidence.commits("export"):
        for piece in evidence.read(commit.objects["pairs"], ["cluster_id"]):
            after.update(piece["cluster_id"].to_pylist())
    return {"before": sorted(before, reverse=True), "after": sorted(after.values(), reverse=True)}


def _tags(sample: pa.Table | None) -> list[tuple[str, int]]:
    counts = Counter(tag for tags in (sample["tags"].to_pylist() if sample else []) for tag in tags)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_TAGS]


def _shown(evidence: Evidence) -> Iterator[Shown]:
    """Give the first pairs of the first shards: those are in random order already."""
    commits = [commit for commit in evidence.commits("export") if commit.rows["pairs"]][:4]
    for number, commit in enumerate(commits):
        wanted = SHOWN // len(commits) + (number < SHOWN % len(commits))
        rows = next(evidence.read(commit.objects["pairs"])).slice(0, wanted).to_pylist()
        samples = evidence.first_samples(commit.objects["samples"], wanted)
        for row in rows:
            yield Shown(_picture_of(samples.get(row["key"], {})), row)


def _picture_of(sample: dict[str, bytes]) -> str:
    images = [data for suffix, data in sample.items() if suffix not in ("json", "txt")]
    return thumbnail(images[0]) if images else ""
