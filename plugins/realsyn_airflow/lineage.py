"""What OpenLineage is told: the URIs that a task reads and writes, as datasets.

    crawl -> {run}/config.json -> {run}/{stage} -> ... -> {root}/corpus
    {root}/corpus -> {run}/config.json, {run}/{stage} -> ... -> {root}/datasets/...

Which stage reads which is in the table of stages. The hooks are those that
apache-airflow-providers-openlineage calls, if its transport is configured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from realsyn_tasks.core import redaction
from realsyn_tasks.core.names import listed
from realsyn_tasks.kinds import CORPUS
from realsyn_tasks.stages import PIPELINE

SOURCES = {source.name for source in PIPELINE.sources}


@dataclass(frozen=True)
class Way:
    """URIs that a task reads, and those that it writes."""

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


class Lineage:
    """The hooks, for operators that tell their way."""

    result: Any = None  # what the command returned, once it has

    def way(self) -> Way:
        """Give what this task reads and writes; its templates are rendered."""
        return Way()

    def get_openlineage_facets_on_start(self) -> Any:
        """Name the datasets that are known before the command has run."""
        return _facets(self.way())

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """Name the datasets that the command has read and written."""
        return _facets(self.way())


def _facets(way: Way) -> Any:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from openlineage.client.event_v2 import InputDataset, OutputDataset

    return OperatorLineage(
        inputs=[InputDataset(*named(uri)) for uri in way.inputs],
        outputs=[OutputDataset(*named(uri)) for uri in way.outputs],
    )


def named(uri: str) -> tuple[str, str]:
    """Give a URI's namespace and name as OpenLineage wants them, without keys in it."""
    scheme, _, rest = redaction.place(uri).partition("://")
    if not rest:
        return "file", uri.rstrip("/")
    bucket, _, path = rest.partition("/")
    if scheme == "file":
        return "file", f"/{path}".rstrip("/")
    return f"{scheme}://{bucket}", path.rstrip("/")


def root_of(run: str) -> str:
    """Give the root of a run's URI: ROOT/builds/NAME."""
    return run.rstrip("/").rsplit("/", 2)[0]


def of_opening(words: Sequence[str], opened: str) -> Way:
    """Opening a run pins what it reads: a crawl, a version or several, or the corpus."""
    if not words:
        return Way(outputs=(f"{opened}/config.json",) if opened else ())
    given = dict(pairwise(words))
    named = given.get("--crawl") or given.get("--version")
    several = tuple(listed(given.get("--versions", "")))
    read = named or f"{given.get('--root', '').rstrip('/')}/corpus"
    return Way(several or (read,), (f"{opened}/config.json",) if opened else ())


def of_stage(name: str, run: str) -> Way:
    """A batch reads what its stage reads, and adds to the stage's output."""
    return Way(tuple(_read(run, each) for each in PIPELINE.stage(name).reads), (f"{run}/{name}",))


def _read(run: str, name: str) -> str:
    if name not in SOURCES:
        return f"{run}/{name}"
    return f"{root_of(run)}/{name}" if name == CORPUS.name else f"{run}/config.json"


def of_gate(group: str, run: str) -> Way:
    """A gate reads all of its group and writes a verdict."""
    return Way(_stages(group, run), (f"{run}/_gates/{group}",))


def of_promotion(group: str, run: str, result: Mapping[str, Any] | None) -> Way:
    """Promotion makes a group's output visible: in the corpus, or as a dataset, or in the run."""
    place = (result or {}).get("uri") or f"{run}/_promoted/{group}"
    if PIPELINE.group(group).makes == CORPUS.name:
        place = f"{root_of(run)}/{CORPUS.name}"
    return Way(_stages(group, run), (str(place),))


def _stages(group: str, run: str) -> tuple[str, ...]:
    return tuple(f"{run}/{stage.name}" for stage in PIPELINE.group(group).stages)
