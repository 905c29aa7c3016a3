"""Keep images that decode, are large enough and not too long, and show something (paper §3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
from PIL import Image
from pydantic import Field, model_validator

from realsyn_tasks.core import tables
from realsyn_tasks.core.config import ModelSpec
from realsyn_tasks.core.reasons import Reason, Refused, Verdict
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig
from realsyn_tasks.extract import reasons, schemas
from realsyn_tasks.extract.blocklists import Blocklist, check_bytes, check_picture
from realsyn_tasks.extract.evaluation import nearest_hash
from realsyn_tasks.extract.furniture import (
    is_graphic,
    is_hardly_anything,
    is_icon,
    is_icon_name,
    is_placeholder_name,
    is_sign,
)
from realsyn_tasks.extract.holders import holder
from realsyn_tasks.extract.images import (
    SHOWN,
    Header,
    deviation,
    preview,
    read_header,
    structure,
)
from realsyn_tasks.extract.operator_files import OperatorFile, pinned_files
from realsyn_tasks.extract.scorers import KIND, Scorer, asked_models, scores_of, without_options
from realsyn_tasks.pictures.ground import Ground
from realsyn_tasks.pictures.phash import perceptual_hash
from realsyn_tasks.pictures.pixels import pixel_limit, read_at

NAME = "filter_images"
SCORED_AT_ONCE = 32  # pictures
LOOKS = {reasons.ICON: is_icon, reasons.PLACEHOLDER: is_graphic}


class Config(StageConfig):
    """What an image must be.

    Sides and aspect are the paper's (§3.1). The other rules are ours: the paper's crawl had been
    through OBELICS' own filters for them. Blocklists, scorers and evaluation images (folders of
    images, compared by perceptual hash) are the operator's: there are none unless named, and what
    the files hold belongs to the run. See blocklists.py, scorers.py and evaluation.py.
    """

    min_side: int = Field(default=100, ge=1)  # px
    max_aspect: float = Field(default=3.0, ge=1.0)  # long side / short side
    max_pixels: int = Field(default=50_000_000, ge=1)  # above it nothing is decoded
    min_deviation: float = Field(default=4.0, ge=0.0)  # of 0..255; below it an image is blank
    min_structure: float = Field(default=1.5, ge=0.0)  # the same without noise; fog has more
    max_plain: float = Field(default=0.98, ge=0.0, le=1.0)  # share of one colour; a placeholder
    max_noise: float = Field(default=0.5, ge=0.0)  # of 0..255; of a placeholder's one colour
    min_drawn: float = Field(default=0.4, ge=0.0)  # share of inner cells with marks of a drawing
    pale_signs: bool = True  # signs and words in two greys are placeholders
    placeholder_names: bool = True  # names such as no-image.png are a hint
    tracking_side: int = Field(default=3, ge=0)  # px; up to it an image is a tracking pixel
    icon_side: int = Field(default=64, ge=0)  # px; up to it an image is an icon
    named_icon_side: int = Field(default=256, ge=0)  # px; up to it names are a hint of icons
    formats: tuple[str, ...] = SHOWN
    blocklists: tuple[Blocklist, ...] = ()
    scorers: tuple[Scorer, ...] = ()
    evaluation_images: tuple[OperatorFile, ...] = ()
    evaluation_radius: int = Field(default=6, ge=0, le=64)  # bits of 64

    @model_validator(mode="after")
    def _some_pass(self) -> Self:
        if self.min_side**2 > self.max_pixels:
            raise ValueError(
                f"a square of min_side ({self.min_side}) has more than max_pixels"
                f" ({self.max_pixels}): nothing would be kept"
            )
        return self

    def pinned(self) -> Config:
        """Note what the files that the operator named hold now."""
        return self.model_copy(
            update={
                "blocklists": tuple(blocklist.pinned() for blocklist in self.blocklists),
                "evaluation_images": pinned_files(self.evaluation_images),
            }
        )

    def asked_models(self) -> dict[str, tuple[str, ModelSpec]]:
        """Name the scorers' models by their places in the list."""
        return asked_models(self.scorers, KIND)

    def resolved(self) -> Config:
        """Leave out the scorers' options, which may say how a model runs."""
        return self.model_copy(update={"scorers": without_options(self.scorers)})


