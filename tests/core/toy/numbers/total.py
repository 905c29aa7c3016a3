"""Everything added up."""

from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig


class Config(StageConfig):
    pass


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    sums = inputs.table("add", "sums")
    return Output(
        tables={"total": sums}, measures={"total": float(sum(sums["number"].to_pylist()))}
    )
