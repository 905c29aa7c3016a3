"""Embed the images with the build's one encoder (paper §3.2).

Here, too, go images that are near one of an evaluation set, for here are their vectors.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig
from realsyn_tasks.extract import reasons, schemas
from realsyn_tasks.extract.evaluation import nearest_cosines
from realsyn_tasks.extract.holders import holder
from realsyn_tasks.extract.operator_files import OperatorFile, pinned_files
from realsyn_tasks.pictures.pixels import decode, read_at


class Config(StageConfig):
    """How many images the encoder sees at once, and what they must not be near to.

    Evaluation images are folders of images, which each process embeds anew, or .npy files of
    `realsyn embed` with the run's encoder; there are none unless named. Which cosine is near
    depends on the encoder.
    """

    batch_size: int = Field(default=32, ge=1)
    max_side: int = Field(default=640, ge=32)  # px; larger ones are scaled down while decoding
    evaluation_images: tuple[OperatorFile, ...] = ()
    evaluation_cosine: float = Field(default=0.95, ge=-1.0, le=1.0)

    def pinned(self) -> Config:
        """Note what the files that the operator named hold now."""
        return self.model_copy(update={"evaluation_images": pinned_files(self.evaluation_images)})


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give the images that stay and one vector for each, in the order of the images table."""
    images = inputs.table("filter_images", "images")
    encoder = context.model("encoder")
    parts = [np.zeros((0, encoder.dim), dtype=np.float32)]
    places = images.select(["offset", "length"])
    with inputs.blob(holder(inputs.has), "pixels") as pixels:
        for start in range(0, images.num_rows, config.batch_size):
            rows = places.slice(start, config.batch_size).to_pylist()
            data = [read_at(pixels, row["offset"], row["length"]) for row in rows]
            decoded = [decode(item, config.max_side) for item in data]
            parts.append(encoder.encode_images(decoded))
            context.progress(start + len(rows), images.num_rows)
    vectors = np.concatenate(parts)
    near = nearest_cosines(vectors, config.evaluation_images, encoder, config.max_side)
    stay = near < config.evaluation_cosine if config.evaluation_images else near <= 1
    kept = images.filter(pa.array(stay))
    columns = {"image_id": kept["image_id"], "embedding": vectors[stay]}
    names = images["image_id"].to_pylist()
    dropped = [
        Dropped("image", names[row], reasons.EVALUATION_IMAGE, f"{near[row]:.3f}")
        for row in np.flatnonzero(~stay)
    ]
    written = {"images": kept, "vectors": tables.build(schemas.IMAGE_VECTORS, columns)}
    return Output(tables=written, dropped=dropped)
