"""Commands that keep what is stored whole."""

from __future__ import annotations

from typing import Annotated

import typer

from realsyn_tasks.cli.application import Really, Root, app, hint, result
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.screen import stream


@app.command()
def verify(
    dataset: Annotated[str, typer.Option(help="URI of a version, or of all of a dataset")] = "",
    root: Annotated[
        str, typer.Option(help="Storage root: all its generations, runs and datasets")
    ] = "",
    all_bytes: Annotated[
        bool, typer.Option("--bytes", help="Read and digest everything, not sizes alone")
    ] = False,
) -> None:
    """Hold what is stored against what is written of it; exits with 65 where any is damaged."""
    from realsyn_tasks.report import verification

    if bool(dataset) == bool(root):
        raise ConfigError("name either a dataset (--dataset) or a root (--root)")
    verified = verification.verified_root if root else verification.verified_dataset
    record = verified(root or dataset, all_bytes)
    verification.show(record)
    result(record, shown=True)
    verification.require_whole(record)


@app.command()
def unfinished(group: str, root: Root, build: str = "") -> None:
    """List the runs in which a stage group is due: first done, repaired, or promoted."""
    from realsyn_tasks.runs.root import Runs

    result({"runs": [{"build": run.uri} for run in Runs(root).due(group, build)]})


@app.command()
def repair(
    root: Annotated[str, typer.Option(help="Storage root; all its runs, unless one is named")] = "",
    generation: Annotated[
        int, typer.Option(help="Of the root's corpus: mend it, if it is damaged", min=0)
    ] = 0,
    all_bytes: Annotated[
        bool, typer.Option("--bytes", help="Read all of the generation, not sizes alone")
    ] = False,
    build: Annotated[str, typer.Option(help="URI of the one run to repair")] = "",
    group: Annotated[str, typer.Option(help="A stage group, or all")] = "all",
    stage: Annotated[str, typer.Option(help="A stage, or all")] = "all",
    shards: Annotated[
        str, typer.Option(help="Of the stage: 3-7,12; failed and missing; transient failures")
    ] = "failed and missing",
    force: Annotated[
        bool, typer.Option(help="Named shards are done again though committed or quarantined")
    ] = False,
    page: Annotated[
        bool, typer.Option("--page", help="Write the plan as a page, with reasons in whole")
    ] = False,
    really: Really = False,
) -> None:
    """Show what a repair runs and why.

    With --force and --really the named shards' markers are withdrawn: they are done again. A
    generation is mended here and now, with --really: equal bytes are put back in their places.
    """
    from realsyn_tasks.core.storage import Storage
    from realsyn_tasks.report import repair_page
    from realsyn_tasks.runs import repairs
    from realsyn_tasks.runs.root import Runs

    if generation:
        _mend(root, generation, all_bytes, really)
        return
    if not (root or build):
        raise ConfigError("name a run (--build) or a root (--root)")
    selection = repairs.Selection(group, stage, shards, force)
    act = repairs.withdraw if really else repairs.plan
    repair_plan = act(root, build, selection)
    repairs.show(repair_plan)
    said = {name: getattr(repair_plan, name) for name in ("rows", "steps", "shards", "hidden")}
    if page:
        said["preview"] = repair_page.store(
            Storage.at(root or Runs.at(build).storage.uri), repair_plan
        )
        print(f"in whole: {said['preview']}", file=stream())
    result(said, shown=True)
    hint(really or not selection.withdraws)


def _mend(root: str, generation: int, all_bytes: bool, really: bool) -> None:
    from realsyn_tasks.runs import generation_repair

    if not root:
        raise ConfigError("a generation is one of a root: name it (--root)")
    act = generation_repair.mend if really else generation_repair.plan
    repair = act(root, generation, all_bytes)
    generation_repair.show(repair)
    result(repair.record(), shown=True)
    hint(really or not repair.damages)
