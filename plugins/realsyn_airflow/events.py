"""What is worth telling of a run, as a notice made of Airflow's context; None if nothing is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from airflow.configuration import conf

from realsyn_airflow import lineage
from realsyn_airflow.failures import GateFailure
from realsyn_airflow.gates import ANSWER_TIMEOUT, GateOperator
from realsyn_airflow.messages import Notice
from realsyn_tasks.core import redaction

Context = Any


def crawl_quarantined(context: Context) -> Notice | None:
    """Tell of a crawl that was set aside, or of several."""
    result = _result(context)
    notes = result.get("quarantined", [])
    if not notes:
        return None
    first, root = notes[0], str(context["params"]["root"])
    more = f" and {len(notes) - 1} more" if len(notes) > 1 else ""
    run = f"extracts/{first['name']}"
    return Notice(
        event="crawl_quarantined",
        title=f"Crawl quarantined: {first['name']}{more}",
        where={"root": redaction.place(root), "crawl": redaction.place(first["crawl"])},
        why=f"{first['reason'].replace('_', ' ')}: {first['why']}",
        advice="Mend the crawl, or the setting or expectation that it failed by; then release it"
        " on the page Root, and the next ingest tries it again.",
        links=_run_links(context)
        | {"Gate": _page("gate", root, build=run, group="extract"), "Crawls": _page("root", root)},
    )


def gate_failed(context: Context) -> Notice | None:
    """Tell of a gate that has failed, or that could not judge; not of one without a run."""
    task, error = context["task"], context.get("exception")
    verdict = error.result if isinstance(error, GateFailure) else {}
    run = str(task.words[-1])
    if run == "None":
        return None
    said = verdict.get("summary") or str(error or "").partition("\n(exit code")[0]
    return Notice(
        event="gate_failed",
        title=f"Gate of {task.group} {'failed' if verdict else 'could not judge'}: {_name(run)}",
        where=_where(run),
        why=said,
        advice="Nothing was promoted. See its page: mend data or setting and run the group again,"
        " or override it with a reason.",
        links=_run_links(context) | _gate_links(task.group, run),
    )


def approval_waiting(context: Context) -> Notice:
    """Tell that a person is asked for a decision: about promotion, or about a failed gate."""
    task, ti = context["task"], context["ti"]
    if isinstance(task, GateOperator):
        return _override_waiting(context)
    wait = task.response_timeout
    return Notice(
        event="approval_waiting",
        title=f"Approval waits: {task.subject}",
        where={"root": redaction.place(str(context["params"].get("root") or ""))}
        if context["params"].get("root")
        else {},
        why=task.said,
        advice=f"Approve or reject within {wait.days} days; then it counts as rejected."
        if wait
        else "Approve or reject.",
        links={"Answer": f"{_task_address(ti)}/required_actions"} | _run_links(context),
    )


def _override_waiting(context: Context) -> Notice:
    task, ti = context["task"], context["ti"]
    verdict = ti.xcom_pull(task_ids=ti.task_id, key="gate") or {}
    return Notice(
        event="approval_waiting",
        title=f"Gate of {task.group} failed: override it? {_name(task.build)}",
        where=_where(task.build),
        why=str(verdict.get("summary", "")),
        advice=f"Override it with a reason, or let it fail, within {ANSWER_TIMEOUT.days} days;"
        " then it has failed.",
        links={"Answer": f"{_task_address(ti)}/required_actions"}
        | _run_links(context)
        | _gate_links(task.group, task.build),
    )


def published(context: Context) -> Notice:
    """Tell of a new version of a dataset."""
    result = _result(context)
    version = str(result.get("uri", ""))
    pairs = f" with {result['pairs']} pairs" if "pairs" in result else ""
    root = redaction.place(version).rpartition("/datasets/")[0]
    return Notice(
        event="published",
        title=f"Published: {'/'.join(version.rsplit('/', 2)[-2:])}{pairs}",
        where={"version": redaction.place(version), "build": redaction.place(_build(context))},
        advice="Look at its report before you hand it on.",
        links=_run_links(context)
        | {"Report": _task_page(context["ti"]), "Versions": _page("versions", root)},
    )


def taken_down(context: Context) -> Notice:
    """Tell of a request for takedown that is in force."""
    result, root = _result(context), str(context["params"]["root"])
    published_in = [str(item["dataset"]) for item in result.get("datasets", [])]
    holds = f" Published versions hold some of it: {', '.join(published_in)}."
    return Notice(
        event="taken_down",
        title=f"Taken down: {result.get('images', 0)} images and"
        f" {result.get('sentences', 0)} sentences",
        where={"root": redaction.place(root), "request": str(result.get("request", ""))},
        why=str(context["params"].get("note") or ""),
        advice="Builds that are opened from now on do not see it; run realsyn_build for a next"
        f" version.{holds if published_in else ''}",
        links=_run_links(context) | {"Receipt": _task_page(context["ti"])},
    )


def build_late(context: Context) -> Notice:
    """Tell of a run that is not done when it should be; `context` is that of a deadline."""
    run, missed = context.get("dag_run", {}), context.get("deadline", {})
    dag_id, run_id = str(run.get("dag_id", "")), str(run.get("dag_run_id", ""))
    asked = run.get("conf") or {}
    place = {"root": redaction.place(str(asked["root"]))} if asked.get("root") else {}
    return Notice(
        event="build_late",
        title=f"Build late: {run_id}",
        where=place | {"run": f"{dag_id}, {run_id}"},
        why=f"It is {run.get('state', 'under way')}, and was to be done by"
        f" {missed.get('deadline_time', 'now')} (notices.late_hours, or else its plan).",
        advice="See which group it is in, and whether it makes progress; nothing has been stopped.",
        links={"Run": _run_address(dag_id, run_id)},
    )


NOTICES: dict[str, Callable[[Context], Notice | None]] = {
    "crawl_quarantined": crawl_quarantined,
    "gate_failed": gate_failed,
    "approval_waiting": approval_waiting,
    "published": published,
    "taken_down": taken_down,
    "build_late": build_late,
}


def _result(context: Context) -> Mapping[str, Any]:
    """Give what the task's command returned."""
    return getattr(context["task"], "result", None) or {}


