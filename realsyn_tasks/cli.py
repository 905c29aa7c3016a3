"""The seam: all that the control plane, a pod or an engineer can ask of the data plane.

The last line on standard output is the result, as JSON; people read standard error. The exit code
tells the retry policy what to do (core.errors).
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic_core import to_jsonable_python

from realsyn_tasks.core.errors import Bug, ConfigError, OutOfMemory, TransientError, explained
from realsyn_tasks.core.last_words import LastWords
from realsyn_tasks.core.termination import orderly

app = typer.Typer(
    name="realsyn_tasks",
    help="Image-text pairs out of interleaved documents, batch by batch.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

LAST_WORDS = LastWords()

Build = Annotated[str, typer.Option(help="URI of the build or extract: ROOT/builds/NAME")]
Builds = Annotated[list[str], typer.Option("--build", help="URI of a build; may be given again")]
Root = Annotated[str, typer.Option(help="Storage root: a path, file:// or s3:// URI")]
Options = Annotated[str, typer.Option(help="JSON: profile, preset, seed, models, stages")]
Scale = Annotated[
    str, typer.Option(help="A named scale, or a number of pairs; or several: 15m,30m,100m")
]
Pinned = Annotated[
    str, typer.Option(help="Generations of the corpus: 1-3,7, or none; empty for all there are")
]
Smaller = Annotated[
    bool, typer.Option("--allow-smaller", help="Publish fewer pairs where there are no more")
]
Crawls = Annotated[str, typer.Option(help="Folder in which crawls arrive; empty: ROOT/crawls")]
Marker = Annotated[
    str, typer.Option(help="The file that makes a crawl whole; empty: the listing alone does")
]
Settle = Annotated[float, typer.Option(help="Seconds in which a listing must not change", min=0)]


def _workspace(uri: str) -> Any:
    from realsyn_tasks.runs.root import Runs

    return Runs.at(uri)


def _result(value: Any) -> None:
    """Leave an answer, a value or a frozen model, as one line of JSON."""
    plain = to_jsonable_python(value, by_alias=True, fallback=str)
    text = json.dumps(plain, sort_keys=True)
    if path := os.environ.get("REALSYN_RESULT"):
        Path(path).write_text(text, encoding="utf-8")
    print(text, flush=True)
    LAST_WORDS.result(text)


def _choices(options: str) -> tuple[Any, Any]:
    """Read what an operator chose, and what is wrong with it, to be told with all else."""
    from realsyn_tasks.core.problems import Problems
    from realsyn_tasks.runs.choices import read_choices

    problems = Problems()
    return read_choices(options, problems), problems


def _opened(workspace: Any, **more: Any) -> None:
    from realsyn_tasks.runs.models import models_in_words

    config = workspace.config
    said = {"build": workspace.uri, "name": config.name, "models": models_in_words(config.models)}
    _result(said | more)


@app.command("open-extract")
def open_extract(
    root: Root,
    crawl: Annotated[str, typer.Option(help="URI of the crawl's folder")],
    name: str = "",
    format: Annotated[str, typer.Option(help="The crawl's format; empty: its files tell")] = "",
    options: Options = "{}",
) -> None:
    """Freeze the configuration of a crawl's extract; tells at once all that is wrong."""
    from realsyn_tasks.runs.opening import open_extract as opened

    choices, problems = _choices(options)
    _opened(opened(root, crawl, name, choices, format, problems))


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
) -> None:
    """Check all fields of a build's form, and settle what it is made of; opens nothing.

    Tells at once all that is wrong, and whether the corpus can give as many pairs as are asked for.
    """
    from realsyn_tasks.runs.pins import BuildForm, pin

    choices, problems = _choices(options)
    form = BuildForm(
        root=root,
        scale=scale,
        name=name,
        generations=generations,
        crawl=crawl,
        format=format,
        choices=choices,
        allow_smaller=allow_smaller,
    )
    pins = pin(form, problems)
    print(f"the build is made of {pins.in_words()}", file=sys.stderr)
    for warning in pins.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    _result(pins.record())


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
) -> None:
    """Freeze the configuration of a build over the corpus, or of one for each of several scales.

    What other builds have done of it counts at once; `done` names the first one's finished groups.
    """
    from realsyn_tasks.quality.adoption import adopt_groups
    from realsyn_tasks.runs.opening import open_pinned
    from realsyn_tasks.runs.targets import scales_of

    choices, problems = _choices(options)
    scales = scales_of(scale)
    runs = open_pinned(root, scales, name, generations, choices, allow_smaller, extract, problems)
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

    choices, problems = _choices(options)
    _opened(opened(version, name, choices, problems))


