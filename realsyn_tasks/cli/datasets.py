"""Commands about what was published, and about pairs on a page."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from realsyn_tasks.cli.application import Build, Really, app, result, workspace_at
from realsyn_tasks.core.errors import ConfigError


@app.command("report")
def renew_report(build: Build) -> None:
    """Renew card and report of what a build published or an analysis is of; its version stays."""
    from realsyn_tasks.report.renewal import renew

    result({"written": renew(workspace_at(build))})


@app.command()
def publish(
    version: Annotated[str, typer.Option(help="URI of a version: ROOT/datasets/NAME/VERSION")],
    repo: Annotated[str, typer.Option(help="Repository on the hub: OWNER/NAME")],
    really: Really = False,
    public: Annotated[bool, typer.Option(help="Let all see a repository that is new")] = False,
) -> None:
    """Push a version to the hub, with card and report; without --really show what would go.

    The token is HF_TOKEN's, the hub HF_ENDPOINT's. What the hub has already is not sent again.
    """
    from realsyn_tasks.report import hub

    act = hub.push if really else hub.plan
    done = act(hub.version_at(version), repo, private=not public)
    hub.show(done)
    result(asdict(done) | {"bytes": done.bytes}, shown=True)


@app.command()
def gallery(
    build: Annotated[str, typer.Option(help="URI of a build: ROOT/builds/NAME")] = "",
    version: Annotated[str, typer.Option(help="URI of a version: ROOT/datasets/NAME/V")] = "",
    pairs: Annotated[int, typer.Option(help="Random pairs on the page", min=1, max=2000)] = 60,
    seed: Annotated[int, typer.Option(help="Another one draws other pairs", min=0)] = 0,
    out: Annotated[Path, typer.Option(help="The page to write")] = Path("gallery.html"),
) -> None:
    """Make a page of a random sample of pairs: one file, which loads nothing."""
    from realsyn_tasks.datasets.versions import at
    from realsyn_tasks.report import gallery as page

    if bool(build) == bool(version):
        raise ConfigError("name either a build (--build) or a version (--version)")
    if build:
        count = page.of_build(workspace_at(build), pairs, seed, out)
    else:
        count = page.of_version(at(version)[-1], pairs, seed, out)
    result({"page": str(out), "pairs": count})


@app.command()
def label(
    build: Build,
    pairs: Annotated[int, typer.Option(help="Random images on the page", min=1, max=10_000)] = 60,
    seed: Annotated[int, typer.Option(help="Another one draws other images", min=0)] = 0,
    out: Annotated[Path, typer.Option(help="The page to write")] = Path("labels.html"),
    candidates: Annotated[
        bool, typer.Option("--candidates", help="Candidates, likely and unlikely, to fit by")
    ] = False,
    read: Annotated[Path | None, typer.Option(help="Answers that the page saved")] = None,
    fit: Annotated[
        bool, typer.Option("--fit", help="Fit fit_relevance.judged to the root's labels")
    ] = False,
    judge: Annotated[
        str, typer.Option(help="A card of kind judge: fit to what it says of candidates instead")
    ] = "",
    options: Annotated[str, typer.Option(help="The judge's options, as JSON")] = "{}",
) -> None:
    """Make a page on which to judge whether texts fit; read its answers (--read); fit (--fit)."""
    from realsyn_tasks.core.closed import json_object
    from realsyn_tasks.report import judged_estimate, labelling
    from realsyn_tasks.runs.models import load_named

    run = workspace_at(build)
    if judge:
        model = load_named("judge", judge, json_object(options, "--options"))
        result(judged_estimate.propose_by_judge(run, model, pairs, seed))
    elif read:
        result(labelling.take_in(run, read))
    elif fit:
        result(judged_estimate.propose(run))
    else:
        of: labelling.Of = "candidates" if candidates else "pairs"
        result({"page": str(out), "images": labelling.make_page(run, pairs, seed, out, of)})
