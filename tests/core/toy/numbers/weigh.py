"""Numbers as shares of the total, which is made ready once for all shards."""

import pyarrow as pa

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from tests.core.toy.numbers.schemas import NUMBERS


class Config(StageConfig):
    fit: str = "total"


def ready(total: pa.Table, times: int) -> int:
    """Take no time."""
    return int(sum(total["number"].to_pylist())) * times


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    numbers = inputs.table("draw", "numbers")["number"].to_pylist()
    name = "total" if config.fit == "total" else "numbers"
    total = inputs.of_fit(config.fit, name, ready, 100)
    return Output(
        tables={"numbers": tables.build(NUMBERS, {"number": [total // (n + 1) for n in numbers]})}
    )