@app.command()
def adopt(build: Builds) -> None:
    """Let whole stage groups of the builds that these adopt from count here, promoted as there."""
    from realsyn_tasks.quality.adoption import adopt_groups

    adopted = {run.uri: adopt_groups(run) for run in map(_workspace, build)}
    _result(adopted)
    for uri, record in adopted.items():
        if record.left:
            raise ConfigError(
                f"{uri} cannot adopt all of {record.left}: {record.why}; run realsyn_backfill for"
                " it, or the groups one by one"
            )


@app.command()
def batches(build: Build, group: str) -> None:
    """List the batches of each stage of a group that still have to run.

    What other runs have committed just so is adopted first; it needs no batch.
    """
    from realsyn_tasks.core.adoption import adopt
    from realsyn_tasks.core.planner import Planner

    workspace = _workspace(build)
    planner = Planner(workspace, group=group)
    stages = workspace.stages(_group(workspace, group))
    for stage in stages:
        adopt(workspace, planner, stage)
    _result({stage.name: planner.batches(stage) for stage in stages})


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

    workspace = _workspace(build)
    runner = Runner(workspace, loader(workspace.config))
    chosen = _stage(workspace, stage)
    only = in_ranges(shards) if shards else None
    for shard in only or ():
        numbered(shard, workspace.config.shards(chosen.axis), "shard")
    report = runner.run_batch(chosen, batch, only)
    _result(report.summary())
    if report.failed:
        short = [shard for shard, error in report.failed.items() if isinstance(error, OutOfMemory)]
        shard = next(iter(short or report.failed))
        raise (OutOfMemory if short else TransientError)(
            f"stage {stage}, batch {batch}: {len(report.failed)} shards failed,"
            f" first shard {shard:05d}: {report.failed[shard]}"
        ) from report.failed[shard]


def _group(workspace: Any, name: str) -> str:
    return str(_declared(workspace.pipeline.group, name).name)


def _stage(workspace: Any, name: str) -> Any:
    return _declared(workspace.pipeline.stage, name)


def _declared(find: Callable[[str], Any], name: str) -> Any:
    try:
        return find(name)
    except KeyError as error:
        raise ConfigError(str(error.args[0])) from None


@app.command()
def gate(group: str, build: Build) -> None:
    """Check the output of a stage group; a failed gate exits with 66."""
    from realsyn_tasks.quality import gate as check

    workspace = _workspace(build)
    result = check(workspace, _group(workspace, group))
    said = {"passed": result.passed, "uri": result.uri, "summary": result.summary}
    _result({**said, "overridden": result.override})
    result.raise_if_failed()


@app.command()
def override(
    group: str,
    build: Build,
    reason: Annotated[str, typer.Option(help="Why it is to be promoted all the same")],
    by: Annotated[str, typer.Option(help="Who decides that")],
) -> None:
    """Let a failed gate count as passed, for just what it found; some checks stand for good."""
    from realsyn_tasks.quality import override as overriding

    workspace = _workspace(build)
    _result(overriding.override(workspace, _group(workspace, group), reason, by))


@app.command()
def promote(group: str, build: Build) -> None:
    """Make the gated output of a stage group visible to the next one, and its items findable."""
    from realsyn_tasks.report import item_index
    from realsyn_tasks.runs.root import Runs

    workspace = _workspace(build)
    promoted = Runs.promote(workspace, _group(workspace, group))
    item_index.of_run(workspace)
    if "version" in promoted:  # a dataset was published, or one was analysed
        from realsyn_tasks.report.renewal import renew

        renew(workspace)
    _result(promoted)


@app.command("report")
def renew_report(build: Build) -> None:
    """Renew card and report of what a build published or an analysis is of; its version stays."""
    from realsyn_tasks.report.renewal import renew

    _result({"written": renew(_workspace(build))})


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
    _result(record)
    verification.require_whole(record)


