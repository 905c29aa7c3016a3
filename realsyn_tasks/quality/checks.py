"""Named checks: what a gate looks at beyond what Great Expectations can express."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from realsyn_tasks.core import ids
from realsyn_tasks.core.answers import SETTLED, ShardState, StageStatus
from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.errors import DamagedObject
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.findings import Finding, shorten
from realsyn_tasks.core.ids import digest
from realsyn_tasks.quality.statistics import share
from realsyn_tasks.retrieve.hub_use import hub_use

MOST_SHARDS = 64  # whose bytes a check reads, at most

Settings = Mapping[str, Any]
Check = Callable[[Evidence, Settings], Finding]


def completeness(evidence: Evidence, settings: Settings) -> Finding:
    """Every shard of every stage is committed, or quarantined for good."""
    missing = [
        _missing(name, status) for name, status in evidence.statuses.items() if not status.complete
    ]
    shards = sum(len(status.states) for status in evidence.statuses.values())
    return Finding(
        name="completeness",
        about="shards",
        expected="every shard of every stage committed or quarantined",
        saw=f"{len(missing)} of {len(evidence.stages)} stages with shards left to do: run them"
        f" again (realsyn_backfill, or `run STAGE --build {evidence.workspace.config.name}`)"
        if missing
        else f"all {shards} shards of {len(evidence.stages)} stages settled",
        passed=not missing,
        examples=shorten(missing),
    )


def _missing(name: str, status: StageStatus) -> str:
    left = {shard: state for shard, state in status.states.items() if state not in SETTLED}
    counts = Counter(state.value for state in left.values())
    shard, state = next(iter(left.items()))
    failure = status.failures.get(shard)
    why = f": {failure.error}" if failure and state is ShardState.FAILED else ""
    how_many = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    return f"{name} ({how_many}; first shard {shard:05d}{why})"


def quarantine(evidence: Evidence, settings: Settings) -> Finding:
    """No stage has lost more shards to quarantine than is tolerated."""
    most, always = float(settings["share"]), int(settings["always"])
    lost = {name: _quarantined(status) for name, status in evidence.statuses.items()}
    over = {
        name: shards
        for name, shards in lost.items()
        if len(shards) > always and share(len(shards), len(evidence.statuses[name].states)) > most
    }
    noted = _notes(evidence, over or lost)
    worst = max((len(shards) for shards in lost.values()), default=0)
    return Finding(
        name="quarantine",
        about="shards",
        expected=f"at most {always} or {most:.1%} of a stage's shards quarantined",
        saw=f"{worst} quarantined in the worst stage" if worst else "none quarantined",
        passed=not over,
        examples=shorten(noted),
    )


def _quarantined(status: StageStatus) -> list[int]:
    return [n for n, state in status.states.items() if state is ShardState.QUARANTINED]


def _notes(evidence: Evidence, lost: Mapping[str, list[int]]) -> list[str]:
    """Say of quarantined shards what broke them; shards that only follow suit come last."""
    failed, followed = [], []
    for name, shards in lost.items():
        for shard in shards:
            failure = evidence.statuses[name].failures.get(shard)
            if failure:
                failed.append(f"{name} shard {shard:05d}: {failure.error}")
            else:
                followed.append(f"{name} shard {shard:05d}: its input is quarantined")
    return failed + followed


def objects(evidence: Evidence, settings: Settings) -> Finding:
    """Committed objects still have the checksums of their markers; a seeded choice is read."""
    chosen = _some_objects(evidence, int(settings["objects"]))
    broken = []
    for _, commit, name in chosen:
        try:
            evidence.workspace.storage.verify(commit.objects[name], checksum=True)
        except DamagedObject as error:
            broken.append(f"{commit.stage} shard {commit.shard:05d}: {error}")
    return Finding(
        name="objects",
        about="storage",
        expected="committed objects with the size and SHA-256 of their markers",
        saw=f"{len(broken)} of {len(chosen)} damaged: remove their markers and run the stages again"
        if broken
        else f"{len(chosen)} objects as committed",
        passed=not broken,
        examples=shorten(broken),
    )


def _some_objects(evidence: Evidence, most: int) -> list[tuple[str, Commit, str]]:
    """Choose objects by hash; those of the last stages, which are handed on, come first."""
    seed = evidence.workspace.config.seed
    found = [
        (digest([seed, commit.stage, commit.shard, name]), commit, name)
        for stage in evidence.stages
        for commit in evidence.commits(stage.name)
        for name in commit.objects
    ]
    return sorted(found, key=lambda item: item[0])[:most]


def pixels(evidence: Evidence, settings: Settings) -> Finding:
    """The bytes that an image's row points at are that image: its id is their SHA-256."""
    wrong: list[str] = []
    checked = 0
    for shard, row, data in _some_pixels(evidence, int(settings["per_shard"])):
        checked += 1
        if ids.image_id(data) != row["image_id"]:
            wrong.append(f"{row['image_id']} in shard {shard:05d} at {row['offset']}")
    return Finding(
        name="pixels",
        about="images",
        expected="image bytes whose SHA-256 begins with the image_id of their row",
        saw=f"{len(wrong)} of {checked} rows pointing at other bytes"
        if wrong
        else f"{checked} rows pointing at their images",
        passed=not wrong,
        examples=shorten(wrong),
    )


