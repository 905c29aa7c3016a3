"""Commands that open runs: of a crawl, of the corpus, of a published version."""

from __future__ import annotations

import sys
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
from realsyn_tasks.core.screen import terminal

Scale = Annotated[
    str, typer.Option(help="A named scale, or a number of pairs; or several: 15m,30m,100m")
]
Pinned = Annotated[
    str, typer.Option(help="Generations of the corpus: 1-3,7, or none; empty for all there are")
]
Evaluation = Annotated[str, typer.Option(help="URI of the evaluation: ROOT/evaluations/NAME")]
Tuning = Annotated[str, typer.Option(help="URI of the tuning: ROOT/tunings/NAME")]
Smaller = Annotated[
    bool, typer.Option("--allow-smaller", help="Publish fewer pairs where there are no more")
]


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
    """Freeze the configuration of a crawl's extract; tells at once all that is wrong."""
    from realsyn_tasks.runs import claims, opening

    chosen, problems = choices(options)
    asked = opening.checked_extract(root, crawl, name, chosen, format, problems)
    if not is_held(asked.storage, [claims.CORPUS_CHANGES], claim):
        _opened(opening.open_extract(root, crawl, name, chosen, format))


@app.command("pin-build")
def pin_build(
    root: Root,
    scale: Scale = "",
    name: str = "",
    generations: Pinned = "",
    crawl: Annotated[str, typer.Option(help="URI of a crawl that is to be extracted first")] = "",
    format: Annotated[str, typer.Option(help="The crawl's format; empty: its files tell")] = "",
    allow_smaller: Smaller = False,
    options: Options = "{}",
    claim: Claim = "",
) -> None:
    """Check all fields of a build's form, and settle what it is made of; opens nothing.

    Tells at once all that is wrong, and whether the corpus can give as many pairs as are asked for.
    """
    from realsyn_tasks.runs.pins import BuildForm, pin

    chosen, problems = choices(options)
    form = BuildForm(
        root=root,
        scale=scale,
        name=name,
        generations=generations,
        crawl=crawl,
        format=format,
        choices=chosen,
        allow_smaller=allow_smaller,
    )
    pins = pin(form, problems)
    if _held(root, scale, name, claim):
        return
    print(f"the build is made of {pins.in_words()}", file=sys.stderr)
    for warning in pins.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    result(pins.record())


@app.command("open-build")
def open_build(
    root: Root,
    scale: Scale,
    name: str = "",
    generations: Pinned = "",
    extract: Annotated[
        str, typer.Option(help="An extract whose generation is added to these")
    ] = "",
    allow_smaller: Smaller = False,
    options: Options = "{}",
    claim: Claim = "",
) -> None:
    """Freeze the configuration of a build over the corpus, or of one for each of several scales.

    What other builds have done of it counts at once; `done` names the first one's finished groups.
    """
    from realsyn_tasks.quality.adoption import adopt_groups
    from realsyn_tasks.runs.opening import open_pinned
    from realsyn_tasks.runs.targets import scales_of

    chosen, problems = choices(options)
    with problems.noted():
        if _held(root, scale, name, claim):
            return
    runs = open_pinned(
        root, scales_of(scale), name, generations, chosen, allow_smaller, extract, problems
    )
    done = adopt_groups(runs[0]).groups
    _opened(runs[0], builds=[run.uri for run in runs], done=done)


def _held(root: str, scale: str, name: str, claim: str) -> bool:
    """Claim the builds of these scales; leave who holds one instead as the answer."""
    from realsyn_tasks.core.storage import Storage
    from realsyn_tasks.runs import claims
    from realsyn_tasks.runs.form import build_names
    from realsyn_tasks.runs.targets import scales_of

    works = [claims.of_build(each) for each in build_names(scales_of(scale), name)]
    return is_held(Storage.at(root), works, claim)


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

    chosen, problems = choices(options)
    _opened(opened(version, name, chosen, problems))


