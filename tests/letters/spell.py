"""Spell the letters of a sheet."""

from __future__ import annotations

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from tests.letters.schemas import LETTERS


class Config(StageConfig):
    """Which letters there are."""

    alphabet: str = "abcdefgh"
    column: str = "place"


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Take every second letter."""
    places = list(range(context.shard, len(config.alphabet), 2))
    columns = {"letter": [config.alphabet[place] for place in places], "place": places}
    table = tables.build(LETTERS, columns)
    names = [config.column if name == "place" else name for name in table.column_names]
    return Output(tables={"letters": table.rename_columns(names)})
