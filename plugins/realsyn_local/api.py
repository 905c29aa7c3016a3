"""The few calls of Airflow's REST API that are needed to run and watch a build."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import Any

import httpx
import jwt
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_fixed

from realsyn_airflow.names import run_id
from realsyn_local import keys, places
from realsyn_local.ports import StartError

DAGS = 7
UNFINISHED = ("queued", "running")


class Api:
    """Airflow's REST API on this machine."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}"
        self._client = httpx.Client(base_url=f"{self._base}/api/v2", timeout=60)
        self._client.headers["Authorization"] = f"Bearer {self._token()}"

    def _token(self) -> str:
        """Get a token; StartError if it is not signed with the secret of our Airflow."""
        login = {"username": keys.USER, "password": keys.key(places.LOGIN)}
        answer = httpx.post(f"{self._base}/auth/token", json=login, timeout=60)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise StartError(f"another Airflow has taken {self._base}; try again")
        answer.raise_for_status()
        token = str(answer.json()["access_token"])
        try:
            jwt.decode(token, places.secret(), ["HS512"], options={"verify_aud": False})
        except jwt.InvalidTokenError as error:
            raise StartError(f"another Airflow has taken {self._base}; try again") from error
        return token

    @retry(
        retry=retry_if_exception_type(httpx.TransportError),
        stop=stop_after_attempt(3),
        wait=wait_fixed(2),
        reraise=True,
    )
    def get(self, path: str, **query: Any) -> Any:
        """Read something; httpx.HTTPStatusError if that is refused.

        A server that is too busy to answer in time is asked again.
        """
        return self._client.get(path, params=query).raise_for_status().json()

    def parsed_since(self, moment: str) -> bool:
        """Say whether all DAG files were parsed since a moment (ISO 8601, UTC)."""
        dags = self.get("/dags", tags="realsyn", exclude_stale=True)["dags"]
        return len(dags) >= DAGS and all((d["last_parsed_time"] or "") >= moment for d in dags)

    def import_errors(self) -> list[str]:
        """List what is wrong with DAG files."""
        errors = self.get("/importErrors")["import_errors"]
        return [f"{error['filename']}: {error['stack_trace']}" for error in errors]

    def trigger(self, dag: str, conf: dict[str, Any]) -> str:
        """Start a run; ValueError with Airflow's words if the form's fields are wrong."""
        named = run_id(conf, datetime.now(UTC).isoformat(timespec="milliseconds"))
        asked = {"dag_run_id": named, "conf": conf, "logical_date": None}
        answer = self._client.post(f"/dags/{dag}/dagRuns", json=asked)
        if answer.status_code == httpx.codes.BAD_REQUEST:
            raise ValueError(str(answer.json().get("detail")))
        return str(answer.raise_for_status().json()["dag_run_id"])

    def unfinished_run(self, dag: str, conf: dict[str, Any]) -> str | None:
        """Give a run with the same form that a crash or another terminal has left going."""
        runs = self.get(f"/dags/{dag}/dagRuns", state=list(UNFINISHED), limit=100)["dag_runs"]
        same = (run["dag_run_id"] for run in runs if run["conf"] == conf)
        return next(same, None)

    def state(self, dag: str, run: str) -> str:
        """Give a run's state; "none" while there is no such run."""
        with contextlib.suppress(httpx.HTTPStatusError):
            return str(self.get(f"/dags/{dag}/dagRuns/{run}")["state"])
        return "none"

    def tasks(self, dag: str, run: str) -> list[dict[str, Any]]:
        """List the task instances of a run."""
        path = f"/dags/{dag}/dagRuns/{run}/taskInstances"
        instances: list[dict[str, Any]] = []
        while True:
            page = self.get(path, limit=100, offset=len(instances))
            instances += page["task_instances"]
            if len(instances) >= page["total_entries"] or not page["task_instances"]:
                return instances

    def xcom(self, task: dict[str, Any], key: str = "return_value") -> Any:
        """Give what a task returned, or None."""
        path = f"{self._task_path(task)}/xcomEntries/{key}"
        with contextlib.suppress(httpx.HTTPStatusError):
            return self.get(path, map_index=task["map_index"], deserialize=True)["value"]
        return None

    def error(self, task: dict[str, Any]) -> str:
        """Give the message of the exception that ended a task, out of its log."""
        path = f"{self._task_path(task)}/logs/{task['try_number']}"
        with contextlib.suppress(httpx.HTTPStatusError):
            log = self.get(path, map_index=task["map_index"])["content"]
            details = [line["error_detail"] for line in log if line.get("error_detail")]
            if details:
                return str(details[-1][0]["exc_value"])
        return "no message in its log"

    @staticmethod
    def _task_path(task: dict[str, Any]) -> str:
        return (
            f"/dags/{task['dag_id']}/dagRuns/{task['dag_run_id']}/taskInstances/{task['task_id']}"
        )
