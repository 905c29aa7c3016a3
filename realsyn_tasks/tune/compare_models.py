"""Compare the tuned model with the untuned one, and say whether anything was gained.

A gain: the share of texts that the guards take at the first asking rises by more than chance (95 %
of resampled tasks agree), and the loss on the teacher's answers does not.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.tune import schemas
from realsyn_tasks.tune.measure_models import TUNED, UNTUNED
from realsyn_tasks.tune.measures import is_copy

Row = Mapping[str, Any]
Numbers = NDArray[np.float64]
ACCEPTED = "accepted"
OF_TEXTS: dict[str, Callable[[Row], float | None]] = {  # measure -> of one text
    ACCEPTED: lambda row: float(not row["reason"]),
    "copied": is_copy,
    "words": lambda row: float(row["words"]),
    "support": lambda row: row["support"],
    "cosine": lambda row: row["cosine"],
    "teacher_cosine": lambda row: row["teacher_cosine"],
}


class Config(StageConfig):
    """How the difference is judged, and what becomes of a model without a gain."""

    resamples: int = Field(default=2000, ge=100)
    register_card: Literal["gain", "always", "never"] = "gain"


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give each measure of both models, and the verdict as the measure `gain`, 1 or 0."""
    rows = inputs.table("measure_models", "texts").to_pylist()
    by_model = {name: [row for row in rows if row["model"] == name] for name in (UNTUNED, TUNED)}
    measures = [_of_texts(name, by_model, config, context.seed) for name in OF_TEXTS]
    losses = _losses(inputs)
    accepted = measures[0]
    gained = bool((accepted["low"] or 0.0) > 0 and _falls(losses))
    reasons = {name: Counter(row["reason"] for row in some) for name, some in by_model.items()}
    counted = [
        {"reason": reason, **{name: reasons[name][reason] for name in reasons}}
        for reason in sorted(set().union(*reasons.values()) - {""})
    ]
    return Output(
        tables={
            "measures": tables.from_rows(schemas.MEASURES, [*measures, *losses]),
            "reasons": tables.from_rows(schemas.REASON_COUNTS, counted),
        },
        counts={"tasks": len(by_model[TUNED])},
        measures={
            "gain": float(gained),
            "accepted_untuned": accepted["untuned"] or 0.0,
            "accepted_tuned": accepted["tuned"] or 0.0,
        },
    )


def _of_texts(
    name: str, by_model: Mapping[str, Sequence[Row]], config: Config, seed: int
) -> dict[str, Any]:
    pairs = zip(by_model[UNTUNED], by_model[TUNED], strict=True)
    values = [(OF_TEXTS[name](untuned), OF_TEXTS[name](tuned)) for untuned, tuned in pairs]
    known = np.array([pair for pair in values if None not in pair], dtype=np.float64)
    if not len(known):
        return _measure(name, None, None, tasks=0)
    untuned, tuned = known.mean(axis=0).tolist()
    low, high = _interval(known[:, 1] - known[:, 0], config.resamples, seed)
    return _measure(name, untuned, tuned, low, high, len(known))


def _interval(differences: Numbers, resamples: int, seed: int) -> tuple[float, float]:
    """Give between what 95 % of the means of resampled differences lie."""
    random = np.random.default_rng(seed)
    means = [random.choice(differences, len(differences)).mean() for _ in range(resamples)]
    low, high = np.quantile(means, [0.025, 0.975]).tolist()
    return low, high


def _losses(inputs: Inputs) -> list[dict[str, Any]]:
    """Give loss and perplexity on the teacher's answers; none where none was held out."""
    steps = inputs.table("train_student", "losses").to_pylist()
    if not steps:
        return []
    untuned, tuned = steps[0]["before"], steps[0]["after"]
    return [
        _measure("loss", untuned, tuned, tasks=steps[0]["answers"]),
        _measure("perplexity", math.exp(untuned), math.exp(tuned), tasks=steps[0]["answers"]),
    ]


def _falls(losses: Sequence[Row]) -> bool:
    return not losses or losses[0]["tuned"] <= losses[0]["untuned"]


def _measure(
    name: str,
    untuned: float | None,
    tuned: float | None,
    low: float | None = None,
    high: float | None = None,
    tasks: int = 0,
) -> dict[str, Any]:
    numbers = {"untuned": untuned, "tuned": tuned, "low": low, "high": high}
    rounded = {n: None if value is None else round(value, 6) for n, value in numbers.items()}
    return {"measure": name, **rounded, "tasks": tasks}
