"""Operators that open runs: first the whole form is checked, then a run is pinned and frozen.

They stand in a pool of their own, so that a form is answered in seconds while all else is busy.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.execution_time.context import NEVER_EXPIRE

from realsyn_airflow import lineage
from realsyn_airflow.operators import ClaimingOperator
from realsyn_tasks.core.shards import as_ranges

if TYPE_CHECKING:
    from airflow.sdk import Context

POOL = "forms"
PINNED = "generations"  # key of the task's state: what its first try pinned
NO_GENERATION = "none"  # as the data plane reads it
CHOSEN = ("profile", "preset", "seed", "model_set", "models", "stages", "follow")
NEEDED = {
    "extract": "crawl",
    "build": "scale",
    "analysis": "version",
    "tuning": "version",
    "evaluation": "versions",
}
FIELDS = {
    "extract": ("crawl", "format", "name"),
    "build": ("scale", "name", "generations", "allow_smaller"),
    "analysis": ("version", "name"),
    "tuning": ("version", "name", "base", "teacher", "examples", "steps", "register_card"),
    "evaluation": ("versions", "protocol", "evaluation_sets", "leave_out", "name"),
}
OF_VERSIONS = ("analysis", "tuning", "evaluation")  # a version's URI has its own root


class OpenOperator(ClaimingOperator):
    """Freezes the configuration of a run of any kind; returns its URI.

    A run that is named by its URI already (params.build) is taken as it is.
    """

    def __init__(self, *, kind: str, **kwargs: Any) -> None:
        super().__init__(words=(), pool=POOL, **kwargs)
        self.kind = kind

    def waits(self, context: Context) -> bool:
        """Extracts come one after another: each is held against the generations before it."""
        return self.kind == "extract" or super().waits(context)

    def execute(self, context: Context) -> str:
        """Open the run that the form describes."""
        params = context["params"]
        if params.get("build"):
            self.result = {"build": str(params["build"])}
        else:
            self.words = self.words_for(params)
            super().execute(context)
        return str(self.result["build"])

    def words_for(self, params: Mapping[str, Any]) -> list[str]:
        """Translate the form into the command that opens the run."""
        return opening_words(self.kind, params)

    def way(self) -> lineage.Way:
        """Tell what the run is pinned to."""
        return lineage.of_opening(self.words, (self.result or {}).get("build", ""))


class PinOperator(ClaimingOperator):
    """Checks the whole form of a build and settles what it is made of; returns that.

    What the first try pinned holds for the run: tried again or cleared, it is pinned to the same.
    It claims the build, so that a second run of it is told so before anything is extracted.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(words=(), pool=POOL, **kwargs)

    def execute(self, context: Context) -> dict[str, Any]:
        """Pin what the form names, or what was pinned before."""
        params, kept = dict(context["params"]), context["task_state_store"]
        before = kept.get(PINNED)
        if before is not None:
            self.log.info("this run is pinned to generations %s since its first try", before)
            params["generations"] = before
        self.words = pinning_words(params)
        pins: dict[str, Any] = super().execute(context)
        kept.set(PINNED, named(pins), retention=NEVER_EXPIRE)
        self.log.info("the build is made of %s", pins["words"])
        return pins


class OpenBuildsOperator(OpenOperator):
    """Opens a build for each scale of the form, of what was pinned; returns [{"build": URI}, ...].

    The first is what the others adopt from. Groups of which nothing is left to do in it, because
    another build has done them, are left as the XCom `done`.
    """

    template_fields: Sequence[str] = ("pins",)

    def __init__(self, *, pins: Any, **kwargs: Any) -> None:
        super().__init__(kind="build", **kwargs)
        self.pins = pins  # as PinOperator gives them

    def execute(self, context: Context) -> list[dict[str, str]]:  # type: ignore[override]
        """Open the builds that the form describes."""
        super().execute(context)
        context["ti"].xcom_push("done", self.result["done"])
        return [{"build": uri} for uri in self.result["builds"]]

    def words_for(self, params: Mapping[str, Any]) -> list[str]:
        """Open the builds over what is pinned, and the generation of the run's own crawl."""
        words = opening_words(self.kind, {**params, "generations": named(self.pins)})
        extract = self.pins["extract"]
        return [*words, "--extract", extract] if extract else words

    def way(self) -> lineage.Way:
        """Tell what the builds are pinned to."""
        opened = (self.result or {}).get("builds", [])
        return lineage.Way(super().way().inputs, tuple(f"{uri}/config.json" for uri in opened))


def named(pins: Mapping[str, Any]) -> str:
    """Name the generations that are pinned as the form and the command do."""
    return as_ranges(pins["generations"]) or NO_GENERATION


def opening_words(kind: str, params: Mapping[str, Any]) -> list[str]:
    """Translate the form into the command that opens a run, which tells what is wrong with it."""
    place = [] if kind in OF_VERSIONS else ["--root", params["root"]]
    words = [f"open-{kind}", *place, "--options", json.dumps(_chosen(params))]
    needed = NEEDED[kind]
    return [*words, f"--{needed}", str(params.get(needed) or ""), *_said(params, kind)]


def pinning_words(params: Mapping[str, Any]) -> list[str]:
    """Translate the form of a build into the command that pins it."""
    words = ["pin-build", "--root", params["root"], "--options", json.dumps(_chosen(params))]
    words += ["--scale", str(params.get("scale") or ""), *_said(params, "build")]
    crawl = {name: params.get(name) for name in ("crawl", "format")}
    return [*words, *(part for name, value in crawl.items() for part in _option(name, value))]


def _chosen(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: params[name] for name in CHOSEN if params.get(name) is not None}


def _said(params: Mapping[str, Any], kind: str) -> list[str]:
    """Give the fields that somebody filled in, but for the one that is needed."""
    names = (name for name in FIELDS[kind] if name != NEEDED[kind])
    return [part for name in names for part in _option(name, params.get(name))]


def _option(name: str, value: Any) -> list[str]:
    option = f"--{name.replace('_', '-')}"
    if isinstance(value, bool):
        return [option] if value else []
    return [option, str(value)] if value else []
