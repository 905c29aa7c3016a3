"""Commands about models, and the sample crawl they are tried on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from realsyn_tasks.cli.application import app, result
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
    print(as_yaml(proposal), file=stream())
    result(proposal, shown=True)


def _model(kind: str, name: str, options: str) -> Any:
    from realsyn_tasks.core.closed import json_object
    from realsyn_tasks.runs.models import load_named

    return load_named(kind, name, json_object(options, "--options"))


@app.command()
def models() -> None:
    """Prepare the embedded models in the cache folder."""
    from realsyn_tasks.core.include import cache_folder
    from realsyn_tasks.models.makers import prepare

    prepare(cache_folder())


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