@dataclass(frozen=True)
class Seen:
    """What was measured of an image that stays, and a small picture of it."""

    header: Header
    phash: int
    picture: Image.Image


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Look at each image's bytes once; measure and hash those that stay."""
    rows = inputs.table(holder(inputs.has), "images")
    places = rows.select(["image_id", "url", "offset", "length"]).to_pylist()
    measured: list[tuple[int, Header, int]] = []
    refused: dict[int, Verdict] = {}
    with inputs.blob(holder(inputs.has), "pixels") as pixels, pixel_limit(config.max_pixels):
        for start in range(0, len(places), SCORED_AT_ONCE):
            seen: dict[int, Seen] = {}
            for row, place in enumerate(places[start : start + SCORED_AT_ONCE], start):
                try:
                    data = read_at(pixels, place["offset"], place["length"])
                    seen[row] = examine(data, place["url"], config)
                except Refused as error:
                    refused[row] = error.verdict
                context.progress(row + 1, len(places))
            refused |= _badly_scored(seen, config.scorers, context)
            measured += [
                (n, image.header, image.phash) for n, image in seen.items() if n not in refused
            ]
    dropped = [
        Dropped("image", places[row]["image_id"], verdict.reason, verdict.detail)
        for row, verdict in refused.items()
    ]
    return Output(tables={"images": _kept(rows, measured)}, dropped=dropped)


def examine(data: bytes, url: str, config: Config) -> Seen:
    """Measure an image that stays; raises Refused for another. Checks go from cheap to dear."""
    check_bytes(data, config.blocklists)
    header = read_header(data, config.formats, config.max_pixels)
    _check_shape(header, config)
    picture = preview(data)
    _check_content(picture, _named_like(header, url, config), config)
    check_picture(data, config.blocklists)
    phash = perceptual_hash(picture)
    bits = nearest_hash(phash, config.evaluation_images)
    if bits <= config.evaluation_radius and config.evaluation_images:
        raise Refused(reasons.EVALUATION_IMAGE, f"{bits} bits")
    return Seen(header, phash, picture)


def _check_shape(header: Header, config: Config) -> None:
    short, long = sorted((header.width, header.height))
    size = f"{header.width}x{header.height} px"
    if header.animated:
        raise Refused(reasons.ANIMATED, size)
    if long <= config.tracking_side:
        raise Refused(reasons.TRACKING_PIXEL, size)
    if long <= config.icon_side:
        raise Refused(reasons.ICON, size)
    if short < config.min_side:
        raise Refused(reasons.TOO_SMALL, size)
    if long > config.max_aspect * short:
        raise Refused(reasons.ASPECT_RATIO, size)


def _named_like(header: Header, url: str, config: Config) -> Reason | None:
    """Give the reason that the name of a file hints at."""
    if max(header.width, header.height) <= config.named_icon_side and is_icon_name(url):
        return reasons.ICON
    named = config.placeholder_names and is_placeholder_name(url)
    return reasons.PLACEHOLDER if named else None


def _check_content(picture: Image.Image, hint: Reason | None, config: Config) -> None:
    """Refuse what shows nothing, or a word or sign on one colour; a drawing is neither.

    What is named like a part of a page is one if it looks like one at all.
    """
    ground = Ground(picture)
    if hint and LOOKS[hint](ground):
        raise Refused(hint, "by its name and its plain ground")
    if config.pale_signs and is_sign(ground):
        raise Refused(reasons.PLACEHOLDER, "a sign in two greys")
    spread = deviation(picture)
    sparse = ground.share > config.max_plain or spread < config.min_deviation
    if not sparse or ground.drawn >= config.min_drawn:
        return
    if spread < config.min_deviation and structure(picture) < config.min_structure:
        raise Refused(reasons.BLANK, f"deviation {spread:.2f}")
    plain = ground.share > config.max_plain and ground.noise <= config.max_noise
    if plain and is_hardly_anything(ground):
        raise Refused(reasons.PLACEHOLDER, f"{ground.share:.1%} of one colour")


def _badly_scored(
    seen: dict[int, Seen], scorers: tuple[Scorer, ...], context: Context
) -> dict[int, Verdict]:
    """Say by row which pictures have too high a score."""
    bad: dict[int, Verdict] = {}
    for n, scorer in enumerate(scorers):
        left = {row: image.picture for row, image in seen.items() if row not in bad}
        model = context.model(f"{NAME}.scorers.{n}")
        scores = scores_of(scorer.model, model, list(left.values())) if left else np.zeros(0)
        for row, score in zip(left, scores.tolist(), strict=True):
            if verdict := scorer.verdict(score):
                bad[row] = verdict
    return bad


def _kept(rows: pa.Table, measured: list[tuple[int, Header, int]]) -> pa.Table:
    kept = tables.taken(rows, np.array([row for row, _, _ in measured], dtype=np.int64))
    columns = {name: kept[name] for name in kept.column_names}
    columns["width"] = pa.array([header.width for _, header, _ in measured])
    columns["height"] = pa.array([header.height for _, header, _ in measured])
    columns["format"] = pa.array([header.format for _, header, _ in measured])
    columns["phash"] = pa.array(np.array([value for _, _, value in measured], dtype=np.uint64))
    return tables.build(schemas.IMAGES, columns, sort_by=("image_id",))
