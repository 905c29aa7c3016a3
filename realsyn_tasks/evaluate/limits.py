"""What an evaluation does not show, in sentences chosen by what it was and what came out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
ALL_SETS = ""  # in place of a set's name: the mean over all
FEW = 5  # seeds below which chance of the training is hardly known
# What would make intervals narrower that are wide for one part of chance.
REMEDIES = {
    "questions": "more questions",
    "documents": "a crawl of more documents",
    "trainings": "more trainings at each seed",
}


def limits(made: Row) -> list[str]:
    """Give the sentences, for an outcome with all but these."""
    return [
        *_of_method(made),
        *of_claims(made),
        *_of_lessons(made),
        *_of_curves(made),
        "Arms of one evaluation compare with each other; figures of other protocols, encoders or"
        " evaluation sets do not compare with these.",
    ]


def _of_method(made: Row) -> Iterator[str]:
    if made["protocol"].get("method") != "heads":
        yield (
            "Models are trained from scratch for as long as the protocol says: with few pictures"
            " or steps they show that the parts work, not what the data is worth."
        )
        return
    yield (
        "Heads on frozen features distil the encoder that retrieved the texts: what they learn of"
        " retrieved texts stays below it, and a text that the encoder is wrong about teaches the"
        " same mistake."
    )
    yield from _above(made)


def teachers(made: Row) -> list[str]:
    """Name what was measured without being an arm of the protocol: the untrained encoder."""
    known = {arm["arm"] for arm in made["arms"]}
    return list(dict.fromkeys(row["arm"] for row in made["measures"] if row["arm"] not in known))


def floors(made: Row) -> list[str]:
    """Name the arms whose texts are all of other pictures."""
    return [arm["arm"] for arm in made["arms"] if arm.get("shuffled", 0.0) >= 1]


def _above(made: Row) -> Iterator[str]:
    """Say whether every arm stays below the encoder, as it should."""
    untrained = teachers(made)
    ceiling = {(r["set"], r["measure"]): r["value"] for r in made["measures"] if _of(r, untrained)}
    if not ceiling:
        yield "The encoder itself was not measured: how far below it the arms stay is not known."
        return
    above = sorted(
        {
            row["arm"]
            for row in made["measures"]
            if not _of(row, untrained)
            and _exceeds(row["value"], ceiling.get((row["set"], row["measure"])))
        }
    )
    if above:
        yield (
            f"Somewhere above the encoder that taught them: {', '.join(above)}. Look at the sets"
            " one by one before believing it."
        )
    else:
        yield "Every arm stays below the encoder itself, on every set and measure."


def _of(row: Row, arms: Sequence[str]) -> bool:
    return row["arm"] in arms


def _exceeds(value: float | None, ceiling: float | None) -> bool:
    return value is not None and ceiling is not None and value > ceiling


def of_claims(made: Row) -> Iterator[str]:
    """Say how sure its claims are, and what would make them surer."""
    claims, statistics = made["claims"], made["statistics"]
    over = "seeds and questions"
    if statistics.get("resampled", False):
        over = "seeds, questions, and documents of the crawl"
    widths = [(row["high"] - row["low"]) / 2 for row in claims if row["low"] is not None]
    if widths:
        level = f"{100 * statistics.get('level', 0.95):g} %"
        yield (
            f"Intervals hold {level} of differences resampled over"
            f" {over}; the widest is ±{max(widths):.3f}. Nothing was corrected for the number of"
            f" claims ({len(claims)})."
        )
    if wide := _widest(claims):
        yield wide
    if any(row["verdict"] == "null" for row in claims):
        yield "Null: the interval has both signs, so that nothing was shown, in either direction."
    if any(row["margin"] for row in claims):
        yield (
            "A claim with a margin says 'no worse': it holds where its interval is above minus"
            " the margin."
        )
    seeds = min((row["seeds"] for row in claims), default=FEW)
    if seeds < FEW:
        yield f"There were {seeds} seeds: how much training varies by chance is hardly known."


def _widest(claims: Sequence[Row]) -> str:
    """Say what would make intervals narrower: what most of them are widest for."""
    told = [row for row in claims if row.get("of_trainings") is not None]
    widest = Counter(max(REMEDIES, key=lambda part: row[f"of_{part}"] or 0.0) for row in told)
    if not widest:
        return ""
    [(part, count)] = widest.most_common(1)
    return (
        f"Of the {len(told)} intervals {count} are widest for chance of {part}: {REMEDIES[part]}"
        " would narrow these most."
    )


def _of_lessons(made: Row) -> Iterator[str]:
    pictures = [row["pictures"] for row in made["trainings"] if row["pictures"]]
    if pictures:
        few, many = f"{min(pictures):,.0f}", f"{max(pictures):,.0f}"
        yield (
            f"Arms were trained with {many if few == many else f'{few} to {many}'} pictures; what"
            " holds there need not hold at the paper's 15 to 100 million."
        )
    shared = any(row["pairs"] for row in made["overlaps"])
    if shared and not made["lessons"].get("drop_overlaps", True):
        yield "Pairs with pictures or texts that an evaluation set has too were trained with."


def _of_curves(made: Row) -> Iterator[str]:
    kinds = {point["kind"] for curve in made["curves"] for point in curve["points"]}
    if "extrapolated" in kinds:
        yield (
            "Points called extrapolated lie beyond everything that was measured: the form"
            " a − b / ln(x − c) is the paper's, and that it holds there is an assumption."
        )
