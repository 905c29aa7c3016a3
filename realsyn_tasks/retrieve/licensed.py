"""The images and sentences of the corpus that a build may use, by the licences of their pages."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from realsyn_tasks.core.stage import Inputs

STAGE = "filter_licences"


def licensed(inputs: Inputs, table: pa.Table) -> pa.Table:
    """Leave out the rows of refused licences; while no licence is refused, give the table as it is.

    The table has a column `licence`.
    """
    if not inputs.has(STAGE):
        return table
    refused = inputs.table(STAGE, "refused")["licence"]
    return table.filter(pc.invert(pc.is_in(table["licence"], value_set=refused)))
