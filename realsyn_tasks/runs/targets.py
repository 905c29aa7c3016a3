"""How many pairs a build is asked for, and whether its corpus can give them.

Each image gives one pair at most, so more pairs than images is refused when a build is opened. How
many are to be expected is told by what other builds below the root have kept, or else by the
funnel of include/costs.yaml; fewer than the target is a warning, for a gate to decide in the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from realsyn_tasks.core import include
from realsyn_tasks.core.config import Frozen, RunConfig
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.gate_results import stored_record
from realsyn_tasks.core.problems import Problems
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.kinds import BUILD
from realsyn_tasks.runs.donors import opened
from realsyn_tasks.sample.group import GROUP as SAMPLE

SAMPLES_PER_SHARD = 10_000  # img2dataset's and the paper's release
ALLOW = "allow a smaller dataset (allow_smaller, or --allow-smaller)"
COSTS = "include/costs.yaml"


class Outlook(Frozen):
    """What a build is asked for, and what its corpus can give."""

    scale: str
    target: int
    images: int  # that it is pinned to: no more pairs than these
    expected: int  # pairs
    told_by: str  # a build below the root, or the table of costs
    growing: bool = False  # a crawl is still to be added
    allow_smaller: bool = False

    def require_possible(self) -> None:
        """Raise ConfigError if there are too few images, whatever becomes of them."""
        enough = self.growing or self.images >= (1 if self.allow_smaller else self.target)
        if not enough:
            raise ConfigError(
                f"scale {self.scale}: {self.target:,} pairs are asked for, and the corpus that the"
                f" build is pinned to has {self.images:,} images, each for one pair at most: ask"
                f" for fewer (about {self.expected:,} are to be expected), extract more crawls, or"
                f" {ALLOW}"
            )

    def warning(self) -> str:
        """Say that the target is unlikely to be met; empty if it is not."""
        if self.growing:
            return ""
        if self.expected >= self.target:
            return ""
        outcome = (
            f"what there is will be published as a dataset under {self.scale}"
            if self.allow_smaller
            else f"the gate of {SAMPLE.name} does not pass below it; ask for fewer, or {ALLOW}"
        )
        return (
            f"scale {self.scale}: {self.target:,} pairs are asked for, and about"
            f" {self.expected:,} are to be expected of {self.images:,} images (by"
            f" {self.told_by}): {outcome}"
        )


def outlook(storage: Storage, config: RunConfig, growing: bool = False) -> Outlook:
    """Compare the target of a build with its corpus; `growing` if a crawl is still to come."""
    images = config.source_rows.get("images", 0)
    share, told_by = _measured(storage, (config.name, *config.donors)) or _assumed()
    return Outlook(
        scale=config.scale,
        target=config.target,
        images=images,
        expected=round(images * share),
        told_by=told_by,
        growing=growing,
        allow_smaller=config.allow_smaller,
    )


def _measured(storage: Storage, names: Sequence[str]) -> tuple[float, str] | None:
    """Give the share of images that the first of some builds kept as pairs, and its name."""
    return next(_shares(storage, names), None)


def _shares(storage: Storage, names: Sequence[str]) -> Iterator[tuple[float, str]]:
    for name in names:
        run = opened(storage, BUILD.name, name)
        record = stored_record(run, SAMPLE.name) if run else None
        images = run.config.source_rows.get("images", 0) if run else 0
        kept = record.statistics.get("pairs_in_band") if record else None
        if images and kept is not None:
            yield kept / images, f"what build {name} kept"


def _assumed() -> tuple[float, str]:
    funnel = include.costs()["funnel"]
    return float(funnel["paired"]) * float(funnel["in_band"]), COSTS


def target_of(scale: str) -> tuple[int, int]:
    """Give the pairs of a scale and of a published shard; ConfigError if there is no such scale."""
    if scale.isdecimal() and scale.isascii() and int(scale) > 0:
        return int(scale), SAMPLES_PER_SHARD
    known = include.scales()
    if scale not in known:
        raise ConfigError(f"scale {scale!r}: give a number of pairs or one of {', '.join(known)}")
    return known[scale]["target"], known[scale].get("samples_per_shard", SAMPLES_PER_SHARD)


def scales_of(text: str) -> list[str]:
    """Split what a form says of scales: 15m,30m,100m."""
    return [each.strip() for each in text.split(",")]


def require_scales(scales: Sequence[str]) -> None:
    """Raise ConfigError for every scale that there is not, and where one is named twice."""
    problems = Problems()
    for scale in scales:
        with problems.noted():
            target_of(scale)
    with problems.noted():
        if len(set(scales)) < len(scales):
            raise ConfigError(f"scales {', '.join(scales)}: name each once")
    problems.raise_if_any()
