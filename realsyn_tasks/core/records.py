"""Control records: small JSON files that say what a run is, what was decided, what was asked for.

They are written whole (core.storage), but a disk may lose what a power cut caught: then a record is
empty, cut short or filled with zeros. Such a record is told by its name with what to do, or counts
as not there where it is made anew by whoever would have made it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.storage import Storage

R = TypeVar("R", bound=BaseModel)
P = TypeVar("P")


class DamagedRecord(ConfigError):
    """A control record is not what was written."""


def read_record(storage: Storage, path: str, model: type[R], advice: str) -> R:
    """Read a record that nothing else can stand for.

    Raises FileNotFoundError if there is none, and DamagedRecord with the advice if it is damaged.
    """
    return parsed(storage.read(path), f"{storage.uri}/{path}", model, advice)


def read_part(storage: Storage, path: str, part: TypeAdapter[P], advice: str) -> P:
    """Read what is wanted of a large record, as plain dicts; raises as `read_record` does."""
    return _checked(storage.read(path), f"{storage.uri}/{path}", part.validate_json, advice)


def parsed(data: bytes, name: str, model: type[R], advice: str) -> R:
    """Parse a record's bytes; DamagedRecord with its name and the advice if they are damaged."""
    return _checked(data, name, model.model_validate_json, advice)


def _checked(data: bytes, name: str, parse: Callable[[bytes], P], advice: str) -> P:
    try:
        return parse(data)
    except ValidationError as error:
        raise DamagedRecord(f"{name} {what_is_wrong(data, error)}: {advice}") from error


def derived_record(storage: Storage, path: str, model: type[R], advice: str) -> R | None:
    """Read a record that can be made anew; None if there is none, or none any more.

    What is damaged is told on standard error, with the advice, and counts as not there.
    """
    try:
        return read_record(storage, path, model, advice)
    except FileNotFoundError:
        return None
    except DamagedRecord as damage:
        print(f"warning: {damage}", file=sys.stderr, flush=True)
        return None


def what_is_wrong(data: bytes, error: ValidationError) -> str:
    """Say of bytes that are no record what they are instead, as the rest of a sentence."""
    if not data:
        return "is empty"
    if not data.strip(b"\0"):
        return "is filled with zeros"
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return f"is cut short or garbled ({first['msg']})"
    place = ".".join(map(str, first["loc"]))
    return f"is none of this version ({place}: {first['msg']})"
