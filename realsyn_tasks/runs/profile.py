"""A profile: how a deployment dispatches work, which models it uses, which settings it changes.

Typed and closed, and read by both planes: nothing heavy is imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from pydantic import Field, RootModel, field_validator, model_validator

from realsyn_tasks.core import closed, include
from realsyn_tasks.core.config import Dispatch, Frozen, ModelSpec
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.fetching.settings import is_contact
from realsyn_tasks.models.cards import Classes
from realsyn_tasks.models.kinds import Kind
from realsyn_tasks.runs.partitions import AUTO, Count
from realsyn_tasks.stages import PIPELINE

STEPS = "steps"  # resource class of commands that are no stage: open, plan, gate, promote
Stages = dict[str, dict[str, Any]]
Amount = Field(default=None, gt=0)


class Pods(Frozen):
    """What pods are, beside their template."""

    image: str = ""
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    pull_secrets: tuple[str, ...] = ()
    namespace: str = ""
    service_account: str = ""
    secret: str = ""
    connection: str = "kubernetes_default"  # Airflow's
    eks_cluster: str = ""  # a cluster of AWS by name, reached by the connection of `aws`
    host_network: bool = False
    model_claim: str = ""
    max_memory_gb: float = Field(default=0.0, ge=0)
    logging_seconds: int | None = Field(default=None, ge=1)
    poll_seconds: float | None = Amount
    schedule_timeout: int | None = Amount  # seconds
    startup_timeout: int | None = Amount  # seconds
    env: dict[str, str | int | float] = Field(default_factory=dict)


class ResourceClass(Frozen):
    """What is changed of a class of stages."""

    cpu: float | None = Amount
    memory_gb: float | None = Amount
    gpu: int | None = Field(default=None, ge=0)

    def changes(self) -> dict[str, float]:
        """Give only what is said."""
        return self.model_dump(exclude_none=True)


class ResourceClasses(RootModel[dict[str, ResourceClass]]):
    """What is changed of all classes, by name."""

    root: dict[str, ResourceClass] = Field(default_factory=dict)


class Aws(Frozen):
    """Who this deployment is at AWS."""

    connection: str = ""  # Airflow's; without one, boto3's own chain in each process


class Ingest(Frozen):
    """When crawls are looked for, and what marks one as whole."""

    schedule: str | None = "@daily"
    queue: str = ""  # URL of the queue of the bucket's events, which wake it besides
    marker: str = "_SUCCESS"
    settle_seconds: float = Field(default=5, ge=0)


class Renewal(Frozen):
    """When a new version is built by itself, and of what."""

    schedule: str | None = "0 2 * * *"  # null: whenever a crawl has come into the corpus
    scale: str = ""
    minimum_images: int = Field(default=1, ge=1)  # that are new since the last version
    allow_smaller: bool = False
    approval: bool | None = None  # before each promotion; null: as of other builds
    on_gate_failure: Literal["fail", "ask"] = "fail"  # nobody is there at night to be asked


class Publisher(Frozen):
    """Who publishes the datasets, for their cards; nothing of it changes what is in them."""

    name: str = ""
    contact: str = ""  # an e-mail address or a URL, to have something taken down
    licence: str = ""  # SPDX identifier or URL, of what the publisher made
    homepage: str = ""

    @field_validator("contact")
    @classmethod
    def _reachable(cls, contact: str) -> str:
        if contact and not is_contact(contact):
            raise ValueError("it is neither an e-mail address nor a URL")
        return contact


Event = Literal[
    "crawl_quarantined",
    "gate_failed",
    "approval_waiting",
    "build_late",
    "published",
    "taken_down",
]


class Channel(Frozen):
    """A way to tell people; what opens it is in a connection of Airflow's, and not here."""

    by: Literal["mail", "slack", "webhook"]
    connection: str  # Airflow's: of type smtp, or http
    to: tuple[str, ...] = ()  # addresses, of mail
    sender: str = ""  # address, of mail; empty: the connection's
    endpoint: str = ""  # of a webhook, below the connection's address

    @model_validator(mode="after")
    def _complete(self) -> Channel:
        if self.by == "mail" and not self.to:
            raise ValueError("a channel by mail needs addresses: to")
        return self


class Notices(Frozen):
    """Who is told of what: channels by name, and for each event those that it is told through."""

    channels: dict[str, Channel] = Field(default_factory=dict)
    events: dict[Event, tuple[str, ...]] = Field(default_factory=dict)
    late_hours: float | None = Amount  # since it was queued, a build is late; null: by its plan

    @model_validator(mode="after")
    def _known(self) -> Notices:
        for event, names in self.events.items():
            for name in names:
                if name not in self.channels:
                    there = ", ".join(self.channels) or "none"
                    raise ValueError(f"{event} names no channel {name!r}; there are: {there}")
        return self

    def channels_of(self, event: str) -> dict[str, Channel]:
        """Give the channels of an event by name."""
        names = {str(each): channels for each, channels in self.events.items()}.get(event, ())
        return {name: self.channels[name] for name in names}


class Profile(Frozen):
    """include/profiles/NAME.yaml."""

    dispatch: Literal["process", "pod"] = "process"
    approval: bool = False
    on_gate_failure: Literal["fail", "ask"] = "fail"
    retries: int | None = Field(default=None, ge=0)
    batches: Dispatch = Dispatch()
    device: str | None = None  # torch's, for products of vectors; without one, the CPU's kernel
    model_set: str = ""  # in include/model_sets; `models` counts before it
    models: dict[Kind, ModelSpec]
    partitions: dict[str, Count]
    stages: Stages = Field(default_factory=dict)
    resources: dict[str, ResourceClass] = Field(default_factory=dict)
    pods: Pods = Pods()
    aws: Aws = Aws()
    ingest: Ingest = Ingest()
    renewal: Renewal = Renewal()
    publisher: Publisher = Publisher()
    notices: Notices = Notices()
    backends: Classes = Field(default_factory=dict)  # classes from outside, by kind and name


def read(name: str) -> Profile:
    """Read a profile; ConfigError names the wrong word, the nearest right one, and the place."""
    profile = closed.validate(Profile, include.profile(name), place(name))
    _check_words(profile.partitions, PIPELINE.cuts, place(name), "partitions")
    for partitions in sorted(PIPELINE.cuts):
        _check_count(profile.partitions.get(partitions, 0), place(name), partitions)
    _check_words(profile.stages, stage_names(), place(name), "stages")
    check_resources(profile.resources, place(name), "resources")
    return profile


def place(name: str) -> str:
    """Name a profile's file, for messages."""
    return include.place(include.profile_path(name))


def stage_names() -> Iterator[str]:
    """Name the stages that settings may be given for."""
    return (stage.name for stage in PIPELINE.declared)


def check_resources(classes: Iterable[str], where: str, within: str = "") -> None:
    """Raise ConfigError for a resource class that no stage is of."""
    known = {stage.needs.name for stage in PIPELINE.stages} | {STEPS}
    _check_words(classes, known, where, within)


def _check_words(words: Iterable[str], known: Iterable[str], where: str, within: str) -> None:
    right = list(known)
    for word in words:
        closed.require(word, right, where, within)


def _check_count(count: Count, where: str, name: str) -> None:
    if count != AUTO and int(count) < 1:
        raise ConfigError(
            f"{where}: partitions.{name} is {count or 'missing'}; give at least 1, or {AUTO}"
        )
