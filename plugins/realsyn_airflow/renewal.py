"""What realsyn_renew is made of: the question whether there is enough that is new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from realsyn_airflow.failures import ConfigFailure
from realsyn_airflow.operators import DataPlaneOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


class NewsOperator(DataPlaneOperator):
    """Returns what is new since the last version, and its build's name; skipped if too little."""

    ui_color = "#f4ecd8"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(words=(), **kwargs)

    def execute(self, context: Context) -> dict[str, Any]:
        """Ask the corpus."""
        params = context["params"]
        if not params["scale"]:
            raise ConfigFailure(
                "nobody has said of which scale: set `renewal: {scale: ...}` in the profile or in"
                " REALSYN_RENEWAL, or name one in the form"
            )
        self.words = ["news", "--root", params["root"], "--scale", params["scale"]]
        told = dict(super().execute(context))
        if told["images"] < params["minimum_images"]:
            since = f"since {told['version']}" if told["version"] else "in the corpus"
            raise AirflowSkipException(
                f"{told['images']} new images {since}: a new version is built from"
                f" {params['minimum_images']} on"
            )
        return told
