"""filter_perplexity keeps what lies between its bounds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from realsyn_tasks.extract import filter_perplexity, schemas
from realsyn_tasks.extract.filter_perplexity import Config
from tests.extract.sentences import filtered_sentences
from tests.support import FakeInputs, context


class Scorer:
    """Reads each text's perplexity from the text."""

    def perplexity(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([float(text) for text in texts])


def test_bounds_are_the_papers_and_inclusive(tmp_path: Path) -> None:
    texts = ["29.9", "30", "120.5", "200", "200.1", "nan", "inf"]
    inputs = FakeInputs({("filter_sentences", "sentences"): [filtered_sentences(texts)]})
    here = context(tmp_path, model=lambda kind: Scorer())
    outputs = [filter_perplexity.run(inputs, Config(batch_size=size), here) for size in (2, 100)]
    kept = outputs[0].tables["sentences"]
    assert kept.schema == schemas.SCORED_SENTENCES
    assert sorted(kept["text"].to_pylist(), key=float) == ["30", "120.5", "200"]
    assert kept["perplexity"].to_pylist() == pytest.approx(
        [float(t) for t in kept["text"].to_pylist()]
    )
    assert kept.equals(outputs[1].tables["sentences"])
    reasons = sorted((item.reason.code, item.detail) for item in outputs[0].dropped)
    assert reasons == [
        ("perplexity_high", "perplexity 200.1"),
        ("perplexity_high", "perplexity inf"),
        ("perplexity_high", "perplexity nan"),
        ("perplexity_low", "perplexity 29.9"),
    ]


def test_an_empty_shard_is_no_trouble(tmp_path: Path) -> None:
    inputs = FakeInputs({("filter_sentences", "sentences"): [filtered_sentences([])]})
    output = filter_perplexity.run(inputs, Config(), context(tmp_path))
    assert output.tables["sentences"].schema == schemas.SCORED_SENTENCES


BANDS = [{"words": 3, "min": 50, "max": 9000}, {"words": 8, "min": 20, "max": 900}]


@pytest.mark.parametrize(
    ("words", "bounds"), [(1, (50, 9000)), (3, (50, 9000)), (4, (20, 900)), (99, (20, 900))]
)
def test_bands_go_by_length(words: int, bounds: tuple[float, float]) -> None:
    low, high = Config(bands=BANDS).bounds([words])
    assert (low[0], high[0]) == bounds


def test_a_short_plain_text_and_a_well_known_fact_stay(tmp_path: Path) -> None:
    """Perplexity falls with length: no pair of bounds keeps both and rejects what is odd."""

    class Told:
        def perplexity(self, texts: Sequence[str]) -> np.ndarray:
            return np.array([float(text.split()[-1]) for text in texts])

    texts = ["A candle 2000", "a long fact that all know 25", "the of fact all long that 2000"]
    inputs = FakeInputs({("filter_sentences", "sentences"): [filtered_sentences(texts)]})
    here = context(tmp_path, model=lambda kind: Told())
    output = filter_perplexity.run(inputs, Config(bands=BANDS), here)
    assert set(output.tables["sentences"]["text"].to_pylist()) == set(texts[:2])
    output = filter_perplexity.run(inputs, Config(), here)
    assert output.tables["sentences"].num_rows == 0


def test_bands_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="longer texts than the one before"):
        Config(bands=BANDS[::-1])
