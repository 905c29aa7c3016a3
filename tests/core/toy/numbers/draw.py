"""Ten numbers per shard, or as many as it is told; may dawdle or fail."""

import time

import pyarrow as pa

from realsyn_tasks.core import tables
from realsyn_tasks.core.errors import ConfigError, PermanentError, TransientError
from realsyn_tasks.core.reasons import Reason
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig
from tests.core.toy.numbers.reasons import ROUND
from tests.core.toy.numbers.schemas import NUMBERS

UNDECLARED = Reason("odd", "nobody declares this")
ERRORS: dict[str, type[Exception]] = {
    "transient": TransientError,
    "permanent": PermanentError,
    "config": ConfigError,
    "bug": KeyError,
    "memory": MemoryError,
    "overflow": pa.ArrowCapacityError,
}


class Config(StageConfig):
    start: int = 0
    seconds: float = 0.0
    fail_shard: int = -1
    undeclared_shard: int = -1
    fail_as: str = "transient"
    counts: tuple[int, ...] = ()  # numbers of each shard; ten where it is empty


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    if context.shard == config.fail_shard:
        raise ERRORS[config.fail_as]("told to fail")
    time.sleep(config.seconds)
    first = config.start + context.shard * 10
    blob = context.scratch / "blob.bin"
    blob.write_bytes(bytes(range(first % 200, first % 200 + 10)))
    count = config.counts[context.shard] if config.counts else 10
    table = tables.build(NUMBERS, {"number": list(range(first, first + count))})
    why = UNDECLARED if context.shard == config.undeclared_shard else ROUND
    dropped = [Dropped("number", str(first), why)]
    return Output(tables={"numbers": table}, blobs={"blob": blob}, dropped=dropped)
