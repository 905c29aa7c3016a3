"""Judge the claims of the protocol: measures of all arms, differences, verdicts, curves.

A difference holds where its whole interval is above what was claimed: above 0, or above -margin
where an arm is said to be no less than another. It is reversed where the whole interval is below
that bound on the other side, below 0 or below -margin, and null where the interval leaves it open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.evaluate import curves, schemas
from realsyn_tasks.evaluate.answered import ByPupil, Pupil, answered, measures_of
from realsyn_tasks.evaluate.bootstrap import Answers, Bootstrap, Interval, by_seed, difference
from realsyn_tasks.evaluate.protocol import Arm, Claim, Curve, Statistics, Verdict
from realsyn_tasks.evaluate.trials import TEACHER

Row = dict[str, Any]
DIGITS = 6
ALL = ""  # in place of a set's name: the mean over all


class Config(StageConfig):
    """What is claimed, and how sure it has to be."""

    protocol: dict[str, str] = Field(default_factory=dict)  # name, digest ..: of every result
    arms: dict[str, Arm] = Field(default_factory=dict)
    statistics: Statistics = Statistics()
    claims: tuple[Claim, ...] = ()
    curves: tuple[Curve, ...] = ()


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give a row for each measure, claim and point of a curve of each version."""
    answers, trainings = _read(inputs)
    bootstrap = Bootstrap(**config.statistics.model_dump(), seed=context.seed % 2**32)
    asked = [*(each.measure for each in config.claims), *(each.measure for each in config.curves)]
    by_measure = {name: answered(answers, name) for name in measures_of(answers, asked)}
    measures = [row for name, by in by_measure.items() for row in _measures(name, by, bootstrap)]
    claims = [row for claim in config.claims for row in _claims(claim, by_measure, bootstrap)]
    known = curves.Known(config.arms, trainings, curves.lessons_of(_lessons(inputs)), bootstrap)
    drawn = [curves.draw(each, by_measure.get(each.measure, {}), known) for each in config.curves]
    return Output(
        tables={
            "measures": tables.from_rows(schemas.MEASURES, measures),
            "claims": tables.from_rows(schemas.CLAIMS, claims),
            "curves": tables.from_rows(schemas.CURVES, [row for made in drawn for row in made[0]]),
            "fits": tables.from_rows(schemas.FITS, [row for made in drawn for row in made[1]]),
        },
        counts={"claims": len(claims)},
    )


def _read(inputs: Inputs) -> tuple[pa.Table, list[Row]]:
    """Read all answers, the teacher's too, and what was trained with."""
    answering = ("embed_questions", "train_heads", "ask_clip")
    parts = [inputs.table(name, "answers") for name in answering if inputs.has(name)]
    training = "train_heads" if inputs.has("train_heads") else "train_clip"
    return pa.concat_tables(parts), inputs.table(training, "trainings").to_pylist()


def _lessons(inputs: Inputs) -> pa.Table:
    return inputs.table("draw_lessons", "lessons", ["version", "cluster_id", "has_caption"])


def _measures(measure: str, by: ByPupil, bootstrap: Bootstrap) -> Iterator[Row]:
    """Give each arm's measure on each set, and its mean over all."""
    told = [(pupil, name, {name: each}) for pupil, of in by.items() for name, each in of.items()]
    told += [(pupil, ALL, dict(of)) for pupil, of in by.items()]
    intervals = bootstrap.intervals([some for *_, some in told])
    for (pupil, name, some), interval in zip(told, intervals, strict=True):
        yield {
            **pupil._asdict(),
            "set": name,
            "measure": measure,
            **rounded(interval),
            "seeds": len(by_seed(some)),
            "questions": sum(each.shape[2] for each in some.values()),
        }


def _claims(claim: Claim, by_measure: Mapping[str, ByPupil], bootstrap: Bootstrap) -> Iterator[Row]:
    """Judge a claim for each version."""
    by = by_measure.get(claim.measure, {})
    versions = sorted({pupil.version for pupil in by} - {TEACHER})
    gains = [_gain(claim, by, version) for version in versions]
    told = [(version, gain) for version, gain in zip(versions, gains, strict=True) if gain]
    intervals = bootstrap.intervals([gain for _, gain in told])
    for (version, gain), interval in zip(told, intervals, strict=True):
        yield {
            "claim": claim.name,
            "version": version,
            **{name: getattr(claim, name) for name in ("arm", "than", "measure")},
            **rounded(interval, "difference"),
            **{f"of_{part}": round(width, DIGITS) for part, width in interval.of.items()},
            "seeds": len(by_seed(gain)),
            "won": int((by_seed(gain) > 0).sum()),
            "verdict": verdict(interval, claim.margin),
        }


def _gain(claim: Claim, by: ByPupil, version: int) -> Answers:
    ours, others = (by.get(Pupil(version, arm), {}) for arm in (claim.arm, claim.than))
    gain = difference(ours, others)
    return {name: each for name, each in gain.items() if not claim.sets or name in claim.sets}


def verdict(interval: Interval, margin: float) -> Verdict:
    """Say what an interval of a difference says of the claim that it is above -margin."""
    if interval.low > -margin:
        return "holds"
    return "reversed" if interval.high < -margin else "null"


def rounded(interval: Interval, name: str = "value") -> Row:
    """Give an interval as columns."""
    given = {name: interval.value, "low": interval.low, "high": interval.high}
    return {column: round(value, DIGITS) for column, value in given.items()}
