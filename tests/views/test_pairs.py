"""What the page of pairs is told: of a version, and of a build on its way."""

from __future__ import annotations

import base64
import io
import json
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from realsyn_tasks.core.errors import ConfigError, DamagedObject
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus import labels
from realsyn_tasks.datasets import gallery_index
from realsyn_tasks.views import background, galleries, pair_analysis, pair_pictures, pairs
from realsyn_tasks.views.answer import Unknown
from realsyn_tasks.views.pair_analysis import Analysed
from realsyn_tasks.views.pair_lookup import meaning_of
from tests.fabricated_rows import picture

DIM = 16


class Encoder:
    """Embeds every text and picture as it is told to."""

    def __init__(self, vector: np.ndarray[Any, Any]) -> None:
        self.vector = vector

    def encode_texts(self, texts: list[str]) -> np.ndarray[Any, Any]:
        return np.array([self.vector for _ in texts])

    encode_images = encode_texts


def asked(root: str, **more: Any) -> dict[str, Any]:
    """Ask as the page does, until what must be made has been made; it must be plain JSON."""
    for _ in range(100):
        answer = pairs.pairs(root, **more)
        json.dumps(answer, allow_nan=False)
        if answer["state"] == "ready":
            return answer
        time.sleep(0.05)
    raise AssertionError(answer)


def keys(answer: dict[str, Any]) -> list[str]:
    return [row["key"] for row in answer["rows"]]


def test_versions_and_builds_are_offered(root: str, version: str) -> None:
    offered = pairs.pair_sources(root)
    assert offered == {"versions": [{"version": version, "latest": True}], "builds": ["tiny"]}


def test_a_version_is_shown_with_all_texts_page_by_page(root: str, version: str) -> None:
    first = asked(root, version=version, limit=8)
    rest = asked(root, version=version, limit=8, offset=8)
    assert (first["pairs"], first["matching"], len(rest["rows"])) == (15, 15, 7)
    assert len({*keys(first), *keys(rest)}) == 15
    assert first["facets"]["cluster"]
    assert rest["facets"] is None
    row = first["rows"][0]
    assert row["text1"].startswith("Photograph")
    assert row["syn_text"].startswith("A calm place")
    assert row["raw_image_url"].startswith("https://pages.example/")
    assert {"caption", "alt", "context", "realistic_scores", "licence", "cluster_id"} <= set(row)


def test_a_version_goes_by_its_last_name_or_its_uri_too(root: str, version: str) -> None:
    uri = f"{Storage.at(root).uri}/datasets/{version}"
    assert asked(root, version=uri)["version"] == version
    assert asked(root, version=version.split("/")[1])["version"] == version
    assert asked(root, version=f"datasets/{version}")["version"] == version
    with pytest.raises(Unknown, match=version):
        pairs.pairs(root, version="v-nothing")


def test_filters_and_order(root: str, version: str) -> None:
    lowest = asked(root, version=version, sort="syn_score", limit=15)["rows"]
    scores = [row["syn_score"] for row in lowest if row["syn_score"] is not None]
    assert scores == sorted(scores)
    assert lowest[-1]["syn_score"] is None
    some = asked(root, version=version, cluster=["1"], syn_score="0.3..0.4", has=["caption"])
    assert some["rows"]
    assert {row["cluster_id"] for row in some["rows"]} == {1}
    assert all(0.3 <= row["syn_score"] <= 0.4 and row["caption"] for row in some["rows"])
    unstated = asked(root, version=version, licence=["-"])
    assert {row["licence"] for row in unstated["rows"]} == {""}


