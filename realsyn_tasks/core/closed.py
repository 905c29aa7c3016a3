"""What people write (profiles, forms, cards, settings) against typed, closed models.

A wrong word is a ConfigError that names the word, the nearest right one, and the place: the file
or option, and the path in it.
"""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, RootModel, ValidationError

from realsyn_tasks.core.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)
Path = tuple[str | int, ...]
_SHOWN = 60  # characters of a value in a message


def validate(model: type[Model], data: Any, place: str, within: str = "") -> Model:
    """Make a model of what somebody wrote.

    `place` is the file or option, `within` the path in it at which the data stands. Raises
    ConfigError with a sentence for each thing that is wrong.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        wrong = error.errors(include_url=False)
        said = [_sentence(model, dict(item), place, within) for item in wrong]
        raise ConfigError("; ".join(dict.fromkeys(said))) from None


def parsed(model: type[Model], text: str, place: str) -> Model:
    """Make a model of a JSON object, an empty one out of nothing; ConfigError as `validate`."""
    return validate(model, json_object(text, place), place)


def json_object(text: str, place: str) -> dict[str, Any]:
    """Read a JSON object, {} out of nothing; ConfigError that names where it comes from."""
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{place} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise ConfigError(f"{place} is not a JSON object: {_shown(value)}")
    return value


def from_environment(model: type[Model], variable: str) -> Model:
    """Make a model of the JSON object in an environment variable, an empty one if it is unset."""
    return parsed(model, os.environ.get(variable, ""), f"the environment variable {variable}")


def mapping(value: Any, place: str, within: str = "") -> dict[str, Any]:
    """Give a mapping of words; ConfigError if it is none."""
    if not isinstance(value, Mapping):
        raise ConfigError(f"{place}: {within} is {_shown(value)}, and must have settings by name")
    return dict(value)


def require(word: str, known: Iterable[str], place: str, within: str = "", what: str = "") -> None:
    """Raise ConfigError, with the nearest right word, unless this one is known.

    `within` is the path at which the word stands: as a key, or as a value if `what` says of what.
    """
    words = list(known)
    if word in words:
        return
    if what:
        where = f"{place}: {within}" if within else place
        raise ConfigError(f"{where}: there is no {what} {word!r}: {suggestion(word, words)}")
    path = f"{within}.{word}" if within else word
    raise ConfigError(f"{place}: {path}: {suggestion(word, words)}")


def suggestion(word: str, known: Iterable[str]) -> str:
    """Say what was probably meant, or else what there is."""
    words = sorted(known)
    near = difflib.get_close_matches(word, words, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"choose one of: {', '.join(words)}" if words else "there is nothing to choose"


def _sentence(model: type[BaseModel], wrong: dict[str, Any], place: str, within: str) -> str:
    loc: Path = tuple(part for part in wrong["loc"] if part != "[key]")
    path = ".".join(str(part) for part in (within, *loc) if part != "")
    where = f"{place}: {path}" if path else place
    given = _shown(wrong["input"])
    if wrong["type"] == "extra_forbidden":
        return f"{where}: {suggestion(str(loc[-1]), _words_at(model, loc[:-1]))}"
    if wrong["type"] == "missing":
        return f"{where} is missing"
    if wrong["type"] in ("literal_error", "enum"):
        known = re.findall(r"'([^']*)'", wrong["ctx"]["expected"])
        return f"{where} is {given}: {suggestion(str(wrong['input']), known)}"
    return f"{where} is {given}: {wrong['msg'].removeprefix('Value error, ')}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _words_at(model: type[BaseModel], path: Path) -> list[str]:
    """Give the words that a closed model knows at a path."""
    here: list[Any] = [model]
    for step in path:
        here = [part for annotation in here for part in _inside(annotation, step)]
    return [name for part in here for nested in _models_in(part) for name in nested.model_fields]


def _inside(annotation: Any, step: str | int) -> list[Any]:
    """Give what may stand at a step: in a field, at a key or place, whichever of a union it is."""
    if isinstance(annotation, type) and issubclass(annotation, RootModel):
        return _inside(annotation.model_fields["root"].annotation, step)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        field = annotation.model_fields.get(str(step))
        return [field.annotation] if field else []
    if get_origin(annotation) in (dict, list, tuple):
        return list(get_args(annotation))
    return [part for inner in get_args(annotation) for part in _inside(inner, step)]


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) not in (dict, list, tuple):
        for part in get_args(annotation):
            yield from _models_in(part)
