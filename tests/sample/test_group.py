"""The sample group as a whole: exact targets, nested scales, nothing that depends on sharding."""

from __future__ import annotations

import hashlib
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realsyn_tasks.core import tables
from realsyn_tasks.sample import schemas
from realsyn_tasks.sample.group import CLUSTERS
from realsyn_tasks.sample.settings import settle
from tests.crawls import picture
from tests.sample.builds import Pairs, Sample, made_pairs

WHOLE_BAND: dict[str, Any] = {"fit_band": {"low": -1.0, "high": 2.0}}
WHOLE_BAND["filter_pairs"] = {"max_text_area": 1.0}
AREA = "text_area"
PICTURES = [picture(seed, (24, 18)) for seed in range(60)]


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    return made_pairs(PICTURES, shards=3)


def _kept(sample: Sample) -> set[str]:
    return set(sample.column("export", "pairs", "image_id"))


@pytest.mark.parametrize("target", [1, 7, 20, 33, 59, 60])
def test_target_is_met_exactly(pairs: Pairs, tmp_path: Path, target: int) -> None:
    sample = Sample(pairs, tmp_path, target, **WHOLE_BAND)
    assert len(_kept(sample)) == target
    dropped = [item for output in sample.outputs["balance"] for item in output.dropped]
    assert {item.reason.code for item in dropped} <= {"over_cap"}
    assert len(dropped) == 60 - target


def test_too_few_pairs_are_all_kept_and_the_measure_says_so(pairs: Pairs, tmp_path: Path) -> None:
    sample = Sample(pairs, tmp_path, 240, **WHOLE_BAND)
    assert len(_kept(sample)) == 60
    [fit] = sample.outputs["solve_cap"]
    assert fit.measures["available"] == 60
    assert fit.measures["share_of_target"] == 0.25


@settings(max_examples=12, deadline=None)
@given(small=st.integers(0, 60), large=st.integers(0, 60), seed=st.integers(0, 2**32))
def test_scales_are_nested(
    tmp_path_factory: pytest.TempPathFactory, small: int, large: int, seed: int
) -> None:
    small, large = sorted((small, large))
    given_pairs = made_pairs(PICTURES, shards=2)
    kept = [
        _kept(Sample(given_pairs, tmp_path_factory.mktemp("s"), n, seed=seed, **WHOLE_BAND))
        for n in (small, large)
    ]
    assert kept[0] <= kept[1]


def test_no_cluster_gives_more_than_the_cap_and_its_share_of_the_remainder(
    pairs: Pairs, tmp_path: Path
) -> None:
    sample = Sample(pairs, tmp_path, 33, **WHOLE_BAND)
    cap = sample.column("solve_cap", "cap", "cap")[0]
    clusters = sample.column("export", "pairs", "cluster_id")
    counts = {cluster: clusters.count(cluster) for cluster in clusters}
    assert max(counts.values()) <= cap + 1
    assert (
        sum(count == cap + 1 for count in counts.values())
        == (sample.column("solve_cap", "cap", "remainder")[0])
    )


def test_chosen_pairs_do_not_depend_on_how_the_corpus_is_sharded(tmp_path: Path) -> None:
    kept = [
        Sample(made_pairs(PICTURES, shards), tmp_path / str(shards), 25, **WHOLE_BAND)
        for shards in (1, 4)
    ]
    one, four = (
        [table.to_pylist() for table in sample.tables("export", "pairs")] for sample in kept
    )
    assert one == four


def test_chosen_pairs_do_not_depend_on_the_partitions_of_clusters(
    pairs: Pairs, tmp_path: Path
) -> None:
    kept = [
        _kept(Sample(pairs, tmp_path / str(n), 25, axes={CLUSTERS: n}, **WHOLE_BAND))
        for n in (1, 5)
    ]
    assert kept[0] == kept[1]


def test_another_seed_draws_another_sample(pairs: Pairs, tmp_path: Path) -> None:
    kept = [
        _kept(Sample(pairs, tmp_path / str(seed), 25, seed=seed, **WHOLE_BAND)) for seed in (0, 1)
    ]
    assert kept[0] != kept[1]


def test_same_bytes_twice(pairs: Pairs, tmp_path: Path) -> None:
    runs = [Sample(pairs, tmp_path / str(n), 25, **WHOLE_BAND) for n in range(2)]
    tars = [
        [output.blobs["samples"].read_bytes() for output in run.outputs["export"]] for run in runs
    ]
    assert tars[0] == tars[1]
    assert all(len(tar) > 1000 for tar in tars[0])


