"""Commands that keep what is stored whole."""

from __future__ import annotations

from typing import Annotated

import typer

from realsyn_tasks.cli.application import Root, app, result
from realsyn_tasks.core.errors import ConfigError


@app.command()
def verify(
    dataset: Annotated[str, typer.Option(help="URI of a version, or of all of a dataset")] = "",
    root: Annotated[str, typer.Option(help="Storage root: all its datasets")] = "",
    quick: Annotated[bool, typer.Option(help="Compare sizes, no checksums")] = False,
) -> None:
    """Hold published datasets against their manifests; exits with 65 where one is damaged."""
    from realsyn_tasks.report import verification

    if bool(dataset) == bool(root):
        raise ConfigError("name either a dataset (--dataset) or a root (--root)")
    record = verification.verified(root, dataset, quick)
    verification.show(record)
    result(record)
    verification.require_whole(record)


@app.command()
def unfinished(group: str, root: Root, build: str = "") -> None:
    """List the runs in which a stage group is due: first done, repaired, or promoted."""
    from realsyn_tasks.runs.root import Runs

    result({"runs": [{"build": run.uri} for run in Runs(root).due(group, build)]})


@app.command()
def repair(
    root: Annotated[str, typer.Option(help="Storage root; all its runs, unless one is named")] = "",
    build: Annotated[str, typer.Option(help="URI of the one run to repair")] = "",
    group: Annotated[str, typer.Option(help="A stage group, or all")] = "all",
    stage: Annotated[str, typer.Option(help="A stage, or all")] = "all",
    shards: Annotated[
        str, typer.Option(help="Of the stage: 3-7,12; failed and missing; transient failures")
    ] = "failed and missing",
    force: Annotated[
        bool, typer.Option(help="Named shards are done again though committed or quarantined")
    ] = False,
    dry_run: Annotated[bool, typer.Option(help="Show the plan, change nothing")] = False,
) -> None:
    """Show what a repair runs and why; with force, withdraw the named shards' markers."""
    from realsyn_tasks.runs import repairs

    if not (root or build):
        raise ConfigError("name a run (--build) or a root (--root)")
    selection = repairs.Selection(group, stage, shards, force)
    act = repairs.plan if dry_run else repairs.withdraw
    repair_plan = act(root, build, selection)
    repairs.show(repair_plan)
    result({"rows": repair_plan.rows, "steps": repair_plan.steps, "shards": repair_plan.shards})
