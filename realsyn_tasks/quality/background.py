"""What stands behind a gate's check: the rows or shards that its figure is of, and what decides it.

A statistic is worked out anew for single shards, a drawn choice of them; a column is looked at in
the very sample of rows that the gate drew. Nothing here changes or judges anything.
"""

from __future__ import annotations

import math
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from realsyn_tasks.core.answers import GateRecord, StageStatus
from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.declaration import ONE, HandedOn
from realsyn_tasks.core.errors import DamagedObject
from realsyn_tasks.core.evidence import Evidence, tally_of
from realsyn_tasks.core.findings import Finding
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.outlines import Tally
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.row_sample import MOST_SHARDS, draw
from realsyn_tasks.core.rules import setting
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.quality import words
from realsyn_tasks.quality.suites import STATISTICS, Suite

MOST = 64  # shards of which a statistic is worked out
PATIENCE = 4.0  # seconds for that; what is known by then is shown
BINS = 30
VALUES = 12  # different values that are told
EXAMPLES = 20
LONGEST = 300  # characters of a value
BULKY = ("embedding",)
Record = dict[str, Any]
Choice = Callable[[Sequence[int]], Sequence[int]]  # of the shards that are done


class Asked(NamedTuple):
    """A check as it stands in a result: its number there, what it found, and what it is about."""

    number: int
    finding: Finding
    table: str
    column: str
    config: Mapping[str, Any]  # of an expectation; empty for a named check
    result: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """Say what its figure is of: all commits (statistic), rows of a table, or its own."""
        if not self.config:
            return "check"
        return "statistic" if self.table == STATISTICS else "rows"


def checks_of(record: GateRecord) -> list[Asked]:
    """Give the checks of a result in its order, expectations with what they expected."""
    known: dict[tuple[str, str, str], tuple[str, Record]] = {}
    for table, result in record.great_expectations.items():
        for entry in result["results"]:
            config = entry["expectation_config"]
            column = words.columns_of(config["kwargs"])
            about = f"{table}.{column}" if column else table
            known[config["type"], about, words.expected(table, config)] = (table, entry)
    asked: list[Asked] = []
    for number, finding in enumerate(record.findings):
        key = (finding.name, finding.about, finding.expected)
        table, entry = known.get(key, ("", {}))
        config = entry.get("expectation_config", {})
        column = words.columns_of(config["kwargs"]) if config else ""
        asked.append(Asked(number, finding, table, column, config, entry.get("result", {})))
    return asked


# -- its figure and its bounds --------------------------------------------------------------------


def figure(asked: Asked, record: GateRecord, suite: Suite) -> Record:
    """Give the number that a check is decided by, if it is one, and its bounds.

    Of rows it is the share of those that are otherwise. A named check has one where its suite
    names the statistic (`figure`), with bounds that are numbers or statistics (`low`, `high`).
    """
    if asked.kind == "check":
        return _of_check(suite["meta"]["checks"].get(asked.finding.name, {}), record.statistics)
    kwargs = asked.config["kwargs"]
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    if asked.kind == "statistic":
        return _figure(asked.column, record.statistics.get(asked.column), low, high)
    if "observed_value" in asked.result:
        return _figure(asked.column or "rows", asked.result["observed_value"], low, high)
    most = 1 - kwargs.get("mostly", 1)
    rows, odd = asked.result.get("element_count"), asked.result.get("unexpected_count")
    share = odd / rows if rows and odd is not None else None
    return _figure("share of rows that are otherwise", share, None, round(most, 9))


def _of_check(settings: Mapping[str, Any], statistics: Mapping[str, Any]) -> Record:
    def bound(name: str) -> Any:
        value = settings.get(name)
        return statistics.get(value) if isinstance(value, str) else value

    name = settings.get("figure", "")
    return _figure(name, statistics.get(name), bound("low"), bound("high"))


def _figure(name: str, value: Any, low: Any, high: Any) -> Record:
    numbers = [_number(each) for each in (value, low, high)]
    return dict(zip(("name", "value", "low", "high"), (name, *numbers), strict=True))


def _number(value: Any) -> float | None:
    known = isinstance(value, int | float) and math.isfinite(value)
    return float(value) if known else None


# -- the distribution behind it -------------------------------------------------------------------


