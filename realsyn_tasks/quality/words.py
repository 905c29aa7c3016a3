"""Says in plain words what an expectation expected and what was seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realsyn_tasks.core.findings import shorten

UNCHECKED = "that it cannot be checked"
PHRASES = {
    "expect_column_values_to_not_be_null": "never empty",
    "expect_column_values_to_be_unique": "never repeated",
    "expect_compound_columns_to_be_unique": "never repeated together",
    "expect_column_values_to_match_regex": "matching {regex}",
    "expect_column_values_to_not_match_regex": "not matching {regex}",
    "expect_column_values_to_be_in_set": "one of {value_set}",
    "expect_column_pair_values_to_be_equal": "equal to each other",
    "expect_column_values_to_be_between": "{range}",
    "expect_column_value_lengths_to_be_between": "{range} characters long",
    "expect_column_mean_to_be_between": "{range} on average",
    "expect_column_unique_value_count_to_be_between": "with {range} different values",
    "expect_column_proportion_of_unique_values_to_be_between": "with a share of {range} different",
    "expect_table_row_count_to_be_between": "with {range} rows",
}


def columns_of(kwargs: Mapping[str, Any]) -> str:
    """Name the columns that an expectation is about."""
    if "column_A" in kwargs:
        return f"{kwargs['column_A']}, {kwargs['column_B']}"
    return str(kwargs.get("column") or ", ".join(kwargs.get("column_list", ())))


def expected(table: str, config: Mapping[str, Any]) -> str:
    """Say what an expectation expects."""
    kwargs = config["kwargs"]
    if config["type"].endswith("_to_be_in_set") and len(kwargs["value_set"]) == 1:
        return f"{table}.{columns_of(kwargs)} always {kwargs['value_set'][0]}"
    phrase = PHRASES.get(config["type"], config["type"].replace("_", " ") + " {rest}")
    rest = {name: value for name, value in kwargs.items() if not name.startswith("column")}
    text = phrase.format(
        **{"regex": "", "value_set": "", **kwargs}, range=_range(kwargs), rest=rest
    )
    share = f" in {kwargs['mostly']:.1%} of rows" if kwargs.get("mostly", 1) != 1 else ""
    about = f"{table}.{columns_of(kwargs)}" if columns_of(kwargs) else table
    return f"{about} {text}{share}"


def _range(kwargs: Mapping[str, Any]) -> str:
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    if low is not None and low == high:
        return f"exactly {low:g}"
    if high is None:
        return f"at least {low:g}" if low is not None else "any number"
    return f"at most {high:g}" if low is None else f"{low:g} to {high:g}"


def saw(entry: Mapping[str, Any]) -> str:
    """Say what was seen."""
    result = entry["result"]
    if entry["exception"]:
        return f"{UNCHECKED}: {entry['exception']}"
    if "observed_value" in result:
        return number(result["observed_value"])
    if "unexpected_count" in result:
        return _counted(result, bool(entry["success"]))
    return "as expected" if entry["success"] else "otherwise"


def _counted(result: Mapping[str, Any], success: bool) -> str:
    rows, odd = result.get("element_count", 0), result["unexpected_count"]
    missing = result.get("missing_count", 0)
    if success and not odd:
        empty = f", {missing} of them empty" if missing else ""
        return f"{rows} rows in accordance{empty}"
    return f"{odd} of {rows} rows otherwise"


def number(value: Any) -> str:
    """Write a number with as many digits as a person needs."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def examples(result: Mapping[str, Any]) -> tuple[str, ...]:
    """Give up to three unexpected values, with the ids of their rows where known."""
    rows = result.get("partial_unexpected_index_list") or []
    if not rows or not isinstance(rows[0], Mapping):  # rows without an id are known by place only
        return shorten(list(result.get("partial_unexpected_list") or []))
    ordered = [
        sorted(row.items(), key=lambda item: (item[0].endswith("_id"), item[0])) for row in rows
    ]
    return shorten([", ".join(f"{name} {value}" for name, value in row) for row in ordered])


def exception_of(info: Mapping[str, Any]) -> str:
    """Find the message in either of the two forms that Great Expectations gives it."""
    entries = [info] if "raised_exception" in info else list(info.values())
    messages = [e.get("exception_message") for e in entries if e.get("raised_exception")]
    return next((str(message).strip() for message in messages if message), "")
