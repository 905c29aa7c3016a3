"""Promotion of an extract: it becomes the next generation of the corpus.

Generations are immutable and come one after another. What each took in and dropped is noted beside
it, so that a build can tell the whole way without the extract's working files.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from realsyn_tasks.core.errors import ConfigError, DamagedObject
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus import removals, tombstones
from realsyn_tasks.corpus.crawl import crawl_of
from realsyn_tasks.corpus.generations import (
    Generation,
    GenerationShard,
    generation_path,
    generations,
    read_generation,
)
from realsyn_tasks.corpus.known_crawls import KnownCrawl, note
from realsyn_tasks.corpus.pinned import corpus_of
from realsyn_tasks.extract import counts
from realsyn_tasks.extract.holders import holder
from realsyn_tasks.extract.novelty import Novelty, novelty

GROUP = "extract"
TABLES = {"images": "dedup_images", "sentences": "dedup_sentences"}  # table -> stage


def promote(workspace: Workspace) -> dict[str, Any]:
    """Append this extract to the corpus as its next generation; one without new images is noted."""
    existing = generations(workspace.storage)
    mine = _generation(workspace, number=max((g.generation for g in existing), default=0) + 1)
    for other in existing:
        if other.extract == workspace.config.name:
            counts.note(workspace, _same(other, mine))
            restored = list(_restore(workspace.storage, other, mine))
            return _summary(workspace, other) | {"restored": restored}
    _require_up_to_date(workspace, existing)
    if seen := _nothing_new(workspace):
        return _known(workspace, seen)
    path = generation_path(mine.generation)
    workspace.storage.sweep(path.rsplit("/", 1)[0])
    counts.note(workspace, mine)
    if not workspace.storage.put_if_absent(path, mine.model_dump_json(indent=1).encode()):
        winner = read_generation(workspace.storage, path)
        if winner.extract != mine.extract:
            raise ConfigError(_outdated(workspace, [winner.generation]))
        _same(winner, mine)
    return _summary(workspace, mine)


def _nothing_new(workspace: Workspace) -> Novelty | None:
    """Give what was seen of a crawl of which no image is new; None of any other."""
    seen = novelty(Evidence(workspace, GROUP))
    return seen if seen.no_images else None


def _known(workspace: Workspace, seen: Novelty) -> dict[str, Any]:
    """Note that the corpus holds all of this crawl; there is no generation of it."""
    crawl, name = crawl_of(workspace.config.sources), workspace.config.name
    known = KnownCrawl(crawl=crawl.uri if crawl else "", name=name, why=seen.in_words())
    note(workspace.storage, known)
    return {"nothing_new": known.why, "images": 0, "sentences": 0}


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


def _restore(storage: Storage, promoted: Generation, mine: Generation) -> Iterator[str]:
    """Put damaged objects of a generation back where they were; those made again are equal."""
    for shard, again in zip(promoted.shards, mine.shards, strict=True):
        for name, ref in shard.objects.items():
            if again.objects[name].path != ref.path and not _is_whole(storage, ref):
                storage.copy(again.objects[name], ref.path)
                yield ref.path


def _is_whole(storage: Storage, ref: ObjectRef) -> bool:
    try:
        storage.verify(ref, checksum=True)
    except DamagedObject:
        return False
    return True


def _require_up_to_date(workspace: Workspace, existing: list[Generation]) -> None:
    """Refuse unless near-duplicates were sought in the whole corpus as it is now."""
    pinned = {
        (ref.generation, ref.digest) for ref in corpus_of(workspace.config.sources).generations
    }
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
    crawl = crawl_of(config.sources)
    shards = _generation_shards(workspace)
    return Generation(
        generation=number,
        crawl=crawl.name if crawl else "",
        crawl_uri=crawl.uri if crawl else "",
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
    sources = {**TABLES, "pixels": holder(workspace.runs)}
    planner = Planner(workspace)
    stages = {name: workspace.pipeline.stage(stage) for name, stage in sources.items()}
    commits = {name: planner.status(stage).commits for name, stage in stages.items()}
    common = set.intersection(*(set(found) for found in commits.values()))
    return [
        GenerationShard(
            objects={name: commits[name][shard].objects[name] for name in sources},
            rows={name: commits[name][shard].rows[name] for name in TABLES},
        )
        for shard in sorted(common)
    ]


def _content(shard: GenerationShard) -> list[Any]:
    return [sorted((name, ref.sha256) for name, ref in shard.objects.items()), shard.rows]


def _models(workspace: Workspace) -> dict[str, str]:
    """Give the identities of the models that made this extract, by kind.

    Its configuration tells them: under another one no marker would count.
    """
    found: dict[str, str] = {}
    planner = Planner(workspace)
    for stage in workspace.stages():
        if planner.status(stage).outlines:
            found |= workspace.config.identities_of(stage)
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