@app.command()
def publish(
    version: Annotated[str, typer.Option(help="URI of a version: ROOT/datasets/NAME/VERSION")],
    repo: Annotated[str, typer.Option(help="Repository on the hub: OWNER/NAME")],
    really: Annotated[bool, typer.Option("--really/--dry-run", help="Send it")] = False,
    public: Annotated[bool, typer.Option(help="Let all see a repository that is new")] = False,
) -> None:
    """Push a version to the hub, with card and report; without --really show what would go.

    The token is HF_TOKEN's, the hub HF_ENDPOINT's. What the hub has already is not sent again.
    """
    from realsyn_tasks.report import hub

    act = hub.push if really else hub.plan
    done = act(hub.version_at(version), repo, private=not public)
    hub.show(done)
    _result(asdict(done) | {"bytes": done.bytes})


@app.command()
def summary(build: Builds) -> None:
    """Give what went in, what was kept, what was dropped and why, and what it cost.

    Of several builds the first one's, and what came of each.
    """
    from realsyn_tasks.report.summary import summary_of_all

    _result(summary_of_all([_workspace(uri) for uri in build]).record())


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
    takedowns. The last line is JSON: of a run its ledger, of a root its crawls.
    """
    if bool(build) == bool(root):
        raise ConfigError("name either a run (--build) or a root (--root)")
    if root:
        _result(_crawls_of(root, crawls, marker))
        return
    from realsyn_tasks.report import status_screen
    from realsyn_tasks.report.status import look
    from realsyn_tasks.runs.models import models_in_words

    workspace = _workspace(build)
    if watch:
        seen = status_screen.watch(lambda: look(workspace, quick), workspace)
    else:
        seen = look(workspace, quick)
        status_screen.show(seen, workspace)
    _result({**asdict(seen.report), "models": models_in_words(workspace.config.models)})


def _crawls_of(root: str, crawls: str, marker: str) -> dict[str, Any]:
    from realsyn_tasks.report import root_screen
    from realsyn_tasks.runs import arrivals
    from realsyn_tasks.views.root import overview

    place = arrivals.Arrivals(root, crawls, marker, settle_seconds=0.0)
    arrived = [crawl.record() for crawl in arrivals.crawls(place)]
    root_screen.show(root, arrived, overview(root))
    return {"crawls": arrived}


@app.command()
def plan(
    scale: Annotated[str, typer.Option(help="A named scale, or a number of pairs")],
    build: Annotated[str, typer.Option(help="URI of a build whose costs are known")] = "",
    costs: Annotated[Path | None, typer.Option(help="A table like include/costs.yaml")] = None,
    documents: Annotated[int, typer.Option(help="Documents in the crawls; 0: enough", min=0)] = 0,
    cpus: Annotated[int, typer.Option(help="CPUs at work; 0: the table's", min=0)] = 0,
    gpus: Annotated[int, typer.Option(help="GPUs at work; 0: the table's", min=0)] = 0,
) -> None:
    """Work out shards, batches, hours, bytes, requests and money of a scale before it runs."""
    from realsyn_tasks.report import cost_plan
    from realsyn_tasks.report import cost_table as report
    from realsyn_tasks.runs.targets import target_of

    table = cost_plan.with_fleet(cost_plan.read_table(costs), cpus, gpus)
    if build:
        table = cost_plan.measured_by(_workspace(build), table)
    estimate = cost_plan.plan(scale, target_of(scale)[0], table, documents)
    report.show(estimate)
    _result(estimate)


Everything = Annotated[bool, typer.Option("--all", help="All rows, not a screenful")]


@app.command()
def inspect(
    thing: Annotated[str, typer.Argument(help="URL, digest, id, sample's key, sentence, phrase")],
    root: Root,
    everything: Everything = False,
) -> None:
    """Show the whole way of one thing, or why it is not there.

    Says why it was dropped, by which threshold, or by which request it was taken down; hides masked
    personal data. What nobody has seen is said to be so.
    """
    from realsyn_tasks.report import inspection, item_display
    from realsyn_tasks.stages import PIPELINE

    story = inspection.inspect(root, thing, PIPELINE)
    item_display.show(story, everything)
    _result(story)


@app.command()
def reasons(
    markdown: Annotated[bool, typer.Option(help="Print the page docs/reasons.md instead")] = False,
) -> None:
    """Show for which reasons each stage may drop items, and what they mean."""
    from realsyn_tasks.report import reason_tables
    from realsyn_tasks.stages import PIPELINE

    page = reason_tables.markdown(PIPELINE)
    if markdown:
        print(page, end="")
        return
    print(page, file=sys.stderr)
    _result(reason_tables.tables(PIPELINE))


@app.command()
def embed(
    out: Annotated[Path, typer.Option(help="The .npy file to write: (n, d) float32")],
    encoder: Annotated[str, typer.Option(help="A card in include/models, or a backend")] = "conse",
    images: Annotated[Path | None, typer.Option(help="A folder of images")] = None,
    texts: Annotated[Path | None, typer.Option(help="A file with one text a line")] = None,
    options: Annotated[str, typer.Option(help="The encoder's options, as JSON")] = "{}",
) -> None:
    """Embed a folder of images (by file name) or a file of texts (by line)."""
    import numpy as np

    from realsyn_tasks.models import embed as embedding

    if (images is None) == (texts is None):
        raise ConfigError("give either --images or --texts")
    model = _model("encoder", encoder, options)
    vectors = (
        embedding.embed_images(model, images) if images else embedding.embed_texts(model, texts)  # type: ignore[arg-type]
    )
    np.save(out, vectors)
    _result({"out": str(out), "rows": len(vectors), "dim": vectors.shape[1]})


@app.command()
def calibrate(
    name: Annotated[str, typer.Argument(help="A card in include/models, or a backend")],
    kind: Annotated[str, typer.Option(help="encoder or perplexity_model")] = "encoder",
    images: Annotated[Path | None, typer.Option(help="A folder of different images")] = None,
    texts: Annotated[Path | None, typer.Option(help="Good sentences, one a line")] = None,
    options: Annotated[str, typer.Option(help="The model's options, as JSON")] = "{}",
    drop_rate: Annotated[
        float, typer.Option(help="Share of different items that may go as duplicates")
    ] = 0.01,
) -> None:
    """Propose thresholds for a model: the section `stages` of its card in include/models."""
    from realsyn_tasks.extract.proposal import as_yaml, propose, require_kind

    require_kind(kind)
    proposal = propose(kind, _model(kind, name, options), images, texts, drop_rate)
    print(as_yaml(proposal), file=sys.stderr)
    _result(proposal)


def _model(kind: str, name: str, options: str) -> Any:
    from realsyn_tasks.core.closed import json_object
    from realsyn_tasks.runs.models import load_named

    return load_named(kind, name, json_object(options, "--options"))


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
) -> None:
    """Make a page on which to judge whether texts fit; read its answers (--read); fit (--fit)."""
    from realsyn_tasks.report import judged_estimate, labelling

    run = _workspace(build)
    if read:
        _result(labelling.take_in(run, read))
    elif fit:
        _result(judged_estimate.propose(run))
    else:
        of: labelling.Of = "candidates" if candidates else "pairs"
        _result({"page": str(out), "images": labelling.make_page(run, pairs, seed, out, of)})


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
        count = page.of_build(_workspace(build), pairs, seed, out)
    else:
        count = page.of_version(at(version)[-1], pairs, seed, out)
    _result({"page": str(out), "pairs": count})


@app.command()
def discover(
    root: Root, crawls: Crawls = "", marker: Marker = "_SUCCESS", settle: Settle = 5.0
) -> None:
    """List the crawls that are whole, not in the corpus, and not quarantined."""
    from realsyn_tasks.runs import arrivals

    arrived = arrivals.crawls(arrivals.Arrivals(root, crawls, marker, settle))
    arrivals.show(arrived)
    ready = [crawl for crawl in arrived if crawl.state == arrivals.READY]
    _result({"crawls": [{"crawl": crawl.crawl, "name": crawl.name} for crawl in ready]})


@app.command()
def quarantine(root: Root, crawls: Crawls = "", marker: Marker = "_SUCCESS") -> None:
    """Set aside each crawl whose gate has failed or that cannot be read; the rest is named."""
    from realsyn_tasks.runs import arrivals

    aside = arrivals.set_aside(arrivals.Arrivals(root, crawls, marker))
    for note in aside["quarantined"]:
        print(f"quarantined {note['crawl']}: {note['why']} {note['page']}", file=sys.stderr)
    _result(aside)
    if aside["unfinished"]:
        raise ConfigError(
            f"not in the corpus, and no gate has judged: {', '.join(aside['unfinished'])}; see why"
            " its run of realsyn_extract failed. It is tried again with the next ingest"
        )


@app.command()
def release(
    root: Root, crawl: Annotated[str, typer.Option(help="Name of its extract, or its URI")]
) -> None:
    """Take a crawl out of quarantine; the next ingest tries it again."""
    from realsyn_tasks.runs import arrivals

    _result({"released": arrivals.release(root, crawl).model_dump()})


@app.command()
def takedown(
    root: Root,
    urls: Annotated[str, typer.Option(help="URLs of images or pages, one a line")] = "",
    domains: Annotated[str, typer.Option(help="Domains, with their subdomains, one a line")] = "",
    hashes: Annotated[str, typer.Option(help="SHA-256 or MD5 of images, one a line")] = "",
    file: Annotated[str, typer.Option(help="A file of any of these, one a line, below ROOT")] = "",
    note: Annotated[str, typer.Option(help="A case number or a date, for the receipt")] = "",
    dry_run: Annotated[bool, typer.Option(help="Show what would be removed")] = False,
) -> None:
    """Take things out of the corpus and of every dataset's next version; write a receipt."""
    from realsyn_tasks.takedown import command

    removal = command.take_down(root, command.Form(urls, domains, hashes, file, note), dry_run)
    command.show_takedown(removal)
    _result(removal)


