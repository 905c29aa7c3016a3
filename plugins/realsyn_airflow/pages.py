"""The pages that tasks made, for those who may see the tasks' results.

A page is named by its task: only what a data-plane command called its page in a result is read,
never an address out of a request. Pages show text and pictures of the web, so they come in a
sandbox without scripts, forms, frames and outside addresses.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from realsyn_airflow import aws, settings
from realsyn_tasks.core import prefixes

if TYPE_CHECKING:
    from airflow.models.xcom import XComModel
    from sqlalchemy import Select

RESULTS = ("gate", "return_value")  # keys of a task's results, the more telling one first
FIELDS = ("report", "receipt", "preview", "uri")  # of a result
LIMIT = 64 * 2**20  # bytes
HEADERS = {
    "Content-Security-Policy": (
        "sandbox allow-popups; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

_NO_PAGE = (
    "Task {} of run {} has made no page: it is not done yet, was skipped, or its log says why."
)
_REFUSED = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>No page</title>'
    '<p style="font: 16px/1.5 system-ui, sans-serif; max-width: 70ch; margin: 48px auto">{}</p>'
)


@cache
def app() -> Any:
    """Make the application that Airflow's server mounts."""
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
    from airflow.api_fastapi.core_api.security import requires_access_dag
    from fastapi import Depends, FastAPI, HTTPException, Request
    from fastapi.responses import HTMLResponse

    from realsyn_airflow.ui.access import dags

    pages = FastAPI(title="RealSyn pages", docs_url=None, redoc_url=None, openapi_url=None)

    @pages.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> HTMLResponse:
        page = _REFUSED.format(escape(str(error.detail)))
        return HTMLResponse(page, error.status_code, headers={**(error.headers or {}), **HEADERS})

    allowed = Depends(requires_access_dag("GET", DagAccessEntity.XCOM))

    @pages.get("/pages/{dag_id}/{run_id}/{task_id}", dependencies=[allowed])
    def page(dag_id: str, run_id: str, task_id: str) -> HTMLResponse:
        uri = page_of(_results(dag_id, run_id, task_id)) if dag_id in dags() else None
        if uri is None:
            raise HTTPException(404, _NO_PAGE.format(task_id, run_id))
        try:
            return HTMLResponse(read(uri), headers=HEADERS)
        except Exception as error:  # of files, of boto3, of botocore
            raise HTTPException(502, _advice(uri, error)) from error

    return pages


def page_of(results: dict[str, Any]) -> str | None:
    """Give the URI of the page that a task's results name, by key; None if they name none."""
    for key in RESULTS:
        result = results.get(key)
        if not isinstance(result, dict):
            continue
        for field in FIELDS:
            if str(result.get(field, "")).endswith(".html"):
                return str(result[field])
    return None


def read(uri: str) -> bytes:
    """Read a page from files or S3; ValueError if it is too large, ConfigError if elsewhere.

    Whoever may write a task's results could name any file of this server in them.
    """
    parts = urlsplit(prefixes.allowed(uri))
    if parts.scheme == "file":
        with Path(url2pathname(parts.path)).open("rb") as source:
            return _within_limit(source, uri)
    if parts.scheme == "s3":
        answer = _s3().get_object(Bucket=parts.netloc, Key=parts.path.lstrip("/"))
        return _within_limit(answer["Body"], uri)
    raise ValueError(f"{uri} is neither a file:// nor an s3:// URI")


def _within_limit(source: Any, uri: str) -> bytes:
    data = bytes(source.read(LIMIT + 1))
    if len(data) > LIMIT:
        raise ValueError(f"{uri} has more than {LIMIT} bytes")
    return data


def _s3() -> Any:
    """Make a client by the connection, or else from the environment.

    Of the latter, servers of one's own want buckets in paths.
    """
    if connection := settings.aws_connection():
        return aws.client("s3", connection)
    import boto3
    from botocore.config import Config

    own = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    style = {"addressing_style": "path" if own else "auto"}
    return boto3.client("s3", config=Config(s3=style, connect_timeout=5, read_timeout=20))


def _advice(uri: str, error: Exception) -> str:
    said = f"{uri} cannot be read by Airflow's API server: {error}."
    return (
        f"{said} Let it read the bucket (AWS_* in its environment, or its role), or open the URI."
    )


def _results(dag_id: str, run_id: str, task_id: str) -> dict[str, Any]:
    """Look up a task's results in Airflow's database."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    # Airflow gives the type of its rows as SQLAlchemy 2.0 wrote it, which means another one in 2.1.
    query: Select[Any] = XComModel.get_many(dag_ids=dag_id, run_id=run_id, task_ids=task_id)
    with create_session(scoped=False) as session:
        rows: Sequence[XComModel] = session.scalars(query).all()
        return {row.key: _value(row.value) for row in rows if row.key in RESULTS}


def _value(stored: Any) -> Any:
    return json.loads(stored) if isinstance(stored, str) else stored
