"""What an evaluation does, as data: include/protocols/NAME.yaml, fixed before it is run.

Nothing of it is decided after a look at results: arms, seeds, training, evaluation sets, statistics
and claims are all in the file, whose digest stands in every result.
"""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from realsyn_tasks.core import closed, include
from realsyn_tasks.core.closed import validate
from realsyn_tasks.core.config import Frozen
from realsyn_tasks.core.ids import digest

FOLDER = "protocols"
DEFAULT = "heads"  # of who names none
Method = Literal["heads", "clip"]
# raw: the page's own, best first: caption, else alt, then the nearest sentences · near: these alone
# realistic: text1.. · synthetic: syn_text · recaption
TextSource = Literal["raw", "near", "realistic", "synthetic", "recaption"]
Task = Literal["retrieval", "zero_shot", "linear_probe"]
Sampling = Literal["all", "random", "balanced"]
Verdict = Literal["holds", "null", "reversed"]


class Arm(Frozen):
    """Which texts of which pictures a model is trained with."""

    texts: dict[TextSource, int] = Field(min_length=1)  # how many of each source, the best first
    at_most: int | None = Field(default=None, ge=1)  # of them all, drawn anew by each seed
    as_many_as: dict[TextSource, int] = Field(default_factory=dict)  # no more than it has of these
    shuffled: float = Field(default=0.0, ge=0, le=1)  # share of pictures that get another's texts
    skew: float = Field(default=1.0, ge=1)  # largest cluster over the median, before sampling
    sampling: Sampling = "all"
    pairs: float | None = Field(default=None, gt=0)  # pictures; up to 1: a share of them
    words: str = ""  # for people


class Lessons(Frozen):
    """Which pictures are trained with, the same in every arm; its `sampling` draws of them."""

    pictures: int | None = Field(default=None, ge=1)  # drawn by a hash, of each version; null: all
    having: tuple[TextSource, ...] = ()  # a text of each of these sources; else a picture is left
    drop_overlaps: bool = True  # those that an evaluation set has, too


class Claim(Frozen):
    """A difference between two arms that is said to be there."""

    name: str
    words: str  # for people
    arm: str
    than: str
    measure: str = "recall@10"
    sets: tuple[str, ...] = ()  # over these evaluation sets; none: all that have the measure
    margin: float = Field(default=0.0, ge=0)  # "no less than": the interval is above -margin
    paper: str = ""  # where the paper says so


class Curve(Frozen):
    """A measure over a property of what was trained with."""

    name: str
    words: str
    over: Literal["pairs", "caption_share", "skew"]
    arms: tuple[str, ...] = Field(min_length=1)
    measure: str = "recall@10"
    sets: tuple[str, ...] = ()
    unit: int = Field(default=1, ge=1)  # pairs that x is counted in; the paper: a million
    fitted: bool = False  # by a - b / ln(x - c), the paper's form
    extrapolated: tuple[int, ...] = ()  # pairs


class Statistics(Frozen):
    """How sure results are."""

    level: float = Field(default=0.95, gt=0, lt=1)
    resamples: int = Field(default=2000, ge=100)
    resampled: bool = True  # each seed trains on its own resample of documents; of heads alone


class Protocol(Frozen):
    """All of it."""

    about: str
    method: Method
    seeds: int = Field(ge=1)
    trainings: int = Field(default=1, ge=1)  # of each arm at each seed; of heads alone
    sets: tuple[str, ...] = Field(min_length=1)  # evaluation sets, by name
    questions: int | None = Field(default=None, ge=1)  # of each set, drawn by a hash; null: all
    arms: dict[str, Arm] = Field(min_length=1)
    lessons: Lessons = Lessons()
    training: dict[str, Any] = Field(default_factory=dict)  # settings of the method's stage
    asking: dict[str, Any] = Field(default_factory=dict)  # of what asks, where it is another stage
    statistics: Statistics = Statistics()
    claims: tuple[Claim, ...] = ()
    curves: tuple[Curve, ...] = ()

    @model_validator(mode="after")
    def _asks_of_clip_what_it_does(self) -> Self:
        if self.method == "clip" and self.trainings > 1:
            raise ValueError("trainings: a seed trains one clip; ask for more seeds")
        if self.method == "clip" and any(arm.skew > 1 for arm in self.arms.values()):
            raise ValueError("skew: arms of clip have a version's pictures as they are")
        if self.method == "clip" and self.statistics.resampled:
            raise ValueError(
                "statistics.resampled: a training by clip reads whole tars, and has no resample of"
                " documents: say `statistics: {resampled: false}`"
            )
        return self

    @model_validator(mode="after")
    def _speaks_of_what_it_has(self) -> Self:
        every: list[Claim | Curve] = [*self.claims, *self.curves]
        for said in every:
            named: tuple[str, ...] = said.arms if isinstance(said, Curve) else (said.arm, said.than)
            if unknown := sorted({*named} - {*self.arms} | {*said.sets} - {*self.sets}):
                raise ValueError(
                    f"{said.name}: the protocol has no {', '.join(unknown)} among its arms and sets"
                )
        return self

    def digest(self) -> str:
        """Digest all of it; stands in every result."""
        return digest(self.model_dump(mode="json"))


def names() -> list[str]:
    """Name the protocols there are."""
    return sorted(path.stem for path in (include.include_folder() / FOLDER).glob("*.yaml"))


def read(name: str) -> Protocol:
    """Read a protocol; ConfigError names the nearest if there is none, or what is wrong with it."""
    closed.require(name, names(), f"include/{FOLDER}", what="protocol")
    path = include.include_folder() / FOLDER / f"{name}.yaml"
    return validate(Protocol, include.load(path), str(path))
