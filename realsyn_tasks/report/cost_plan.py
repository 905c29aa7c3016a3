"""What a scale would take before anything runs: shards, batches, hours, bytes, requests, money.

The hours of all are those of a cluster in simulation, which also says what they are spent on.
Each stage has a cost for each item of a quantity, and a funnel says how many items of each quantity
there are for a number of pairs (report/stage_costs.py). What may be done with a version afterwards,
no build waits for: it is counted beside the total.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from realsyn_tasks.core.config import Dispatch
from realsyn_tasks.core.declaration import ONE, Kind, Reading, Stage
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.exchange import collecting_shards
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.evaluate import protocol
from realsyn_tasks.evaluate.group import SETS, TRIALS
from realsyn_tasks.evaluate.settings import STAGES_OF
from realsyn_tasks.kinds import CORPUS, CRAWL, EVALUATION, EXTRACT, TUNING, VERSIONS
from realsyn_tasks.report.simulation import Cluster, Load, Played, play
from realsyn_tasks.report.stage_costs import QUANTITIES, StageCost, Table
from realsyn_tasks.sample.group import DATASET
from realsyn_tasks.stages import PIPELINE

BESIDES = (TUNING, EVALUATION)  # no build waits for these
SUMMED = ("batches", "cpu_hours", "gpu_hours", "hours", "bytes", "puts", "gets")
GROUPS = tuple(group for group in PIPELINE.groups if group.kind not in BESIDES)  # of a plan
GROUP_NAMES = tuple(group.name for group in GROUPS)
GB = 1e9
COLLECTING = 8e-8  # CPU-seconds for a byte that is collected (measured on small rows)
FOOTER = 2  # requests for the footer of a keyed table, once a batch
HOUR = 3600.0
READS = 3  # requests for a table that is read, besides its marker
PAGE = 1000  # markers that one list names
NOTES = 2  # requests of a shard besides: marker, failure note
BATCH = 4  # requests of a batch besides: list of failures, log, progress at first and last


def quantities(
    scale: str, target: int, funnel: Mapping[str, Any], documents: int
) -> dict[str, int]:
    """Count the items of each quantity for so many pairs, out of so many documents (0: enough).

    ConfigError if the documents cannot give that many pairs.
    """
    if not documents:
        shares = funnel["balanced"]
        documents = round(target / shares.get(scale, shares["other"]) / _in_band(funnel))
    counts = {"documents": documents}
    for quantity in QUANTITIES[:-1]:  # of the last one, the published pairs, there are as wanted
        if quantity.of:
            counts[quantity.name] = round(counts[quantity.of] * funnel[quantity.name])
    if target > counts["in_band"]:
        raise ConfigError(
            f"{documents:,} documents give {counts['in_band']:,} pairs, and {target:,} are wanted:"
            f" name at least {round(target / _in_band(funnel)):,} with --documents"
        )
    return counts | {"published": target}


def _in_band(funnel: Mapping[str, Any]) -> float:
    """Pairs in the band that come of one document."""
    chain = ("images", "filtered_images", "corpus_images", "paired", "in_band")
    share = 1.0
    for quantity in chain:
        share *= float(funnel[quantity])
    return share


def plan(scale: str, target: int, table: Table, documents: int = 0) -> dict[str, Any]:
    """Work out what a scale takes, stage by stage and in all."""
    amounts = quantities(scale, target, table.funnel, documents)
    stages = _stages(amounts, table)
    total = _summed(stages)
    played = play(_loads(stages, table.settings), _cluster(table.settings))
    return {
        "scale": scale,
        "target": target,
        "quantities": amounts,
        "stages": stages,
        "total": total | {"hours": played.hours},
        "simulation": _simulation(played),
        "money": _money(total, table.settings),
        "besides": _besides(amounts, table),
        "assumptions": {**table.settings, "funnel": dict(table.funnel)},
    }


def hours_of(groups: Collection[str], scale: str, target: int, table: Table) -> float:
    """Give the hours that some groups take, one after another, by the simulation."""
    stages = _stages(quantities(scale, target, table.funnel, 0), table)
    own = [stage for stage in stages if stage["group"] in groups]
    return play(_loads(own, table.settings, groups), _cluster(table.settings)).hours


def _stages(amounts: Mapping[str, int], table: Table) -> list[dict[str, Any]]:
    shards = _shards(amounts, table.settings)
    planned = [stage for group in GROUPS for stage in group.stages]
    at_work = [stage for stage in planned if not stage.collects or shards[stage.axis]]
    return [_stage(stage, table, amounts, shards) for stage in at_work]


def _summed(stages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {name: sum(stage[name] for stage in stages) for name in SUMMED}


def _besides(amounts: Mapping[str, int], table: Table) -> dict[str, dict[str, Any]]:
    """Sum up what a tuning takes, and an evaluation by each method, with its money.

    By heads it is the whole default protocol, by clip one arm and one seed, as the table has it.
    """
    shards, trained = _shards(amounts, table.settings), protocol.read(protocol.DEFAULT)
    trials = {"heads": len(trained.arms) * trained.seeds}
    sums = {TUNING.name: _summed([_stage(s, table, amounts, shards) for s in _of(TUNING)])}
    for method, own in STAGES_OF.items():
        others = {name for names in STAGES_OF.values() for name in names} - {*own}
        cut = {**shards, SETS: len(trained.sets), TRIALS: trials.get(method, 1)}
        stages = [stage for stage in _of(EVALUATION) if stage.name not in others]
        planned = [_stage(stage, table, amounts, cut) for stage in stages]
        sums[f"{EVALUATION.name} by {method}"] = _summed(planned)
    return {name: {**one, "money": _money(one, table.settings)} for name, one in sums.items()}


def _of(kind: Kind) -> list[Stage]:
    return [stage for group in PIPELINE.groups_of(kind.name) for stage in group.stages]


@dataclass(frozen=True)
class Planned:
    """What a stage of a run should take in all."""

    items: int
    per: str
    cpu_seconds: float
    gpu_seconds: float
    stored_bytes: int
    source: str  # of the costs


def planned(run: Workspace, known: Mapping[str, int], table: Table) -> dict[str, Planned]:
    """Work out what the stages of a run should take, as many items as are known or expected.

    `known` counts quantities by name; the funnel tells the others of those that they are a share
    of. A stage whose items cannot be told is left out.
    """
    amounts: dict[str, int] = dict(known)
    for quantity in QUANTITIES[:-1]:
        if quantity.of in amounts:
            share = table.funnel[quantity.name]
            amounts.setdefault(quantity.name, round(amounts[quantity.of] * share))
    if "in_band" in amounts:
        amounts.setdefault("published", min(run.config.target, amounts["in_band"]))
    costs = {stage.name: _cost_of(stage, table) for stage in run.stages()}
    return {
        name: _planned(cost, amounts[cost.per])
        for name, cost in costs.items()
        if cost.per in amounts
    }


def _planned(cost: StageCost, items: int) -> Planned:
    return Planned(
        items=items,
        per=cost.per,
        cpu_seconds=cost.cpu_seconds(items),
        gpu_seconds=cost.gpu_seconds(items),
        stored_bytes=round(items * cost.bytes),
        source=cost.source,
    )


def known_amounts(run: Workspace, rows: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Count the quantities of a run: of its stages that are done, and of what it is pinned to.

    `rows` are those of the tables of each stage that is done.
    """
    extracting = PIPELINE.groups_of(EXTRACT.name)
    handed = {(h.stage, h.table): h.name for group in extracting for h in group.hands_on}
    last = QUANTITIES[-1]
    handed[last.stage, last.table] = last.table  # what a published version is pinned by
    pinned = run.config.source_rows
    amounts: dict[str, int] = {}
    for quantity in QUANTITIES:
        name = handed.get((quantity.stage, quantity.table), "")
        if quantity.stage in rows:
            amounts[quantity.name] = rows[quantity.stage].get(quantity.table, 0)
        elif not run.runs(quantity.stage) and name in pinned:
            amounts[quantity.name] = pinned[name]
    return amounts


