"""What a person gives is read and goes to what measures that kind of model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models.kinds import KINDS as MODELS
from realsyn_tasks.report.proposal import KINDS, Examples, as_yaml, propose
from tests.models.support import drawing


class Longest:
    """The longer the words, the better the text; the more colour, the more text."""

    dim = 1

    def score(self, pairs: Sequence[tuple[str, str]]) -> Any:
        return np.array([len(words) for words, _ in pairs], np.float32)

    def cover(self, images: Sequence[Any]) -> Any:
        return np.array([image.width / 1000 for image in images], np.float32)


def test_pairs_of_a_file_calibrate_a_reranker(tmp_path: Path) -> None:
    lines = [f"{'x' * number}\ttext {number}" for number in range(1, 61)]
    (tmp_path / "pairs.tsv").write_text("\n".join(lines) + "\n")
    given = Examples(texts=tmp_path / "pairs.tsv", beside=lambda kind: Longest())
    found = propose("reranker", Longest(), given)
    assert found["stages"]["generate_texts"]["guards"]["min_support"] == pytest.approx(4, abs=0.5)


@pytest.mark.parametrize("line", ["no tab", "two\ttabs\there", "\tno words"])
def test_a_line_that_is_no_pair_is_named(line: str, tmp_path: Path) -> None:
    (tmp_path / "pairs.tsv").write_text(f"a\tb\n{line}\n")
    given = Examples(texts=tmp_path / "pairs.tsv", beside=lambda kind: Longest())
    with pytest.raises(ConfigError, match="pair 2"):
        propose("reranker", Longest(), given)


def test_a_folder_of_pictures_calibrates_a_text_detector(tmp_path: Path) -> None:
    for number in range(5):
        drawing(number, (50 + number, 40)).save(tmp_path / f"{number}.png")
    found = propose("text_detector", Longest(), Examples(images=tmp_path))
    assert 0.05 < found["stages"]["filter_pairs"]["max_text_area"] <= 0.054


def test_figures_are_comments_below_the_settings(tmp_path: Path) -> None:
    drawing(1).save(tmp_path / "1.png")
    found = propose("text_detector", Longest(), Examples(images=tmp_path))
    written = as_yaml(found)
    assert yaml.safe_load(written) == {"stages": found["stages"]}
    assert "# - max_text_area: 0.12" in written


def test_without_examples_it_says_which(tmp_path: Path) -> None:
    for kind in KINDS:
        with pytest.raises(ConfigError, match="give examples"):
            propose(kind, Longest(), Examples())
    assert set(KINDS) < set(MODELS)


def test_too_few_are_told_and_no_fault_of_ours(tmp_path: Path) -> None:
    (tmp_path / "pairs.tsv").write_text("a\tb\n")
    given = Examples(texts=tmp_path / "pairs.tsv", beside=lambda kind: Longest())
    with pytest.raises(ConfigError, match="too few"):
        propose("reranker", Longest(), given)
