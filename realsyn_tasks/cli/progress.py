"""Commands that tell how far things are, what came of them, and what they will take."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from realsyn_tasks.cli.application import Builds, Crawls, Marker, app, result, workspace_at
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.screen import terminal


@app.command()
def summary(build: Builds) -> None:
    """Give what went in, what was kept, what was dropped and why, and what it cost.

    Of several builds the first one's, and what came of each.
    """
    from realsyn_tasks.report.summary import summary_of_all

    result(summary_of_all([workspace_at(uri) for uri in build]).record())


@app.command()
def status(
    build: Annotated[str, typer.Option(help="URI of the build or extract")] = "",
    root: Annotated[str, typer.Option(help="Storage root: show what is there instead")] = "",
    quick: Annotated[bool, typer.Option(help="Believe markers, without a look at objects")] = False,
    watch: Annotated[bool, typer.Option(help="Go on until nothing is left to do")] = False,
    crawls: Crawls = "",
    marker: Marker = "_SUCCESS",
) -> None:
    """Show how far a run is: groups, stages at work, gates, first errors, time left.

    With --root, show what is there: crawls with their states, generations, builds, versions,
    takedowns.
    """
    if bool(build) == bool(root):
        raise ConfigError("name either a run (--build) or a root (--root)")
    if root:
        result(_crawls_of(root, crawls, marker), shown=True)
        return
    from realsyn_tasks.report import status_screen
    from realsyn_tasks.report.status import look
    from realsyn_tasks.runs.models import models_in_words

    workspace = workspace_at(build)
    if watch:
        seen = status_screen.watch(lambda: look(workspace, quick), workspace)
    else:
        seen = look(workspace, quick)
        status_screen.show(seen, workspace)
    damages = [] if quick else _damaged_generations(workspace)
    result(
        {
            **asdict(seen.report),
            "models": models_in_words(workspace.config.models),
            "damages": damages,
        },
        shown=True,
    )


def _damaged_generations(workspace: Any) -> list[str]:
    """Say, on the screen too, which generations that the run is pinned to are damaged."""
    from realsyn_tasks.corpus.generations import damage_in_words
    from realsyn_tasks.corpus.pinned import pinned_numbers

    numbers = pinned_numbers(workspace.storage, workspace.config.sources)
    damages = [words for n in numbers if (words := damage_in_words(workspace.storage, n))]
    for words in damages:
        terminal(soft_wrap=True, highlight=False).print(words, style="red", markup=False)
    return damages


def _crawls_of(root: str, crawls: str, marker: str) -> dict[str, Any]:
    from realsyn_tasks.report import root_screen
    from realsyn_tasks.runs import arrivals
    from realsyn_tasks.views.root import whole_overview

    place = arrivals.Arrivals(root, crawls, marker, settle_seconds=0.0)
    arrived = [crawl.record() for crawl in arrivals.crawls(place)]
    seen = whole_overview(root)
    root_screen.show(root, arrived, seen)
    return {"crawls": arrived, **seen}


@app.command()
def plan(
    scale: Annotated[str, typer.Option(help="A named scale, or a number of pairs")],
    build: Annotated[str, typer.Option(help="URI of a build whose costs are known")] = "",
    costs: Annotated[Path | None, typer.Option(help="A table like include/costs.yaml")] = None,
    documents: Annotated[int, typer.Option(help="Documents in the crawls; 0: enough", min=0)] = 0,
    cpus: Annotated[int, typer.Option(help="CPUs at work; 0: the table's", min=0)] = 0,
    gpus: Annotated[int, typer.Option(help="GPUs at work; 0: the table's", min=0)] = 0,
    models: Annotated[
        str, typer.Option(help="Cards, or a set of them, with commas; empty: the table's")
    ] = "",
) -> None:
    """Work out shards, batches, hours, bytes, requests and money of a scale before it runs."""
    from realsyn_tasks.models.cards import cards_named
    from realsyn_tasks.report import cost_plan, stage_costs
    from realsyn_tasks.report import cost_table as report
    from realsyn_tasks.runs.targets import target_of

    table = stage_costs.with_fleet(stage_costs.read_table(costs), cpus, gpus)
    chosen = cards_named(name for name in models.split(",") if name)
    table = stage_costs.with_models(table, chosen)
    if build:
        table = stage_costs.measured_by(workspace_at(build), table)
    estimate = cost_plan.plan(scale, target_of(scale)[0], table, documents)
    report.show(estimate)
    result(estimate, shown=True)
