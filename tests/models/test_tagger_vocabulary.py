"""Tags: likely labels first, then the nearest words that say something new."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models.tagger_vocabulary import above, bare, merge_tags, read_words
from tests.models import support


@pytest.fixture(scope="module")
def word_list(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("words") / "words.txt"
    path.write_text("# colours\nbird\n\ncar\nsnow\n  bird \nflower\n", encoding="utf-8")
    return path


def load(cache: Path, encoder: str = "conse", **options: Any) -> Any:
    others = {"encoder": support.resolved("encoder", encoder, cache)}
    return support.load("tagger", "vocabulary", cache, others, **options)


def test_names_above_a_threshold_best_first() -> None:
    scores = np.array([0.1, 0.5, 0.9, 0.5], dtype=np.float32)
    assert above("abcd", scores, 0.2, 9) == [("c", 0.9), ("b", 0.5), ("d", 0.5)]
    assert above("abcd", scores, 0.2, 1) == [("c", 0.9)]
    assert above("abcd", scores, 0.95, 9) == []
    assert above("abcd", scores, 0.0, 0) == []


def test_words_that_a_label_says_are_left_out() -> None:
    labels = [("police car", 0.7), ("Otter", 0.2)]
    words = [("car", 0.8), ("otter", 0.6), ("carnation", 0.5)]
    assert merge_tags(labels, words) == [*labels, ("carnation", 0.5)]


def test_labels_lose_their_brackets() -> None:
    assert bare("ram (adult male sheep)") == "ram"
    assert bare("jay") == "jay"


def test_a_word_list_is_read_without_comments_and_repeats(word_list: Path) -> None:
    assert read_words(str(word_list)) == ["bird", "car", "snow", "flower"]


def test_a_missing_word_list_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match=r"no_such_words\.txt is missing"):
        read_words("no_such_words")


def test_the_packaged_list_is_clean() -> None:
    words = read_words("visual_nouns")
    assert len(words) > 500
    assert all(word == " ".join(word.split()) and len(word) < 30 for word in words)


def test_the_vectors_decide_the_words(cache: Path, conse: Any, word_list: Path) -> None:
    tagger = load(cache, vocabulary=str(word_list), min_probability=1.0, max_words=1)
    vectors = conse.encode_texts(["snow", "flower", "the theory of taxation"])
    grey = [Image.new("RGB", (64, 64), "grey")] * 3
    assert [[name for name, _ in tags] for tags in tagger.tag(grey, vectors)] == [
        ["snow"],
        ["flower"],
        [],
    ]


def test_the_pixels_decide_the_labels(cache: Path, conse: Any, word_list: Path) -> None:
    tagger = load(cache, vocabulary=str(word_list), min_probability=0.001, max_words=0)
    images = [Image.new("RGB", (64, 64), colour) for colour in ("white", "green")]
    white, green = tagger.tag(images, np.zeros((2, conse.dim), dtype=np.float32))
    assert white
    assert white != green
    assert [score for _, score in white] == sorted((score for _, score in white), reverse=True)


def test_vectors_of_another_encoder_are_refused(cache: Path) -> None:
    image = Image.new("RGB", (64, 64))
    with pytest.raises(ConfigError, match="load it with the encoder that made them"):
        load(cache).tag([image], np.zeros((1, 512), dtype=np.float32))


def identity(cache: Path, **options: Any) -> str:
    others = {"encoder": support.resolved("encoder", "conse", cache)}
    return support.resolved("tagger", "vocabulary", cache, others, **options).identity


def test_the_identity_tells_words_and_encoder(cache: Path, conse: Any, word_list: Path) -> None:
    packaged, own = identity(cache), identity(cache, vocabulary=str(word_list))
    assert packaged != own
    assert conse.identity in packaged


def test_a_tagger_without_an_encoder_is_refused(cache: Path) -> None:
    with pytest.raises(ConfigError, match="needs models of kind encoder"):
        support.resolved("tagger", "vocabulary", cache)


def test_other_words_in_place_of_its_own_or_beside(cache: Path, word_list: Path) -> None:
    tagger = load(cache, vocabulary=str(word_list))
    words = {both: tagger.with_words(["otter", "bird"], both) for both in (False, True)}
    assert words[False]._words == ["otter", "bird"]
    assert words[True]._words == ["bird", "car", "snow", "flower", "otter"]
    assert [len(other._vectors) for other in (tagger, *words.values())] == [4, 2, 5]
