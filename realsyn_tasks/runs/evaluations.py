"""Opens evaluations: of one or several published versions of a root, by a protocol.

All that decides what comes out is settled here: the versions by their manifests, the protocol by
its digest, the evaluation sets by what they hold. What the protocol says, no setting changes.
What another evaluation of the root did alike, such as features of evaluation sets, is adopted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from realsyn_tasks.core import closed
from realsyn_tasks.core.config import Frozen, ResolvedModel, RunConfig
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.names import listed, safe_name, slug
from realsyn_tasks.core.problems import Problems
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets.pinned import VersionRef, VersionsRef
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.evaluate import evaluation_sets, protocol, settings
from realsyn_tasks.evaluate.group import SETS, TRIALS
from realsyn_tasks.evaluate.protocol import Protocol
from realsyn_tasks.kinds import EVALUATION, VERSIONS
from realsyn_tasks.runs.analyses import build_of, version_at
from realsyn_tasks.runs.choices import CHOICES, Choices, common, models_of, stages_of
from realsyn_tasks.runs.donors import most_alike
from realsyn_tasks.runs.form import check_settings, checked_name
from realsyn_tasks.runs.opening import created
from realsyn_tasks.runs.places import writable
from realsyn_tasks.runs.predecessors import NONE
from realsyn_tasks.stages import PIPELINE

Stages = dict[str, dict[str, Any]]


class EvaluationForm(Frozen):
    """What somebody asks of an evaluation, as the fields of the form say it."""

    versions: str  # URIs of versions, of datasets (their latest) or of builds; with commas between
    protocol: str = protocol.DEFAULT
    evaluation_sets: str = ""  # folder or prefix that has them; empty: this machine's
    leave_out: str = ""  # evaluation sets of the protocol, with commas between
    name: str = ""
    choices: Choices = Choices()


class Asked(NamedTuple):
    """A protocol as it is to be followed: without the sets that were left out, these pinned."""

    name: str
    protocol: Protocol
    stages: Stages


def open_evaluation(form: EvaluationForm, problems: Problems | None = None) -> Workspace:
    """Open an evaluation; ConfigError for all that is wrong, with what is noted as `problems`.

    Opening the same again changes nothing.
    """
    problems = Problems() if problems is None else problems
    found = _versions(form, problems)
    asked = _asked(form, problems)
    checked_name(form.name, problems)
    check_settings(form.choices, EVALUATION, problems)
    problems.raise_if_any()
    assert asked is not None
    config = _config(found, asked, form)
    return created(found[0].storage, config)


def _config(found: Sequence[Version], asked: Asked, form: EvaluationForm) -> RunConfig:
    choices, own = _models(found[0], form.choices.beside(found[0].storage))
    reference = VersionsRef(versions=tuple(VersionRef.of(version) for version in found))
    name = form.name or name_of(asked.name, found)
    config = RunConfig(
        kind=EVALUATION.name,
        name=safe_name(name, "name"),
        scale=found[0].manifest.scale if len(found) == 1 else "",
        axes={VERSIONS.axis: reference.shards, **_axes(len(found), asked.protocol)},
        **common(_laid_under(choices, asked), EVALUATION, {VERSIONS.name: reference.pinned()}, own),
    )
    donors = () if choices.follow == NONE else most_alike(found[0].storage, config)
    return config.model_copy(update={"donors": donors})


def _axes(versions: int, asked: Protocol) -> dict[str, int]:
    return {SETS: len(asked.sets), TRIALS: versions * len(asked.arms) * asked.seeds}


def name_of(protocol_name: str, found: Sequence[Version]) -> str:
    """Name the evaluation of some versions that nobody has named."""
    if len(found) == 1:
        return slug(f"{protocol_name}-{found[0].manifest.name}-{found[0].name}")
    paths = digest([version.path for version in found])[:12]
    return slug(f"{protocol_name}-{len(found)}-versions-{paths}")


def _versions(form: EvaluationForm, problems: Problems) -> list[Version]:
    """Give the versions that are meant, and note what is wrong with any of them."""
    named = listed(form.versions)
    found: list[Version] = []
    with problems.noted():
        _require_some(named)
    for uri in named:
        with problems.noted():
            found.append(version_at(uri))
    with problems.noted():
        _require_one_root(found)
    return found


def _require_some(named: Sequence[str]) -> None:
    if not named:
        raise ConfigError(
            "versions: none is named; give the URIs of versions, of datasets or of builds"
        )


def _require_one_root(found: Sequence[Version]) -> None:
    roots = sorted({version.storage.uri for version in found})
    if len(roots) > 1:
        raise ConfigError(
            f"versions: they are of several roots ({', '.join(roots)}); an evaluation reads one:"
            " adopt them into it, or open one for each"
        )
    paths = [version.path for version in found]
    twice = sorted({path for path in paths if paths.count(path) > 1})
    if twice:
        raise ConfigError(f"versions: {', '.join(twice)} is named twice")
    for root in roots:
        writable(root)


def _asked(form: EvaluationForm, problems: Problems) -> Asked | None:
    """Give the protocol as settings of stages, and note what is wrong with it or its sets."""
    with problems.noted():
        asked = settings.without_sets(protocol.read(form.protocol), listed(form.leave_out))
        sets = evaluation_sets.pin(asked.sets, form.evaluation_sets)
        pinned = [each.model_dump(mode="json") for each in sets]
        stages = settings.stages_of_protocol(form.protocol, asked, pinned)
        _require_sense(form.protocol, stages)
        _require_unchanged(stages, form.choices)
        return Asked(form.protocol, asked, stages)
    return None


def _require_sense(name: str, stages: Stages) -> None:
    """Have the stages check what the protocol says to them, so that its file is blamed."""
    for stage, said in stages.items():
        model = PIPELINE.stage(stage).config_class()
        closed.validate(model, said, f"include/{protocol.FOLDER}/{name}.yaml", stage)


def _require_unchanged(stages: Stages, choices: Choices) -> None:
    """Refuse settings that the protocol has: its digest would be that of another one."""
    changed = [
        f"{stage}.{word}"
        for stage, said in stages.items()
        for word in choices.stages.get(stage, {})
        if word in said
    ]
    if changed:
        raise ConfigError(
            f"{CHOICES}: {', '.join(changed)} is the protocol's to say: write a protocol of your"
            f" own into include/{protocol.FOLDER}"
        )


def _laid_under(choices: Choices, asked: Asked) -> Choices:
    """Lay what was chosen besides over the settings of the protocol."""
    chosen = choices.stages
    stages = {stage: {**said, **chosen.get(stage, {})} for stage, said in asked.stages.items()}
    return choices.model_copy(update={"stages": {**chosen, **stages}})


def _models(version: Version, choices: Choices) -> tuple[Choices, Mapping[str, ResolvedModel]]:
    """Give the models that are chosen, else those of the version's build, else the profile's.

    With those of a build goes its profile, which has the classes they are of.
    """
    kinds = _kinds(stages_of(EVALUATION))
    build = None if choices.model_set or kinds & set(choices.models) else build_of(version)
    if build is None or not kinds <= set(build.config.models):
        return choices, models_of(choices, kinds)
    own = {kind: build.config.models[kind] for kind in sorted(kinds)}
    profile = build.config.profile or choices.profile
    return choices.model_copy(update={"profile": profile}), own


def _kinds(stages: Iterable[Any]) -> set[str]:
    return {kind for stage in stages for kind in stage.models}
