"""Commands about crawls as they arrive, and about what is new since the last version."""

from __future__ import annotations

from typing import Annotated

import typer

from realsyn_tasks.cli.application import Crawls, Marker, Really, Root, Settle, app, changed, result
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.screen import stream


@app.command()
def discover(
    root: Root, crawls: Crawls = "", marker: Marker = "_SUCCESS", settle: Settle = 5.0
) -> None:
    """List the crawls that are whole, not in the corpus, and not quarantined."""
    from realsyn_tasks.runs import arrivals

    arrived = arrivals.crawls(arrivals.Arrivals(root, crawls, marker, settle))
    arrivals.show(arrived)
    ready = [crawl for crawl in arrived if crawl.state == arrivals.READY]
    result({"crawls": [{"crawl": crawl.crawl, "name": crawl.name} for crawl in ready]}, shown=True)


@app.command()
def quarantine(
    root: Root,
    crawls: Crawls = "",
    marker: Marker = "_SUCCESS",
    crawl: Annotated[str, typer.Option(help="URI of the only one to look at; else all")] = "",
) -> None:
    """Set aside each crawl whose gate has failed or that cannot be read; the rest is named."""
    from realsyn_tasks.runs import arrivals

    aside = arrivals.set_aside(arrivals.Arrivals(root, crawls, marker, only=crawl))
    for note in aside["quarantined"]:
        print(f"quarantined {note['crawl']}: {note['why']} {note['page']}", file=stream())
    result(aside, shown=bool(aside["quarantined"]))
    if aside["unfinished"]:
        raise ConfigError(
            f"not in the corpus, and no gate has judged: {', '.join(aside['unfinished'])}; see why"
            " its run of realsyn_extract failed. It is tried again with the next ingest"
        )


@app.command()
def release(
    root: Root,
    crawl: Annotated[str, typer.Option(help="Name of its extract, or its URI")],
    really: Really = False,
) -> None:
    """Take a crawl out of quarantine, or forget that it was known; the next ingest tries it again.

    Without --really only why it is there is shown.
    """
    from realsyn_tasks.runs import arrivals

    act = arrivals.release if really else arrivals.quarantined_as
    changed(act(root, crawl), really)


@app.command()
def news(
    root: Root, scale: Annotated[str, typer.Option(help="A named scale, or a number of pairs")]
) -> None:
    """Count what has come into the corpus since the last version of a scale."""
    from realsyn_tasks.runs import news as since

    told = since.news(root, scale)
    since.show(told)
    result(told, shown=True)
