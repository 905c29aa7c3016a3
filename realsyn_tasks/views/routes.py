"""The views and actions that there are, by name, and how they are called with words of a request.

A module of views lists its functions in VIEWS, and those that change something in ACTIONS. A
function's name is its route, `root: str` its first parameter; the others stand by name, are str,
int, float, bool or list[str], and may have defaults. An action has `by: str`: who acts.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, create_model

from realsyn_tasks.core.closed import validate
from realsyn_tasks.core.prefixes import allowed
from realsyn_tasks.views.answer import Unknown

# The modules of this room that have views, one a page.
MODULES = (
    "root",
    "build",
    "shards",
    "gate",
    "pairs",
    "items",
    "map",
    "versions",
    "evaluations",
)

VIEWS, ACTIONS = "VIEWS", "ACTIONS"


@dataclass(frozen=True)
class Route:
    """A function and the model of its arguments."""

    function: Callable[..., Any]
    model: type[BaseModel]

    def call(self, words: Mapping[str, Any]) -> Any:
        """Call with the arguments that these words make; ConfigError names the wrong one."""
        given = validate(self.model, dict(words), self.function.__name__)
        arguments = {name: getattr(given, name) for name in self.model.model_fields}
        allowed(arguments["root"])
        return self.function(arguments.pop("root"), **arguments)

    def from_query(self, pairs: list[tuple[str, str]]) -> Any:
        """Call with the pairs of an address; a list has its name once for each of its members."""
        words: dict[str, Any] = {}
        for name, value in pairs:
            if name in self._lists:
                words.setdefault(name, []).append(value)
            else:
                words[name] = value
        return self.call(words)

    @property
    def _lists(self) -> set[str]:
        fields = self.model.model_fields.items()
        return {name for name, field in fields if get_origin(field.annotation) is list}


def view(name: str) -> Route:
    """Give a view by its name; Unknown if there is none."""
    return _chosen(VIEWS, name)


def action(name: str) -> Route:
    """Give an action by its name; Unknown if there is none."""
    return _chosen(ACTIONS, name)


def _chosen(kind: str, name: str) -> Route:
    routes = table(kind)
    if name not in routes:
        raise Unknown(f"there is no {name!r}; there are: {', '.join(sorted(routes))}")
    return routes[name]


@cache
def table(kind: str) -> dict[str, Route]:
    """Give all views, or all actions, by name."""
    modules = [import_module(f"realsyn_tasks.views.{name}") for name in MODULES]
    functions = [function for module in modules for function in getattr(module, kind, ())]
    return {function.__name__: Route(function, _model_of(function)) for function in functions}


def _model_of(function: Callable[..., Any]) -> type[BaseModel]:
    hints = get_type_hints(function)
    fields: dict[str, Any] = {
        name: (hints[name], ... if parameter.default is parameter.empty else parameter.default)
        for name, parameter in inspect.signature(function).parameters.items()
    }
    return create_model(function.__name__, __config__=ConfigDict(extra="forbid"), **fields)
