"""One row of counts and shares per stage group, over the commits alone.

`unaccounted` columns compare what went into a stage with what came out or was dropped with a
reason, shard by shard; they are zero unless a stage lost or invented rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import pyarrow.compute as pc

from realsyn_tasks.core.answers import ShardState
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.workspace import CORPUS
from realsyn_tasks.fetching.outcomes import PERMANENT, TRANSIENT
from realsyn_tasks.retrieve.hub_use import hub_use

Row = dict[str, Any]
RECALL = {
    "fit_lists": (
        *("lists", "nprobe", "target_recall", "planned_recall", "planned_low", "planned_high"),
        *("planned_images", "imbalance"),
    ),
    "audit_recall": ("recall_at_3", "recall_low", "recall_high", "regret", "sampled"),
}


def statistics(evidence: Evidence) -> Row:
    """Give the statistics row of a group."""
    return {**_shards(evidence), **GROUPS[evidence.group](evidence)}


def drops(evidence: Evidence) -> dict[str, dict[str, dict[str, int]]]:
    """Count drops as stage -> kind -> reason -> items, leaving out stages that dropped nothing."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for stage in evidence.stages:
        kinds = sorted({kind for commit in evidence.commits(stage.name) for kind in commit.dropped})
        if kinds:
            found[stage.name] = {kind: dict(evidence.dropped(stage.name, kind)) for kind in kinds}
    return found


def share(part: float, whole: float) -> float:
    """Divide; nothing of nothing is nothing."""
    return part / whole if whole else 0.0


def _shards(evidence: Evidence) -> Row:
    states = [list(status.states.values()) for status in evidence.statuses.values()]
    return {
        "shards_expected": sum(map(len, states)),
        "shards_done": sum(shards.count(ShardState.DONE) for shards in states),
        "shards_quarantined": sum(shards.count(ShardState.QUARANTINED) for shards in states),
    }


def _extract(evidence: Evidence) -> Row:
    row: Row = {
        "documents": evidence.rows("parse", "documents"),
        "documents_dropped": evidence.dropped("parse", "document").total(),
        "records_dropped": evidence.dropped("parse", "record").total(),
    }
    images = ("parse", "fetch", "filter_images", "embed_images", "dedup_images")
    sentences = ("parse", "filter_sentences", "filter_perplexity", "dedup_sentences")
    return row | _chain(evidence, "image", images) | _chain(evidence, "sentence", sentences)


def _chain(evidence: Evidence, kind: str, names: tuple[str, ...]) -> Row:
    """Follow one kind of item through its stages: each reads what the one before kept."""
    table = f"{kind}s"
    stages = [name for name in names if evidence.workspace.runs(name)]
    dropped = sum((evidence.dropped(name, kind) for name in stages), start=Counter[str]())
    taken = sum(_given(evidence, stages[0], table).values())
    taken += evidence.dropped(stages[0], kind).total()
    kept = evidence.rows(stages[-1], table)
    lost = [
        _lost(evidence, _given(evidence, read, table), stage, table)
        for read, stage in pairwise(stages)
    ]
    return {
        f"{table}_in": taken,
        f"{table}_kept": kept,
        f"{table}_kept_share": share(kept, taken),
        f"{table}_unaccounted": sum(lost),
        **(_fetching(dropped, taken) if kind == "image" else {}),
        **{f"{table}_share_{name}": share(dropped[name], taken) for name in sorted(dropped)},
    }


def _fetching(dropped: Counter[str], taken: int) -> Row:
    """Give the share of images that no failure to fetch them has cost, and of each class of it."""
    lost = {
        name: share(sum(dropped[reason] for reason in reasons), taken)
        for name, reasons in (("transient", TRANSIENT), ("permanent", PERMANENT))
    }
    classes = {f"images_fetch_{name}_share": value for name, value in lost.items()}
    return {"images_fetched_share": 1.0 - sum(lost.values()), **classes}


