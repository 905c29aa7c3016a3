"""Commands that do the steps of a run: batches, gate, override, promotion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from realsyn_tasks.cli.application import (
    Build,
    Claim,
    Really,
    app,
    changed,
    is_held,
    result,
    workspace_at,
)
from realsyn_tasks.core.errors import ConfigError, OutOfMemory, TransientError


@app.command()
def batches(build: Build, group: str, claim: Claim = "") -> None:
    """List the batches of each stage of a group that still have to run.

    What other runs have committed just so is adopted first; it needs no batch.
    """
    from realsyn_tasks.core.adoption import adopt
    from realsyn_tasks.core.planner import Planner
    from realsyn_tasks.runs import claims

    workspace = workspace_at(build)
    stages = workspace.stages(group_name(workspace, group))
    if is_held(workspace.storage, [claims.of_group(workspace, group)], claim):
        return
    planner = Planner(workspace, group=group)
    for stage in stages:
        adopt(workspace, planner, stage)
    result({stage.name: planner.batches(stage) for stage in stages})


@app.command()
def run(
    stage: str,
    build: Build,
    batch: Annotated[int, typer.Option(min=0)] = 0,
    shards: Annotated[str, typer.Option(help="Only these of the batch: 3-7,12")] = "",
) -> None:
    """Run one batch of one stage; shards already committed are left alone."""
    from realsyn_tasks.core.names import numbered
    from realsyn_tasks.core.runner import Runner
    from realsyn_tasks.core.shards import in_ranges
    from realsyn_tasks.runs.models import loader

    workspace = workspace_at(build)
    runner = Runner(workspace, loader(workspace.config))
    chosen = declared_stage(workspace, stage)
    only = in_ranges(shards) if shards else None
    for shard in only or ():
        numbered(shard, workspace.config.shards(chosen.axis), "shard")
    report = runner.run_batch(chosen, batch, only)
    result(report.summary())
    if report.failed:
        short = [shard for shard, error in report.failed.items() if isinstance(error, OutOfMemory)]
        shard = next(iter(short or report.failed))
        raise (OutOfMemory if short else TransientError)(
            f"stage {stage}, batch {batch}: {len(report.failed)} shards failed,"
            f" first shard {shard:05d}: {report.failed[shard]}"
        ) from report.failed[shard]


def group_name(workspace: Any, name: str) -> str:
    return str(_declared(workspace.pipeline.group, name).name)


def declared_stage(workspace: Any, name: str) -> Any:
    """Find a stage of a run by name; ConfigError says what was probably meant, or what it has."""
    known = {stage.name: stage for stage in workspace.stages()}
    if name in known:
        return known[name]
    if name in (stage.name for stage in workspace.pipeline.stages):
        raise ConfigError(
            f"stage {name!r} has nothing to do in {workspace.uri}: it is of another kind of run, or"
            f" the run's settings leave it out; it has {', '.join(known)}"
        )
    from realsyn_tasks.core.closed import suggestion

    raise ConfigError(f"no stage of {workspace.uri} is called {name!r}: {suggestion(name, known)}")


def _declared(find: Callable[[str], Any], name: str) -> Any:
    try:
        return find(name)
    except KeyError as error:
        raise ConfigError(str(error.args[0])) from None


@app.command()
def gate(group: str, build: Build) -> None:
    """Check the output of a stage group; a failed gate exits with 66."""
    from realsyn_tasks.quality import gate as check
    from realsyn_tasks.quality import remedies

    workspace = workspace_at(build)
    said = remedies.told(workspace, check(workspace, group_name(workspace, group)))
    result(said)
    remedies.raise_if_failed(said)


@app.command()
def override(
    group: str,
    build: Build,
    reason: Annotated[str, typer.Option(help="Why it is to be promoted all the same")],
    by: Annotated[str, typer.Option(help="Who decides that")],
    seen: Annotated[
        str, typer.Option("--result", help="Digest of the result that was seen; no other")
    ] = "",
    really: Really = False,
) -> None:
    """Let a failed gate count as passed, for just what it found; some checks stand for good.

    Without --really only what would be recorded is shown.
    """
    from realsyn_tasks.quality import override as overriding

    workspace = workspace_at(build)
    act = overriding.override if really else overriding.proposed
    changed(act(workspace, group_name(workspace, group), reason, by, seen), really)


@app.command()
def promote(group: str, build: Build) -> None:
    """Make the gated output of a stage group visible to the next one, and its items findable."""
    from realsyn_tasks.report import item_index
    from realsyn_tasks.runs.root import Runs

    workspace = workspace_at(build)
    promoted = Runs.promote(workspace, group_name(workspace, group))
    item_index.of_run(workspace)
    if {"version", "versions"} & promoted.keys():  # published, analysed, or evaluated
        from realsyn_tasks.report.renewal import renew

        renew(workspace)
    result(promoted)
