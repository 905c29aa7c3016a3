from __future__ import annotations

import numpy as np
import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.datasets.gallery_columns import HAS, Known
from realsyn_tasks.datasets.gallery_selection import Filters, band, facets, mask_of, ordered

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