def _some_pixels(evidence: Evidence, per_shard: int) -> Iterator[tuple[int, dict[str, Any], bytes]]:
    holder = "fetch" if evidence.workspace.runs("fetch") else "parse"
    tars = {commit.shard: commit.objects["pixels"] for commit in evidence.commits(holder)}
    for commit in evidence.commits("dedup_images")[:MOST_SHARDS]:
        rows = _first_rows(evidence, commit, "images", ["image_id", "offset", "length"], per_shard)
        with evidence.workspace.storage.open(tars[commit.shard].path) as source:
            for row in rows:
                source.seek(row["offset"])
                yield commit.shard, row, source.read(row["length"])


def _first_rows(
    evidence: Evidence, commit: Commit, table: str, columns: list[str], rows: int
) -> list[dict[str, Any]]:
    """Give the first rows of a table: where they are sorted by hash, a random choice."""
    found: list[dict[str, Any]] = (
        next(evidence.read(commit.objects[table], columns)).slice(0, rows).to_pylist()
    )
    return found


def recall(evidence: Evidence, settings: Settings) -> Finding:
    """The audit, an exact search for other images than planned with, finds the target recall."""
    target = evidence.measure("fit_lists", "target_recall")
    found = evidence.measure("audit_recall", "recall_at_3")
    sampled = evidence.measure("audit_recall", "sampled") or 0
    reached = None not in (target, found) and sampled > 0 and (found or 0.0) >= (target or 0.0)
    return Finding(
        name="recall",
        about="matches",
        expected=f"recall@3 of at least {_score(target)} (fit_lists.target_recall) against exact"
        " search",
        saw=_audited(evidence) + ("" if reached else f"; {_REMEDY}"),
        passed=reached,
        examples=() if reached else shorten(_missed(evidence)),
    )


_REMEDY = (
    "plan with more images (fit_lists.plan_images) or more confidence (fit_lists.confidence),"
    " search with fit_lists.nprobe lists, or lower fit_lists.target_recall; then run it again"
)


def _audited(evidence: Evidence) -> str:
    """Say what recall was audited and what was planned."""
    names = ("recall_at_3", "recall_low", "recall_high", "sampled")
    found, low, high, sampled = (evidence.measure("audit_recall", name) for name in names)
    nprobe, planned = (evidence.measure("fit_lists", n) for n in ("nprobe", "planned_recall"))
    return (
        f"{_score(found)} (95 % interval {_score(low)} to {_score(high)}) over {sampled or 0:.0f}"
        f" images; planned {_score(planned)} with {nprobe or 0:.0f} lists an image"
    )