@app.command()
def find(
    root: Root,
    things: Annotated[list[str] | None, typer.Argument(help="URLs, domains, image hashes")] = None,
    file: Annotated[str, typer.Option(help="A file of them, one a line, below ROOT")] = "",
) -> None:
    """Say whether things are in any published dataset, and where; of the others, why not."""
    from realsyn_tasks.report import inspection
    from realsyn_tasks.stages import PIPELINE
    from realsyn_tasks.takedown import command

    places = command.find(root, things or [], file)
    answers = inspection.why_not(root, PIPELINE, places)
    command.show(places | {"answers": answers})
    _result(places | {"answers": answers})


@app.command()
def unfinished(group: str, root: Root, build: str = "") -> None:
    """List the runs in which a stage group is due: first done, repaired, or promoted."""
    from realsyn_tasks.runs.root import Runs

    _result({"runs": [{"build": run.uri} for run in Runs(root).due(group, build)]})


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
    _result({"rows": repair_plan.rows, "steps": repair_plan.steps, "shards": repair_plan.shards})


@app.command()
def view(
    host: Annotated[str, typer.Option(help="Address to listen at")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0: any that is free", min=0, max=65535)] = 0,
    dev: Annotated[
        bool, typer.Option("--dev", help="Serve the pages too, without Airflow: ask for no token")
    ] = False,
    parent: Annotated[int, typer.Option(hidden=True, help="End with this process")] = 0,
) -> None:
    """Serve what Airflow's pages show; callers bear REALSYN_VIEWER_TOKEN. Ends by SIGTERM.

    The line on standard output says where it listens.
    """
    from realsyn_tasks.views import server

    server.serve(server.Place(host, port, dev, parent), _result)


@app.command("sample-crawl")
def sample_crawl(
    out: Annotated[Path, typer.Option(help="Folder for the crawl")],
    held_out: Annotated[
        Path | None, typer.Option(help="Folder for listings of pictures that it leaves out")
    ] = None,
) -> None:
    """Build the sample crawl from Debian packages, and list what is kept out for measuring."""
    from realsyn_tasks.sample_crawl import list_held_out, package_cache
    from realsyn_tasks.sample_crawl import main as build_sample_crawl

    build_sample_crawl(out)
    if held_out:
        list_held_out(held_out, package_cache())


@app.command()
def models() -> None:
    """Prepare the embedded models in the cache folder."""
    from realsyn_tasks.core.include import cache_folder
    from realsyn_tasks.models.makers import prepare

    prepare(cache_folder())


def main() -> None:
    """Run the command line, turning errors into exit codes that the retry policy knows."""
    with orderly(LAST_WORDS.error):
        try:
            app()
        except Exception as problem:
            error = explained(problem)
            if error is not problem or isinstance(error, Bug):
                traceback.print_exc()
            print(f"error: {error}", file=sys.stderr)
            LAST_WORDS.error(str(error))
            sys.exit(error.exit_code)
