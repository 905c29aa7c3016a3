"""Whether what a stage gave is what it declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.errors import UndeclaredOutput
from realsyn_tasks.core.reasons import Reason
from realsyn_tasks.core.stage import Output

if TYPE_CHECKING:  # who runs nothing needs no Arrow
    import pyarrow as pa


def check_output(stage: Stage, output: Output) -> None:
    """Raise UndeclaredOutput for a table, column, file or reason that is not declared."""
    schemas = stage.schemas()
    for name, table in output.tables.items():
        if name not in schemas:
            raise UndeclaredOutput(_undeclared(stage, f"table {name}", ", ".join(schemas)))
        _check_columns(stage, name, table.schema, schemas[name])
    for name in (*output.blobs, *output.same):
        if name not in stage.blobs:
            raise UndeclaredOutput(_undeclared(stage, f"file {name}", ", ".join(stage.blobs)))
    for kind, reason in dict.fromkeys((item.kind, item.reason) for item in output.dropped):
        if reason not in stage.reasons_for(kind):
            raise UndeclaredOutput(_undeclared_reason(stage, kind, reason))


def _check_columns(stage: Stage, name: str, given: pa.Schema, declared: pa.Schema) -> None:
    if given.equals(declared):
        return
    columns = [f"{field.name} {field.type}" for field in given if field not in list(declared)]
    lacking = [f"{field.name} {field.type}" for field in declared if field not in list(given)]
    raise UndeclaredOutput(
        f"stage {stage.name}, table {name}: columns {', '.join(columns) or 'in another order'} are"
        f" not declared; lacking: {', '.join(lacking) or 'none'}. Change the schema"
        f" {stage.writes[name]} in {stage.package}.schemas and raise the stage's version"
    )


def _undeclared(stage: Stage, what: str, declared: str) -> str:
    return (
        f"stage {stage.name} gave the {what}, which it does not declare (declared:"
        f" {declared or 'none'}); add it to its line in {stage.package}.group"
    )


def _undeclared_reason(stage: Stage, kind: str, reason: Reason) -> str:
    declared = ", ".join(map(str, stage.reasons_for(kind)))
    return (
        f"stage {stage.name} dropped a {kind} for the reason {reason}, which it does not declare"
        f" for that (declared: {declared or 'none'}); add it to the group's table"
        f" {stage.reasons or 'of reasons'}"
    )
