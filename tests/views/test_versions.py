from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.answers import GateRecord
from realsyn_tasks.core.gate_results import OverriddenCheck, Override
from realsyn_tasks.core.stage import Dropped
from realsyn_tasks.datasets.change_reasons import Cause, Why
from realsyn_tasks.datasets.manifest import Pointer, encoded
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.sample.reasons import OVER_CAP
from realsyn_tasks.stages import PIPELINE
from realsyn_tasks.views.answer import Unknown
from realsyn_tasks.views.change_words import sentence
from realsyn_tasks.views.versions import (
    changed_pairs,
    dataset_versions,
    verified_version,
    version_changes,
)
from tests.datasets.handmade import build, commit, generation, named, pair, version


@pytest.fixture
def two(tmp_path: Path) -> tuple[Version, Version]:
    """Two versions: b is over the cap now, c is of a new generation, a has a better text."""
    refs = [
        generation(tmp_path, 1, ["a", "b"], ["a 1", "a 2"]).reference(),
        generation(tmp_path, 2, ["c"], ["better"]).reference(),
    ]
    old = version(tmp_path, [[pair("a")], [pair("b")]], generations=(refs[0],))
    new = version(tmp_path, [[pair("c"), pair("a", "better", "a 1")]], generations=tuple(refs))
    build(tmp_path, old)
    drops = {"balance": [Dropped("pair", named("b"), OVER_CAP)]}
    build(tmp_path, new, drops, name="second", target=5)
    return old, new


