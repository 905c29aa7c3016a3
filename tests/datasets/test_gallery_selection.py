from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.datasets import gallery_selection
from realsyn_tasks.datasets.gallery_columns import HAS, Known, Values
from realsyn_tasks.datasets.gallery_selection import (
    SORTS,
    Filters,
    band,
    facets,
    first_of,
    mask_of,
    ordered,
)

NAN = float("nan")
KNOWN = Known(
    pairs=5,
    columns={
        "score": np.array([0.3, NAN, 0.5, 0.7, 0.3], np.float32),
        "relevance": np.array([0.9, 0.8, NAN, NAN, 0.1], np.float32),
        "syn_score": np.full(5, NAN, np.float32),
        "cluster": np.array([2, 2, 7, -1, 7], np.int32),
        "domain": np.array([0, 1, 1, -1, 0], np.int32),
        "licence": np.array([0, 0, -1, -1, 0], np.int32),
        "pixels": np.array([5, 4, 3, 2, 1], np.int32),
        "has": np.array([1, 3, 0, 130, 129], np.uint8),  # caption: 1, alt: 2, recaption: 128
    },
    domains=["a.example", "b.example"],
    licences=["CC0"],
)


def rows(**asked: object) -> list[int]:
    topics = np.array([0, 1, 1, -1, 0], np.int32)
    chosen = mask_of(KNOWN, Filters(**asked), topics)  # type: ignore[arg-type]
    return np.flatnonzero(chosen).tolist()


def test_filters_are_all_asked_and_their_values_are_alternatives() -> None:
    assert rows() == [0, 1, 2, 3, 4]
    assert rows(bands={"score": (0.3, 0.5)}) == [0, 2, 4]
    assert rows(bands={"score": (0.2, 0.6)}, cluster=(7,)) == [2, 4]
    assert rows(cluster=(2, 7)) == [0, 1, 2, 4]
    assert rows(domain=("b.example",)) == [1, 2]
    assert rows(domain=("", "a.example")) == [0, 3, 4]
    assert rows(domain=("nowhere.example",)) == []
    assert rows(licence=("",)) == [2, 3]
    assert rows(topic=(1,)) == [1, 2]
    assert rows(has=("caption",)) == [0, 1, 4]
    assert rows(has=("caption", "-alt")) == [0, 4]
    assert rows(has=("recaption",)) == [3, 4]
    assert rows(has=("caption", "-recaption")) == [0, 1]


def test_what_has_no_value_comes_last_both_ways() -> None:
    every = np.arange(5)
    assert ordered(KNOWN, every, "score").tolist() == [0, 4, 2, 3, 1]
    assert ordered(KNOWN, every, "-score").tolist() == [3, 2, 0, 4, 1]
    assert ordered(KNOWN, every, "").tolist() == [0, 1, 2, 3, 4]


def test_facets_count_what_is_among_the_chosen() -> None:
    some = facets(KNOWN, np.array([True, True, True, False, False]))
    assert sum(some["score"]["counts"]) == 2
    assert some["score"]["none"] == 1
    assert some["syn_score"]["counts"] == []
    assert some["cluster"] == [{"value": 2, "pairs": 2}, {"value": 7, "pairs": 1}]
    assert some["domain"][0] == {"value": "b.example", "pairs": 2}
    assert some["licence"] == [{"value": "CC0", "pairs": 2}, {"value": "", "pairs": 1}]
    assert some["has"] == {**dict.fromkeys(HAS, 0), "caption": 2, "alt": 1}


@pytest.mark.parametrize(
    ("text", "bounds"),
    [("0.2..0.5", (0.2, 0.5)), ("..0.5", (-np.inf, 0.5)), ("0.5..", (0.5, np.inf))],
)
def test_a_band_may_lack_a_side(text: str, bounds: tuple[float, float]) -> None:
    assert band(text, "score") == bounds


@pytest.mark.parametrize("text", ["0.5", "a..b", "0.9..0.1"])
def test_what_is_no_band_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"LOW\.\.HIGH"):
        band(text, "score")


def test_unknown_words_are_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match="caption"):
        rows(has=("picture",))
    with pytest.raises(ConfigError, match="syn_score"):
        ordered(KNOWN, np.arange(5), "beauty")


def many(pairs: int = 300) -> tuple[Known, Values]:
    """Pairs with many equal values and some without any; and topics of them."""
    rng = np.random.default_rng(8)
    columns = {
        name: rng.choice([NAN, *np.linspace(-0.1, 0.9, 9)], pairs).astype(np.float32)
        for name in ("score", "relevance", "syn_score")
    }
    columns |= {
        name: rng.integers(-1, 30, pairs).astype(np.int32)
        for name in ("cluster", "domain", "licence", "pixels")
    }
    columns["has"] = rng.integers(0, 256, pairs).astype(np.uint8)
    names = [f"{number}.example" for number in range(30)]
    return Known(pairs, columns, names, names), rng.integers(-1, 5, pairs).astype(np.int32)


ASKED = Filters(
    bands={"score": (0.0, 0.8)}, cluster=tuple(range(25)), topic=(0, 2, 3, 4), has=("-alt",)
)


def answers(known: Known, topics: Values) -> list[object]:
    mask = mask_of(known, ASKED, topics)
    firsts = [
        first_of(known, mask, sort, count).tolist()
        for sort in ("", "score", "-score", "cluster", "-pixels")
        for count in (1, 10, 50)
    ]
    return [mask.tolist(), firsts, facets(known, mask, topics)]


def test_pairs_are_the_same_however_many_are_looked_at_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known, topics = many()
    whole = answers(known, topics)
    for at_once in (50, 299, 7):
        monkeypatch.setattr(gallery_selection, "AT_ONCE", at_once)
        assert answers(known, topics) == whole


@pytest.mark.parametrize("sort", ["", *SORTS, *(f"-{name}" for name in SORTS)])
def test_the_first_rows_are_those_of_the_whole_order(
    sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, topics = many()
    monkeypatch.setattr(gallery_selection, "AT_ONCE", 40)
    for mask in (mask_of(known, ASKED, topics), np.isnan(known.columns["score"])):
        whole = ordered(known, np.flatnonzero(mask), sort)
        for count in (1, 3, 17, 40, 41, 300):
            assert first_of(known, mask, sort, count).tolist() == whole[:count].tolist()


class Column:
    """A column that tells how much of it was looked at together."""

    def __init__(self, values: Values, seen: list[int]) -> None:
        self.values, self.seen, self.max = values, seen, values.max

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, key: Any) -> Values:
        part: Values = self.values[key]
        self.seen.append(len(part))
        return part


def test_no_column_is_held_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    known, topics = many()
    seen: list[int] = []
    columns = {name: Column(values, seen) for name, values in known.columns.items()}
    monkeypatch.setattr(gallery_selection, "AT_ONCE", 50)
    in_files = Known(known.pairs, columns, known.domains, known.licences)  # type: ignore[arg-type]
    assert answers(in_files, topics) == answers(known, topics)
    assert max(seen) == 50
