"""The whole of a build in one value: what went in, what was kept, why the rest was not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import Field

from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.gate_results import stored_record
from realsyn_tasks.core.outlines import Outline
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.pinned import corpus_of
from realsyn_tasks.datasets.publication import published
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.extract import counts
from realsyn_tasks.kinds import EXTRACT
from realsyn_tasks.report.analysis import newest
from realsyn_tasks.report.funnel import Counts, pair_counts
from realsyn_tasks.retrieve.group import GROUP as RETRIEVE
from realsyn_tasks.retrieve.statistics import SUMMARY
from realsyn_tasks.retrieve.words import recall_in_words, relevance_in_words
from realsyn_tasks.runs.discovery import extracts_of
from realsyn_tasks.runs.preset import DEFAULT
from realsyn_tasks.sample.promotion import REPORT
from realsyn_tasks.web.reasons import OPT_OUT


class Items(Frozen):
    """How many items of a kind came in and were kept, and why the others were not."""

    came: int = Field(serialization_alias="in")
    kept: int
    dropped: dict[str, int]


class PairItems(Items):
    """The same of pairs: as many come in as there are images."""

    images: int
    matched: int
    paired: int
    in_band: int
    published: int


class GateSummary(Frozen):
    """A gate's verdict and its page."""

    passed: bool
    summary: str
    uri: str


class StageSpending(Frozen):
    """What a stage of a run cost; adopted shards cost nothing."""

    run: str
    group: str
    stage: str
    shards: int
    rows: int
    seconds: float
    cpu_seconds: float


class Published(Frozen):
    """Where the dataset of a build is."""

    dataset: str
    report: str
    version: str
    analysis: str = ""  # URI of the complete one; "": there is none


class ScaleSummary(Frozen):
    """What came of one build of several over the same corpus."""

    build: str  # URI
    scale: str
    target: int
    pairs: int
    passed: bool  # all its gates
    cpu_seconds: float  # of what it did itself
    published: Published | None

    def record(self) -> dict[str, Any]:
        """Give it as JSON."""
        values = self.model_dump(mode="json")
        return {**values, **(values.pop("published") or {})}


class Summary(Frozen):
    """The whole of a build with the extracts of its corpus, or one extract alone."""

    preset: str = DEFAULT
    documents: Items
    images: Items
    sentences: Items
    pairs: PairItems | None = None  # of a build
    headline: tuple[str, ...] = ()  # of the retrieval: whether texts fit, and what was searched
    retrieval: dict[str, float] = Field(default_factory=dict)
    gates: dict[str, GateSummary]
    costs: tuple[StageSpending, ...]
    published: Published | None = None
    scales: tuple[ScaleSummary, ...] = ()  # of several builds

    @property
    def seconds(self) -> dict[str, float]:
        """Give the wall seconds of each stage, over all runs."""
        totals: dict[str, float] = {}
        for cost in self.costs:
            totals[cost.stage] = totals.get(cost.stage, 0.0) + cost.seconds
        return {stage: round(seconds, 3) for stage, seconds in totals.items()}

    def record(self) -> dict[str, Any]:
        """Give the summary as JSON, without what this run does not have."""
        values = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        values |= {"stages": self.seconds, **values.pop("published", {})}
        scales = [scale.record() for scale in self.scales]
        return values | ({"scales": scales} if scales else {})


def summary_of_all(builds: Sequence[Workspace]) -> Summary:
    """Summarise the first of some builds, and with it what came of each if there are several."""
    first = summary(builds[0])
    if len(builds) == 1:
        return first
    costs = [cost for build in builds[1:] for cost in costs_of(build)]
    scales = tuple(map(_of_scale, builds))
    return first.model_copy(update={"scales": scales, "costs": (*first.costs, *costs)})


def _of_scale(build: Workspace) -> ScaleSummary:
    config = build.config
    return ScaleSummary(
        build=build.uri,
        scale=config.scale,
        target=config.target,
        pairs=_pairs(build).kept,
        passed=all(gate.passed for _, gate in _gates(build)),
        cpu_seconds=round(sum(cost.cpu_seconds for cost in costs_of(build)), 3),
        published=_published(build),
    )


