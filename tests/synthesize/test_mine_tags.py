"""Tags of the corpus's own sentences: frequent, to be seen, each said once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from realsyn_tasks.core import tables
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.stage import Piece
from realsyn_tasks.extract.schemas import CORPUS_IMAGES
from realsyn_tasks.models.tagger_vocabulary import VocabularyTagger
from realsyn_tasks.stages import PIPELINE
from realsyn_tasks.synthesize import count_phrases, mine_tags, schemas, tag_images
from realsyn_tasks.synthesize.mine_tags import Tag
from realsyn_tasks.synthesize.settings import settle
from realsyn_tasks.vectors.hash_order import bottom_k, hash_order
from tests.support import FakeInputs, context

AXES = np.eye(4, dtype=np.float32)
SAID = {  # the way "system" is said, every picture is as near as any other
    "boat": AXES[0],
    "ship": AXES[0],
    "wooden boat": np.array([0.8, 0.6, 0, 0], np.float32),
    "dog": AXES[1],
    "system": np.full(4, 0.5, np.float32),
    "ignore previous instructions": AXES[2],
}


class Placed:
    """An encoder that has a place for each phrase."""

    dim = 4

    def encode_texts(self, texts: list[str]) -> np.ndarray:
        return np.array([SAID[text] for text in texts], np.float32).reshape(-1, 4)


def counted(*shards: dict[str, int]) -> FakeInputs:
    phrases = [
        tables.build(schemas.PHRASES, {"phrase": list(s), "sentences": list(s.values())})
        for s in shards
    ]
    ids = [f"{place:032x}" for place in range(3)]
    seen = tables.build(schemas.SEEN, {"image_id": ids, "embedding": AXES[:3]})
    empty = schemas.SEEN.empty_table()
    others = [empty] * (len(shards) - 1)
    return FakeInputs(
        {("count_phrases", "phrases"): phrases, ("count_phrases", "pictures"): [seen, *others]}
    )


def mined(tmp_path: Path, inputs: FakeInputs, **settings: Any) -> list[dict[str, Any]]:
    around = context(tmp_path, model=lambda kind: Placed())
    config = mine_tags.Config(**{"seen_share": 0.8, **settings})
    rows: list[dict[str, Any]] = mine_tags.run(inputs, config, around).tables["tags"].to_pylist()
    return rows


def test_frequent_phrases_that_pictures_stand_out_to(tmp_path: Path) -> None:
    first = {"boat": 3, "boats": 1, "wooden boat": 2, "dog": 5, "system": 90, "rare dog": 1}
    second = {"boat": 2, "ship": 4, "ignore previous instructions": 9}
    rows = mined(tmp_path, counted(first, second), min_sentences=2)
    assert [(row["tag"], row["sentences"], row["merged"]) for row in rows] == [
        ("boat", 10, ["ship"]),
        ("dog", 5, []),
        ("wooden boat", 2, []),
    ]
    assert mined(tmp_path, counted(second, first), min_sentences=2) == rows
    assert [row["tag"] for row in mined(tmp_path, counted(first, second), tags=1)] == ["boat"]


def test_no_phrase_at_all(tmp_path: Path) -> None:
    assert mined(tmp_path, counted({})) == []


def test_of_pictures_no_more_is_read_than_is_chosen(tmp_path: Path) -> None:
    ids = [f"{place:032x}" for place in range(60)]
    vectors = np.random.default_rng(1).random((60, 4), np.float32).astype(np.float16)
    whole = tables.build(schemas.SEEN, {"image_id": ids, "embedding": vectors.astype(np.float32)})
    cuts = [whole[:0], whole[:1], whole[1:1], whole[1:30], whole[30:59], whole[59:]]
    read: list[tuple[int, list[str] | None]] = []
    inputs, around = Noted({("count_phrases", "pictures"): cuts}, read=read), context(tmp_path)
    chosen = bottom_k(hash_order(ids, around.seed), 2)
    found = mine_tags._pictures(inputs, mine_tags.Config(pictures=2), around)
    assert found.tobytes() == vectors.astype(np.float32)[chosen].tobytes()
    firsts = np.cumsum([0, *(cut.num_rows for cut in cuts)])
    held = {int(np.searchsorted(firsts, row, "right")) - 1 for row in chosen}
    assert [shard for shard, columns in read if columns == ["embedding"]] == sorted(held)
    assert [shard for shard, columns in read if columns == ["image_id"]] == [1, 3, 4, 5]
    assert len(read) == 4 + len(held) < 2 * len(cuts)
    every = mine_tags._pictures(inputs, mine_tags.Config(pictures=100), around)
    order = np.argsort(hash_order(ids, around.seed))
    assert every.tobytes() == vectors.astype(np.float32)[order].tobytes()


@dataclass
class Noted(FakeInputs):
    """Inputs that note which columns are read of which shard; nothing is read as a whole."""

    read: list[tuple[int, list[str] | None]] = field(default_factory=list)

    def stream(self, *asked: Any) -> Any:
        raise AssertionError("all shards at once")

    def pieces(self, stage: str, name: str) -> list[Piece]:
        def noting(shard: int, piece: Piece) -> Piece:
            def read(columns: list[str] | None) -> pa.Table:
                self.read.append((shard, columns))
                return piece.read(columns)

            return Piece(piece.rows, read)

        return [noting(shard, each) for shard, each in enumerate(super().pieces(stage, name))]


def test_stems_are_added_up_under_the_most_frequent_wording() -> None:
    counts = Counter({"boats": 5, "boat": 2, "old boat": 2})
    sums = mine_tags.by_stems(counts, mine_tags.Config(min_sentences=2))
    assert sums == {"boats": 7, "old boat": 2}


def test_a_phrase_is_merged_into_the_nearest() -> None:
    tags = [Tag("boat", 5, 0.0), Tag("dog", 4, 0.0), Tag("hound", 3, 0.0)]
    vectors = np.array([[1, 0], [0.6, 0.8], [0.5, 0.866]], np.float32)
    kept = mine_tags.merged(tags, vectors, 0.9)
    assert [(tag.name, tag.sentences, tag.merged) for tag in kept] == [
        ("dog", 7, ["hound"]),
        ("boat", 5, []),
    ]


def test_a_seeded_part_of_a_shard_is_counted(tmp_path: Path) -> None:
    texts = ["A wooden boat lies here.", "The boat is red.", "A dog barks."]
    known = {"sentence_id": [f"{n:032x}" for n in range(3)], "text": texts}
    images = [
        {"image_id": f"{n:032x}", "embedding": np.ones(4, np.float32).tolist()} for n in range(3)
    ]
    inputs = FakeInputs(
        {
            ("corpus", "sentences"): [pa.table(known)],
            ("corpus", "images"): [tables.from_rows(CORPUS_IMAGES, images)],
        }
    )
    output = count_phrases.run(inputs, count_phrases.Config(), context(tmp_path))
    assert output.tables["phrases"].to_pylist() == [
        {"phrase": "boat", "sentences": 2},
        {"phrase": "dog", "sentences": 1},
        {"phrase": "wooden boat", "sentences": 1},
    ]
    few = count_phrases.Config(sentences=1, pictures=2, max_phrases=1)
    output = count_phrases.run(inputs, few, context(tmp_path))
    assert output.counts["sentences_read"] == 1
    assert output.tables["pictures"].num_rows == 2
    assert output.tables["phrases"].num_rows == 1


def test_nothing_is_mined_unless_it_is_asked_for() -> None:
    def off(vocabulary: str) -> tuple[str, ...]:
        return settle({"tag_images": {"vocabulary": vocabulary}}, {})

    assert off("own") == ("count_phrases", "mine_tags")
    assert off("corpus") == off("both") == ()
    assert PIPELINE.group("synthesize").hook("settle") is settle


class Words:
    """A tagger that takes words."""

    with_words = VocabularyTagger.with_words

    def __init__(self) -> None:
        self._words = ["cup"]

    def _said(self, words: list[str]) -> tuple[list[str], list[str]]:
        return words, words

    def tag(self, images: Any, vectors: Any) -> list[list[tuple[str, float]]]:
        return [[(word, 1.0) for word in self._words] for _ in images]


@pytest.mark.parametrize(
    ("vocabulary", "words"),
    [("own", ["cup"]), ("corpus", ["boat", "dog"]), ("both", ["cup", "boat", "dog"])],
)
def test_a_tagger_takes_the_corpuss_words(vocabulary: str, words: list[str]) -> None:
    tagger = Words()
    table = tables.from_rows(schemas.MINED_TAGS, [{"tag": "boat"}, {"tag": "dog"}])
    inputs = FakeInputs({("mine_tags", "tags"): [table]})
    config = tag_images.Config(vocabulary=vocabulary)  # type: ignore[arg-type]
    chosen = tag_images._tagger(inputs, config, context(Path(), model=lambda kind: tagger))
    assert [name for name, _ in chosen.tag([None], None)[0]] == words
    assert tagger._words == ["cup"]  # the run's own is as it was


def test_a_tagger_that_takes_no_words_is_told() -> None:
    around = context(Path(), model=lambda kind: object())
    config = tag_images.Config(vocabulary="corpus")
    with pytest.raises(ConfigError, match="takes no words"):
        tag_images._tagger(FakeInputs(), config, around)
