"""Commands that open runs: of a crawl, of the corpus, of a published version."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from realsyn_tasks.cli.application import (
    Builds,
    Claim,
    Options,
    Root,
    app,
    choices,
    is_held,
    result,
    workspace_at,
)
from realsyn_tasks.core.errors import ConfigError


def _opened(workspace: Any, **more: Any) -> None:
    from realsyn_tasks.runs.models import models_in_words

    config = workspace.config
    said = {"build": workspace.uri, "name": config.name, "models": models_in_words(config.models)}
    result(said | more)


@app.command("open-extract")
def open_extract(
    root: Root,
    crawl: Annotated[str, typer.Option(help="URI of the crawl's folder")],
    name: str = "",
    format: Annotated[str, typer.Option(help="The crawl's format; empty: its files tell")] = "",
    options: Options = "{}",
    claim: Claim = "",
) -> None:
    """Freeze the configuration of a crawl's extract."""
    from realsyn_tasks.runs import claims
    from realsyn_tasks.runs.root import Runs

    runs = Runs(root)
    if is_held(runs.storage, [claims.CORPUS_CHANGES], claim):
        return
    _opened(runs.open_extract(crawl, name, choices(options), format))


@app.command("open-build")
def open_build(
    root: Root,
    scale: Annotated[
        str, typer.Option(help="A named scale, or a number of pairs; or several: 15m,30m,100m")
    ],
    name: str = "",
    generations: Annotated[str, typer.Option(help="1,2,...; empty for all")] = "",
    options: Options = "{}",
    claim: Claim = "",
) -> None:
    """Freeze the configuration of a build over the corpus, or of one for each of several scales.

    What other builds have done of it counts at once; `done` names the first one's finished groups.
    """
    from realsyn_tasks.core.shards import in_ranges
    from realsyn_tasks.quality.adoption import adopt_groups
    from realsyn_tasks.runs import claims
    from realsyn_tasks.runs.opening import build_names
    from realsyn_tasks.runs.root import Runs

    numbers, scales = generations.strip(" ,"), [each.strip() for each in scale.split(",")]
    pinned = in_ranges(numbers, "generations") if numbers else []
    works = [claims.of_build(each) for each in build_names(scales, name)]
    if is_held(Runs(root).storage, works, claim):
        return
    runs = Runs(root).open_builds(scales, name, pinned, choices(options))
    done = adopt_groups(runs[0]).groups
    _opened(runs[0], builds=[run.uri for run in runs], done=done)


@app.command("open-analysis")
def open_analysis(
    version: Annotated[
        str,
        typer.Option(help="URI of a published version, of a dataset (its latest), or of a build"),
    ],
    name: str = "",
    options: Options = "{}",
) -> None:
    """Freeze the configuration of the analysis of a published version."""
    from realsyn_tasks.runs.analyses import open_analysis as opened

    _opened(opened(version, name, choices(options)))


@app.command()
def adopt(build: Builds) -> None:
    """Let whole stage groups of the builds that these adopt from count here, promoted as there."""
    from realsyn_tasks.quality.adoption import adopt_groups

    adopted = {run.uri: adopt_groups(run) for run in map(workspace_at, build)}
    result(adopted)
    for uri, record in adopted.items():
        if record.left:
            raise ConfigError(
                f"{uri} cannot adopt all of {record.left}: {record.why}; run realsyn_backfill for"
                " it, or the groups one by one"
            )
