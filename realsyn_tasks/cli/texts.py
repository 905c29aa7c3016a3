"""Commands about what language models write."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from realsyn_tasks.cli.application import app, result
from realsyn_tasks.core.screen import stream


@app.command("measure-texts")
def measure_texts(
    name: Annotated[str, typer.Argument(help="A card of a language model, or a backend")],
    out: Annotated[Path | None, typer.Option(help="JSON file for table and answers")] = None,
    options: Annotated[str, typer.Option(help="The model's options, as JSON")] = "{}",
    root: Annotated[str, typer.Option(help="Root whose tuned models may be named, too")] = "",
    preset: Annotated[str, typer.Option(help="Whose settings of generate_texts")] = "default",
    settings: Annotated[
        str, typer.Option(help="Settings of generate_texts over these, as JSON")
    ] = "{}",
    facts: Annotated[
        Path | None, typer.Option(help="Pairs with known facts; else those of the sample crawl")
    ] = None,
    pairs: Annotated[int, typer.Option(help="How many of them", min=1)] = 200,
    encoder: Annotated[str, typer.Option(help="For cosines, and tags")] = "conse",
    reranker: Annotated[str, typer.Option(help="For support")] = "ms-marco-minilm-l-12",
    keep: Annotated[
        str, typer.Option(help="Folder for answers: killed and called again, it goes on")
    ] = "",
) -> None:
    """Measure how often a model's texts contradict or drop what is known of pairs."""
    from realsyn_tasks.core.closed import json_object
    from realsyn_tasks.report import measured_texts
    from realsyn_tasks.synthesize.facts import read_facts

    named = {"language_model": name, "encoder": encoder, "reranker": reranker}
    table, answers = measured_texts.measured(
        read_facts(facts or _known_facts())[:pairs],
        measured_texts.Asked(named, json_object(options, "--options"), preset, root, keep),
        json_object(settings, "--settings"),
    )
    if out:
        rows = [asdict(answer) for answer in answers]
        out.write_text(json.dumps({**table, "rows": rows}, indent=1) + "\n", encoding="utf-8")
    print("\n".join(measured_texts.in_words(table)), file=stream())
    result(table, shown=True)


def _known_facts() -> Any:
    """Give the file of the sample crawl's pairs with known facts, made if it is not there."""
    from realsyn_tasks import sample_crawl
    from realsyn_tasks.core.include import cache_folder

    path = cache_folder() / "known-facts" / sample_crawl.FACTS
    cache = sample_crawl.package_cache()
    return path if path.is_file() else sample_crawl.write_facts(path, cache)
