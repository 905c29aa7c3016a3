"""Numbers that are worked at one by one; what that takes, a test says."""

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from tests.core.toy.numbers.schemas import NUMBERS


class Config(StageConfig):
    pass


def work(number: int) -> None:
    """Take no time."""


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    numbers = inputs.table("draw", "numbers")["number"].to_pylist()
    for done, number in enumerate(numbers, start=1):
        work(number)
        context.progress(done, len(numbers))
    return Output(tables={"numbers": tables.build(NUMBERS, {"number": numbers})})
