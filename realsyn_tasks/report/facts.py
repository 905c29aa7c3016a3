"""All that the dataset's card and report tell, gathered once from commits and committed tables.

Memory is bounded: histograms are of a seeded sample of pairs, and only cluster sizes are counted
over everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.row_sample import draw
from realsyn_tasks.corpus.pinned import Takedown, corpus_of
from realsyn_tasks.datasets.manifest import Manifest
from realsyn_tasks.extract import counts
from realsyn_tasks.report import relevance
from realsyn_tasks.report.analysed import Analysed
from realsyn_tasks.report.evaluated import Outcome
from realsyn_tasks.report.extracts import Extracted, ModelFacts, extracted, settings_of
from realsyn_tasks.report.extracts import models_of as model_facts
from realsyn_tasks.report.filters import Filter, filters_of
from realsyn_tasks.report.funnel import Counts, pair_counts
from realsyn_tasks.report.gates import Gate, gates_of
from realsyn_tasks.report.relevance import Relevance
from realsyn_tasks.report.shown_pairs import Shown, shown_pairs
from realsyn_tasks.retrieve.statistics import is_fused, refused_by_shard
from realsyn_tasks.runs.preset import DEFAULT
from realsyn_tasks.runs.profile import Publisher
from realsyn_tasks.runs.profile import read as read_profile
from realsyn_tasks.sample.figures import Figures, figures
from realsyn_tasks.sample.group import GROUP
from realsyn_tasks.sample.promotion import dataset_name, models_of, version_of
from realsyn_tasks.sample.statistics import cluster_sizes
from realsyn_tasks.synthesize.independence import masked, shared_weights
from realsyn_tasks.text.tokens import count_tokens

SAMPLE = 20_000  # pairs that the histograms are made of, at most
MOST_TAGS = 20
TEXTS = {"text1": "text1", "text2": "text2", "text3": "text3", "synthetic": "syn_text"}
COLUMNS = ["image_id", *TEXTS.values(), "realistic_scores", "syn_score", "tags"]


@dataclass(frozen=True)
class Facts:
    """What is told about a dataset."""

    name: str
    scale: str
    target: int
    pairs: int
    manifest: Manifest
    shards: int
    config_digest: str
    preset: str
    generations: list[dict[str, Any]]
    models: list[ModelFacts]
    publisher: Publisher
    filters: list[Filter]  # of the build
    settings: dict[str, dict[str, Any]]  # of the build
    extracts: list[Extracted]
    takedown: Takedown | None  # that held when the build was opened; None: nobody asked
    corpus: Counts
    way: Counts  # from images to pairs
    plan: dict[str, float]  # of the retrieval
    audit: dict[str, float]
    relevance: Relevance
    fused: bool  # the words of an image's page are in what it was looked for by
    tags_share_encoder: bool  # tagger and encoder have weights in common ...
    tags_masked: bool  # ... and words that only tags brought are left out of what is scored
    refused: dict[str, int]  # images and sentences left out for the licence of their page
    figures: Figures  # of all published pairs
    band: dict[str, float]
    cap: dict[str, float]
    similarity: dict[str, list[float]]
    lengths: dict[str, list[int]]
    cluster_sizes: dict[str, list[int]]  # before and after the cap, largest first
    tags: list[tuple[str, int]]
    sampled: int
    gates: list[Gate]
    shown: dict[str, list[Shown]] = field(default_factory=dict)  # best, median, worst
    analysis: Analysed | None = None  # of what was published
    evaluations: Sequence[Outcome] = ()  # of what was published


def gather(
    evidence: Evidence, analysis: Analysed | None = None, evaluations: Sequence[Outcome] = ()
) -> Facts:
    """Gather the facts about a build whose sample group is complete.

    Analysis and evaluations are those of its version.
    """
    workspace = evidence.workspace
    config = workspace.config
    sample, measures = _sample(evidence), _measures(evidence)
    [pairs] = GROUP.hands_on
    return Facts(
        name=dataset_name(evidence),
        scale=config.scale,
        target=config.target,
        pairs=evidence.rows(pairs.stage, pairs.table),
        manifest=version_of(evidence),
        shards=sum(bool(commit.rows.get("pairs")) for commit in evidence.commits(pairs.stage)),
        config_digest=config.digest(),
        preset=config.preset or DEFAULT,
        generations=[reference.model_dump() for reference in corpus_of(config.sources).generations],
        models=model_facts(workspace, models_of(evidence)),
        publisher=read_profile(config.profile).publisher if config.profile else Publisher(),
        filters=filters_of(workspace),
        settings=settings_of(workspace),
        extracts=extracted(workspace),
        takedown=corpus_of(config.sources).takedown,
        corpus=counts.of_corpus(workspace),
        way=pair_counts(workspace),
        plan=measures["plan"],
        audit=measures["audit"],
        relevance=relevance.gather(workspace),
        fused=is_fused(workspace),
        tags_share_encoder=bool(shared_weights(config)),
        tags_masked=masked(config),
        refused=_refused(evidence),
        figures=figures(evidence),
        band=measures["band"],
        cap=measures["cap"],
        similarity=_similarity(sample),
        lengths=_lengths(sample),
        cluster_sizes=cluster_sizes(evidence),
        tags=_tags(sample),
        sampled=sample.num_rows if sample else 0,
        gates=gates_of(workspace),
        shown=shown_pairs(evidence, sample),
        analysis=analysis,
        evaluations=evaluations,
    )


def _sample(evidence: Evidence) -> pa.Table | None:
    [pairs] = GROUP.hands_on
    return draw(evidence, pairs, SAMPLE, evidence.workspace.config.seed, COLUMNS)


def _measures(evidence: Evidence) -> dict[str, dict[str, float]]:
    """Give what the fits of all groups measured, by the names that the groups give them."""
    fits = {n: s for group in evidence.workspace.groups for n, s in group.measures.items()}
    return {
        name: next((dict(commit.measures) for commit in evidence.commits(stage)), {})
        for name, stage in fits.items()
    }


def _refused(evidence: Evidence) -> dict[str, int]:
    kinds = {kind: refused_by_shard(evidence, kind) for kind in ("image", "sentence")}
    return {kind: counts.total() for kind, counts in kinds.items()}


def _similarity(sample: pa.Table | None) -> dict[str, list[float]]:
    if sample is None:
        return {name: [] for name in TEXTS}
    lists = sample["realistic_scores"].to_pylist()
    realistic = {
        f"text{rank + 1}": [scores[rank] for scores in lists if scores and len(scores) > rank]
        for rank in range(3)
    }
    return {**realistic, "synthetic": sample["syn_score"].drop_null().to_pylist()}


def _lengths(sample: pa.Table | None) -> dict[str, list[int]]:
    return {
        name: count_tokens([text for text in sample[column].to_pylist() if text]) if sample else []
        for name, column in TEXTS.items()
    }


def _tags(sample: pa.Table | None) -> list[tuple[str, int]]:
    counts = Counter(tag for tags in (sample["tags"].to_pylist() if sample else []) for tag in tags)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_TAGS]
