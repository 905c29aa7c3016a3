"""`python -m realsyn_local demo|build|tune|evaluate|ui|stop`: see `make help`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from realsyn_airflow import settings
from realsyn_local import evaluate as evaluation
from realsyn_local import processes
from realsyn_local import tune as tuning
from realsyn_local.build import BuildFailed, airflow, build, console, data_plane, wait_for_dags
from realsyn_local.ports import StartError
from realsyn_tasks.core import closed, include
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.names import safe_root
from realsyn_tasks.evaluate import protocol
from realsyn_tasks.models.cards import model_set_names
from realsyn_tasks.runs.preset import DEFAULT

DEMO_ROOT = settings.PROJECT / "runs" / "demo"


def demo(arguments: argparse.Namespace) -> None:
    """Run the sample crawl through the whole pipeline."""
    crawl = include.cache_folder() / "sample-crawl"

    def prepare() -> None:
        steps = [["sample-crawl", "--out", str(crawl)], ["models"]]
        with ThreadPoolExecutor(len(steps)) as side_by_side:
            list(side_by_side.map(data_plane, steps))

    conf = {"root": str(DEMO_ROOT), "crawl": str(crawl), "scale": "demo"}
    build(conf, meanwhile=prepare)


def build_any(arguments: argparse.Namespace) -> None:
    """Run any crawl through the whole pipeline."""
    conf: dict[str, Any] = {
        "root": _place(arguments.root or settings.default_root()),
        "crawl": _place(arguments.crawl) if arguments.crawl else "",
        "format": arguments.format,
        "scale": arguments.target or "demo",
        "name": arguments.name,
        "generations": arguments.generations,
        "allow_smaller": arguments.allow_smaller,
        "profile": arguments.profile or settings.profile_name(),
        "preset": arguments.preset or DEFAULT,
        "model_set": arguments.model_set,
        "models": _object("--models", arguments.models),
        "stages": _object("--stages", arguments.stages),
        "seed": arguments.seed,
        "follow": arguments.follow,
        "analyze": arguments.analyze,
        "approval": arguments.approval,
        "on_gate_failure": arguments.on_gate_failure,
    }
    build(conf, meanwhile=_prepare_models)


def _prepare_models() -> None:
    data_plane(["models"])


def tune_any(arguments: argparse.Namespace) -> None:
    """Tune a language model on the pairs of a build, and compare it with the untuned one."""
    given = ("name", "base", "teacher", "register-card")
    form = {name: getattr(arguments, name.replace("-", "_")) for name in given}
    numbers = {"examples": str(arguments.examples), "steps": str(arguments.steps)}
    version = arguments.version or f"{DEMO_ROOT.as_uri()}/builds/demo"
    _prepare_models()
    tuning.tune({"version": version, **form, **numbers}, _object("--stages", arguments.stages))


def evaluate_any(arguments: argparse.Namespace) -> None:
    """Train models on a published version by a protocol, and print what is shown of its claims."""
    given = ("protocol", "evaluation-sets", "leave-out", "name")
    form = {name: getattr(arguments, name.replace("-", "_")) for name in given}
    versions = arguments.version or f"{DEMO_ROOT.as_uri()}/builds/demo"
    evaluation.evaluate({"versions": versions, **form}, _object("--stages", arguments.stages))


def ui(arguments: argparse.Namespace) -> None:
    """Run Airflow until Ctrl-C."""
    with airflow() as (api, address):
        wait_for_dags(api(), address.since)
        words = f"\n  Airflow's UI (Ctrl-C stops it): {address.page()}\n"
        console.print(words, soft_wrap=True, highlight=False)
        while processes.running_port():
            time.sleep(2)
        raise BuildFailed("Airflow has ended")


def stop(arguments: argparse.Namespace) -> None:
    """Stop the local Airflow, whoever started it."""
    console.print("stopped" if processes.stop() else "nothing was running")


def _place(place: str) -> str:
    """Make a plain path absolute: Airflow's processes run elsewhere. BuildFailed for a slip."""
    try:
        safe_root(place)
    except ConfigError as error:
        raise BuildFailed(str(error)) from None
    return place if "://" in place else str(Path(place).absolute())


