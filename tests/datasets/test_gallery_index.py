"""The index of pairs says of each what table and tar say; lost or damaged, it comes back."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from realsyn_tasks.core.storage import ObjectRef, Storage
from realsyn_tasks.datasets import gallery_index, gallery_vectors, slices
from realsyn_tasks.datasets.gallery_columns import HAS, LATER, PLACES, domain_of, numbers
from realsyn_tasks.datasets.gallery_index import Gallery, content_of, opened
from realsyn_tasks.datasets.gallery_vectors import Searcher
from realsyn_tasks.datasets.shards import Shard, rows, shards
from realsyn_tasks.datasets.versions import Version
from tests import fabricated_rows
from tests.datasets import handmade
from tests.datasets.conftest import Standing


@pytest.fixture
def gallery(standing: Standing) -> Gallery:
    return opened(standing.version)


def published_rows(gallery: Gallery) -> list[dict[str, Any]]:
    return [row for table in rows(gallery.version) for row in table.to_pylist()]


def searcher(gallery: Gallery, name: str = "image") -> Searcher:
    about = gallery.stored.vectors[name]
    return Searcher(about, content_of(gallery.version.storage, about.object))


def notes(standing: Standing) -> list[Path]:
    return sorted((standing.root / gallery_index.FOLDER).rglob("*.*"))


def test_it_is_there_once_a_dataset_is_published(standing: Standing) -> None:
    assert gallery_index.known_of(standing.version)


def test_each_pair_has_its_picture_its_columns_and_its_numbers(gallery: Gallery) -> None:
    known = gallery.known
    for place, row in enumerate(published_rows(gallery)):
        assert gallery.row_of(row["key"]) == place
        shown = row.pop("image", None)  # which the tar has beside its columns
        assert shown is None or shown["bytes"] or shown["path"]
        assert {name: gallery.about(place)[name] for name in row} == row
        assert hashlib.sha256(gallery.picture(place)).hexdigest() == row["sha256"]
        numbers = {name: values[place] for name, values in known.columns.items()}
        assert int(numbers["image"]) == int(row["image_id"][:16], 16)
        assert numbers["score"] == np.float32(row["realistic_scores"][0])
        assert np.isnan(numbers["syn_score"]) == (row["syn_score"] is None)
        assert numbers["cluster"] == row["cluster_id"]
        assert known.domains[numbers["domain"]] == "pages.example"
        stated = known.licences[numbers["licence"]] if numbers["licence"] >= 0 else ""
        assert stated == row["licence"]
        assert {n for bit, n in enumerate(HAS) if numbers["has"] >> bit & 1} == {
            n for n in HAS if row[n]
        }


def test_its_columns_lie_in_files_and_go_with_it(gallery: Gallery) -> None:
    columns, folder = gallery.known.columns, Path(gallery.scratch.name)
    assert all(isinstance(values.base, np.memmap) for values in columns.values())
    assert sum(path.stat().st_size for path in folder.iterdir()) == gallery.size == 61 * 15
    gallery.scratch.cleanup()
    assert len(columns["score"].tolist()) == 15, "who still looks at it is not disturbed"


def test_an_index_of_no_pairs_is_read(tmp_path: Path) -> None:
    columns = gallery_index._mapped(Storage.at(str(tmp_path)), [], tmp_path)
    assert {name: len(values) for name, values in columns.items()} == dict.fromkeys(
        gallery_index.COLUMNS.names, 0
    )


class Killed(Exception):
    """What a process is that makes an index."""


def looked_at(monkeypatch: pytest.MonkeyPatch, most: int = 9) -> list[int]:
    """Let the making of an index look at so many tars before it is cut off; tells of each."""
    looked: list[int] = []
    original = gallery_index.places_of

    def places_of(version: Version, shard: Shard, written: Any) -> pa.Table:
        if len(looked) == most:
            raise Killed
        looked.append(shard.table.rows or 0)
        return original(version, shard, written)

    monkeypatch.setattr(gallery_index, "places_of", places_of)
    return looked


def killed(version: Version, most: int, places: Sequence[ObjectRef] = ()) -> None:
    """Begin an index, which is cut off once so many tars were looked at."""
    with pytest.MonkeyPatch.context() as patch:
        looked_at(patch, most)
        with pytest.raises(Killed):
            gallery_index.of_version(version, places)


def same(one: Gallery, other: Gallery) -> bool:
    """Say whether two indices tell the same of every pair, and have the same vectors."""
    mine, theirs = one.known, other.known
    assert one.stored.vectors == other.stored.vectors and one.stored.names == other.stored.names
    assert (mine.domains, mine.licences) == (theirs.domains, theirs.licences)
    return {name: values.tobytes() for name, values in mine.columns.items()} == {
        name: values.tobytes() for name, values in theirs.columns.items()
    }


def test_columns_in_slices_tell_the_same(
    standing: Standing, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery_index.forget(standing.version)
    monkeypatch.setattr(slices, "READ_ANEW", 1)
    sliced = opened(standing.version)
    assert (len(gallery.stored.columns), len(sliced.stored.columns)) == (1, 2)
    assert same(sliced, gallery)
    names = {Path(path).name.partition("-")[0] for path in gallery_index.paths_of(standing.version)}
    assert names == {"pairs", "names", "image", "text1", "pairs.json"}
    assert len(gallery_index.paths_of(standing.version)) == 6, "nothing is left of what was begun"


SITES = [["a", "b"], ["b", "c", "c"], ["a"], ["d", "b"]]  # of the pages of each shard's pairs


def of_sites(root: Path) -> tuple[Version, list[ObjectRef]]:
    """Publish pairs of some sites by hand; the tars are none, but their places are told."""
    rows = [
        [
            handmade.pair(
                f"{s}{n}",
                document_url=f"https://{s}.example/",
                licence=s,
                key=f"{shard:05d}{n:05d}",
            )
            for n, s in enumerate(sites)
        ]
        for shard, sites in enumerate(SITES)
    ]
    made = handmade.version(root, rows)
    places = [
        pa.Table.from_pylist(
            [dict.fromkeys(PLACES.names, 9 * n) for n in range(len(sites))], PLACES
        )
        for sites in SITES
    ]
    return made, [
        handmade.stored(made.storage, f"places/{n}", each) for n, each in enumerate(places)
    ]


@pytest.mark.parametrize("pairs", [1, 3, 5])
@pytest.mark.parametrize("killed_at", [1, 2, 3])
def test_who_is_cut_off_goes_on_behind_the_columns_that_there_are(
    tmp_path: Path, pairs: int, killed_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, places = of_sites(tmp_path / "root")
    whole, _ = of_sites(tmp_path / "whole")
    gallery_index.of_version(whole, places)
    monkeypatch.setattr(slices, "PAIRS", pairs)
    killed(made, killed_at, places)
    assert gallery_index.known_of(made) is None, "what is begun is no index"
    looked = looked_at(monkeypatch)
    ends = [some.stop for some in slices.cut(shards(made), 0, anew=False)]
    gallery_index.of_version(made, places)
    assert same(opened(made), opened(whole))
    assert len(opened(made).stored.columns) == len(ends) > 1
    assert len(looked) == len(SITES) - max([0, *(end for end in ends if end <= killed_at)])
    assert opened(made).known.domains == ["a.example", "b.example", "c.example", "d.example"]


def vectors_made(
    monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[list[str]], None]
) -> list[str]:
    """Let something happen before each kind of vectors is made; tells which were."""
    original, made = gallery_vectors.made, list[str]()

    def interrupted(version: Version, name: str, *args: Any) -> Any:
        meanwhile(made)
        made.append(name)
        return original(version, name, *args)

    monkeypatch.setattr(gallery_vectors, "made", interrupted)
    return made


def test_who_is_cut_off_at_its_vectors_makes_those_that_are_missing(
    standing: Standing, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = standing.version
    gallery_index.forget(version)

    def dying(made: list[str]) -> None:
        if made == ["image"]:
            made.append("killed")
            raise Killed

    made = vectors_made(monkeypatch, dying)
    with pytest.raises(Killed):
        gallery_index.of_version(version)
    assert gallery_index.known_of(version) is None
    looked = looked_at(monkeypatch)
    assert same(opened(version), gallery)
    assert (made, looked) == (["image", "killed", "text1"], [])


def test_a_request_forgets_an_index_that_is_begun(
    standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = standing.version
    gallery_index.forget(version)
    monkeypatch.setattr(slices, "READ_ANEW", 1)
    killed(version, 1)
    assert gallery_index.paths_of(version)
    gallery_index.forget(version)
    assert gallery_index.paths_of(version) == []
    looked = looked_at(monkeypatch)
    gallery_index.of_version(version)
    assert len(looked) == 2


def test_a_request_that_comes_while_vectors_are_made_has_them_made_anew(
    standing: Standing, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = standing.version
    gallery_index.forget(version)

    def requested(made: list[str]) -> None:
        if made == ["image"]:
            gallery_index.forget(version)

    made = vectors_made(monkeypatch, requested)
    stored = gallery_index.of_version(version)
    assert made == ["image", "text1"] * 2
    assert gallery_index.known_of(version) == stored and same(opened(version), gallery)
    named = {ref.path for ref in stored.objects}
    assert len(gallery_index.paths_of(version)) == len(named) + 1, "nothing is left of the first"


def test_of_a_version_without_recaptions_no_pair_has_one(gallery: Gallery) -> None:
    pairs = next(rows(gallery.version))
    assert LATER == ("recaption",)
    has = numbers(pairs.drop_columns(list(LATER)))["has"]
    assert not (has >> HAS.index("recaption") & 1).any()
    assert (has & 0x7F).tolist() == (numbers(pairs)["has"] & 0x7F).tolist()


def test_a_row_takes_as_many_bytes_as_is_said() -> None:
    widths = [field.type.bit_width // 8 for field in gallery_index.COLUMNS]
    assert f"A row has {sum(widths)} bytes" in (gallery_index.__doc__ or "")


def test_a_version_of_before_is_indexed_by_the_headers_of_its_tars(standing: Standing) -> None:
    before = gallery_index.known_of(standing.version)
    shutil.rmtree(standing.root / gallery_index.FOLDER)
    assert gallery_index.of_version(standing.version) == before


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def zeroed(path: Path) -> None:
    path.write_bytes(b"\0" * path.stat().st_size)


@pytest.mark.parametrize("name", ["pairs-*.arrow", "names-*.json", "pairs.json"])
@pytest.mark.parametrize("damage", [cut, zeroed, Path.unlink])
def test_what_is_damaged_or_missing_is_made_anew(
    standing: Standing, name: str, damage: Callable[[Path], None]
) -> None:
    before = {path.name: path.read_bytes() for path in notes(standing)}
    [path] = (standing.root / gallery_index.FOLDER).rglob(name)
    damage(path)
    assert len(published_rows(opened(standing.version))) == 15
    assert {path.name: path.read_bytes() for path in notes(standing)} == before


@pytest.mark.parametrize("name", ["pairs-*.arrow", "names-*.json", "begun.json"])
@pytest.mark.parametrize("damage", [cut, zeroed, Path.unlink])
def test_of_what_is_begun_nothing_damaged_is_used(
    standing: Standing,
    gallery: Gallery,
    name: str,
    damage: Callable[[Path], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    version = standing.version
    gallery_index.forget(version)
    monkeypatch.setattr(slices, "READ_ANEW", 1)
    killed(version, 1)
    [path] = (standing.root / gallery_index.FOLDER).rglob(name)
    damage(path)
    assert same(opened(version), gallery)


def test_vectors_are_the_corpus_own(gallery: Gallery) -> None:
    images, texts = searcher(gallery), searcher(gallery, "text1")
    for place, row in enumerate(published_rows(gallery)):
        own = fabricated_rows.vector(row["image_id"]).astype(np.float16)
        assert np.array_equal(images.vector(place), own.astype(np.float32))
        sentence = fabricated_rows.vector(row["sentence_ids"][0]).astype(np.float16)
        assert np.array_equal(texts.vector(place), sentence.astype(np.float32))


def test_without_its_corpus_a_version_is_looked_at_without_vectors(standing: Standing) -> None:
    shutil.rmtree(standing.root / gallery_index.FOLDER)
    shutil.rmtree(standing.root / "corpus")
    gallery = opened(standing.version)
    assert gallery.stored.vectors == {}
    assert gallery.about(3)["key"]


def test_with_a_damaged_corpus_likewise(standing: Standing) -> None:
    shutil.rmtree(standing.root / gallery_index.FOLDER)
    [pointer] = (standing.root / "corpus").rglob("generation.json")
    pointer.write_bytes(b"{}")
    assert opened(standing.version).stored.vectors == {}


def test_ids_are_held_only_of_what_is_few_enough_to_be_looked_up(
    standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = standing.version
    counts = {n: gallery_vectors._count(version, of) for n, of in gallery_vectors.SOURCES.items()}
    fewer, more = sorted(counts, key=lambda name: counts[name])
    assert counts[fewer] < counts[more]
    held: list[str] = []
    original = gallery_vectors.ids_in
    monkeypatch.setattr(
        gallery_vectors, "ids_in", lambda name, *pairs: held.append(name) or original(name, *pairs)
    )
    for most, names in ((counts[fewer], {fewer}), (version.manifest.pairs - 1, set())):
        gallery_index.forget(version)
        held.clear()
        monkeypatch.setattr(gallery_vectors, "MOST", most)
        assert set(gallery_index.of_version(version).vectors) == set(held) == names


def test_every_pair_is_compared_where_there_are_few(gallery: Gallery) -> None:
    images = searcher(gallery)
    vectors = np.array([images.vector(row) for row in range(gallery.known.pairs)])
    mask = gallery.known.columns["cluster"] == 1
    near = images.near(vectors[4], mask, 3)
    scores = np.where(mask, vectors @ vectors[4], -2)
    assert near.rows.tolist() == np.argsort(-scores, kind="stable")[:3].tolist()
    assert np.allclose(near.scores, scores[near.rows])
    assert not len(images.near(vectors[4], np.zeros_like(mask), 3).rows)


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://www.a.example.co.uk/x", "example.co.uk"),
        ("http://127.0.0.1:80/", "127.0.0.1"),
        ("javascript:alert(1)", ""),
        (None, ""),
    ],
)
def test_pages_are_told_apart_by_their_domains(url: str | None, domain: str) -> None:
    assert domain_of(url) == domain


def test_the_export_says_where_pictures_and_columns_lie(standing: Standing) -> None:
    """What the stage itself writes is held by tests/sample/test_group."""
    for commit in standing.build.ledger("export").commits().values():
        tar = standing.build.storage.read(commit.objects["samples"].path)
        source = standing.build.storage.open(commit.objects["places"].path)
        for place in pq.read_table(source).to_pylist():
            about = tar[place["about_offset"] : place["about_offset"] + place["about_length"]]
            image = tar[place["offset"] : place["offset"] + place["length"]]
            assert json.loads(about)["sha256"] == hashlib.sha256(image).hexdigest()
