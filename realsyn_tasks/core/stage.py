"""The stage contract: what a stage is configured by, what it is given, what it returns.

What it declares is in core.declaration.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    BinaryIO,
    ClassVar,
    NamedTuple,
    Protocol,
    Self,
    TypeVar,
)

from pydantic import BaseModel, ConfigDict, model_validator

from realsyn_tasks.core.kept_answers import NothingKept
from realsyn_tasks.core.reasons import Reason

if TYPE_CHECKING:  # the control plane reads the table of stages and has no pyarrow
    import pyarrow as pa

    from realsyn_tasks.core.config import ModelSpec

T = TypeVar("T")


class StageConfig(BaseModel):
    """Base of every stage's frozen configuration.

    `ordered` are pairs of settings of which the first must not be above the second: a run with
    nothing between its bounds would keep nothing, and fails when it is opened instead.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    ordered: ClassVar[tuple[tuple[str, str], ...]] = ()

    @model_validator(mode="after")
    def _bounds_leave_room(self) -> Self:
        for low, high in self.ordered:
            least, most = getattr(self, low), getattr(self, high)
            if least is not None and most is not None and least > most:
                raise ValueError(f"{low} ({least}) is above {high} ({most}): nothing would be kept")
        return self

    def pinned(self) -> Self:
        """Note what files named in here hold, so that it is part of the run; called at opening."""
        return self

    def asked_models(self) -> Mapping[str, tuple[str, ModelSpec]]:
        """Name the models that these settings ask for: {name: (kind, which)}.

        A run resolves them as it does its own; Context.model gives them by "STAGE.NAME".
        """
        return {}

    def resolved(self) -> Self:
        """Leave out what the run's resolved models say; called once they are resolved."""
        return self


@dataclass(frozen=True)
class Dropped:
    """An item that goes no further, and why."""

    kind: str  # image | sentence | document | record | pair
    id: str
    reason: Reason  # of the group's table
    detail: str = ""


class Part(NamedTuple):
    """A part of a keyed table as a file in the scratch folder."""

    first: int  # partition; the next part's is behind the last one here
    path: Path
    rows: int


@dataclass(frozen=True)
class Pieces:
    """A table that is made while it is written; of a keyed one, pieces in order of partition.

    What is made is not counted beforehand: whoever writes it counts the rows.
    """

    schema: pa.Schema
    tables: Iterator[pa.Table]


@dataclass
class Output:
    """What a stage makes of one shard.

    Tables are written as Parquet, blobs (files in the scratch folder) as they are; a blob that is
    an input's (`same`: its name -> stage and name) is not written again. Counts add up over shards;
    measures do not.
    """

    tables: dict[str, Any] = field(default_factory=dict)  # Arrow tables, or Pieces
    dropped: list[Dropped] = field(default_factory=list)
    blobs: dict[str, Path] = field(default_factory=dict)
    same: dict[str, tuple[str, str]] = field(default_factory=dict)
    parts: dict[str, list[Part]] = field(default_factory=dict)  # of tables that were collected
    counts: dict[str, int] = field(default_factory=dict)
    measures: dict[str, float] = field(default_factory=dict)
    cost: dict[str, float] = field(default_factory=dict)  # what went into it, besides time


@dataclass(frozen=True)
class Piece:
    """A shard's part of a table, which is not read yet."""

    rows: int
    read: Callable[[list[str] | None], pa.Table]  # some columns, or all


@dataclass(frozen=True)
class Earlier:
    """What an earlier build made of the first shards of the corpus."""

    shards: int
    tables: Mapping[str, pa.Table]


class Inputs(Protocol):
    """What a stage can read; the shard's number is already applied."""

    def table(self, stage: str, name: str, columns: list[str] | None = None) -> pa.Table:
        """Give all rows of a table meant for this shard, in shard order."""
        ...

    def stream(
        self, stage: str, name: str, columns: list[str] | None = None
    ) -> Iterator[tuple[int, pa.Table]]:
        """Give the same rows piece by piece, each with the number of the shard it comes from."""
        ...

    def pieces(self, stage: str, name: str) -> list[Piece]:
        """Give what `stream` reads, to count it and to read some of it."""
        ...

    def has(self, stage: str) -> bool:
        """Say whether an input stage is part of this run (an optional one may be off)."""
        ...

    def of_fit(self, stage: str, name: str, make: Callable[..., T], *told: Hashable) -> T:
        """Give make(table, *told) of a fit's table: made once for all shards of a batch.

        So it costs a shard nothing, however large the fit. `make` is a function of a module, which
        sees nothing of the shard; nobody changes what it gives, which several threads may read.
        """
        ...

    def blob(self, stage: str, name: str) -> BinaryIO:
        """Open a blob of the aligned shard, or of a fit, for random reads."""
        ...

    def earlier_table(self, name: str) -> pa.Table | None:
        """Give a table of what this shard held last, of whatever it was made; None if gone."""
        ...

    def earlier_blob(self, name: str) -> BinaryIO | None:
        """Open a blob of what this shard held last; None if gone."""
        ...

    def made_alike(self, name: str, *same: str) -> pa.Table | None:
        """Give a table that another state of this shard has, by the same models and version.

        Of this run or of one that it may adopt from; None if there is none. `same` names inputs
        that have to hold the same; whatever else it was made of may differ.
        """
        ...

    def grown_from(self) -> Earlier | None:
        """Give what an earlier build made of the first of this shard's inputs, if it has."""
        ...

    def earlier_fit(self, content: str) -> Mapping[str, pa.Table] | None:
        """Give the tables of an earlier build's same fit, if its content has this digest."""
        ...

    def source(self, name: str) -> Any:
        """Give the reader of a source that this stage declares to read."""
        ...


class Kept(Protocol):
    """Answers of a model that outlive a process which is killed, until the shard is committed."""

    def get(self, question: Any) -> str | None:
        """Give the answer to a question (anything that JSON can hold), if it is kept."""
        ...

    def put(self, question: Any, answer: str) -> None:
        """Keep an answer; it is written now or soon."""
        ...

    def flush(self) -> None:
        """Write what is not written yet."""
        ...


ITEMS, BYTES = "items", "bytes"  # what a stage counts


class Reporter(Protocol):
    """Takes word of how far a shard is."""

    def __call__(self, done: int, total: int, unit: str = ITEMS, /) -> None:
        """Note that so much is done, of all that there is in this shard."""
        ...


class Shared(Protocol):
    """Gives what several shards of a process have in common, made once."""

    def __call__(self, name: str, make: Callable[[], T], /) -> T:
        """Give what was made by this name of the same inputs and settings, or make it."""
        ...


def made_anew(name: str, make: Callable[[], T], /) -> T:
    """Share nothing."""
    return make()


@dataclass(frozen=True)
class Context:
    """What a stage may know of its surroundings."""

    shard: int
    seed: int
    axes: Mapping[str, int]
    scratch: Path
    model: Callable[[str], Any]  # kind, or name of settings -> the model, loaded once a process
    progress: Reporter
    target: int = 0  # pairs wanted (builds)
    source_rows: Mapping[str, int] = field(default_factory=dict)  # by table, of a stage `sized`
    kept: Callable[[str], Kept] = lambda model: NothingKept()  # of a model, by its kind or name
    shared: Shared = made_anew
    device: str | None = None  # torch's, of a stage that asks for a GPU; None: the CPU's kernel
