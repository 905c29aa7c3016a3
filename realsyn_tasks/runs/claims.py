"""Who is at work on what below a root, so that nobody does the same work beside them.

    {root}/claims/{what}/{number}.json    a run of the control plane; the highest number holds

A claim is written exclusively and never removed: whoever comes next asks the control plane whether
the holder is still under way, and writes the next number if it is not. Data are safe without claims
(commits are exclusive); these spare people the second run.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from pydantic import BaseModel, ConfigDict

from realsyn_tasks.core.closed import parsed
from realsyn_tasks.core.records import read_record
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.kinds import EXTRACT

FOLDER = "claims"
CORPUS_CHANGES = "extract"  # one claim for all extracts of a root: each is held against the others


class Owner(BaseModel):
    """A run of the control plane."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dag: str
    run: str


class Claimant(Owner):
    """A run that wants to be at work on something; claims up to a number are known to be over."""

    after: int = 0


class Claim(BaseModel):
    """What a run is at work on, or was."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    what: str
    number: int
    owner: Owner


def of_group(workspace: Workspace, group: str) -> str:
    """Name the work of a stage group on a run."""
    kind, name = workspace.config.kind, workspace.config.name
    return CORPUS_CHANGES if kind == EXTRACT.name else f"{group}.{name}"


def of_build(name: str) -> str:
    """Name the work on a build as a whole."""
    return f"build.{name}"


def rival(storage: Storage, works: Iterable[str], claim: str) -> Claim | None:
    """Claim works for a run of the control plane; give the first claim of another's that holds.

    `claim` is a Claimant as JSON, or empty where nobody claims. ConfigError if it is neither.
    """
    if not claim:
        return None
    asking = parsed(Claimant, claim, "--claim")
    return next(filter(None, (_rival(storage, what, asking) for what in works)), None)


def _rival(storage: Storage, what: str, asking: Claimant) -> Claim | None:
    owner = Owner(dag=asking.dag, run=asking.run)
    while True:
        last = _last(storage, what)
        if last and last.owner == owner:
            return None
        if last and last.number > asking.after:
            return last
        mine = Claim(what=what, number=last.number + 1 if last else 1, owner=owner)
        if storage.put_if_absent(_path(mine), mine.model_dump_json().encode()):
            return None


def _path(claim: Claim) -> str:
    return f"{FOLDER}/{claim.what}/{claim.number:06d}.json"


def _last(storage: Storage, what: str) -> Claim | None:
    paths = [path for path, _ in storage.listing(f"{FOLDER}/{what}")]
    numbered = {int(stem): path for path in paths if (stem := PurePosixPath(path).stem).isdigit()}
    if not numbered:
        return None
    newest = numbered[max(numbered)]
    return read_record(storage, newest, Claim, "remove it if no run is at work there")
