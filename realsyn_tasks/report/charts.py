"""The charts of the report: what each shows in words, and the paper's numbers beside ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from realsyn_tasks.report import paper, svg
from realsyn_tasks.report.analysed import Analysed, Distribution, of_values
from realsyn_tasks.report.facts import Facts
from realsyn_tasks.report.relevance import Relevance, Rows
from realsyn_tasks.report.svg import Axis, Dots, Line, Mark, Ridge, Stack, Text

SOURCES = {
    "text1": ("text1", 0),
    "text2": ("text2", 0),
    "text3": ("text3", 0),
    "synthetic": ("synthetic", 1),
    "recaption": ("recaption", 1),
    "caption": ("caption", 2),
    "alt": ("alternative", 2),
    "in_document": ("in document", 6),
    "random": ("at random", 6),
}
BASELINES = ("in_document", "random")
SAMPLINGS = {"all": ("before the cap", 6), "random": ("random", 1), "balanced": ("balanced", 0)}
OVERLAPS = (("text1", "synthetic"), ("text1", "caption"), ("caption", "synthetic"))
MOST_NAMED = 6  # topics with a colour and a name on the map


def charts(facts: Facts) -> dict[str, str]:
    """Draw all charts, by name."""
    analysis = facts.analysis
    known = dict(analysis.distributions) if analysis else {}
    return {
        "similarity": _similarity(known.get("similarity") or _of_values(facts.similarity)),
        "tokens": _tokens(known.get("tokens") or _of_values(facts.lengths)),
        "evenness": _evenness(facts, analysis),
        **_relevance(facts.relevance),
        **(_analysed(analysis) if analysis else {}),
    }


def _analysed(analysis: Analysed) -> dict[str, str]:
    known = analysis.distributions
    drawn = {"perplexity": _perplexity(known.get("perplexity", ()))}
    drawn |= {"density": _density(known.get("density", ()))}
    drawn |= {"map": _map(analysis)}
    return drawn | {kind: _overlap(analysis, kind) for kind in ("entity", "noun")}


def _of_values(values: Mapping[str, Sequence[float]]) -> list[Distribution]:
    return [of_values(source, some) for source, some in values.items() if some]


def _ridges(some: Sequence[Distribution]) -> list[Ridge]:
    by_source = {each.source: each for each in some}
    return [
        Ridge(label, by_source[source].bins, by_source[source].median, colour, source in BASELINES)
        for source, (label, colour) in SOURCES.items()
        if source in by_source
    ]


def _medians(some: Sequence[Distribution]) -> str:
    return "; ".join(f"{each.source} {each.median:.3g} ({each.count:,} texts)" for each in some)


def _similarity(some: Sequence[Distribution]) -> str:
    text = Text(
        "similarity",
        "Similarity of picture and text",
        f"Distribution of the cosine for each kind of text. Medians: {_medians(some)}.",
    )
    return svg.ridges(text, _ridges(some), Axis("cosine of picture and text"))


def _tokens(some: Sequence[Distribution]) -> str:
    text = Text(
        "tokens",
        "Length of texts",
        f"Distribution of CLIP tokens for each kind of text. Medians: {_medians(some)}."
        f" Peaks of the paper's figure: {_said(paper.TOKENS)}.",
    )
    return svg.ridges(text, _ridges(some), Axis("CLIP tokens", low=0), paper.TOKENS)


def _perplexity(some: Sequence[Distribution]) -> str:
    text = Text(
        "perplexity",
        "Perplexity of texts",
        f"Distribution of the perplexity for each kind of text. Medians: {_medians(some)}.",
    )
    axis = Axis("perplexity (by its logarithm; what is beyond, at the end)", True, *_bounds(some))
    return svg.ridges(text, _ridges(some), axis, paper.PERPLEXITY)


def _bounds(some: Sequence[Distribution]) -> tuple[float, float]:
    """Give the ends of an axis that holds nearly all perplexities."""
    edges = [edge for each in some for low, high, n in each.bins if n for edge in (low, high)]
    return max(1.0, min(edges, default=1.0)), min(5_000.0, max(edges, default=10.0))


def _density(some: Sequence[Distribution]) -> str:
    text = Text(
        "density",
        "Density of words",
        f"Distribution of different words among all words of a text. Medians: {_medians(some)}.",
    )
    shares = [replace(each, median=min(1.0, each.median)) for each in some]  # of a bin's middle
    axis = Axis("different words among all words of a text", high=1.0)
    return svg.ridges(text, _ridges(shares), axis)


def _said(marks: Sequence[Mark]) -> str:
    return ", ".join(f"{mark.label} {mark.value:g}" for mark in marks)


def _evenness(facts: Facts, analysis: Analysed | None) -> str:
    text = Text(
        "evenness",
        "Balance over clusters",
        "Pairs in each cluster of pictures, the largest first. The flatter the curve, the more"
        " even the sample.",
    )
    curves = analysis.balance if analysis and analysis.balance else _sizes(facts)
    some = [
        Line(label, curves[name], colour, name == "all")
        for name, (label, colour) in SAMPLINGS.items()
        if name in curves
    ]
    highest = max((y for line in some for _, y in line.points), default=1.0)
    longest = max((x for line in some for x, _ in line.points), default=1.0)
    x, y = Axis("rank of the cluster", True, 1, longest), Axis("pairs in it", True, 1, highest)
    return svg.lines(text, some, x, y)


def _sizes(facts: Facts) -> dict[str, list[tuple[float, float]]]:
    names = {"before": "all", "after": "balanced"}
    return {
        names[name]: [(rank + 1.0, float(size)) for rank, size in enumerate(sizes)]
        for name, sizes in facts.cluster_sizes.items()
    }


def _overlap(analysis: Analysed, kind: str) -> str:
    word = {"entity": "entities", "noun": "nouns"}[kind]
    rows = [
        Stack(
            f"{_label(row['left'])} and {_label(row['right'])}",
            row["only_left"],
            row["both"],
            row["only_right"],
            (f"only {_label(row['left'])}", f"only {_label(row['right'])}"),
        )
        for row in analysis.overlaps
        if row["kind"] == kind and {row["left"], row["right"]} in map(set, OVERLAPS)
    ]
    said = "; ".join(f"{r.label}: {r.only_left}, {r.both}, {r.only_right}" for r in rows)
    text = Text(
        kind, f"Unique {word}", f"Unique {word} of the left texts, of both, of the right: {said}."
    )
    return svg.stacks(text, rows, f"unique {word}")


def _label(source: str) -> str:
    return SOURCES.get(source, (source, 0))[0]


def _map(analysis: Analysed) -> str:
    counts = Counter(place.topic for place in analysis.places if place.topic is not None)
    named = [topic for topic, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    colours = {topic: place for place, topic in enumerate(named[:MOST_NAMED])}
    names = {row["topic"]: ", ".join(row["words"][:2]) or row["name"] for row in analysis.topics}
    groups = [Dots("others", _dots(analysis, set(counts) - set(colours) | {None}))]
    groups += [Dots(names.get(t, str(t)), _dots(analysis, {t}), c) for t, c in colours.items()]
    said = "; ".join(f"{group.label} {len(group.points)}" for group in groups if group.points)
    text = Text(
        "map",
        "Map of the pictures",
        f"Each dot is a picture; near dots look alike to the encoder. Colours are topics: {said}.",
    )
    return svg.scatter(text, groups)


def _dots(analysis: Analysed, topics: set[int | None]) -> list[tuple[float, float]]:
    return [(place.x, place.y) for place in analysis.places if place.topic in topics]


def _relevance(relevance: Relevance) -> dict[str, str]:
    """Draw precision against yield, and what is estimated against what is seen."""
    return {
        "precision": _shares(
            "precision",
            "Precision against yield",
            [Line("of the own document", _points(relevance.curve, "yield", "precision"))],
            ("images that keep a text", "texts of the own document"),
        ),
        "calibration": _shares(
            "calibration",
            "Estimates against what is seen",
            [
                Line("seen", _points(relevance.calibration, "estimated", "seen")),
                Line("perfect", [(0.0, 0.0), (1.0, 1.0)], 6, dashed=True),
            ],
            ("estimated", "of the own document"),
        ),
        "judged": _shares(
            "judged",
            "Judgements by estimate",
            [
                Line("right", _points(relevance.judged_curve, "threshold", "right")),
                Line(
                    "right or partly",
                    _points(relevance.judged_curve, "threshold", "right_or_partly"),
                    1,
                ),
            ],
            ("estimate at least", "judged so"),
        ),
    }


def _shares(name: str, title: str, some: Sequence[Line], axes: tuple[str, str]) -> str:
    x, y = (Axis(f"{label} (share)", low=0.0, high=1.0) for label in axes)
    said = "; ".join(f"{line.label}: {', '.join(_pairs(line))}" for line in some if line.points)
    return svg.lines(Text(name, title, f"{axes[1]} by {axes[0]}. {said}"), some, x, y)


def _pairs(line: Line) -> Iterator[str]:
    step = max(1, len(line.points) // 5)
    return (f"{y:.2f} at {x:.2f}" for x, y in line.points[::step])


def _points(rows: Rows, x: str, y: str) -> list[tuple[float, float]]:
    return [(row[x], row[y]) for row in rows if row[x] is not None and row[y] is not None]
