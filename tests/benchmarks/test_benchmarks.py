from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as bench
from tests.benchmarks.measure import Row, alternate


def row(suite: str, ours: float, peer: float, unit: str = "CPU s") -> Row:
    return Row(suite, "case", ours, peer, unit, "machine")


def test_ratio_above_one_means_ours_is_better() -> None:
    assert row("a", 2.0, 6.0, "CPU s").ratio == 3.0
    assert row("a", 0.9, 0.3, "recall@3").ratio == pytest.approx(3.0)


def test_what_has_no_peer_has_no_ratio() -> None:
    alone = Row("a", "case", 2.0, None, "images/s", "machine")
    assert (alone.ratio, alone.record()["peer"]) == (None, None)
    bench.show([alone])


def test_a_suite_replaces_its_own_rows_only(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "new" / "results.json")
    bench.save([row("a", 1, 1), row("b", 1, 1)], ["a", "b"])
    bench.save([row("a", 2, 1)], ["a"])
    saved = json.loads(bench.RESULTS.read_text())
    assert {(r["suite"], r["ours"]) for r in saved} == {("b", 1), ("a", 2)}
    assert set(saved[0]) == {"suite", "case", "ours", "peer", "ratio", "unit", "machine"}


def test_a_part_of_a_suite_replaces_its_own_cases_only(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "results.json")
    other = Row("a", "another case", 1, 1, "CPU s", "machine")
    bench.save([row("a", 1, 1), other], ["a"])
    bench.save([row("a", 2, 1)], ["a"], parts=True)
    saved = json.loads(bench.RESULTS.read_text())
    assert {(r["case"], r["ours"]) for r in saved} == {("another case", 1), ("case", 2)}


def test_runs_alternate_and_keep_the_answer() -> None:
    calls: list[str] = []
    ours, peer = alternate(lambda: calls.append("ours"), lambda: calls.append("peer"), 2)
    assert calls == ["ours", "peer"] * 2
    assert ours.wall >= 0 <= peer.cpu


def test_unknown_suites_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "nothing"])
    with pytest.raises(SystemExit):
        bench.arguments()


def test_rules_beside_peers_are_the_filters_own(tmp_path: Path) -> None:
    from tests.benchmarks.filtering import our_rules
    from tests.extract.pictures import encoded, scene

    images = []
    for number, size in enumerate([(100, 100), (99, 200), (301, 100)]):
        images.append(str(tmp_path / f"{number}.jpg"))
        Path(images[-1]).write_bytes(encoded(scene(0, *size)))
    texts = ["Too short", "Write to jane@x.test now.", " ".join(["word"] * 82)]
    parsed = ["A lovely little village.", "The fox ate a hen."]
    found = our_rules({"texts": texts, "parsed": parsed, "images": images}, 1)
    counted = {name: timing["counted"] for name, timing in found.items()}
    assert counted == {"words": 1, "pii": 1, "action": 1, "shape": 1}