class Drawn(Evidence):
    """Evidence of some shards alone, of what is kept of a run's ledger in memory.

    Stages over other axes than the main one are there whole: fits, and partitions of the work.
    """

    def __init__(
        self,
        workspace: Workspace,
        group: str,
        planner: Planner,
        choose: Choice,
    ) -> None:
        super().__init__(workspace, group)
        self._planner, self._choose = planner, choose
        self._read: dict[str, Sequence[Commit]] = {}

    def commits(self, stage: str) -> Sequence[Commit]:
        """Give the commits of the chosen shards of a stage, or of a source, in order."""
        if stage not in self._read:
            self._read[stage] = self._commits(stage)
        return self._read[stage]

    def tallies(self, stage: str) -> Iterator[Tally]:
        """Give what the chosen shards of a stage, or of a source, counted, in order."""
        return map(tally_of, self.commits(stage))

    def _commits(self, stage: str) -> Sequence[Commit]:
        if stage in self.workspace.sources:
            every = super().commits(stage)
            wanted = set(self._choose(range(len(every))))
            return [commit for commit in every if commit.shard in wanted]
        status = self._status(stage)
        if status is None:
            return []
        shards = self._of(status)
        known = self.workspace.ledger(stage).find_each(shards)
        return [known[shard] for shard in sorted(known)]

    def _of(self, status: StageStatus) -> Sequence[int]:
        done = list(status.outlines.shards)
        axis = status.stage.axis
        whole = axis == ONE or axis not in self.workspace.config.axes
        return done if whole else self._choose(done)


def by_shard(workspace: Workspace, group: str, planner: Planner) -> dict[int, Record]:
    """Work out a group's statistics for single shards, drawn by a hash; as many as time allows."""
    statistics = workspace.pipeline.group(group).hook("statistics")
    kind = workspace.pipeline.kind(workspace.config.kind)
    count = max(workspace.config.shards(source.axis) for source in kind.sources)
    order = sorted(range(count), key=lambda shard: digest([workspace.config.seed, shard]))[:MOST]
    known: dict[int, Record] = {}
    started = time.monotonic()
    for shard in order if statistics else ():
        try:
            known[shard] = statistics(Drawn(workspace, group, planner, _only(shard)))
        except (ArithmeticError, LookupError, TypeError, ValueError, DamagedObject):
            continue  # it says nothing of a single shard
        if time.monotonic() - started > PATIENCE:
            break
    return known


def _only(shard: int) -> Choice:
    return lambda done: [shard] if shard in done else []


def of_statistic(asked: Asked, rows: Mapping[int, Record]) -> Record:
    """Give how a statistic is spread over shards, with those at either end."""
    values = {n: v for n, row in rows.items() if (v := _number(row.get(asked.column))) is not None}
    ranked = sorted(values, key=lambda shard: values[shard])
    ends = ranked if len(ranked) <= 6 else [*ranked[:3], *ranked[-3:]]
    return {
        "of": "shards",
        "drawn": len(values),
        "histogram": histogram(list(values.values())),
        "values": [],
        "ends": [{"shard": shard, "value": values[shard]} for shard in ends],
        "rows": [],
    }


def of_rows(
    asked: Asked, workspace: Workspace, group: str, planner: Planner, suite: Suite
) -> Record:
    """Give how a column is spread over the gate's sample of rows, and rows that are otherwise."""
    seed = workspace.config.seed

    def chosen(done: Sequence[int]) -> Sequence[int]:
        order = sorted(done, key=lambda shard: digest([seed, shard]))
        return sorted(order[:MOST_SHARDS])

    handed_on = {each.name: each for each in workspace.pipeline.group(group).hands_on}
    evidence = Drawn(workspace, group, planner, chosen)
    rows = _sample(evidence, handed_on[asked.table], int(suite["meta"]["sample_rows"]), asked)
    columns = asked.column.split(", ") if asked.column else []
    values = [row.get(columns[0]) for row in rows] if columns else []
    numbers = [n for value in values if (n := _number(value)) is not None]
    odd = list(islice(_odd(asked.config, columns, rows), EXAMPLES)) if columns else []
    numeric = bool(numbers) and not any(isinstance(value, bool) for value in values)
    return {
        "of": "rows",
        "drawn": len(rows),
        "histogram": histogram(numbers) if numeric else [],
        "values": [] if numeric else frequent(values),
        "ends": [],
        "rows": [shown(row, [handed_on[asked.table].key, *columns]) for row in odd],
    }


def _sample(evidence: Drawn, what: HandedOn, rows: int, asked: Asked) -> list[Record]:
    from realsyn_tasks.quality.judged_rows import derive

    commits = evidence.commits(what.stage)
    if not commits:
        return []
    schema = evidence.stage(what.stage).schemas()[what.table]
    vectors = asked.column.startswith(BULKY)
    columns = [name for name in schema.names if vectors or name not in BULKY]
    table = draw(evidence, what, rows, evidence.workspace.config.seed, columns)
    made: list[Record] = derive(table).to_pylist() if table is not None else []
    return made


def histogram(values: Sequence[float]) -> list[Record]:
    """Count numbers in bins of one width: from, to (excluded but for the last) and how many."""
    if not values:
        return []
    low, high = min(values), max(values)
    bins = BINS if high > low else 1
    width = (high - low) / bins
    places = Counter(min(bins - 1, int((v - low) / width)) if width else 0 for v in values)
    return [
        {"from": low + place * width, "to": low + (place + 1) * width, "count": places[place]}
        for place in range(bins)
    ]