def summary(workspace: Workspace) -> Summary:
    """Summarise a build with the extracts of its corpus, or one extract alone."""
    runs = [*extracts_of(workspace), workspace]
    is_build = workspace.config.kind != EXTRACT.name
    measured = _retrieval(workspace)
    return Summary(
        preset=workspace.config.preset or DEFAULT,
        **_items(counts.of_corpus(workspace) if is_build else counts.of_extract(workspace)),
        pairs=_pairs(workspace) if is_build else None,
        headline=(relevance_in_words(measured), recall_in_words(measured)) if measured else (),
        retrieval=measured,
        gates={name: gate for run in runs for name, gate in _gates(run)},
        costs=tuple(cost for run in runs for cost in costs_of(run)),
        published=_published(workspace),
        scales=(),
    )


def _items(group_counts: Counts) -> dict[str, Items]:
    left_out = (
        {OPT_OUT.code: group_counts["documents_dropped"]}
        if group_counts["documents_dropped"]
        else {}
    )
    kept = group_counts["documents"]
    return {
        "documents": Items(
            came=kept + group_counts["documents_dropped"],
            kept=kept,
            dropped={**left_out, **group_counts["records_dropped"]},
        ),
        "images": _step(group_counts["images"]),
        "sentences": _step(group_counts["sentences"]),
    }


def _step(group_counts: Counts) -> Items:
    return Items(
        came=group_counts["in"], kept=group_counts["kept"], dropped=group_counts["dropped"]
    )


def _pairs(workspace: Workspace) -> PairItems:
    way = pair_counts(workspace)
    way.pop("steps")
    return PairItems(came=way["images"], kept=way["published"], **way)


def _retrieval(workspace: Workspace) -> dict[str, float]:
    """Give the statistics of the search that the gate of the group retrieve saw, if it has."""
    record = stored_record(workspace, RETRIEVE.name)
    seen = record.statistics if record else {}
    return {name: float(seen[name]) for name in SUMMARY if seen.get(name) is not None}


def _gates(workspace: Workspace) -> Iterator[tuple[str, GateSummary]]:
    """Give the gate of each group; of several extracts, each under its own name."""
    config = workspace.config
    alone = config.kind != EXTRACT.name or len(corpus_of(config.sources).generations) <= 1
    for group in (each.name for each in workspace.groups):
        record = stored_record(workspace, group)
        if record:
            name = group if alone else f"{group} {workspace.config.name}"
            uri = f"{workspace.uri}/_gates/{group}/index.html"
            yield name, GateSummary(passed=record.passed, summary=record.summary, uri=uri)


def costs_of(workspace: Workspace) -> Iterator[StageSpending]:
    """Give what each stage of a run cost, as far as the run did it itself."""
    for stage in workspace.stages():
        outlines = workspace.ledger(stage.name).outlines().values()
        own = [line for line in outlines if not line.origin]
        if own:
            yield _cost(workspace, stage, own)


def _cost(workspace: Workspace, stage: Stage, own: list[Outline]) -> StageSpending:
    return StageSpending(
        run=workspace.config.name,
        group=stage.group,
        stage=stage.name,
        shards=len(own),
        rows=sum(line.rows for line in own),
        seconds=round(sum(line.seconds for line in own), 3),
        cpu_seconds=round(sum(line.cpu_seconds for line in own), 3),
    )


def _published(workspace: Workspace) -> Published | None:
    publication = published(workspace)
    if publication is None:
        return None
    place = f"{workspace.storage.uri}/{publication.path}".removeprefix("file://")
    analysis = newest(Version(workspace.storage, publication.path))
    return Published(
        dataset=place,
        report=f"{place}/{REPORT}",
        version=publication.version,
        analysis=analysis.run.uri.removeprefix("file://") if analysis else "",
    )
