"""Numbers keyed by parity."""

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from tests.core.toy.numbers.schemas import KEYED


class Config(StageConfig):
    pass


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    numbers = inputs.table("draw", "numbers")["number"].to_pylist()
    columns = {"number": numbers, "partition": [number % 2 for number in numbers]}
    return Output(tables={"numbers": tables.build(KEYED, columns)})