def _loads(
    stages: Sequence[Mapping[str, Any]],
    settings: Mapping[str, Any],
    groups: Collection[str] = GROUP_NAMES,
) -> list[Load]:
    """Give what the DAGs run, group after group: open, plan, stages, gate, promotion."""
    loads: list[Load] = []
    before: tuple[str, ...] = ()
    steps = settings["steps"]
    for group in (PIPELINE.group(name) for name in groups):
        plan = Load(f"plan {group.name}", group.name, before, seconds=steps["open"] + steps["plan"])
        own = [_load(each, plan.name) for each in stages if each["group"] == group.name]
        names = tuple(load.name for load in own)
        gate = Load(f"gate {group.name}", group.name, names, seconds=steps["gate"])
        promoted = (gate.name,)
        seconds = _promoting(group.name, stages, settings)
        last = Load(f"promote {group.name}", group.name, promoted, seconds=seconds)
        loads += [plan, *own, gate, last]
        before = (last.name,)
    return loads


def _promoting(
    group: str, stages: Iterable[Mapping[str, Any]], settings: Mapping[str, Any]
) -> float:
    """Give the seconds of a promotion, which one process makes: some, and some for each item."""
    each = settings.get("promotions", {}).get(group, {"per": "", "seconds": 0.0})
    items = next((stage["items"] for stage in stages if stage["per"] == each["per"]), 0)
    return float(settings["steps"]["promote"] + items * each["seconds"])


def _load(told: Mapping[str, Any], plan: str) -> Load:
    stage, batches = PIPELINE.stage(told["stage"]), told["batches"]
    on_gpu = bool(stage.needs.gpu and told["gpu_hours"])
    cpu = told["cpu_hours"] * HOUR / batches / max(1.0, stage.needs.cpu)
    return Load(
        stage.name,
        stage.group,
        (plan, *PIPELINE.needed(stage)),
        batches,
        max(cpu, told["gpu_hours"] * HOUR / batches),
        told["shards"],
        "gpu" if on_gpu else "cpu",
        stage.needs.gpu if on_gpu else stage.needs.cpu,
        told["puts"],
        told["gets"],
    )


