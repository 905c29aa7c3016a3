"""The command line's frame: the application, what its commands share, results and exit codes.

Every command answers people by a screenful on standard output. With `--json`, or REALSYN_JSON in
the environment as the control plane sets it, standard output has the result alone, as one line of
JSON, and screens go to standard error. The exit code tells the retry policy what to do
(core.errors). What changes things for good is only shown, unless `--really` is said.
"""

from __future__ import annotations

import functools
import inspect
import json
import sys
import traceback
from collections.abc import Callable
from typing import Annotated, Any

import typer
from pydantic_core import to_jsonable_python

from realsyn_tasks.core import screen
from realsyn_tasks.core.errors import Bug, explained
from realsyn_tasks.core.last_words import LastWords
from realsyn_tasks.core.termination import orderly

Json = Annotated[
    bool, typer.Option("--json", envvar=screen.VARIABLE, help="Answer by a line of JSON")
]
Really = Annotated[
    bool, typer.Option("--really/--dry-run", help="Do it; else only show what would be done")
]


class Application(typer.Typer):
    """Commands that all have the option --json."""

    def command(self, name: str | None = None, **more: Any) -> Callable[[Any], Any]:
        """Register a function as a command; the function itself stays as it is."""
        return _added(super().command(name, **more))

    def callback(self, **more: Any) -> Callable[[Any], Any]:
        """Register a function as what stands before the commands of a group, likewise."""
        return _added(super().callback(**more))


def _added(register: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def add(function: Callable[..., None]) -> Callable[..., None]:
        register(_answering(function))
        return function

    return add


def _answering(function: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(function)
    def answer(*, json: bool, **options: Any) -> None:
        with screen.read_by_people(not json):
            function(**options)

    own = inspect.signature(function, eval_str=True)
    flag = inspect.Parameter("json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Json)
    options = [
        each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own.parameters.values()
    ]
    answer.__signature__ = own.replace(parameters=[*options, flag])  # type: ignore[attr-defined]
    answer.__annotations__ = {each.name: each.annotation for each in [*options, flag]}
    return answer


app = Application(
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
Claim = Annotated[
    str, typer.Option(help="JSON: the run of the control plane that asks", hidden=True)
]
Crawls = Annotated[str, typer.Option(help="Folder in which crawls arrive; empty: ROOT/crawls")]
Marker = Annotated[
    str, typer.Option(help="The file that makes a crawl whole; empty: the listing alone does")
]
Settle = Annotated[float, typer.Option(help="Seconds in which a listing must not change", min=0)]


def workspace_at(uri: str) -> Any:
    """Give the run at a URI, which must be open."""
    from realsyn_tasks.runs.root import Runs

    return Runs.at(uri)


def is_held(storage: Any, works: list[str], claim: str) -> bool:
    """Claim works for a run of the control plane; leave who holds one instead as the answer."""
    from realsyn_tasks.runs import claims

    rival = claims.rival(storage, works, claim)
    if rival:
        result({"held_by": rival})
    return rival is not None


def result(value: Any, shown: bool = False) -> None:
    """Leave an answer, a value or a frozen model; `shown`: people have seen it on a screen."""
    plain = to_jsonable_python(value, by_alias=True, fallback=str)
    text = json.dumps(plain, sort_keys=True)
    if not screen.for_people():
        print(text, flush=True)
    elif not shown:
        print("\n".join(screen.in_words(plain)), flush=True)
    LAST_WORDS.result(text)


def changed(value: Any, really: bool) -> None:
    """Leave what a command changed for good, or would have."""
    plain = to_jsonable_python(value, by_alias=True, fallback=str)
    result({**plain, "really": really})
    hint(really)


def hint(really: bool) -> None:
    """Tell people that a dry run changed nothing."""
    if screen.for_people() and not really:
        print("nothing was changed: give --really to do it", flush=True)


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
