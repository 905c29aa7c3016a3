"""What a shard hands on of the sampled images, so that nobody reads everybody's texts for them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core.stage import Inputs


def of_samples(inputs: Inputs, table: pa.Table) -> pa.Table:
    """Give the rows of a table with `image_id` that are of images which pool_samples has.

    Those are the images that the shard itself drew: nothing is read of other shards, so an image
    that is taken down elsewhere changes nothing here.
    """
    names = inputs.table("draw_samples", "images", ["image_id"])["image_id"]
    return table.filter(pc.is_in(table["image_id"], value_set=names))