def _cluster(settings: Mapping[str, Any]) -> Cluster:
    fleet, pods, s3 = settings["fleet"], settings["pods"], settings["s3"]
    return Cluster({"cpu": fleet["cpus"], "gpu": fleet["gpus"]}, **pods, **s3)


def _simulation(played: Played) -> dict[str, Any]:
    return {
        "hours": played.hours,
        "deaths": played.deaths,
        "critical_path": [step.record() for step in played.critical_path()],
        "bottleneck": played.bottleneck(),
    }


def _shards(amounts: Mapping[str, int], settings: Mapping[str, Any]) -> dict[str, int]:
    crawl = -(-amounts["documents"] // settings["shard"]["documents"])
    published = -(-amounts["published"] // settings["shard"]["pairs"])
    shards = {
        ONE: 1,
        CRAWL.axis: crawl,
        CORPUS.axis: crawl,
        DATASET: published,
        VERSIONS.axis: published,
        **settings["partitions"],
    }
    collecting = {
        str(stage.axis): collecting_shards(_source_shards(stage.collects, shards), shards[keys])
        for stage in PIPELINE.stages
        if stage.collects and (keys := stage.keyed_by)
    }
    return shards | collecting


def _cost_of(stage: Stage, table: Table) -> StageCost:
    """Give what a stage costs; one that collects moves the bytes of what it collects."""
    if not stage.collects:
        return table.stages[stage.name]
    cost = table.stages[stage.collects]
    return StageCost(
        cost.per,
        cost.bytes * COLLECTING,
        cost.bytes,
        "measured on small rows",
        objects=cost.objects,
    )


def _stage(
    stage: Stage, table: Table, amounts: Mapping[str, int], shards: Mapping[str, int]
) -> dict[str, Any]:
    cost, count = _cost_of(stage, table), shards[stage.axis]
    items = amounts[cost.per]
    batches = Dispatch(**table.settings["dispatch"]).batches(stage, count)
    started = batches * float(table.settings["orchestration"]["cpu_seconds"])
    cpu, gpu = cost.cpu_seconds(items) + started, cost.gpu_seconds(items)
    fleet = table.settings["fleet"]
    puts, gets = _requests(stage, cost, shards, batches)
    return {
        "stage": stage.name,
        "group": stage.group,
        "shards": count,
        "batches": batches,
        "items": items,
        "per": cost.per,
        "cpu_hours": cpu / 3600,
        "gpu_hours": gpu / 3600,
        "hours": max(cpu / min(fleet["cpus"], batches), gpu / min(fleet["gpus"], batches)) / 3600,
        "bytes": round(items * cost.bytes),
        "puts": puts,
        "gets": gets,
        "source": cost.source,
    }


def _requests(
    stage: Stage, cost: StageCost, shards: Mapping[str, int], batches: int
) -> tuple[int, int]:
    """Count puts (with lists) and gets (with looks) by the formula of core.s3."""
    count = shards[stage.axis]
    sources = {
        name: _source_shards(name, shards)
        for name in stage.reads
        if PIPELINE.reading(stage, name) in (Reading.ALL, Reading.GATHER)
    }
    lists = sum(1 + number // PAGE for number in sources.values())
    puts = count * (cost.objects + NOTES) + batches * (BATCH + lists)
    gets = count * (cost.objects + 1) + _reads(stage, shards, batches, sources)
    return round(puts), round(gets)


def _reads(
    stage: Stage, shards: Mapping[str, int], batches: int, sources: Mapping[str, int]
) -> int:
    """Count requests for what a stage reads: of keyed tables, a range for each of its shards."""
    count, reads = shards[stage.axis], 0
    for name in stage.reads:
        between = PIPELINE.collecting(stage, name)
        if between:
            reads += (count + batches * FOOTER) * (shards[between.axis] or sources[name])
        elif name == stage.collects:
            reads += _source_shards(name, shards) * READS
        else:
            reads += count * (sources[name] * READS if name in sources else READS + 1)
    return reads


def _source_shards(name: str, shards: Mapping[str, int]) -> int:
    sources = {source.name: source.axis for source in PIPELINE.sources}
    return shards[sources[name] if name in sources else PIPELINE.stage(name).axis]


def _money(total: Mapping[str, float], settings: Mapping[str, Any]) -> dict[str, float]:
    prices = settings["prices"]
    parts = {
        "cpu": total["cpu_hours"] * prices["cpu_hour"],
        "gpu": total["gpu_hours"] * prices["gpu_hour"],
        "storage": total["bytes"] / GB * prices["gb_month"] * prices["months"],
        "requests": (total["puts"] * prices["put_1000"] + total["gets"] * prices["get_1000"])
        / 1000,
    }
    return {name: round(value, 2) for name, value in {**parts, "all": sum(parts.values())}.items()}
