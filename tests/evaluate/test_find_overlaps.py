"""What evaluation sets and versions share."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from realsyn_tasks.core import tables
from realsyn_tasks.core.ids import image_id
from realsyn_tasks.evaluate import schemas
from realsyn_tasks.evaluate.find_overlaps import Config, run, runs_of, words_of
from realsyn_tasks.pictures.phash import perceptual_hash
from tests.evaluate.written_sets import png
from tests.extract.pictures import encoded, scene
from tests.support import FakeInputs, context

WORDS = "a small brown dog runs over the wet grass of a park behind a red ball"
NOTHING = dict.fromkeys(("text1", "text2", "text3", "syn_text", "recaption", "caption", "alt"), "")


def question(item: int, texts: Iterable[str] = (), **changes: Any) -> dict[str, Any]:
    known = {"set": "pets", "item": str(item), "split": "test", "picture": png(item), "label": ""}
    known |= {"image_id": image_id(png(item)), "phash": perceptual_hash(scene(item))}
    return {**known, "texts": list(texts), **changes}


def pair(key: str, data: bytes, **texts: Any) -> tuple[bytes, dict[str, Any]]:
    known = {"key": key, "image_id": image_id(data), "sha256": hashlib.sha256(data).hexdigest()}
    return data, {**NOTHING, "context": [], **known, **texts}


def found(
    questions: list[dict[str, Any]],
    pairs: list[tuple[bytes, dict[str, Any]]],
    scratch: Path,
    **settings: Any,
) -> list[tuple[Any, ...]]:
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as file:
        for data, row in pairs:
            for suffix, content in (("jpg", data), ("txt", b"words")):
                info = tarfile.TarInfo(f"{row['key']}.{suffix}")
                info.size = len(content)
                file.addfile(info, io.BytesIO(content))
    asked = tables.from_rows(schemas.QUESTIONS, questions)
    inputs = FakeInputs(
        {
            ("draw_questions", "questions"): [asked.slice(0, 1), asked.slice(1)],
            ("datasets", "pairs"): [pa.Table.from_pylist([row for _, row in pairs])],
        },
        {("datasets", "samples"): tar.getvalue()},
        {"datasets": SimpleNamespace(version_of=lambda shard: 10 + shard)},
    )
    table = run(inputs, Config(**settings), context(scratch, 3)).tables["overlaps"]
    assert table.schema == schemas.OVERLAPS
    assert set(table["version"].to_pylist()) <= {13}
    names = ("set", "item", "key", "what", "closeness")
    return [tuple(row[name] for name in names) for row in table.to_pylist()]


def test_the_same_picture_is_found_by_bytes_and_by_look(tmp_path: Path) -> None:
    again = encoded(scene(2).resize((90, 70)), "JPEG", quality=40)
    pairs = [pair("k0", png(1)), pair("k1", again), pair("k2", png(9))]
    [first, second] = found([question(1), question(2)], pairs, tmp_path)
    assert first == ("pets", "1", "k0", "picture", 1.0)
    assert second[:4] == ("pets", "2", "k1", "picture")
    assert 1 - 6 / 64 <= second[4] <= 1
    only_bytes = found([question(1, phash=0), question(2, phash=0)], pairs, tmp_path)
    assert only_bytes == [first]


def test_the_bytes_of_the_crawl_count_too(tmp_path: Path) -> None:
    data, row = pair("k0", png(5), image_id=image_id(png(1)))
    assert found([question(1, phash=0)], [(data, row)], tmp_path)[0][3:] == ("picture", 1.0)


def test_radius_zero_wants_equal_hashes(tmp_path: Path) -> None:
    near = question(1, image_id="", phash=perceptual_hash(scene(1)) ^ 1)
    pairs = [pair("k0", png(1))]
    assert found([near], pairs, tmp_path, radius=0) == []
    assert found([near], pairs, tmp_path)[0][4] == 1 - 1 / 64


@pytest.mark.parametrize("column", ["text1", "syn_text", "recaption", "caption", "alt"])
def test_the_same_words_are_found_in_each_text(column: str, tmp_path: Path) -> None:
    pairs = [pair("k0", png(3), **{column: "My dog, ASLEEP!"}), pair("k1", png(4), text1="My dog")]
    asked = [question(1, ["Another text.", "my dog asleep"]), question(2, ["My dog"])]
    assert found(asked, pairs, tmp_path) == [("pets", "1", "k0", "text", 1.0)]


def test_words_beside_the_picture_count(tmp_path: Path) -> None:
    pairs = [pair("k0", png(3), context=[{"text": "My dog asleep."}, {"text": ""}])]
    assert len(found([question(1, ["My dog asleep"])], pairs, tmp_path)) == 1


def test_long_texts_are_the_same_by_runs_of_words(tmp_path: Path) -> None:
    words = WORDS.split()
    parts = {"most": words[:13], "some": words[:10], "none": words[::-1]}
    pairs = [pair(key, png(3), text2=f"Look: {' '.join(part)}") for key, part in parts.items()]
    [only] = found([question(1, [WORDS])], pairs, tmp_path)
    assert only == ("pets", "1", "most", "text", pytest.approx(6 / 9))
    assert len(found([question(1, [WORDS])], pairs, tmp_path, contained=0.1)) == 2


def test_what_probes_learn_from_is_no_question(tmp_path: Path) -> None:
    asked = [question(1, ["My dog asleep"], split="train"), question(2)]
    assert found(asked, [pair("k0", png(1), text1="My dog asleep")], tmp_path) == []


def test_of_many_the_closest_are_noted(tmp_path: Path) -> None:
    hashed = perceptual_hash(scene(1))
    asked = [question(n, image_id="", phash=hashed ^ ((1 << n) - 1)) for n in (3, 1, 2, 5)]
    kept = found(asked, [pair("k0", png(1))], tmp_path, most=2)
    assert [row[1] for row in kept] == ["1", "2"]


def test_a_picture_that_cannot_be_decoded_shares_its_bytes_alone(tmp_path: Path) -> None:
    broken = b"no picture at all"
    asked = [question(1, image_id=image_id(broken))]
    assert len(found(asked, [pair("k0", broken)], tmp_path)) == 1


def test_runs_of_words() -> None:
    assert words_of("It's ＷＥＴ, there.") == ["it", "s", "wet", "there"]
    assert runs_of(["a", "b", "a", "b"], 2) == {"a b", "b a"}
    assert runs_of(["a"], 2) == set()
