"""Commands about models, and the sample crawl they are tried on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from realsyn_tasks.cli.application import Application, app, result
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.screen import stream


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
    result({"out": str(out), "rows": len(vectors), "dim": vectors.shape[1]})


@app.command()
def calibrate(
    name: Annotated[str, typer.Argument(help="A card in include/models, or a backend")],
    kind: Annotated[
        str,
        typer.Option(
            help="encoder, perplexity_model, image_scorer, vector_scorer, text_detector, reranker"
        ),
    ] = "encoder",
    images: Annotated[
        Path | None, typer.Option(help="A folder of different, wanted images")
    ] = None,
    texts: Annotated[
        Path | None,
        typer.Option(help="Good sentences, one a line; for a reranker words, a tab, a text"),
    ] = None,
    options: Annotated[str, typer.Option(help="The model's options, as JSON")] = "{}",
    encoder: Annotated[str, typer.Option(help="Whose vectors a vector_scorer scores")] = "conse",
    drop_rate: Annotated[
        float, typer.Option(help="Share of different items that may go as duplicates, or unwanted")
    ] = 0.01,
) -> None:
    """Propose thresholds for a model: the section `stages` of its card in include/models."""
    from realsyn_tasks.report.proposal import (
        KNOWN_RERANKER,
        Examples,
        as_yaml,
        propose,
        require_kind,
    )

    require_kind(kind)
    others = {"encoder": encoder, "reranker": KNOWN_RERANKER}
    given = Examples(images, texts, drop_rate, name, lambda kind: _model(kind, others[kind], "{}"))
    beside = {"encoder": encoder} if kind == "vector_scorer" else {}
    proposal = propose(kind, _model(kind, name, options, beside), given)
    print(as_yaml(proposal), file=stream())
    result(proposal, shown=True)


def _model(kind: str, name: str, options: str, beside: Mapping[str, str] | None = None) -> Any:
    """Load a model by name, and those that it needs beside it."""
    from realsyn_tasks.core.closed import json_object
    from realsyn_tasks.runs.models import load_named

    return load_named(kind, name, json_object(options, "--options"), beside or {})


models_app = Application(help="Models: cards, what they need, and how to get it.")
app.add_typer(models_app, name="models")
Cards = Annotated[list[str], typer.Argument(help="Cards in include/models, or sets of them")]


@models_app.callback(invoke_without_command=True)
def models(context: typer.Context) -> None:
    """Prepare the embedded models in the cache folder; or what the commands below say."""
    from realsyn_tasks.core.include import cache_folder
    from realsyn_tasks.models.makers import prepare

    if context.invoked_subcommand is None:
        prepare(cache_folder())


@models_app.command("list")
def list_models(
    kind: Annotated[str, typer.Option(help="Of one kind alone, such as encoder")] = "",
) -> None:
    """List the cards by kind: memory, disk, device, licence, and whether they are ready here."""
    from realsyn_tasks.core import closed
    from realsyn_tasks.core.include import cache_folder
    from realsyn_tasks.models import readiness
    from realsyn_tasks.models.cards import cards
    from realsyn_tasks.models.kinds import KINDS

    if kind:
        closed.require(kind, KINDS, "--kind", what="model kind")
    records = readiness.records(cards(), cache_folder())
    wanted = {name: each for name, each in records.items() if kind in ("", name)}
    print("\n".join(readiness.table(wanted)), file=stream())
    result(wanted, shown=True)


@models_app.command("check")
def check_models(
    card: Cards,
    digests: Annotated[
        bool, typer.Option("--digests", help="Read every byte of the files, and compare digests")
    ] = False,
) -> None:
    """Say what a card's model lacks on this machine, and how to get it; nothing is loaded."""
    from realsyn_tasks.core.include import cache_folder
    from realsyn_tasks.models import readiness
    from realsyn_tasks.models.cards import cards_named

    machine = readiness.Machine.here()
    lacking = {
        name: readiness.missing(name, each, cache_folder(), machine, digests)
        for name, each in cards_named(card).items()
    }
    for name, items in lacking.items():
        print(f"{name}: {'lacks' if items else 'is ready'}", file=stream())
        for item in items:
            print(f"  {item.what}\n      -> {item.how}", file=stream())
    said = {name: [vars(item) for item in items] for name, items in lacking.items()}
    result({"missing": said, "ready": [name for name, items in said.items() if not items]}, True)