def test_places_lead_to_the_picture_and_the_columns_of_each_row(
    pairs: Pairs, tmp_path: Path
) -> None:
    sample = Sample(pairs, tmp_path, 25, **WHOLE_BAND)
    for output in sample.outputs["export"]:
        tar = output.blobs["samples"].read_bytes()
        for row, place in zip(
            output.tables["pairs"].to_pylist(), output.tables["places"].to_pylist(), strict=True
        ):
            image = tar[place["offset"] :][: place["length"]]
            about = json.loads(tar[place["about_offset"] :][: place["about_length"]])
            assert hashlib.sha256(image).hexdigest() == row["sha256"]
            assert about["key"] == row["key"]


def test_both_shards_are_used_and_no_pair_twice(pairs: Pairs, tmp_path: Path) -> None:
    sample = Sample(pairs, tmp_path, 60, **WHOLE_BAND)
    sizes = [table.num_rows for table in sample.tables("export", "pairs")]
    assert min(sizes) > 15
    keys = sample.column("export", "pairs", "key")
    assert len(set(keys)) == 60 == len(_kept(sample))


def test_images_in_the_tar_are_those_of_the_crawl(pairs: Pairs, tmp_path: Path) -> None:
    sample = Sample(pairs, tmp_path, 60, **WHOLE_BAND)
    found = set()
    for output in sample.outputs["export"]:
        with tarfile.open(output.blobs["samples"]) as tar:
            for member in tar:
                if member.name.endswith(".jpg"):
                    found.add(tar.extractfile(member).read())  # type: ignore[union-attr]
    assert found == set(PICTURES)


def test_a_build_without_pairs_publishes_empty_shards(tmp_path: Path) -> None:
    sample = Sample(made_pairs([], shards=2), tmp_path, 10)
    assert [table.num_rows for table in sample.tables("export", "pairs")] == [0, 0]
    assert sample.tables("export", "pairs")[0].schema.equals(schemas.PUBLISHED_PAIRS)


def test_band_drops_both_tails_with_their_reason(pairs: Pairs, tmp_path: Path) -> None:
    middle = {"fit_band": {"quantile_low": 0.075, "quantile_high": 0.925}}
    sample = Sample(pairs, tmp_path, 60, **(WHOLE_BAND | middle))
    dropped = [item for output in sample.outputs["filter_pairs"] for item in output.dropped]
    reasons = [item.reason.code for item in dropped]
    assert {reason: reasons.count(reason) for reason in reasons} == {
        "below_band": 5,
        "above_band": 5,
    }
    assert len(_kept(sample)) == 50


def test_pictures_of_text_are_dropped_for_that_and_for_nothing_else(
    pairs: Pairs, tmp_path: Path
) -> None:
    areas = Sample(pairs, tmp_path / "all", 60, **WHOLE_BAND).column("spot_text", "areas", AREA)
    most = sorted(areas)[40]
    band = {"fit_band": {"low": 2.0, "high": 3.0}}  # that keeps nothing
    sample = Sample(pairs, tmp_path / "some", 60, filter_pairs={"max_text_area": most}, **band)
    dropped = [item for output in sample.outputs["filter_pairs"] for item in output.dropped]
    assert len({item.id for item in dropped}) == len(dropped) == 60
    text = [item for item in dropped if item.reason.code == "text_in_picture"]
    assert len(text) == sum(area > most for area in areas) > 0
    assert {item.reason.code for item in dropped} == {"text_in_picture", "below_band"}


@pytest.mark.parametrize("most", [None, 0.5])
def test_nobody_looks_for_text_where_nothing_follows_from_it(most: float | None) -> None:
    off = settle({"filter_pairs": {"max_text_area": most}}, {})
    assert off == (("spot_text",) if most is None else ())


def test_a_pair_without_a_text_is_published_with_an_empty_one(tmp_path: Path) -> None:
    given_pairs = made_pairs(PICTURES[:6], shards=1)
    [table] = given_pairs.pairs
    rows = table.to_pylist()
    rows[0] |= {"syn_text": "", "syn_score": None, "syn_source": None, "prompt_id": ""}
    given_pairs.pairs = [tables.from_rows(table.schema, rows)]
    settings = {"fit_band": {"low": 0.999, "high": 1.0}, "filter_pairs": {"max_text_area": 1.0}}
    sample = Sample(given_pairs, tmp_path, 6, **settings)
    [kept] = [row for shard in sample.tables("export", "pairs") for row in shard.to_pylist()]
    assert kept["image_id"] == rows[0]["image_id"]
    assert (kept["syn_text"], kept["syn_score"], kept["syn_source"]) == ("", None, None)
