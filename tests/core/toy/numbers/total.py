"""Everything added up."""

from realsyn_tasks.core.stage import Output, StageConfig


class Config(StageConfig):
    pass


def run(inputs, config, context):
    sums = inputs.table("add", "sums")
    return Output(
        tables={"total": sums}, measures={"total": float(sum(sums["number"].to_pylist()))}
    )