@models_app.command()
def fetch(card: Cards) -> None:
    """Get a card's model from the hub, or from the mirror that REALSYN_MODELS names.

    Each file's SHA-256 is verified; what broke off goes on where it ended.
    """
    from realsyn_tasks.models import fetch as hub
    from realsyn_tasks.models.cards import cards_named, require_fetchable

    known = cards_named(card)
    require_fetchable(known, named=card)
    got: dict[str, Any] = {}
    for name, each in known.items():
        if not each.repository:
            continue
        snapshot = hub.fetch(name, each, _progress())
        due = hub.declaration(each, snapshot)
        got[name] = {"folder": str(snapshot.folder), "revision": snapshot.revision, "declare": due}
        print(f"{name}: {snapshot.folder}", file=stream())
        for field, value in due.items():
            print(f"  for other machines, write into its card: {field}: {value}", file=stream())
    result(got, shown=True)


@models_app.command("mirror")
def mirror_models(
    mirror: Annotated[str, typer.Argument(help="A folder, or its URI: s3://..., file:///...")],
    card: Cards,
) -> None:
    """Put fetched models into a folder or bucket, from which others fetch (REALSYN_MODELS).

    Each file is held against its digest first; what is there whole is not sent again.
    """
    from dataclasses import asdict

    from realsyn_tasks.core.storage import Storage
    from realsyn_tasks.models import fetch as hub
    from realsyn_tasks.models.cards import cards_named, require_fetchable

    known = cards_named(card)
    require_fetchable(known, named=card)
    where = Storage.at(mirror if "://" in mirror else Path(mirror).resolve().as_uri())
    put = {name: hub.mirror(name, each, where) for name, each in known.items() if each.repository}
    for name, done in put.items():
        print(f"{name}: {done.place} ({len(done.new)} of {done.files} files new)", file=stream())
    print(f"  for other machines: REALSYN_MODELS={where.uri}", file=stream())
    result({name: asdict(done) for name, done in put.items()}, shown=True)


def _progress() -> Any:
    """Tell people now and then how far a file is."""
    import sys

    told: dict[str, int] = {}

    def progress(file: str, here: int, size: int) -> None:
        tenth = 10 * here // max(1, size)
        if told.get(file) != tenth:
            told[file] = tenth
            print(f"  {file}: {10 * tenth} % of {size / 1e9:.2f} GB", file=sys.stderr)

    return progress


@app.command("sample-crawl")
def sample_crawl(
    out: Annotated[Path, typer.Option(help="Folder for the crawl")],
    held_out: Annotated[
        Path | None, typer.Option(help="Folder for listings of pictures that it leaves out")
    ] = None,
    hide_captions: Annotated[
        float, typer.Option(help="Share of captions that stand on other pages", min=0, max=1)
    ] = 0.0,
    skew: Annotated[
        float, typer.Option(help="Pictures of the largest topic over those of the median", min=1)
    ] = 1.0,
) -> None:
    """Build the sample crawl from Debian packages, and list what is kept out for measuring."""
    from realsyn_tasks.sample_crawl import Variant, list_held_out, package_cache
    from realsyn_tasks.sample_crawl import main as build_sample_crawl

    build_sample_crawl(out, variant=Variant(hide_captions, skew))
    if held_out:
        list_held_out(held_out, package_cache())


@app.command("evaluation-sets")
def evaluation_sets(
    name: Annotated[
        list[str] | None, typer.Argument(help="stamps, drawings, fashion-mnist; none: all of them")
    ] = None,
    out: Annotated[
        str, typer.Option(help="Folder of sets; empty: REALSYN_EVALUATION_SETS, or the cache")
    ] = "",
) -> None:
    """Make evaluation sets, out of Debian packages, of what the sample crawl leaves out."""
    from realsyn_tasks.evaluate.evaluation_sets import folder_of_sets
    from realsyn_tasks.sample_crawl import package_cache
    from realsyn_tasks.sample_crawl.evaluation_sets import make

    made = make(name or [], Path(folder_of_sets(out)), package_cache())
    for each in made:
        held = ", ".join(f"{count} {split}" for split, count in each.pictures.items())
        state = "made" if each.fresh else "already there"
        print(f"{each.name}: {state}, {held} pictures in {each.folder}", file=stream())
    result({each.name: {"folder": each.folder, **each.pictures} for each in made}, shown=True)
