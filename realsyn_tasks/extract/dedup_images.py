"""Keep one of each group of near-duplicate images, with what is said of it (paper §3.1)."""

from __future__ import annotations

from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.extract import schemas
from realsyn_tasks.extract.duplicates import without_duplicates
from realsyn_tasks.extract.neighbours import IMAGES

SOURCES = (
    ("embed_images", "images"),
    (IMAGES.vectors, "vectors"),
    ("describe_images", "descriptions"),
)


class Config(StageConfig):
    """Nothing to choose."""


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Apply what choose_representatives decided; what stays is this shard of the new generation."""
    kept, dropped = without_duplicates(inputs, IMAGES, SOURCES, schemas.CORPUS_IMAGES)
    return Output(tables={"images": kept}, dropped=dropped)
