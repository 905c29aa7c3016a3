"""Promotion: the one act that makes gated output visible to whoever comes next.

    extract                 {root}/corpus/gen=0001/generation.json
    retrieve, synthesize    {run}/_promoted/{group}.json
    sample                  {root}/datasets/realsyn-{scale}/{version}/, and latest.json beside it

Promoting the same content again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from realsyn_tasks.core.config import Takedown
from realsyn_tasks.core.errors import ConfigError, GateFailed
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.workspace import (
    Generation,
    GenerationShard,
    Promotion,
    Workspace,
    generation_path,
    generations,
    read_generation,
)
from realsyn_tasks.corpus import removals, tombstones
from realsyn_tasks.datasets import index
from realsyn_tasks.quality import GateResult, current_result
from realsyn_tasks.report.funnel import note_counts
from realsyn_tasks.stages import COMPLETED_BY, GENERATION_BLOBS, GENERATION_TABLES


def promote(workspace: Workspace, group: str) -> dict[str, Any]:
    """Promote the output of a stage group whose gate has passed in its present state.

    Raises GateFailed if it has not, and ConfigError where what is promoted already stands against
    it: generations are immutable and come one after another.
    """
    gate = _passed_gate(workspace, group)
    published = PUBLISH.get(group, _nothing_more)(workspace)
    _point_at(workspace, group, gate)
    return {"group": group, "promoted": workspace.config.name, **published}


def _passed_gate(workspace: Workspace, group: str) -> GateResult:
    result = current_result(workspace, group)
    if result is None:
        raise GateFailed(
            f"group {group} of {workspace.uri} has no gate result of its present state;"
            f" run the gate first: `gate {group} --build {workspace.uri}`"
        )
    result.raise_if_failed()
    return result


def _point_at(workspace: Workspace, group: str, gate: GateResult) -> None:
    planner = Planner(workspace)
    stages = [stage for stage in workspace.stages() if stage.group == group]
    pointer = Promotion(
        group=group,
        gate=gate.digest,
        stages={stage.name: planner.status(stage).digest for stage in stages},
    )
    if workspace.promotion(group) != pointer:
        data = pointer.model_dump_json(indent=1).encode()
        workspace.storage.replace(workspace.promotion_path(group), data)


def _nothing_more(workspace: Workspace) -> dict[str, Any]:
    return {}


def _publish_generation(workspace: Workspace) -> dict[str, Any]:
    """Append this extract to the corpus as its next generation."""
    existing = generations(workspace.storage)
    mine = _generation(workspace, number=max((g.generation for g in existing), default=0) + 1)
    for other in existing:
        if other.extract == workspace.config.name:
            note_counts(workspace, _same(other, mine))
            return _summary(workspace, other)
    _require_up_to_date(workspace, existing)
    note_counts(workspace, mine)
    path = generation_path(mine.generation)
    if not workspace.storage.put_if_absent(path, mine.model_dump_json(indent=1).encode()):
        winner = read_generation(workspace.storage, path)
        if winner.extract != mine.extract:
            raise ConfigError(_outdated(workspace, [winner.generation]))
        _same(winner, mine)
    return _summary(workspace, mine)


def _taken_down(workspace: Workspace, generation: Generation) -> int:
    """List what earlier requests for takedown remove from a generation, and count it."""
    state = tombstones.state(workspace.storage)
    if not state.log:
        return 0
    pinned = removals.pinned_at(workspace.storage, [generation], state)
    return sum(ref.images + ref.sentences for ref in pinned.removed)


def _same(promoted: Generation, mine: Generation) -> Generation:
    if promoted.digest != mine.digest:
        raise ConfigError(
            f"extract {mine.extract} is generation {promoted.generation} already, with other"
            " content; generations never change: open the crawl under a new name"
        )
    return promoted


def _require_up_to_date(workspace: Workspace, existing: list[Generation]) -> None:
    """Refuse unless near-duplicates were sought in the whole corpus as it is now."""
    pinned = {(ref.generation, ref.digest) for ref in workspace.config.corpus}
    newer = [g.generation for g in existing if (g.generation, g.digest) not in pinned]
    if newer:
        raise ConfigError(_outdated(workspace, newer))


def _outdated(workspace: Workspace, newer: list[int]) -> str:
    names = ", ".join(map(str, newer))
    return (
        f"extract {workspace.config.name} was opened before generation {names} was promoted;"
        " open it again, so that near-duplicates are sought there too"
    )


def _generation(workspace: Workspace, number: int) -> Generation:
    config = workspace.config
    shards = _generation_shards(workspace)
    return Generation(
        generation=number,
        crawl=config.crawl.name if config.crawl else "",
        crawl_uri=config.crawl.uri if config.crawl else "",
        extract=config.name,
        config_digest=config.digest(),
        digest=digest([_content(shard) for shard in shards]),
        shards=tuple(shards),
        models=_models(workspace),
    )


def _generation_shards(workspace: Workspace) -> list[GenerationShard]:
    """Give the shards that every stage concerned has committed, in order.

    A shard quarantined in any of them is left out whole.
    """
    blobs = {name: _completed(workspace, stage) for name, stage in GENERATION_BLOBS.items()}
    sources = {**GENERATION_TABLES, **blobs}
    planner = Planner(workspace)
    stages = {name: workspace.pipeline.stage(stage) for name, stage in sources.items()}
    commits = {name: planner.status(stage).commits for name, stage in stages.items()}
    common = set.intersection(*(set(found) for found in commits.values()))
    return [
        GenerationShard(
            objects={name: commits[name][shard].objects[name] for name in sources},
            rows={name: commits[name][shard].rows[name] for name in GENERATION_TABLES},
        )
        for shard in sorted(common)
    ]


def _completed(workspace: Workspace, stage: str) -> str:
    later = COMPLETED_BY.get(stage, "")
    return later if workspace.runs(later) else stage


def _content(shard: GenerationShard) -> list[Any]:
    return [sorted((name, ref.sha256) for name, ref in shard.objects.items()), shard.rows]


def _models(workspace: Workspace) -> dict[str, str]:
    """Give the identities of the models that made this extract, by kind."""
    found: dict[str, str] = {}
    planner = Planner(workspace)
    for stage in workspace.stages():
        for commit in planner.status(stage).commits.values():
            found |= commit.models
    return found


def _summary(workspace: Workspace, generation: Generation) -> dict[str, Any]:
    reference = generation.reference()
    return {
        "generation": generation.generation,
        "digest": generation.digest,
        "images": reference.images,
        "sentences": reference.sentences,
        "taken_down": _taken_down(workspace, generation),
        "uri": f"{workspace.storage.uri}/{generation_path(generation.generation)}",
    }


def _publish_dataset(workspace: Workspace) -> dict[str, Any]:
    """Publish the dataset, and note where everything is in it."""
    from realsyn_tasks.datasets.publication import publish

    _require_takedowns(workspace)
    found = publish(workspace)
    index.of_dataset(workspace.storage, found["uri"].removeprefix(f"{workspace.storage.uri}/"))
    return found


def _require_takedowns(workspace: Workspace) -> None:
    """Refuse to publish what was taken down after the build was opened."""
    config, storage = workspace.config, workspace.storage
    state = tombstones.state(storage)
    pinned = config.takedown or Takedown(number=0, digest="")
    if state.number <= pinned.number:
        return
    numbers = {reference.generation for reference in config.corpus}
    chosen = [g for g in generations(storage) if g.generation in numbers]
    now = removals.pinned_at(storage, chosen, state)
    before, after = (
        sum(ref.images + ref.sentences for ref in known.removed) for known in (pinned, now)
    )
    if after > before:
        raise ConfigError(
            f"build {config.name} was opened before takedown {state.number}, which removes"
            f" {after - before} more items of its corpus: open it again under the same name"
            " (realsyn_build), and only what that touches is done again"
        )


PUBLISH: dict[str, Callable[[Workspace], dict[str, Any]]] = {
    "extract": _publish_generation,
    "sample": _publish_dataset,
}