@app.command("open-tuning")
def open_tuning(
    version: Annotated[
        str,
        typer.Option(help="URI of a published version, of a dataset (its latest), or of a build"),
    ],
    name: Annotated[str, typer.Option(help="Of the tuning, and of the card that comes of it")] = "",
    base: Annotated[str, typer.Option(help="Card of the language model to tune")] = "",
    teacher: Annotated[str, typer.Option(help="Card of its teacher; empty: itself")] = "",
    examples: Annotated[int, typer.Option(min=0, help="Wanted; 0: the settings'")] = 0,
    steps: Annotated[int, typer.Option(min=0, help="Of the training; 0: the settings'")] = 0,
    register_card: Annotated[
        str, typer.Option(help="gain: if it is better; always; never; empty: the settings'")
    ] = "",
    options: Options = "{}",
) -> None:
    """Freeze the configuration of the tuning of a language model on the pairs of a version."""
    from realsyn_tasks.runs.tunings import TuningForm
    from realsyn_tasks.runs.tunings import open_tuning as opened

    chosen, problems = choices(options)
    form = TuningForm(
        version=version,
        name=name,
        base=base,
        teacher=teacher,
        examples=examples,
        steps=steps,
        register_card=register_card,
        choices=chosen,
    )
    _opened(opened(form, problems))


@app.command()
def tuning(build: Tuning) -> None:
    """Show how the tuned model did beside the untuned one, on what was held out."""
    from realsyn_tasks.tune.outcome import outcome

    result(outcome(workspace_at(build)))


@app.command("open-evaluation")
def open_evaluation(
    versions: Annotated[
        str,
        typer.Option(
            help="URIs of published versions, of datasets (their latest), or of builds, of one"
            " root, with commas between"
        ),
    ],
    protocol: Annotated[str, typer.Option(help="One of include/protocols; empty: heads")] = "",
    evaluation_sets: Annotated[
        str, typer.Option(help="Folder or prefix that has them; empty: this machine's")
    ] = "",
    leave_out: Annotated[
        str, typer.Option(help="Evaluation sets of the protocol, with commas between")
    ] = "",
    name: str = "",
    options: Options = "{}",
) -> None:
    """Freeze the configuration of the evaluation of published versions by a protocol."""
    from realsyn_tasks.evaluate.protocol import DEFAULT
    from realsyn_tasks.runs.evaluations import EvaluationForm
    from realsyn_tasks.runs.evaluations import open_evaluation as opened

    chosen, problems = choices(options)
    form = EvaluationForm(
        versions=versions,
        protocol=protocol or DEFAULT,
        evaluation_sets=evaluation_sets,
        leave_out=leave_out,
        name=name,
        choices=chosen,
    )
    _opened(opened(form, problems))


@app.command()
def evaluation(
    build: Evaluation,
    markdown: Annotated[bool, typer.Option(help="Print it as tables of Markdown instead")] = False,
    into: Annotated[
        str, typer.Option(help="Page of this machine whose marked place is filled with them")
    ] = "",
    place: Annotated[str, typer.Option(help="Of that page; empty: the protocol's name")] = "",
    brief: Annotated[bool, typer.Option(help="Of its tables only claims, arms, curves")] = False,
) -> None:
    """Show what came of an evaluation: its claims with their verdicts, measures, curves."""
    from pathlib import Path

    from realsyn_tasks.evaluate.outcome import outcome
    from realsyn_tasks.report import evaluation_screen, evaluation_text

    found = outcome(workspace_at(build))
    if markdown:
        print(evaluation_text.markdown(found, brief), end="")
        return
    if into:
        page = Path(into)
        filled = evaluation_text.filled(page.read_text(encoding="utf-8"), found, place, brief)
        page.write_text(filled, encoding="utf-8")
    evaluation_screen.show(found, terminal())
    result(found, shown=True)


@app.command("export-examples")
def export_examples(
    build: Tuning,
    out: Annotated[str, typer.Option(help="Folder of this machine")],
) -> None:
    """Write a tuning's examples as chats that trl and LLaMA-Factory read."""
    from pathlib import Path

    from realsyn_tasks.runs.tunings import export

    result(export(workspace_at(build), Path(out)))


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