def _given(evidence: Evidence, stage: str, table: str) -> dict[int, int]:
    """Count what a stage hands on by shard; parse, too, what is known by address only."""
    given = evidence.rows_by_shard(stage, table)
    linked = evidence.rows_by_shard(stage, f"linked_{table}")
    return {shard: rows + linked.get(shard, 0) for shard, rows in given.items()}


def _lost(evidence: Evidence, given: Mapping[int, int], stage: str, table: str) -> int:
    """Count the rows that a stage was given and neither kept nor dropped, or made up."""
    return sum(
        abs(given[commit.shard] - commit.rows.get(table, 0) - _dropped_in(commit.dropped))
        for commit in evidence.commits(stage)
        if commit.shard in given
    )


def _dropped_in(dropped: Mapping[str, Mapping[str, int]]) -> int:
    return sum(count for reasons in dropped.values() for count in reasons.values())


def _retrieve(evidence: Evidence) -> Row:
    images = evidence.rows(CORPUS, "images")
    matched = _first_ranks(evidence)
    gone = {c.shard: _dropped_in(c.dropped) for c in evidence.commits("merge_matches")}
    given = evidence.rows_by_shard(CORPUS, "images")
    lost = [abs(given[shard] - matched[shard] - gone[shard]) for shard in matched]
    row: Row = {
        "images": images,
        "images_matched": sum(matched.values()),
        "images_unaccounted": sum(lost),
        "matched_share": share(sum(matched.values()), images),
        "texts_per_image": share(evidence.rows("merge_matches", "matches"), sum(matched.values())),
    }
    for stage, names in RECALL.items():
        row |= {name: evidence.measure(stage, name) for name in names}
    return row | hub_use(evidence).statistics()


def _first_ranks(evidence: Evidence) -> dict[int, int]:
    """Count the images of each shard that got at least one text."""
    found: dict[int, int] = {}
    for commit in evidence.commits("merge_matches"):
        pieces = evidence.read(commit.objects["matches"], ["rank"])
        found[commit.shard] = sum(pc.sum(pc.equal(p["rank"], 1)).as_py() or 0 for p in pieces)
    return found


def _synthesize(evidence: Evidence) -> Row:
    matched = _first_ranks(evidence)
    rejected = evidence.dropped("generate_texts", "pair")
    taken, pairs = sum(matched.values()), evidence.rows("score_pairs", "pairs")
    texts = evidence.rows_by_shard("generate_texts", "texts")
    lost = _lost(evidence, matched, "generate_texts", "texts")
    lost += _lost(evidence, texts, "score_pairs", "pairs")
    return {
        "images_matched": taken,
        "texts": sum(texts.values()),
        "texts_rejected": rejected.total(),
        "rejected_share": share(rejected.total(), taken),
        "pairs": pairs,
        "pairs_unaccounted": lost,
        **{f"rejected_share_{name}": share(rejected[name], taken) for name in sorted(rejected)},
    }


def _sample(evidence: Evidence) -> Row:
    scored = evidence.rows_by_shard("score_pairs", "pairs")
    available = evidence.rows_by_shard("filter_pairs", "pairs")
    target, published = evidence.workspace.config.target, evidence.rows("export", "pairs")
    lost = _lost(evidence, scored, "filter_pairs", "pairs")
    lost += _lost(evidence, available, "balance", "pairs")
    lost += abs(evidence.rows("balance", "pairs") - published)
    return {
        "pairs_scored": sum(scored.values()),
        "pairs_in_band": sum(available.values()),
        "in_band_share": share(sum(available.values()), sum(scored.values())),
        "target": target,
        "pairs_expected": min(target, sum(available.values())),
        "pairs_published": published,
        "pairs_unaccounted": lost,
    }


GROUPS: dict[str, Callable[[Evidence], Row]] = {
    "extract": _extract,
    "retrieve": _retrieve,
    "synthesize": _synthesize,
    "sample": _sample,
}
