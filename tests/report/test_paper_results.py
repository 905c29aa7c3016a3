from __future__ import annotations

from typing import Any

import pytest

from realsyn_tasks.evaluate import protocol
from realsyn_tasks.report import paper_results
from realsyn_tasks.report.paper_results import difference, results, row_of, sets_beside


def test_every_table_has_a_number_for_every_set() -> None:
    known = results()
    rows = [values for table in known["tables"].values() for values in table.values()]
    assert {len(values) for values in rows} == {len(known["sets"]) == 20 and 20}
    means = {name: sum(values) / 20 for name, values in known["tables"]["zero_shot"].items()}
    assert round(means["RealSyn 15M"], 1) == 47.9, "the average that the paper gives"
    assert round(sum(known["tables"]["linear_probe"]["RealSyn 100M"]) / 20, 1) == 75.8


@pytest.mark.parametrize(
    ("arm", "words"),
    [
        ("realistic1", "T_r1"),
        ("paper", "T_r1 to T_r3 and T_s"),
        ("balanced", "balanced sample"),
        ("raw3", None),
        ("shuffled", None),
        ("paper_even", None),
    ],
)
def test_an_arm_stands_beside_the_row_of_the_same_texts(arm: str, words: str | None) -> None:
    arms = protocol.read("heads").arms
    row = row_of(arms[arm].model_dump(mode="json"))
    assert (row["words"] if row else None) == words


def test_differences_are_of_one_ablation() -> None:
    arms = [{"arm": n, **a.model_dump()} for n, a in protocol.read("heads").arms.items()]
    claim: Any = {"arm": "paper", "than": "realistic3"}
    assert difference({"arms": arms}, claim) == (0.2, 1.1, 0.8)
    assert difference({"arms": arms}, {"arm": "balanced", "than": "random"}) == (0.7, 1.1, 1.0)
    assert difference({"arms": arms}, {"arm": "balanced", "than": "realistic1"}) is None
    assert difference({"arms": arms}, {"arm": "all", "than": "raw3"}) is None


def test_sets_of_the_paper_stand_beside_ours_by_any_of_their_names() -> None:
    about = {"version": 0, "arm": "paper", "low": None, "high": None}
    rows = [
        {**about, "set": "Stanford-Cars", "measure": "zero_shot", "value": 0.3},
        {**about, "set": "flickr30k", "measure": "recall@1", "value": None},
        {**about, "set": "stamps", "measure": "recall@1", "value": 0.3},
    ]
    arms = [{"arm": "paper", "texts": {"realistic": 3}}]
    told = sets_beside({"claims": [], "arms": arms, "measures": rows}, 0)
    assert [(row.name, row.ours) for row in told] == [("flickr30k", None), ("Stanford-Cars", 30.0)]
    assert told[1].theirs["RealSyn 15M"] == 27.6
    assert paper_results.points((0.2, None)) == "+0.2 / –"
