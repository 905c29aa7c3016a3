"""The command line's frame: the application, what its commands share, results and exit codes.

The last line on standard output is the result, as JSON; people read standard error. The exit code
tells the retry policy what to do (core.errors).
"""

from __future__ import annotations

import json
import sys
import traceback
from typing import Annotated, Any

import typer
from pydantic_core import to_jsonable_python

from realsyn_tasks.core.errors import Bug, explained
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
Crawls = Annotated[str, typer.Option(help="Folder in which crawls arrive; empty: ROOT/crawls")]
Marker = Annotated[
    str, typer.Option(help="The file that makes a crawl whole; empty: the listing alone does")
]
Settle = Annotated[float, typer.Option(help="Seconds in which a listing must not change", min=0)]


def workspace_at(uri: str) -> Any:
    """Give the run at a URI, which must be open."""
    from realsyn_tasks.runs.root import Runs

    return Runs.at(uri)


def result(value: Any) -> None:
    """Leave an answer, a value or a frozen model, as one line of JSON."""
    plain = to_jsonable_python(value, by_alias=True, fallback=str)
    text = json.dumps(plain, sort_keys=True)
    print(text, flush=True)
    LAST_WORDS.result(text)


def choices(options: str) -> tuple[Any, Any]:
    """Read what --options says, and note what is wrong with it, to be told with all else."""
    from realsyn_tasks.core.problems import Problems
    from realsyn_tasks.runs.choices import read_choices

    problems = Problems()
    return read_choices(options, problems), problems


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
