"""The fields of a form, each checked for itself, so that all that is wrong is told at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from realsyn_tasks.core.config import ResolvedModel
from realsyn_tasks.core.declaration import Kind
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.names import safe_name, slug
from realsyn_tasks.core.problems import Problems
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.runs import models, predecessors, preset
from realsyn_tasks.runs.choices import Choices, models_of, settled, stages_of
from realsyn_tasks.runs.crawl import require_readable
from realsyn_tasks.runs.places import writable
from realsyn_tasks.runs.profile import place as profile_place
from realsyn_tasks.runs.targets import require_scales


@dataclass(frozen=True)
class Wanted:
    """A build that somebody asks for: its scale, its name, its choices."""

    scale: str
    name: str
    choices: Choices
    allow_smaller: bool = False  # than the target, where the corpus has no more


def checked_root(root: str, kind: Kind, follow: str, problems: Problems) -> Storage | None:
    """Give a root that can be written, and note what is wrong; also a run to follow that is not."""
    storage: Storage | None = None
    with problems.noted():
        storage = writable(root)
    if storage is not None:
        with problems.noted():
            predecessors.require_run(storage, kind, follow)
    return storage


def checked_scales(
    scales: Sequence[str], name: str, choices: Choices, allow_smaller: bool, problems: Problems
) -> list[Wanted]:
    """Give what each scale asks for, and note what is wrong with scales and name."""
    with problems.noted():
        require_scales(scales)
    names = build_names(scales, checked_name(name, problems))
    return [
        Wanted(scale, own, choices, allow_smaller) for scale, own in zip(scales, names, strict=True)
    ]


def build_names(scales: Sequence[str], name: str) -> list[str]:
    """Name the builds of some scales: NAME-SCALE, or NAME where there is one, or SCALE."""
    if not name:
        return [slug(scale) for scale in scales]
    names = [f"{name}-{slug(scale)}" for scale in scales] if len(scales) > 1 else [name]
    return [safe_name(each, "name") for each in names]


def checked_name(name: str, problems: Problems) -> str:
    """Give the name that somebody gave a run, if any, and note a wrong one."""
    with problems.noted():
        return safe_name(name, "name") if name else ""
    return ""


def check_crawl(crawl: str, format: str, problems: Problems) -> None:
    """Note what is wrong with a crawl and its format."""
    with problems.noted():
        if not crawl:
            raise ConfigError("crawl: none is named; give the URI of a crawl's folder")
        require_readable(crawl, format)


def checked_models(
    choices: Choices, kinds: Sequence[Kind], problems: Problems
) -> dict[str, ResolvedModel]:
    """Give the models of some kinds of run, and note what is wrong with them and all settings."""
    own: dict[str, ResolvedModel] = {}
    with problems.noted():
        own = models_of(_with_known_preset(choices))
    for kind in kinds:
        check_settings(choices, kind, problems, own)
    return own


def check_settings(
    choices: Choices, kind: Kind, problems: Problems, own: Mapping[str, ResolvedModel] | None = None
) -> None:
    """Note what is wrong with profile, preset and settings, and if the models lack a kind."""
    with problems.noted():
        preset.read(choices.preset)
    with problems.noted():
        settled(_with_known_preset(choices), kind, own or {})
    with problems.noted():
        if own:
            models.require_kinds(own, stages_of(kind), profile_place(choices.profile))


def _with_known_preset(choices: Choices) -> Choices:
    """Put the default preset in place of a wrong one, so that all else can be checked."""
    try:
        preset.read(choices.preset)
    except ConfigError:
        return choices.model_copy(update={"preset": preset.DEFAULT})
    return choices