def test_a_pair_is_known_by_its_address_its_ids_and_its_key(root: str, version: str) -> None:
    row = asked(root, version=version)["rows"][4]
    for words in (row["key"], row["image_id"], row["sha256"], row["raw_image_url"]):
        assert keys(asked(root, version=version, q=words)) == [row["key"]]
    of_page = asked(root, version=version, q=row["document_url"])
    assert row["key"] in keys(of_page)
    assert asked(root, version=version, q="pages.example")["matching"] == 15
    nowhere = asked(root, version=version, q="https://nowhere.example/a.jpg")
    assert (nowhere["matching"], nowhere["meant"]) == (0, "url")


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("0000100003", "key"),
        ("https://a.example/x y", "url"),
        ("a.example", "domain"),
        ("0" * 32, "md5"),
        ("0" * 64, "sha256"),
        ("a boat", "text"),
        ("boat", "text"),
        ("What? A boat: red.", "text"),
        ("<script>alert(1)</script>", "text"),
    ],
)
def test_what_is_typed_is_told_by_its_form(words: str, kind: str) -> None:
    assert meaning_of(words).kind == kind


def test_pairs_like_one_begin_with_itself(root: str, version: str) -> None:
    answer = asked(root, version=version, like="6")
    assert answer["rows"][0]["row"] == 6
    near = [row["similarity"] for row in answer["rows"]]
    assert near == sorted(near, reverse=True)
    with pytest.raises(Unknown, match="no row 99"):
        asked(root, version=version, like="99")


@pytest.fixture
def encoder(root: str, version: str, monkeypatch: pytest.MonkeyPatch) -> Encoder:
    """One that sees in everything what the seventh pair's picture shows."""
    gallery = gallery_index.opened(galleries.version_of(root, version))
    searcher = galleries.searcher_of(gallery, "image")
    assert searcher
    made = Encoder(searcher.vector(6))
    monkeypatch.setattr(galleries, "_loaded", lambda storage, identity: made)
    return made


def test_a_text_is_searched_by_the_encoder(root: str, version: str, encoder: Encoder) -> None:
    answer = asked(root, version=version, q="whatever it is", cluster=["0", "1", "2"])
    assert (answer["rows"][0]["row"], answer["meant"]) == (6, "text")


def test_a_picture_is_searched_by_the_encoder(root: str, version: str, encoder: Encoder) -> None:
    data = base64.b64encode(picture(0, 3)).decode()
    answer = pairs.look_for_picture(root, version=version, picture=data)
    while answer["state"] != "ready":
        answer = pairs.look_for_picture(root, version=version, picture=data)
    assert asked(root, version=version, seen=answer["seen"])["rows"][0]["row"] == 6
    with pytest.raises(Unknown, match="choose it again"):
        asked(root, version=version, seen="0123")


