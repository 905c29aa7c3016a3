"""What is wrong with what a root keeps, for people: by place and kind, and what mends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from realsyn_tasks.core.errors import ConfigError, PermanentError
from realsyn_tasks.core.progress import Countdown
from realsyn_tasks.core.records import DamagedRecord
from realsyn_tasks.core.screen import terminal
from realsyn_tasks.core.shards import as_ranges, shown
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus import tombstones
from realsyn_tasks.datasets.manifest import Fault
from realsyn_tasks.datasets.publication import Publication, publications
from realsyn_tasks.datasets.verification import Finding, bytes_of, verify, verify_all
from realsyn_tasks.datasets.versions import Version, at, datasets, folders, versions
from realsyn_tasks.report.console import amount
from realsyn_tasks.runs import verification
from realsyn_tasks.runs.verification import Damage, Objects

ORPHAN = "no build here published it last: copy it back, or remove the version"
MOST_LINES = 24  # of findings on a screen
Record = dict[str, Any]


class Damaged(PermanentError):
    """Something that a root keeps is not what was written."""


def verified_dataset(dataset: str, checksums: bool) -> Record:
    """Check a dataset or version by its URI; ConfigError where there is none."""
    chosen = at(dataset)
    storage = chosen[0].storage
    size = sum(map(bytes_of, chosen))
    counted = Countdown("verify", size)
    findings = [f for version in chosen for f in verify(version, checksums, counted.add)]
    records = _of_datasets(storage, findings)
    return _record(records, chosen, checksums, {"bytes": size, "objects": 0})


def verified_root(root: str, checksums: bool) -> Record:
    """Check generations, runs and datasets of a root; ConfigError where there are none."""
    storage = Storage.at(root)
    chosen = versions(storage)
    size = verification.bytes_of(storage) + sum(map(bytes_of, _folders(storage)))
    counted = Countdown("verify", size)
    objects = Objects(storage, checksums, counted.add)
    findings = verify_all(storage, checksums, counted.add)
    damages = [*_of_log(storage), *verification.of_generations(objects)]
    damages += verification.of_runs(objects)
    if not (chosen or findings or damages or objects.count):
        raise ConfigError(f"there is nothing to verify in {root}: no generation, run or dataset")
    records = [damage.record() for damage in damages] + _of_datasets(storage, findings)
    return _record(records, chosen, checksums, {"bytes": size, "objects": objects.count})


def _record(
    findings: list[Record], chosen: Sequence[Version], checksums: bool, counts: Record
) -> Record:
    return {
        "versions": [version.path for version in chosen],
        "checked": counts | {"by": "digest" if checksums else "size"},
        "damaged": sum(finding["damages"] for finding in findings),
        "findings": findings,
    }


def _folders(storage: Storage) -> Iterator[Version]:
    """Give all versions, published or not."""
    for dataset in datasets(storage):
        yield from folders(storage, dataset)


def _of_log(storage: Storage) -> Iterator[Damage]:
    """Check that the requests for takedown can all be read."""
    try:
        for line in tombstones.state(storage).log:
            tombstones.read(storage, line.request)
    except (DamagedRecord, FileNotFoundError) as error:
        place = tombstones.FOLDER
        yield Damage(place, place, Fault.UNREADABLE, str(error), "put back a copy of it")


def _of_datasets(storage: Storage, findings: Sequence[Finding]) -> list[Record]:
    builds = publications(storage)
    different = dict.fromkeys(findings)  # versions of one dataset share its pointer
    return [
        {**finding.record(), "place": finding.path.rsplit("/", 2)[0], **_concerned(finding, builds)}
        for finding in different
    ]


def _concerned(finding: Finding, builds: Mapping[str, Publication]) -> Record:
    """Name the builds that published the version of a file, or one that a pointer may name."""
    folder = finding.path.rsplit("/", 1)[0]
    named = [
        build
        for build, note in builds.items()
        if finding.path.startswith(f"{note.path}/") or note.path.startswith(f"{folder}/")
    ]
    who = ", ".join(named) or ORPHAN
    remedy = finding.remedy if finding.fault == Fault.EXTRA else f"{finding.remedy} ({who})"
    return {"builds": named, "remedy": remedy}


def show(record: Record) -> None:
    """Print the findings for people, a screenful at most."""
    console = terminal(soft_wrap=True, highlight=False)
    found = list(lines(record["findings"]))
    for line in found[:MOST_LINES]:
        console.print(line, markup=False, style="red" if line.startswith("damaged") else "")
    if len(found) > MOST_LINES:
        console.print(f"… and {len(found) - MOST_LINES} more; --json gives all")
    console.print(_summary(record), markup=False, style="bold")


def lines(findings: Sequence[Record]) -> Iterator[str]:
    """Give a line for all that is wrong in one way at one place; damages come first."""
    alike: dict[tuple[Any, ...], list[Record]] = {}
    for finding in sorted(findings, key=lambda finding: not finding["damages"]):
        where = finding["place"] if finding.get("stage") else finding["path"]
        key = (finding["damages"], where, finding.get("stage"), finding["fault"])
        alike.setdefault(key, []).append(finding)
    for (damages, where, stage, fault), several in alike.items():
        mark = "damaged" if damages else "note"
        part = f" {stage}{_shards(several)}" if stage else ""
        detail = several[0]["detail"] + (f" (and {len(several) - 1} more)" if several[1:] else "")
        yield f"{mark}: {where}{part}: {fault}, {detail}; {several[0]['remedy']}"


def _shards(findings: Sequence[Record]) -> str:
    numbers = sorted({f["shard"] for f in findings if f["shard"] is not None})
    return f", shards {shown(as_ranges(numbers))}" if numbers else ""


def _summary(record: Record) -> str:
    checked = record["checked"]
    whole = "all whole" if not record["damaged"] else f"{record['damaged']} damaged"
    more = "" if checked["by"] == "digest" else "; --bytes reads and digests all of it"
    parts = f"{checked['objects']:,} objects and {len(record['versions'])} versions"
    return f"{parts} checked by {checked['by']}, {amount(checked['bytes'])}: {whole}{more}"


def require_whole(record: Record) -> None:
    """Raise Damaged (exit 65) if anything is damaged."""
    damages = [finding for finding in record["findings"] if finding["damages"]]
    if damages:
        first = damages[0]
        raise Damaged(
            f"{len(damages)} objects are damaged; the first is {first['path']}"
            f" ({first['fault']}): {first['remedy']}"
        )
