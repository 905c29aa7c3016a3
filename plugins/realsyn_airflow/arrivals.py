"""What realsyn_ingest is made of: crawls that are ready, and those that are set aside after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from realsyn_airflow.operators import DataPlaneOperator, ListOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


def arrival_words(command: str, params: Mapping[str, Any]) -> list[str]:
    """Translate the form into a command about crawls."""
    words = [command, "--root", params["root"], "--marker", params.get("marker") or ""]
    return words + (["--crawls", params["crawls"]] if params.get("crawls") else [])


class DiscoverOperator(ListOperator):
    """Returns the crawls that are whole, not in the corpus, and not quarantined."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(words=(), key="crawls", **kwargs)

    def execute(self, context: Context) -> list[Any]:
        """Look at what has arrived."""
        params = context["params"]
        self.words = arrival_words("discover", params)
        self.words += ["--settle", str(params["settle_seconds"])]
        return super().execute(context)


class QuarantineOperator(DataPlaneOperator):
    """Sets aside the crawls that have a verdict against them; fails if one has none."""

    ui_color = "#fbe3d6"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(words=(), **kwargs)

    def execute(self, context: Context) -> dict[str, Any]:
        """Look at what became of the crawls."""
        self.words = arrival_words("quarantine", context["params"])
        return dict(super().execute(context))
