"""Names that both sides of a run have to agree on; imports nothing of Airflow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

STARTED_BY = "started_by"  # in the conf of a run that a task has triggered: the task
_MOST = 60  # characters of what a run is about; a run's id may have 250
_ODD = re.compile(r"[^A-Za-z0-9_.:+-]+")


def triggered_run_id(
    dag_id: str, run_id: str, map_index: int | None = None, about: str = ""
) -> str:
    """Name the run that a task triggers: what it is about first, the same on every try."""
    number = f"__{map_index}" if map_index is not None and map_index >= 0 else ""
    named = f"{about}__" if about else ""
    return f"{named}{dag_id.removeprefix('realsyn_')}__{run_id}{number}"


def about(form: Mapping[str, Any]) -> str:
    """Say in a word what a form is about: the crawl, build or version that it names, or a scale."""
    named = next((form[key] for key in ("crawl", "build", "version", "name") if form.get(key)), "")
    word = str(named).rstrip("/").rsplit("/", 1)[-1] or str(form.get("scale") or "")
    return _word(word)


def subject(form: Mapping[str, Any]) -> str:
    """Say what a run that people start is about: 300__my-crawl; "" where nothing is named."""
    size = _word(str(form.get("name") or form.get("scale") or ""))
    words = [size, about({"crawl": form.get("crawl")})] if size else [about(form)]
    return "__".join(word for word in words if word)


def run_id(form: Mapping[str, Any], moment: str) -> str:
    """Name a run that is started by a form: what it is about, and when."""
    return "__".join(word for word in (subject(form), moment) if word)


def _word(text: str) -> str:
    return _ODD.sub("-", text)[:_MOST].strip("-")