def _score(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"


def _missed(evidence: Evidence) -> list[str]:
    for commit in evidence.commits("audit_recall"):
        rows = [
            row for piece in evidence.read(commit.objects["audit"]) for row in piece.to_pylist()
        ]
        return [
            f"image {row['image_id']} lacks sentence {next(iter(gap))}"
            for row in rows
            if (gap := sorted(set(row["exact"]) - set(row["found"])))
        ]
    return []


def hubs(evidence: Evidence, settings: Settings) -> Finding:
    """No sentence serves more images than the cap; in large builds few serve no large share."""
    cap = evidence.workspace.config.stages.get("cap_hubs", {}).get("max_images_per_sentence")
    use = hub_use(evidence)
    most, from_texts = float(settings["share"]), int(settings["from_texts"])
    large = use.texts >= from_texts
    return Finding(
        name="hubs",
        about="matches",
        expected=f"no sentence for more than {cap or 'any number of'} images"
        f" (cap_hubs.max_images_per_sentence), and of {from_texts:,} texts or more at most"
        f" {most:.0%} from the 100 most used sentences",
        saw=f"{use.most} images for the most used sentence; {use.share:.1%} of {use.texts:,} texts"
        " from the 100 most used",
        passed=(cap is None or use.most <= cap) and not (large and use.share > most),
    )


def count(evidence: Evidence, settings: Settings) -> Finding:
    """Exactly the target is published, or all there is."""
    target = evidence.workspace.config.target
    available = evidence.rows("filter_pairs", "pairs")
    published = evidence.rows("export", "pairs")
    expected = min(target, available)
    return Finding(
        name="count",
        about="pairs",
        expected=f"exactly {expected} pairs (target {target}, available {available})",
        saw=f"{published} pairs",
        passed=published == expected,
    )


def cap(evidence: Evidence, settings: Settings) -> Finding:
    """No cluster holds more pairs than the cap that was solved for, or one more."""
    limit = evidence.measure("solve_cap", "cap")
    sizes: Counter[int] = Counter()
    for commit in evidence.commits("export"):
        for piece in evidence.read(commit.objects["pairs"], ["cluster_id"]):
            sizes.update(piece["cluster_id"].to_pylist())
    over = [(n, name) for name, n in sizes.items() if limit is not None and n > limit + 1]
    return Finding(
        name="cap",
        about="clusters",
        expected=f"at most {limit:.0f} pairs in a cluster, one more in some of them"
        if limit is not None
        else "a solved cap",
        saw=f"{max(sizes.values(), default=0)} in the largest of {len(sizes)} clusters",
        passed=limit is not None and not over,
        examples=shorten([f"cluster {name} with {n}" for n, name in sorted(over, reverse=True)]),
    )


def tars(evidence: Evidence, settings: Settings) -> Finding:
    """The tars hold the same pairs as the tables: image by checksum, texts word for word."""
    wrong: list[str] = []
    checked = 0
    for commit in evidence.commits("export")[:MOST_SHARDS]:
        columns = ["key", "sha256", "text1", "syn_text"]
        rows = _first_rows(evidence, commit, "pairs", columns, int(settings["per_shard"]))
        found = evidence.first_samples(commit.objects["samples"], len(rows))
        checked += len(rows)
        wrong += [f"sample {row['key']}: {why}" for row in rows if (why := _odd(row, found))]
    return Finding(
        name="tars",
        about="pairs",
        expected="tars that hold the image, text1 and syn_text of each row",
        saw=f"{len(wrong)} of {checked} samples that differ"
        if wrong
        else f"{checked} equal samples",
        passed=not wrong,
        examples=shorten(wrong),
    )


def _odd(row: Mapping[str, Any], found: Mapping[str, Mapping[str, bytes]]) -> str:
    """Say what differs between a row and its sample; empty if nothing does."""
    sample = dict(found.get(row["key"], {}))
    about, text = sample.pop("json", b""), sample.pop("txt", b"")
    if row["sha256"] not in {hashlib.sha256(data).hexdigest() for data in sample.values()}:
        return "no image with the row's sha256"
    if text != (row["text1"] or "").encode():
        return "another text1"
    return "" if _synthetic_text(about) == row["syn_text"] else "another syn_text"


def _synthetic_text(about: bytes) -> Any:
    try:
        found = json.loads(about)
    except ValueError:
        return None
    return found.get("syn_text") if isinstance(found, dict) else None


CHECKS: dict[str, Check] = {
    check.__name__: check for check in (quarantine, objects, pixels, recall, hubs, count, cap, tars)
}