def test_nobody_waits_for_an_encoder(
    root: str, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(root, version=version)
    monkeypatch.setattr(background, "PATIENCE", 0.05)
    monkeypatch.setattr(galleries, "_loaded", lambda *_: time.sleep(0.4) or Encoder(np.ones(DIM)))
    answer = pairs.pairs(root, version=version, q="a boat at sea")
    assert (answer["state"], answer["waits_for"]) == ("loading", "the encoder")
    assert asked(root, version=version, q="a boat at sea")["matching"] == 15


def test_an_encoder_that_no_build_has_is_told(root: str, version: str) -> None:
    shutil.rmtree(Path(root) / "builds")
    with pytest.raises(ConfigError, match="has the encoder"):
        asked(root, version=version, q="a boat at sea")


@pytest.mark.parametrize("data", ["no base64!", base64.b64encode(b"no picture").decode(), ""])
def test_what_is_no_picture_is_refused(root: str, version: str, data: str) -> None:
    with pytest.raises(ConfigError, match="no picture"):
        pairs.look_for_picture(root, version=version, picture=data)


def test_rows_chosen_on_the_map(root: str, version: str) -> None:
    packed = base64.urlsafe_b64encode(np.array([2, 9, 99], "<u4").tobytes()).decode().rstrip("=")
    answer = asked(root, version=version, sel=packed)
    assert [row["row"] for row in answer["rows"]] == [2, 9]
    with pytest.raises(ConfigError, match="base64url"):
        pairs.pairs(root, version=version, sel="a")


def test_a_lasso_chooses_what_lies_in_it(
    root: str, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = np.array([(n % 5, n // 5) for n in range(15)], np.float32)
    known = Analysed(np.arange(15, dtype=np.int32) % 2, {0: "boats"}, np.arange(15), places)
    monkeypatch.setattr(pair_analysis, "_read", lambda gallery: known)
    corner = asked(
        root, version=version, lasso="-0.5,-0.5,1.5,-0.5,1.5,0.5,0.5,0.5,0.5,2.5,-0.5,2.5"
    )
    assert sorted(row["row"] for row in corner["rows"]) == [0, 1, 5, 10]
    of_topic = asked(root, version=version, topic=["0"])
    assert of_topic["matching"] == 8
    assert of_topic["facets"]["topic"] == [{"value": 0, "pairs": 8, "words": "boats"}]
    for lasso in ("1,2,3,4", "a,b,c,d,e,f", "1,2,3,4,5", "nan,1,2,3,4,5"):
        with pytest.raises(ConfigError, match="no polygon"):
            asked(root, version=version, lasso=lasso)


def test_without_an_analysis_there_is_no_topic_and_no_map(root: str, version: str) -> None:
    asked(root, version=version)
    with pytest.raises(ConfigError, match="start realsyn_analyze"):
        asked(root, version=version, topic=["0"])
    with pytest.raises(ConfigError, match="start realsyn_analyze"):
        asked(root, version=version, lasso="0,0,1,0,1,1")


def test_a_build_shows_what_was_dropped_and_why(root: str) -> None:
    answer = asked(root, build="tiny", reason="over_cap")
    assert (answer["pairs"], answer["matching"]) == (12, 3)
    assert {(row["reason"], row["stage"]) for row in answer["rows"]} == {("over_cap", "balance")}
    every = asked(root, build="tiny")
    assert (every["pairs"], every["matching"], every["shards"], every["end"]) == (24, 24, 2, 2)
    steps = {each["value"]: each["pairs"] for each in every["facets"]["step"]}
    assert steps == {"matched": 22, "paired": 20, "in_band": 18, "published": 15}
    dropped = {each["reason"]: each for each in every["dropped"]}
    assert dropped["over_cap"]["pairs"] == 3
    assert dropped["no_match"]["words"].startswith("no sentence is near enough")


@pytest.mark.parametrize("gone", ["corpus/gen=0001/generation.json", "extracts/pages/dedup_images"])
def test_a_build_whose_generation_is_gone_says_so_and_shows_its_pairs(
    root: str, gone: str, tmp_path: Path
) -> None:
    whole = asked(root, build="tiny")
    assert whole["missing"] == []
    damaged = str(shutil.copytree(root, tmp_path / "damaged"))
    path = Path(damaged, gone)
    path.unlink() if path.is_file() else shutil.rmtree(path)
    left = asked(damaged, build="tiny")
    assert left["missing"] and all(Path(gone).parts[-1] in why for why in left["missing"])
    paired = [row for row in whole["rows"] if row["step"] in ("paired", "in_band", "published")]
    assert sorted(row["image_id"] for row in left["rows"]) == sorted(r["image_id"] for r in paired)
    assert {row["syn_text"] for row in left["rows"]} == {row["syn_text"] for row in paired}
    with pytest.raises((Unknown, ConfigError, DamagedObject)):
        pairs.pairs_picture(damaged, build="tiny", image=left["rows"][0]["image_id"])


def test_a_build_is_filtered_ordered_and_searched(root: str) -> None:
    assert asked(root, build="tiny", step="in_band")["matching"] == 18
    best = asked(root, build="tiny", sort="-syn_score")["rows"]
    assert best[0]["syn_score"] == max(row["syn_score"] or 0 for row in best)
    garden = asked(root, build="tiny", q="GARDEN in the")["rows"]
    assert garden
    assert all("garden" in str([row[f"text{n}"] for n in (1, 2, 3)]) for row in garden)
    row = garden[0]
    for words in (row["image_id"], row["raw_image_url"], row["sentence_ids"][0]):
        assert row["image_id"] in {
            r["image_id"] for r in asked(root, build="tiny", q=words)["rows"]
        }
    with pytest.raises(ConfigError, match="matched, paired"):
        asked(root, build="tiny", step="eaten")
    with pytest.raises(Unknown, match="no shard 9"):
        asked(root, build="tiny", first=9)


def test_without_a_choice_the_builds_are_named(root: str) -> None:
    with pytest.raises(Unknown, match="tiny"):
        pairs.pairs(root)


def test_pictures_are_small_and_encoded_anew(root: str, version: str) -> None:
    row = asked(root, version=version)["rows"][0]
    published = pairs.pairs_picture(root, version=version, row=row["row"])
    of_build = asked(root, build="tiny")["rows"][0]
    place = {"shard": of_build["shard"], "image": of_build["image_id"]}
    of_corpus = pairs.pairs_picture(root, build="tiny", **place)
    for each in (published, of_corpus):
        assert each.media_type == "image/webp"
        assert Image.open(io.BytesIO(each.data)).height == 150
    with pytest.raises(Unknown, match="no image"):
        pairs.pairs_picture(root, build="tiny", shard=0, image="0" * 32)


def test_a_picture_that_states_too_many_pixels_is_not_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pair_pictures, "MOST_PIXELS", 120 * 150)
    with pytest.raises(Unknown, match="pixels"):
        pair_pictures.thumbnail(("large",), 320, lambda: picture(0, 1))
    assert pair_pictures.thumbnail(("small",), 320, lambda: picture(0, 0)).data


@pytest.mark.parametrize("of", ["version", "build"])
def test_marks_are_kept_as_labels_with_who_said_so(root: str, version: str, of: str) -> None:
    source = {"version": version} if of == "version" else {"build": "tiny"}
    row = next(r for r in asked(root, **source, sort="-syn_score")["rows"] if r["syn_text"])
    place = {name: row[name] for name in ("row", "shard") if name in row}
    there = {**source, **place, "image": row["image_id"], "by": "ann"}
    pairs.mark_text(root, column="text1", judgement="wrong", **there)
    pairs.mark_text(root, column="syn_text", judgement="partly", **there)
    pairs.mark_text(root, column="text1", judgement="right", **{**there, "by": "bob"})
    stored = labels.read(Storage.at(root))
    said = {(page.build, page.who, label.text, label.judgement.value) for page in stored
            for label in page.labels}  # fmt: skip
    assert said == {
        ("tiny", "ann", row["text1"], "wrong"),
        ("tiny", "ann", row["syn_text"], "partly"),
        ("tiny", "bob", row["text1"], "right"),
    }
    again = pairs.mark_text(root, column="text1", judgement="", **there)
    assert again["marks"]["text1"] == [{"judgement": "right", "who": "bob"}]
    shown = next(r for r in asked(root, **source)["rows"] if r["image_id"] == row["image_id"])
    assert shown["marks"] == again["marks"]


def test_a_mark_is_of_a_text_that_is_there(root: str, version: str) -> None:
    row = asked(root, version=version)["rows"][0]
    there = {"version": version, "row": row["row"], "image": row["image_id"], "by": "ann"}
    with pytest.raises(ConfigError, match="right, partly or wrong"):
        pairs.mark_text(root, column="text1", judgement="odd", **there)
    with pytest.raises(ConfigError, match="no text of this pair"):
        pairs.mark_text(root, column="title", judgement="wrong", **there)
    with pytest.raises(ConfigError, match="another pair's"):
        pairs.mark_text(root, column="text1", judgement="wrong", **{**there, "image": "0" * 32})
    assert labels.read(Storage.at(root)) == []


def test_what_failed_in_the_background_is_tried_anew() -> None:
    made = background.Background(most=2)
    calls: list[int] = []

    def make() -> int:
        calls.append(1)
        if len(calls) == 1:
            raise ConfigError("not yet")
        return 7

    with pytest.raises(ConfigError):
        made.ready("key", make)
    assert made.ready("key", make) == made.ready("key", make) == 7
    assert len(calls) == 2
    assert made.ready("slow", lambda: time.sleep(0.3), patience=0.01) is None