def _build(context: Context) -> str:
    return str(context["task"].words[-1])


def _name(run: str) -> str:
    return run.rstrip("/").rsplit("/", 1)[-1]


def _where(run: str) -> dict[str, str]:
    place = redaction.place(run)
    return {"root": lineage.root_of(place), "run": place}


def _gate_links(group: str, run: str) -> dict[str, str]:
    place = redaction.place(run).rstrip("/")
    root = lineage.root_of(place)
    return {"Gate": _page("gate", root, build=place.removeprefix(f"{root}/"), group=group)}


def _run_links(context: Context) -> dict[str, str]:
    ti = context["ti"]
    return {"Run": _run_address(ti.dag_id, ti.run_id), "Log": _task_address(ti)}


def _base() -> str:
    return str(conf.get("api", "base_url", fallback="http://localhost:8080")).rstrip("/")


def _run_address(dag_id: str, run_id: str) -> str:
    return f"{_base()}/dags/{quote(dag_id)}/runs/{quote(run_id, safe='')}"


def _task_address(ti: Any) -> str:
    index = getattr(ti, "map_index", -1)
    mapped = f"/mapped/{index}" if index is not None and index >= 0 else ""
    return f"{_run_address(ti.dag_id, ti.run_id)}/tasks/{quote(ti.task_id)}{mapped}"


def _task_page(ti: Any) -> str:
    """Give the address of the page that a task made (realsyn_airflow.links)."""
    parts = (ti.dag_id, ti.run_id, ti.task_id)
    return f"{_base()}/realsyn/pages/{'/'.join(quote(part, safe='') for part in parts)}"


def _page(name: str, root: str, **params: str) -> str:
    """Give the address of one of RealSyn's pages in Airflow's UI."""
    words = urlencode({"root": redaction.place(root)} | params)
    return f"{_base()}/realsyn/ui/#/{name}?{words}"
