"""Promotion of the group tune: registers the tuned model as a card of the root, if it is better.

A gain is a result, and no gain is one: then nothing is registered, unless the setting
compare_models.register_card says otherwise, and the answer says which it was.
"""

from __future__ import annotations

from typing import Any

from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.config import ResolvedModel
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets.pinned import VersionRef
from realsyn_tasks.kinds import VERSION
from realsyn_tasks.models import stored
from realsyn_tasks.models.cards import Card, cards
from realsyn_tasks.models.checkpoints import PLACE
from realsyn_tasks.models.kinds import Kind

KIND: Kind = "language_model"
OF_WEIGHTS = {*PLACE, "model"}  # options that say which weights
MEMORY_GB = 24.0  # where no card describes the model that was tuned


def promote(workspace: Workspace) -> dict[str, Any]:
    """Register the model or leave it; gives how it did, and the card's name, "" without one."""
    evidence = Evidence(workspace, "tune")
    [compared] = evidence.commits("compare_models")
    gain = bool(compared.measures["gain"])
    said = {"gain": gain, **_shares(compared)}
    if not _is_wanted(workspace, gain):
        return {"uri": workspace.uri, "card": "", **said}
    [trained] = evidence.commits("train_student")
    name = workspace.config.name
    place = stored.register(
        workspace.storage,
        name,
        trained.objects["weights"],
        _card(workspace, said),
        _lineage(workspace, trained, said),
    )
    return {"uri": place, "card": name, **said}


def _shares(compared: Commit) -> dict[str, float]:
    return {name: compared.measures[name] for name in ("accepted_untuned", "accepted_tuned")}


def _is_wanted(workspace: Workspace, gain: bool) -> bool:
    wanted = workspace.config.stages["compare_models"]["register_card"]
    return wanted == "always" or (wanted == "gain" and gain)


def _card(workspace: Workspace, said: dict[str, Any]) -> Card:
    """Describe the tuned model: as the untuned one, but for its weights and what it was asked."""
    base = workspace.config.models[KIND]
    known = {**stored.cards_in(workspace.storage), **cards()}.get(base.card)
    shares = f"{said['accepted_untuned']:.3f} to {said['accepted_tuned']:.3f}"
    return Card(
        kinds=(KIND,),
        backend=base.backend,
        options={name: v for name, v in base.options.items() if name not in OF_WEIGHTS},
        stages={"generate_texts": known.stages["generate_texts"]}
        if known and "generate_texts" in known.stages
        else {},
        memory_gb=known.memory_gb if known else MEMORY_GB,
        licence=known.licence if known else f"that of {base.name}, which no card tells",
        source=f"{base.identity}, tuned in {workspace.folder}; share of texts that are taken at"
        f" the first asking: {shares}",
    )


def _lineage(workspace: Workspace, trained: Commit, said: dict[str, Any]) -> dict[str, Any]:
    """Say what the model was made of: models by identity, data by digest, settings."""
    config = workspace.config
    version = VersionRef.model_validate(config.sources[VERSION.name].reference)
    teacher = config.models.get("ask_teacher.teacher", config.models[KIND])
    return {
        "tuning": workspace.folder,
        "config": config.digest(),
        "untuned": _told(config.models[KIND]),
        "teacher": _told(teacher),
        "version": {"path": version.path, "manifest": version.manifest},
        "data": trained.inputs,
        "settings": config.stages["train_student"],
        "examples": trained.counts["examples"],
        **said,
    }


def _told(model: ResolvedModel) -> dict[str, str]:
    return {"name": model.name, "identity": model.identity}
