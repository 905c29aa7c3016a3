"""Opens tunings: of a language model, on the pairs of one published version.

The model that is tuned is the run's language model; its teacher is the setting ask_teacher.teacher,
or itself. What is tuned must be a checkpoint that torch can train, which stands behind the card.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from realsyn_tasks.core.config import Frozen, ModelSpec, ResolvedModel, RunConfig
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.names import safe_name, slug
from realsyn_tasks.core.problems import Problems
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets.pinned import VersionRef
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.kinds import TUNING, VERSION
from realsyn_tasks.models import cards
from realsyn_tasks.models.kinds import Kind as ModelKind
from realsyn_tasks.runs.analyses import version_at
from realsyn_tasks.runs.choices import Choices, common, models_of, stages_of
from realsyn_tasks.runs.form import check_settings, checked_name
from realsyn_tasks.runs.opening import created
from realsyn_tasks.runs.places import writable
from realsyn_tasks.tune import chats, settings

STUDENT: ModelKind = "language_model"
TRAINABLE = ("transformers", "vllm")  # backends of checkpoints as transformers saves them
CHATS = "_chats"  # at the end of a blob's name


class TuningForm(Frozen):
    """What somebody asks of a tuning, as the fields of the form say it; empty: the settings'."""

    version: str
    name: str = ""
    base: str = ""  # card of the model to tune
    teacher: str = ""
    examples: int = 0
    steps: int = 0
    register_card: str = ""
    choices: Choices = Choices()


def open_tuning(form: TuningForm, problems: Problems | None = None) -> Workspace:
    """Open a tuning; ConfigError for all that is wrong, with what is noted as `problems` already.

    The name is that of the card, too, so no card of include/models may have it.
    """
    problems = Problems() if problems is None else problems
    choices = _laid_over(form)
    version = _version(form, problems)
    if version:
        choices = choices.beside(version.storage)
    checked_name(form.name, problems)
    check_settings(choices, TUNING, problems)
    problems.raise_if_any()
    assert version is not None
    own = models_of(choices, _kinds())
    student = own[STUDENT]
    name = form.name or slug(f"{student.name}-{version.manifest.name}")
    if name in cards.cards():
        raise ConfigError(f"name {name!r} is that of a card in include/models: choose another")
    reference = VersionRef.of(version)
    pins = {VERSION.name: reference.pinned()}
    config = RunConfig(
        kind=TUNING.name,
        name=safe_name(name, "name"),
        scale=version.manifest.scale,
        axes={VERSION.axis: reference.shards},
        **common(_with_base(choices, student), TUNING, pins, own),
    )
    return created(version.storage, config)


def _laid_over(form: TuningForm) -> Choices:
    """Lay what was chosen besides over the fields of the form."""
    chosen = form.choices.stages
    said = settings.of_form(form.teacher, form.examples, form.steps, form.register_card)
    stages = {name: {**words, **chosen.get(name, {})} for name, words in said.items()}
    models = {**form.choices.models, **({STUDENT: ModelSpec(name=form.base)} if form.base else {})}
    return form.choices.model_copy(update={"stages": {**chosen, **stages}, "models": models})


def _version(form: TuningForm, problems: Problems) -> Version | None:
    """Give the version whose pairs are the material, and note if there is none."""
    with problems.noted():
        if not form.version:
            raise ConfigError("version: none is named; give the URI of a version or of a build")
        version = version_at(form.version)
        writable(version.storage.uri)
        return version
    return None


def _with_base(choices: Choices, student: ResolvedModel) -> Choices:
    """Say in the settings which checkpoint it is that is trained, and measured before."""
    base = _base(student)
    stages = dict(choices.stages)
    for stage in stages_of(TUNING):
        if "base" in stage.config_class().model_fields:
            mine = stages.get(stage.name, {})
            stages[stage.name] = {**mine, "base": {**base, **mine.get("base", {})}}
    return choices.model_copy(update={"stages": stages})


def _base(student: ResolvedModel) -> Mapping[str, Any]:
    checkpoint = student.options.get("checkpoint") or student.options.get("model")
    if student.backend not in TRAINABLE or not checkpoint:
        raise ConfigError(
            f"models.{STUDENT}: {student.name} runs by {student.backend}, of which there is no"
            f" checkpoint to train: name a card of the backends {' or '.join(TRAINABLE)}"
        )
    said = {name: student.options.get(name) for name in ("revision", "digest", "dtype")}
    said["device"] = student.running.get("device")
    known = {name: value for name, value in said.items() if value}
    return {"checkpoint": checkpoint, **known}


def export(tuning: Workspace, folder: Path) -> dict[str, str]:
    """Write the examples of a tuning as chats into a folder; gives the files by what they hold.

    Raises ConfigError where they are not chosen yet.
    """
    blobs = [(stage, blob) for stage in tuning.stages() for blob in stage.blobs]
    wanted = [(stage, blob) for stage, blob in blobs if blob.endswith(CHATS)]
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, str] = {}
    for stage, blob in wanted:
        commit = tuning.ledger(stage.name).find(0)
        if commit is None:
            raise ConfigError(f"{tuning.uri} has no {stage.name} yet: run it first")
        name = blob.removesuffix(CHATS)
        with tuning.storage.open(commit.objects[blob].path) as source:
            (folder / f"{name}{chats.SUFFIX}").write_bytes(source.read())
        files[name] = str(folder / f"{name}{chats.SUFFIX}")
    info = folder / "dataset_info.json"
    info.write_text(chats.dataset_info(files), encoding="utf-8")
    return {**files, "dataset_info": str(info)}


def _kinds() -> set[str]:
    """Name the kinds of models that a tuning uses."""
    return {kind for stage in stages_of(TUNING) for kind in stage.models}
