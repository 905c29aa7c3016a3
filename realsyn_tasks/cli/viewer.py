"""The command that serves what Airflow's pages show."""

from __future__ import annotations

from typing import Annotated

import typer

from realsyn_tasks.cli.application import app, result


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

    server.serve(server.Place(host, port, dev, parent), result)
