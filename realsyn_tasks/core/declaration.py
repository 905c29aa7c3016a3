"""What a pipeline says of itself: axes, sources, kinds of run, stages and stage groups.

A group stands beside its stages (`GROUP` in its package) and is the only place that names them for
others: plan, gates, promotion, reports, forms and DAGs read it. Declarations import nothing heavy;
what they name as `package.module:name` is loaded when it is used.

A stage runs over an axis, one shard of it at a time. Its tables belong to that axis, or are keyed
by another one: then every row carries the number of the shard it is meant for. From these two
facts follows what a reader gets (`Reading`), and so all three shapes of stage: map (same axis),
exchange (keyed by another axis), fit (everything into one). A reader of another axis that is to
have all of a stage in every shard says so (`whole`).

An exchange of many shards with many goes in two steps, so that not everybody reads of everybody:
for every stage whose tables are keyed there is one more, derived from it, that collects what runs
of its shards have for each reader (core.exchange). Whoever writes stages sees nothing of it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from realsyn_tasks.core.reasons import NONE, Reason, Reasons

if TYPE_CHECKING:  # the control plane reads declarations and has no pyarrow
    import pyarrow as pa

    from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig


class Axis(str):
    """What the shards of a stage are shards of, by name.

    The shards of an axis that is a `cut` are partitions of the work: their number, like the
    dispatch, never changes what comes out. `holds` says how much of what a run reads (bytes of a
    crawl, images and sentences of a corpus) is enough for one partition.
    """

    cut: bool
    holds: Mapping[str, int]

    def __new__(cls, name: str, cut: bool = False, holds: Mapping[str, int] | None = None) -> Axis:
        """Name an axis."""
        axis = super().__new__(cls, name)
        axis.cut = cut
        axis.holds = holds or {}
        return axis

    def __getnewargs__(self) -> tuple[str, bool, Mapping[str, int]]:  # type: ignore[override]
        return str(self), self.cut, self.holds


ONE = Axis("one")  # a fit: a single shard
COLLECT, COLLECT_VERSION = "realsyn_tasks.core.collect", 1


class Shape(StrEnum):
    """The three shapes of design §4."""

    MAP = "map"
    EXCHANGE = "exchange"
    FIT = "fit"


class Reading(StrEnum):
    """How a shard reads one of its inputs."""

    ALIGNED = "aligned"  # the shard of the same number
    GATHER = "gather"  # every piece keyed with this shard's number
    RUN = "run"  # a run of shards, whole: how a collecting stage reads
    BROADCAST = "broadcast"  # the one shard of a fit
    ALL = "all"  # everything


@dataclass(frozen=True)
class Resources:
    """What one task of a stage asks for; pods take their requests and limits from it."""

    name: str
    cpu: float = 1.0
    memory_gb: float = 2.0
    gpu: int = 0


CPU = Resources("cpu")
GPU = Resources("gpu", memory_gb=8.0, gpu=1)
GPU_LLM = Resources("gpu-llm", cpu=2.0, memory_gb=24.0, gpu=1)


@dataclass(frozen=True)
class Source:
    """Something stages read that no stage of the same run made: a crawl, or a corpus.

    `reader` names a class that is made of a storage root and what the run is pinned to, and
    answers as core.source.SourceReader says.
    """

    name: str
    axis: Axis
    reader: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind of run: the folder below a root that its runs are in, and what they read."""

    name: str
    folder: str
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, eq=False)
class Stage:
    """One step of the pipeline.

    `writes` names for each table its schema in the group's module `schemas`; `blobs` names the
    files that stand beside the tables. The last four fields are the group's to fill in.
    Raises ValueError where `whole` names what is not read.
    """

    name: str
    axis: Axis
    reads: tuple[str, ...]
    writes: Mapping[str, str] = field(default_factory=dict)
    blobs: tuple[str, ...] = ()
    keyed_by: Axis | None = None
    whole: tuple[str, ...] = ()  # of what it reads: every shard reads all of it, of another axis
    needs: Resources = CPU
    models: tuple[str, ...] = ()
    # of them, or of those that its settings ask for (STAGE.NAME): the first that a run has takes
    # what several shards ask at once, if it can
    together: tuple[str, ...] = ()
    light: bool = False  # so little work that one batch does it on one machine
    web: bool = False  # asks hosts of the web, which no other stage may reach
    version: int = 1
    targeted: bool = False  # depends on the number of pairs wanted
    sized: bool = False  # depends on how many rows the tables of sources have over all shards
    group: str = ""
    package: str = ""
    reasons: str = ""
    collects: str = ""  # the stage of which it collects what is keyed

    def __post_init__(self) -> None:
        """Refuse a word on how something is read that is not read at all."""
        unread = [name for name in self.whole if name not in self.reads]
        if unread:
            raise ValueError(f"{self.name} does not read {', '.join(unread)}")

    @property
    def shape(self) -> Shape:
        """Say which of the three shapes this stage has."""
        if self.axis == ONE:
            return Shape.FIT
        return Shape.EXCHANGE if self.keyed_by else Shape.MAP

    @property
    def module(self) -> str:
        """Name the module that holds this stage's Config and run."""
        return COLLECT if self.collects else f"{self.package}.{self.name}"

    def collecting(self) -> Stage:
        """Give the stage that collects what this one has for each of its readers."""
        name = f"collect_{self.name}"
        return replace(
            self,
            name=name,
            axis=Axis(name, cut=True),
            reads=(self.name,),
            whole=(),
            blobs=(),
            needs=CPU,
            models=(),
            together=(),
            version=COLLECT_VERSION,
            targeted=False,
            collects=self.name,
        )

    def config_class(self) -> type[StageConfig]:
        """Import the stage's configuration class."""
        config: type[StageConfig] = load(f"{self.module}:Config")
        return config

    def function(self) -> Callable[[Inputs, Any, Context], Output]:
        """Import the stage's run function."""
        run: Callable[[Inputs, Any, Context], Output] = load(f"{self.module}:run")
        return run

    def schemas(self) -> dict[str, pa.Schema]:
        """Import the schemas of the tables that this stage writes."""
        return {
            table: load(f"{self.package}.schemas:{schema}") for table, schema in self.writes.items()
        }

    def reasons_for(self, kind: str) -> tuple[Reason, ...]:
        """Give the reasons for which this stage may drop a kind of item."""
        return _table_of(self.reasons).of(self.name, kind)


