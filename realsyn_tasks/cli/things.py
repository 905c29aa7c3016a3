"""Commands about single things: where they are, why not, and their takedown."""

from __future__ import annotations

from typing import Annotated

import typer

from realsyn_tasks.cli.application import Really, Root, app, hint, result
from realsyn_tasks.core.screen import stream

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
    result(story, shown=True)


@app.command()
def find(
    root: Root,
    things: Annotated[
        list[str] | None,
        typer.Argument(help="URLs, domains, hashes, ids, keys of samples, sentences, phrases"),
    ] = None,
    file: Annotated[str, typer.Option(help="A file of URLs, domains and hashes, one a line")] = "",
) -> None:
    """Say whether things are in any published dataset, and where; of the others, why not."""
    from realsyn_tasks.report import whereabouts
    from realsyn_tasks.stages import PIPELINE
    from realsyn_tasks.takedown import command

    places = whereabouts.find(root, PIPELINE, things or [], file)
    command.show(places)
    result(places, shown=True)


@app.command()
def takedown(
    root: Root,
    urls: Annotated[str, typer.Option(help="URLs of images or pages, one a line")] = "",
    domains: Annotated[str, typer.Option(help="Domains, with their subdomains, one a line")] = "",
    hashes: Annotated[str, typer.Option(help="SHA-256 or MD5 of images, one a line")] = "",
    file: Annotated[str, typer.Option(help="A file of any of these, one a line, below ROOT")] = "",
    note: Annotated[str, typer.Option(help="A case number or a date, for the receipt")] = "",
    really: Really = False,
) -> None:
    """Take things out of the corpus and of every dataset's next version; write a receipt.

    Without --really only a page of what would go is written.
    """
    from realsyn_tasks.takedown import command

    removal = command.take_down(root, command.Form(urls, domains, hashes, file, note), not really)
    command.show_takedown(removal)
    result(removal, shown=True)
    hint(really)


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
    print(page, file=stream())
    result(reason_tables.tables(PIPELINE), shown=True)
