"""Numbers keyed by parity."""

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from tests.core.toy.numbers.schemas import KEYED


class Config(StageConfig):
    pass


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    numbers = inputs.table("draw", "numbers")["number"].to_pylist()
    parities = context.axes["parities"]
    columns = {"number": numbers, "partition": [number % parities for number in numbers]}
    return Output(tables={"numbers": tables.build(KEYED, columns)})
