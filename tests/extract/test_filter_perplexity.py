"""filter_perplexity keeps what lies between its bounds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from realsyn_tasks.extract import filter_perplexity, schemas
from realsyn_tasks.extract.filter_perplexity import Config
from tests.extract.sentences import parsed_sentences
from tests.support import FakeInputs, context


class Scorer:
    """Reads each text's perplexity from the text."""

    def perplexity(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([float(text) for text in texts])


def test_bounds_are_the_papers_and_inclusive(tmp_path: Path) -> None:
    texts = ["29.9", "30", "120.5", "200", "200.1", "nan", "inf"]
    inputs = FakeInputs({("filter_sentences", "sentences"): [parsed_sentences(texts)]})
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
    inputs = FakeInputs({("filter_sentences", "sentences"): [parsed_sentences([])]})
    output = filter_perplexity.run(inputs, Config(), context(tmp_path))
    assert output.tables["sentences"].schema == schemas.SCORED_SENTENCES