def ready(ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Ask again until all is known."""
    for _ in range(100):
        if (answer := ask())["state"] == "ready":
            return answer
        time.sleep(0.05)
    raise AssertionError("it is never ready")


def named_so(each: Version) -> str:
    return each.path.removeprefix("datasets/")


def test_versions_are_listed_with_what_they_are(
    two: tuple[Version, Version], tmp_path: Path
) -> None:
    pointer = Pointer(name="realsyn-tiny", version=two[1].name, pairs=2, path=two[1].name)
    two[1].storage.replace(f"{two[1].dataset}/latest.json", encoded(pointer))
    [dataset] = dataset_versions(str(tmp_path))["datasets"]
    assert (dataset["name"], dataset["latest"]) == ("realsyn-tiny", two[1].name)
    rows = {row["version"]: row for row in dataset["versions"]}
    assert set(rows) == {two[0].name, two[1].name}
    row = rows[two[0].name]
    assert (row["pairs"], row["shards"], row["generations"]) == (2, 2, [1])
    assert row["builds"] == ["builds/first"] and row["bytes"] > 0
    assert time.time() - 600 < row["published"] <= time.time() + 1
    assert [fault["path"].rsplit("/", 1)[1] for fault in row["faults"]] == ["attachments.json"]
    json.dumps(rows, allow_nan=False)


def test_a_gate_that_a_person_let_pass_stands_beside_the_version(
    two: tuple[Version, Version], tmp_path: Path
) -> None:
    check = OverriddenCheck(name="size", about="pairs", expected="9", saw="2")
    about = {"summary": "too few", "state": "s", "rules": "r", "findings": ()}
    record = GateRecord(group="sample", passed=False, **about).model_dump_json().encode()
    digest = hashlib.sha256(record).hexdigest()
    made = Override(
        group="sample", gate=digest, reason="A try only.", by="ann", at="", checks=(check,)
    )
    for name, data in (("result", record), ("override", made.model_dump_json().encode())):
        two[0].storage.replace(f"builds/first/_gates/sample/{name}.json", data)
    [dataset] = dataset_versions(str(tmp_path))["datasets"]
    overrides = {row["version"]: row["overrides"] for row in dataset["versions"]}
    [override] = overrides[two[0].name]
    assert (override["group"], override["by"], overrides[two[1].name]) == ("sample", "ann", [])


def test_a_version_whose_manifest_is_damaged_is_listed_with_its_fault(
    two: tuple[Version, Version], tmp_path: Path
) -> None:
    (tmp_path / two[0].path / "manifest.json").write_bytes(b"{")
    [dataset] = dataset_versions(str(tmp_path))["datasets"]
    row = next(row for row in dataset["versions"] if row["version"] == two[0].name)
    assert row["faults"] and "pairs" not in row


def test_checksums_are_held_against_the_manifest(
    two: tuple[Version, Version], tmp_path: Path
) -> None:
    path = tmp_path / two[0].path / "data/00000.parquet"
    data = bytearray(path.read_bytes())
    data[9] ^= 1
    path.write_bytes(bytes(data))
    faults = verified_version(str(tmp_path), version=two[0].name)["faults"]
    assert "another checksum" in {fault["fault"] for fault in faults}


def test_differences_are_counted_by_why_and_say_what_decided(
    two: tuple[Version, Version], tmp_path: Path
) -> None:
    old, new = map(named_so, two)
    answer = ready(lambda: version_changes(str(tmp_path), old=old, new=new))
    assert answer["counts"] == {"same": 0, "added": 1, "removed": 1, "changed": 1}
    assert answer["fields"]["text1"] == 1
    words = {(why["change"], why["words"]) for why in answer["whys"]}
    assert words == {
        ("removed", f"now dropped by balance as over_cap: {OVER_CAP.words}"),
        ("added", "of generation 2 (crawl crawl-2), which the older version was not made from"),
        ("changed", "a sentence of generation 2 (crawl crawl-2) fits better"),
    }
    assert answer["differences"] == [
        {"group": "", "where": "pinned", "name": "generations", "old": [1], "new": [1, 2]}
    ]
    json.dumps(answer, allow_nan=False)


def test_the_target_and_the_cap_decide_who_is_over_it(tmp_path: Path) -> None:
    old = version(tmp_path, [[pair("a"), pair("b")]])
    new = version(tmp_path, [[pair("a")]], target=1)
    builds = (
        build(tmp_path, old),
        build(tmp_path, new, {"balance": [Dropped("pair", named("b"), OVER_CAP)]}, name="second"),
    )
    for cap, run in zip((3.0, 2.0), builds, strict=True):
        commit(run, "solve_cap", [], cap=cap)
    answer = ready(lambda: version_changes(str(tmp_path), old=named_so(old), new=named_so(new)))
    [why] = answer["whys"]
    assert why["settings"] == [
        {"name": "target", "old": 9, "new": 1},
        {"name": "solve_cap.cap", "old": 3.0, "new": 2.0},
    ]


def test_pairs_that_differ_are_given_by_why_with_both_sides(
    two: tuple[Version, Version], tmp_path: Path
) -> None:
    old, new = map(named_so, two)
    ask = {"old": old, "new": new}
    [gone] = ready(lambda: changed_pairs(str(tmp_path), **ask, change="removed"))["rows"]
    assert (gone["image_id"], gone["at"], gone["new"]) == (named("b"), "balance", None)
    assert (gone["old"]["text1"], gone["old_row"], gone["new_row"]) == ("b 1", 1, None)
    answer = changed_pairs(str(tmp_path), **ask, field="text1")
    [changed] = answer["rows"]
    assert (answer["total"], changed["old"]["text1"], changed["new"]["text1"]) == (
        1,
        "a 1",
        "better",
    )
    assert changed_pairs(str(tmp_path), **ask, offset=2, limit=5)["total"] == 3
    assert len(changed_pairs(str(tmp_path), **ask, offset=2, limit=5)["rows"]) == 1
    assert changed_pairs(str(tmp_path), **ask, cause="unknown")["rows"] == []


def test_a_version_that_is_not_there_is_told_with_those_there_are(
    two: tuple[Version, Version], tmp_path: Path
) -> None:
    with pytest.raises(Unknown, match=two[0].name):
        version_changes(str(tmp_path), old="v-gone", new=two[1].name)


@pytest.mark.parametrize("cause", Cause)
@pytest.mark.parametrize("change", ["added", "removed", "changed"])
def test_every_cause_has_words(cause: Cause, change: str) -> None:
    why = Why(change, cause, "clusters" if cause is Cause.FOLLOWS else "1", "over_cap")
    assert len(sentence(why, {"1": 4}, {"1": "pages"}, PIPELINE.reason_words)) > 10