@dataclass(frozen=True)
class HandedOn:
    """A table that a group hands on: the stage that makes it, and the column that names its rows.

    Gates draw their row samples from these.
    """

    name: str
    stage: str
    table: str
    key: str


@dataclass(frozen=True)
class Fit:
    """The fit of a group that a later run of the same kind may keep.

    `decided_by` names the stages whose settings decide what the fit is and what is made with it.
    `promoted` says whether the group must be promoted in a run that is followed. `also` are fits
    that are kept with it: each where the settings and models of what decides it are alike, too.
    """

    stage: str
    decided_by: tuple[str, ...]
    words: str = ""  # for people: what has to be alike
    promoted: bool = False
    also: tuple[Fit, ...] = ()


@dataclass(frozen=True)
class Quantity:
    """A number of items that costs are counted by: a share of another, counted by a table."""

    name: str
    of: str  # the quantity that it is a share of; empty: the first
    stage: str
    table: str


@dataclass(frozen=True, eq=False)
class Group:
    """A stage group: its stages in order, and all that others may know of them.

    reasons      module:REASONS, the table of reasons for which its stages may drop items
    rules        module:RULES, which settings decide those reasons
    measured_by  stage -> how people measure what it has by default for other models than ours:
                 words with {card} and {kind}
    keys         module:KEYS, the tables by which its items are looked up (corpus.keys)
    statistics   module:function(Evidence) -> one row of counts and shares
    funnel       module:function(Evidence) -> the steps of items through the group, in order
    checks       module:CHECKS, the gate's named checks beyond those that every gate has
    settle       module:function(settings, pins) -> stages with nothing to do; refuses what
                 contradicts itself
    promotion    module:function(Workspace) -> what promotion makes visible, beside the pointer
    """

    name: str
    kind: Kind
    stages: tuple[Stage, ...]
    package: str
    asset: str  # that its promotion is an event of
    about: str = ""
    makes: str = ""  # folder of the root in which promotion makes something
    ways: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # kind of item -> stages
    hands_on: tuple[HandedOn, ...] = ()
    measures: Mapping[str, str] = field(default_factory=dict)  # name -> fit whose measures it is
    quantities: tuple[Quantity, ...] = ()
    measured_by: Mapping[str, str] = field(default_factory=dict)
    fit: Fit | None = None
    reasons: str = ""
    rules: str = ""
    keys: str = ""
    statistics: str = ""
    funnel: str = ""
    checks: str = ""
    settle: str = ""
    promotion: str = ""

    def __post_init__(self) -> None:
        """Let every stage know its group, and follow what is keyed by what collects it."""
        mine = [
            replace(stage, group=self.name, package=self.package, reasons=self.reasons)
            for stage in self.declared
        ]
        pairs = [(stage, stage.collecting()) if stage.keyed_by else (stage,) for stage in mine]
        object.__setattr__(self, "stages", tuple(stage for pair in pairs for stage in pair))

    @property
    def declared(self) -> tuple[Stage, ...]:
        """List the stages that the group declares, without those that are derived from them."""
        return tuple(stage for stage in self.stages if not stage.collects)

    @property
    def targeted(self) -> bool:
        """Say whether what it makes depends on the number of pairs wanted."""
        return any(stage.targeted for stage in self.stages)

    def hook(self, name: str) -> Any:
        """Import what a field names; None where it names nothing."""
        target: str = getattr(self, name)
        return load(target) if target else None

    def reason_table(self) -> Reasons:
        """Import the table of reasons for which the group's stages may drop items."""
        return _table_of(self.reasons)


