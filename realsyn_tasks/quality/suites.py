"""Great Expectations suites: read from include/expectations/, validated against tables.

A suite file is Great Expectations' own JSON. Each expectation's `meta` names the table that it is
about and says why its numbers are what they are; `unless` names a statistic that makes it void
where it is not zero. The suite's `meta` sets up the named checks.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa

from realsyn_tasks.core.declaration import Group
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.findings import CRITICAL, MOST_EXAMPLES, Finding, shorten
from realsyn_tasks.core.include import include_folder
from realsyn_tasks.quality import words

Suite = dict[str, Any]
STATISTICS = "statistics"


def load(group: Group) -> Suite:
    """Read the suite of a group; ConfigError if there is none or it is no JSON.

    It is in include/expectations, or comes with the group's package.
    """
    path = include_folder() / "expectations" / f"{group.name}.json"
    if not path.is_file():
        path = Path(str(files(group.package))) / "expectations.json"
    try:
        suite: Suite = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"expectations of group {group.name}: {path}: {error}") from error
    return suite


def frames(statistics: Mapping[str, Any], samples: Mapping[str, pa.Table], suite: Suite) -> Any:
    """Give the tables as pandas frames. Shares of reasons that never occurred are zero."""
    import pandas as pd

    named = {
        e["kwargs"].get("column", "") for e in suite["expectations"] if _table(e) == STATISTICS
    }
    unseen = {name: 0.0 for name in named if "_share_" in name and name not in statistics}
    frame_by_table = {STATISTICS: pd.DataFrame([{**statistics, **unseen}])}
    return frame_by_table | {name: table.to_pandas() for name, table in samples.items()}


def validate(suite: Suite, tables: Mapping[str, Any]) -> tuple[list[Finding], dict[str, Any]]:
    """Validate every table of a suite; give findings and Great Expectations' own results."""
    asked = _asked(suite, tables[STATISTICS].iloc[0].to_dict())
    findings: list[Finding] = []
    raw: dict[str, Any] = {}
    for name, frame in tables.items():
        expectations = [e for e in asked if _table(e) == name]
        if expectations:
            result = _run(suite, name, expectations, frame)
            raw[name] = result
            only = frame.iloc[0].to_dict() if name == STATISTICS else {}
            entries = _in_file_order(result, expectations)
            findings += [_finding(name, entry, only, frame) for entry in entries]
    return findings, raw


def _asked(suite: Suite, statistics: Mapping[str, Any]) -> list[Any]:
    """Leave out expectations that a statistic which is not zero (`unless`) makes void."""
    return [
        expectation
        for expectation in suite["expectations"]
        if not statistics.get(expectation["meta"].get("unless", ""), 0)
    ]


def _table(expectation: Mapping[str, Any]) -> str:
    return str(expectation["meta"]["table"])


def _run(suite: Suite, name: str, expectations: list[Any], frame: Any) -> dict[str, Any]:
    with _quiet():
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        asset = context.data_sources.add_pandas(suite["name"]).add_dataframe_asset(name)
        batch = asset.add_batch_definition_whole_dataframe("all").get_batch(
            batch_parameters={"dataframe": frame}
        )
        part = gx.ExpectationSuite(
            name=f"{suite['name']}.{name}", expectations=expectations, meta=suite["meta"]
        )
        validated: Any = batch.validate(part, result_format=_result_format(frame))
        result = validated.to_json_dict()
    return {"success": result["success"], "results": [_lasting(e) for e in result["results"]]}


def _result_format(frame: Any) -> dict[str, Any]:
    names = [name for name in ("image_id", "sentence_id") if name in frame.columns]
    wanted: dict[str, Any] = {
        "result_format": "SUMMARY",
        "partial_unexpected_count": MOST_EXAMPLES,
    }
    return wanted | ({"unexpected_index_column_names": names} if names else {})


def _lasting(entry: dict[str, Any]) -> dict[str, Any]:
    """Leave out what differs from run to run: traces, ids that Great Expectations draws."""
    config = entry["expectation_config"]
    config["kwargs"].pop("batch_id", None)
    config.pop("id", None)
    return {
        "success": entry["success"],
        "expectation_config": config,
        "result": entry["result"],
        "exception": words.exception_of(entry["exception_info"]),
    }


def _in_file_order(result: dict[str, Any], expectations: list[Any]) -> list[dict[str, Any]]:
    places = {_identity(e): number for number, e in enumerate(expectations)}
    return sorted(
        result["results"], key=lambda entry: places[_identity(entry["expectation_config"])]
    )


def _identity(expectation: Mapping[str, Any]) -> str:
    return json.dumps(
        [expectation["type"], expectation["meta"], expectation["kwargs"].get("column")]
    )


def _finding(table: str, entry: dict[str, Any], only: Mapping[str, Any], frame: Any) -> Finding:
    """Word a result; `only` is the row of a table that has just one."""
    config = entry["expectation_config"]
    column = words.columns_of(config["kwargs"])
    return Finding(
        name=config["type"],
        about=f"{table}.{column}" if column else table,
        expected=words.expected(table, config),
        saw=words.number(only[column]) if column in only else words.saw(entry),
        passed=entry["success"],
        severity=config.get("severity", CRITICAL),
        why=config["meta"].get("why", ""),
        examples=() if entry["success"] or only else _examples(entry, frame, column),
    )


def _examples(entry: dict[str, Any], frame: Any, column: str) -> tuple[str, ...]:
    """Give unexpected values; where a column fails as a whole, its most frequent ones."""
    if entry["exception"] or "observed_value" not in entry["result"] or column not in frame:
        return words.examples(entry["result"])
    counts = sorted(frame[column].value_counts().items(), key=lambda item: (-item[1], str(item[0])))
    return shorten([f"{value} ({count} times)" for value, count in counts])


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Great Expectations from reporting home, logging, and littering the temporary folder."""
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="realsyn-gate-") as scratch:
        tempfile.tempdir = scratch
        try:
            yield
        finally:
            tempfile.tempdir = before
