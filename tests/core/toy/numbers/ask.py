"""Asks a model for the square of each of ten numbers per shard, and keeps what it says."""

from realsyn_tasks.core import tables
from realsyn_tasks.core.errors import ConfigError, PermanentError
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.models import requests
from realsyn_tasks.models.protocols import Prompt
from tests.core.toy.numbers.schemas import NUMBERS


class Config(StageConfig):
    permanent: int = -1  # shards that fail once they have their answers
    config: int = -1


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    numbers = range(context.shard * 10, context.shard * 10 + 10)
    prompts = [Prompt("", (), str(number)) for number in numbers]
    kept = context.kept("language_model")
    texts = requests.answers(context.model("language_model"), kept, prompts, 8)
    if context.shard == config.permanent:
        raise PermanentError("told to fail")
    if context.shard == config.config:
        raise ConfigError("told to fail")
    return Output(tables={"numbers": tables.build(NUMBERS, {"number": list(map(int, texts))})})
