"""The sum of a parity's numbers."""

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from tests.core.toy.numbers.schemas import NUMBERS


class Config(StageConfig):
    times: int = 1


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    total = sum(inputs.table("split", "numbers")["number"].to_pylist())
    return Output(tables={"sums": tables.build(NUMBERS, {"number": [total * config.times]})})
