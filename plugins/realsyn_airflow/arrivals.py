"""What realsyn_ingest is made of: crawls that are ready, and those that are set aside after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from realsyn_airflow.failures import PermanentFailure
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
    """Sets a crawl aside if there is a verdict against it; fails if there is none of any kind."""

    template_fields: Sequence[str] = ("fields",)
    ui_color = "#fbe3d6"

    def __init__(self, *, fields: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(words=(), **kwargs)
        self.fields = fields  # of the crawl, as DiscoverOperator gives them

    def execute(self, context: Context) -> dict[str, Any]:
        """Look at what became of the crawl."""
        self.words = arrival_words("quarantine", context["params"])
        self.words += ["--crawl", self.fields["crawl"]]
        return dict(super().execute(context))


class BadCrawlsOperator(BaseOperator):
    """Fails where crawls were bad, and names them: the good ones are in the corpus by now."""

    template_fields: Sequence[str] = ("crawls",)
    ui_color = "#fbe3d6"

    def __init__(self, *, crawls: Any, judged: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.crawls = crawls  # those that were to be extracted
        self.judged = judged  # the task that judged each of them

    def execute(self, context: Context) -> None:
        """Look at the verdicts."""
        pulled = context["ti"].xcom_pull(task_ids=self.judged) or []
        verdicts = [pulled] if isinstance(pulled, Mapping) else list(pulled)  # of one: no list
        notes = [note for verdict in verdicts if verdict for note in verdict["quarantined"]]
        bad = [f"{n['name']}: {n['reason']}: {n['why']} {n['page']}".strip() for n in notes]
        open_ = len(self.crawls) - len(verdicts)
        bad += [f"{open_} without a verdict: see the task {self.judged}"] if open_ else []
        if bad:
            good = len(verdicts) - len(notes)
            raise PermanentFailure("\n".join([f"{good} of the crawls are well; not so:", *bad]))