@dataclass(frozen=True)
class Pipeline:
    """The stage groups in order, with the look-ups that everything else needs."""

    groups: tuple[Group, ...]

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """List the stages of all groups in order."""
        return tuple(stage for group in self.groups for stage in group.stages)

    @cached_property
    def declared(self) -> tuple[Stage, ...]:
        """List those that groups declare, without those that are derived from them."""
        return tuple(stage for stage in self.stages if not stage.collects)

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """List the kinds of run in order."""
        return tuple(dict.fromkeys(group.kind for group in self.groups))

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """List the sources of all kinds of run."""
        return tuple(dict.fromkeys(source for kind in self.kinds for source in kind.sources))

    @cached_property
    def group_names(self) -> tuple[str, ...]:
        """Name the stage groups in order."""
        return tuple(group.name for group in self.groups)

    @cached_property
    def cuts(self) -> frozenset[str]:
        """Name the axes that are partitions of the work."""
        axes = [axis for stage in self.declared for axis in (stage.axis, stage.keyed_by) if axis]
        return frozenset(str(axis) for axis in axes if axis.cut)

    @cached_property
    def reason_words(self) -> dict[str, str]:
        """Give the words for people for each reason of all groups, by its code."""
        tables = [group.reason_table() for group in self.groups]
        return {reason.code: reason.words for table in tables for reason in table}

    def stage(self, name: str) -> Stage:
        """Find a stage by name; KeyError with the known names if there is none."""
        return _named(self.stages, name, "stage")

    def group(self, name: str) -> Group:
        """Find a stage group by name; KeyError with the known names if there is none."""
        return _named(self.groups, name, "stage group")

    def kind(self, name: str) -> Kind:
        """Find a kind of run by name; KeyError with the known names if there is none."""
        return _named(self.kinds, name, "kind of run")

    def source(self, name: str) -> Source:
        """Find a source by name; KeyError with the known names if there is none."""
        return _named(self.sources, name, "source")

    def groups_of(self, kind: str) -> tuple[Group, ...]:
        """List the groups of a kind of run in order."""
        return tuple(group for group in self.groups if group.kind.name == kind)

    def reading(self, stage: Stage, name: str) -> Reading:
        """Derive how a stage reads one of its inputs; ValueError if the axes do not meet."""
        axis, keyed_by = self._axes_of(name)
        if stage.axis == ONE or name in stage.whole:
            return Reading.ALL
        if stage.collects == name:
            return Reading.RUN
        if keyed_by == stage.axis:
            return Reading.GATHER
        if axis == ONE:
            return Reading.BROADCAST
        if axis == stage.axis and keyed_by is None:
            return Reading.ALIGNED
        raise ValueError(f"{stage.name} over {stage.axis} cannot read {name}")

    def collecting(self, stage: Stage, name: str) -> Stage | None:
        """Give the stage that may stand between a stage and an input; None if there is none."""
        names = {source.name for source in self.sources}
        if name in names or self.reading(stage, name) is not Reading.GATHER:
            return None
        return self._collecting_by_name[name]

    def needed(self, stage: Stage) -> tuple[str, ...]:
        """Name all that must be done before a stage: what it reads, and what may stand between."""
        between = (self.collecting(stage, name) for name in stage.reads)
        return (*stage.reads, *(each.name for each in between if each))

    @cached_property
    def _collecting_by_name(self) -> dict[str, Stage]:
        return {stage.collects: stage for stage in self.stages if stage.collects}

    def _axes_of(self, name: str) -> tuple[Axis, Axis | None]:
        for source in self.sources:
            if source.name == name:
                return source.axis, None
        stage = self.stage(name)
        return stage.axis, stage.keyed_by


def load(target: str) -> Any:
    """Import what `package.module:name` names."""
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def _table_of(target: str) -> Reasons:
    table: Reasons = load(target) if target else NONE
    return table


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_Item = TypeVar("_Item", bound=_Named)


def _named(items: Iterable[_Item], name: str, what: str) -> _Item:
    for item in items:
        if item.name == name:
            return item
    known = ", ".join(item.name for item in items)
    raise KeyError(f"no {what} is called {name!r}; there are: {known}")
