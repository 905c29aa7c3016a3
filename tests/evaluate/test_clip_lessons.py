"""The order in which pictures are learnt from, and who of several processes reads which."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from realsyn_tasks.core.errors import PermanentError
from realsyn_tasks.evaluate.clip_lessons import Lesson, Reading, TaughtShard, lay_out, lessons
from tests.evaluate import clips

ALL = clips.SHARDS * clips.IN_SHARD


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> tuple[TaughtShard, ...]:
    folder = tmp_path_factory.mktemp("shards")
    source = clips.version(folder).sources["datasets"]
    made = []
    for number, tar in enumerate(source.tars):
        rows = [clips.lesson(number, row) for row in range(clips.IN_SHARD)]
        texts = {row["key"]: [each["text"] for each in row["texts"]] for row in rows}
        path = lay_out(folder / f"{number}.arrow", texts)
        made.append(TaughtShard(source.storage.uri, tar, path, len(texts)))
    return tuple(made)


def read(reading: Reading, count: int, folder: Path, skipped: int = 0) -> list[Lesson]:
    return list(islice(lessons(reading, skipped, folder), count))


def test_an_epoch_has_every_picture_once_in_an_order_of_its_own(
    shards: tuple[TaughtShard, ...], tmp_path: Path
) -> None:
    given = read(Reading(shards, seed=1, waiting=5), 2 * ALL, tmp_path)
    first, second = ([each.key for each in given[part]] for part in (slice(ALL), slice(ALL, None)))
    assert sorted(first) == sorted(second)
    assert len(set(first)) == ALL
    assert first != second != sorted(second)
    other = read(Reading(shards, seed=2, waiting=5), ALL, tmp_path)
    assert [each.key for each in other] != first
    assert not list(tmp_path.iterdir()), "no tar is left on the disk"


def test_a_picture_has_one_of_its_texts_and_in_time_all(
    shards: tuple[TaughtShard, ...], tmp_path: Path
) -> None:
    given = read(Reading(shards, seed=1, waiting=5), 12 * ALL, tmp_path)
    texts = {each.text for each in given if each.key == given[0].key}
    assert len(texts) == 4


def test_what_was_seen_is_skipped_and_the_rest_is_as_it_would_have_been(
    shards: tuple[TaughtShard, ...], tmp_path: Path
) -> None:
    reading = Reading(shards, seed=1, waiting=5)
    given = read(reading, 3 * ALL, tmp_path)
    for skipped in (1, ALL - 1, ALL, ALL + 7):
        assert read(reading, 5, tmp_path, skipped) == given[skipped : skipped + 5]


@pytest.mark.parametrize("ranks", [2, 3, 5])
def test_processes_share_an_epoch(
    shards: tuple[TaughtShard, ...], ranks: int, tmp_path: Path
) -> None:
    """Of three shards, each of up to three processes has its own; five have a part of each."""
    parts = []
    for rank in range(ranks):
        reading = Reading(shards, 1, 5, rank, ranks)
        given = read(reading, ALL, tmp_path)
        parts.append([each.key for each in given if each.epoch == 0])
    keys = sorted(key for part in parts for key in part)
    assert keys == sorted(set(keys))
    assert len(keys) == ALL
    assert max(map(len, parts)) - min(map(len, parts)) <= clips.IN_SHARD


def test_a_picture_that_is_not_there_is_missed(
    shards: tuple[TaughtShard, ...], tmp_path: Path
) -> None:
    more = lay_out(tmp_path / "more.arrow", {"0000000000": ["a"], "00000zzzzz": ["b"]})
    wrong = TaughtShard(shards[0].root, shards[0].tar, more, 2)
    with pytest.raises(PermanentError, match="has no picture of pair 00000zzzzz"):
        read(Reading((wrong,), 1, 5), 3, tmp_path)


def test_more_processes_than_pictures_are_refused(
    shards: tuple[TaughtShard, ...], tmp_path: Path
) -> None:
    one = lay_out(tmp_path / "one.arrow", {"0000000000": ["a"]})
    few = TaughtShard(shards[0].root, shards[0].tar, one, 1)
    with pytest.raises(PermanentError, match="fewer pictures than processes"):
        read(Reading((few,), 1, 5, rank=1, ranks=2), 1, tmp_path)