def frequent(values: Sequence[Any]) -> list[Record]:
    """Count the most frequent values; what else there is has the value null and `others`.

    Nothing of values that are nearly all different: ids, addresses, texts.
    """
    counts = Counter(_said(value) for value in values)
    if len(counts) > max(VALUES, len(values) // 2):
        return []
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    told: list[Record] = [{"value": value, "count": n} for value, n in ranked[:VALUES]]
    rest = sum(n for _, n in ranked[VALUES:])
    return told + ([{"value": None, "others": len(ranked) - VALUES, "count": rest}] if rest else [])


def shown(row: Mapping[str, Any], first: Sequence[str]) -> Record:
    """Give a row with some columns first, its values as short texts."""
    names = [*dict.fromkeys(name for name in first if name in row), *(n for n in row)]
    return {name: _said(row[name]) for name in dict.fromkeys(names)}


def _said(value: Any) -> str:
    if value is None:
        return "–"
    text = " ".join(words.number(value).split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


# -- rows that are otherwise ----------------------------------------------------------------------


Value = Any
Test = Callable[[Value], bool]


def _odd(
    config: Mapping[str, Any], columns: Sequence[str], rows: Sequence[Record]
) -> Iterator[Record]:
    """Give the rows that an expectation does not hold for, as far as it is about single rows."""
    kind, kwargs = config["type"], config["kwargs"]
    if kind in (
        "expect_column_values_to_be_unique",
        "expect_compound_columns_to_be_unique",
        "expect_column_proportion_of_unique_values_to_be_between",
    ):
        counts = Counter(_key(row, columns) for row in rows)
        yield from (row for row in rows if counts[_key(row, columns)] > 1)
    elif kind == "expect_column_pair_values_to_be_equal":
        yield from (row for row in rows if row[columns[0]] != row[columns[1]])
    elif kind == "expect_column_values_to_not_be_null":
        yield from (row for row in rows if row[columns[0]] is None)
    elif test := _test(kind, kwargs):
        present = (row for row in rows if row[columns[0]] is not None)
        yield from (row for row in present if not test(row[columns[0]]))


def _key(row: Record, columns: Sequence[str]) -> tuple[Any, ...]:
    return tuple(row[name] for name in columns)


def _test(kind: str, kwargs: Mapping[str, Any]) -> Test | None:
    """Give what an expectation wants of a value; None if it wants nothing of single ones."""
    low = -math.inf if kwargs.get("min_value") is None else kwargs["min_value"]
    high = math.inf if kwargs.get("max_value") is None else kwargs["max_value"]
    pattern = re.compile(kwargs.get("regex", ""))
    tests: dict[str, Test] = {
        "expect_column_values_to_be_between": lambda value: low <= value <= high,
        "expect_column_value_lengths_to_be_between": lambda value: low <= len(value) <= high,
        "expect_column_values_to_match_regex": lambda value: bool(pattern.search(str(value))),
        "expect_column_values_to_not_match_regex": lambda value: not pattern.search(str(value)),
        "expect_column_values_to_be_in_set": lambda value: value in kwargs["value_set"],
    }
    return tests.get(kind)


# -- what decides it ------------------------------------------------------------------------------


NAMED = re.compile(r"\b([a-z_]+)\.([a-z_]+)\b")
MOST_REASONS = 3


def settings(asked: Asked, record: GateRecord, run: Workspace) -> list[Record]:
    """Name the settings of stages that decide a check's figure, with their values in this run.

    They are those that its words name (stage.setting), those that decide the reason that it counts,
    or, for a share of what was kept, those of the reasons that dropped most.
    """
    finding = asked.finding
    said = " ".join([finding.expected, finding.saw, finding.why])
    named = [(stage, name, "it is named here") for stage, name in NAMED.findall(said)]
    codes = _reasons(asked, record)
    rules = run.pipeline.group(record.group).hook("rules")
    for rule in rules.rules if rules else ():
        for reason in rule.reasons:
            if reason.code in codes:
                named += [(rule.source, name, f"decides {reason.code}") for name in rule.settings]
    told = (_setting(run, *each) for each in dict.fromkeys(named))
    return [each for each in told if each]


def _reasons(asked: Asked, record: GateRecord) -> list[str]:
    counts = Counter[str]()
    for kinds in record.drops.values():
        for reasons in kinds.values():
            counts.update(reasons)
    if "_share_" in asked.column:
        return [asked.column.partition("_share_")[2]]
    if asked.kind == "statistic" and asked.column.endswith(("_share", "_kept", "pairs", "matched")):
        return [code for code, _ in counts.most_common(MOST_REASONS)]
    return []


def _setting(run: Workspace, stage: str, name: str, why: str) -> Record | None:
    own = run.config.stages.get(stage)
    try:
        value = setting(own or {}, name)
    except (KeyError, TypeError):
        return None
    return {"stage": stage, "setting": name, "value": value, "why": why}