def _object(option: str, text: str) -> dict[str, Any]:
    try:
        return closed.json_object(text, option)
    except ConfigError as error:
        raise BuildFailed(str(error)) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="realsyn_local", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, function in COMMANDS.items():
        command = commands.add_parser(name, help=function.__doc__, description=function.__doc__)
        command.set_defaults(function=function)
        if name in OPTIONS:
            OPTIONS[name](command)
    return parser


def _build_options(command: argparse.ArgumentParser) -> None:
    texts = {
        "crawl": "crawl folder to extract first; none: build on the corpus there is",
        "format": "the crawl's format (its files tell)",
        "target": "a named scale or a number of pairs (demo)",
        "root": f"storage root ({settings.default_root()})",
        "name": "name of the build (the scale's)",
        "generations": "generations of the corpus to build on: 1-3,7 (all there are)",
        "profile": "settings to start from (local)",
        "preset": f"stage settings that belong together: {', '.join(include.preset_names())}",
        "model-set": f"models that belong together: {', '.join(model_set_names())}",
        "models": 'JSON: models in place of the profile\'s, {"encoder": "conse"}',
        "stages": "JSON: stage settings in place of the profile's",
    }
    for option, text in texts.items():
        command.add_argument(f"--{option}", default="", help=text)
    followed = "build to grow from: a name, latest, or none: match everything anew (latest)"
    command.add_argument("--follow", default="latest", help=followed)
    command.add_argument("--seed", type=int, default=0, help="seed of all sampling (0)")
    smaller = "publish fewer pairs where the corpus has no more"
    command.add_argument("--allow-smaller", action="store_true", help=smaller)
    analysed = argparse.BooleanOptionalAction
    command.add_argument("--analyze", action=analysed, default=True, help="what is published")
    command.add_argument("--approval", action="store_true", help="ask in the UI before promotions")
    asking = "ask: a person may override a failed gate in the UI; fail: it fails at once (fail)"
    command.add_argument("--on-gate-failure", choices=["fail", "ask"], default="fail", help=asking)


def _tune_options(command: argparse.ArgumentParser) -> None:
    texts = {
        "version": "URI of a published version, or of a build (the demo's)",
        "name": "name of the tuning, and of the card that comes of it",
        "base": "card of the language model to tune (the profile's)",
        "teacher": "card of its teacher (itself)",
        "register-card": "gain: if it is better; always; never (gain)",
        "stages": "JSON: stage settings in place of the profile's",
    }
    for option, text in texts.items():
        command.add_argument(f"--{option}", default="", help=text)
    command.add_argument("--examples", type=int, default=tuning.EXAMPLES, help="wanted (32)")
    command.add_argument("--steps", type=int, default=tuning.STEPS, help="of the training (15)")


def _evaluate_options(command: argparse.ArgumentParser) -> None:
    texts = {
        "version": "URIs of published versions, or of builds, with commas between (the demo's)",
        "protocol": f"one of include/protocols: {', '.join(protocol.names())} ({protocol.DEFAULT})",
        "evaluation-sets": "folder that has the protocol's sets (those that are made here)",
        "leave-out": "evaluation sets of the protocol, with commas between",
        "name": "name of the evaluation (the protocol's and the version's)",
        "stages": "JSON: stage settings that the protocol does not have",
    }
    for option, text in texts.items():
        command.add_argument(f"--{option}", default="", help=text)


COMMANDS = {
    "demo": demo,
    "build": build_any,
    "tune": tune_any,
    "evaluate": evaluate_any,
    "ui": ui,
    "stop": stop,
}
OPTIONS = {"build": _build_options, "tune": _tune_options, "evaluate": _evaluate_options}


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Run a command; 1 with the reason if it fails."""
    signal.signal(signal.SIGTERM, _interrupt)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    arguments = _parser().parse_args()
    try:
        arguments.function(arguments)
    except (BuildFailed, StartError) as error:
        console.print(f"\n[bold red]failed[/bold red] {error}", highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("interrupted")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
