"""The cap through its stages: the target to the pair, whatever the clusters and the cuts."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given, settings
from hypothesis import strategies as st

from realsyn_tasks.core import tables
from realsyn_tasks.sample import (
    assign_images,
    balance,
    fit_clusters,
    rank_pairs,
    schemas,
    solve_cap,
)
from realsyn_tasks.sample.orders import Purpose, order_of
from realsyn_tasks.vectors import kmeans
from realsyn_tasks.vectors.hash_order import bottom_k
from tests.sample.builds import made_pairs
from tests.support import FakeInputs, context


def kept_by_stages(sizes: list[int], target: int, partitions: int, scratch: Path) -> list[int]:
    """How many of each cluster rank_pairs, solve_cap and balance keep between them."""
    clusters = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    columns = {
        "partition": clusters % partitions,
        "cluster_id": clusters,
        "image_id": [f"{number:032x}" for number in range(len(clusters))],
        "shard": np.zeros(len(clusters), dtype=np.int32),
    }
    images = tables.build(schemas.CLUSTERED, columns)
    here = context(scratch, target=target)
    ranked = []
    for number in range(partitions):
        mine = images.filter(pc.equal(images["partition"], number))
        inputs = FakeInputs({("assign_images", "images"): [mine]})
        ranked.append(rank_pairs.run(inputs, rank_pairs.Config(), here))
    found = {
        ("rank_pairs", name): [output.tables[name] for output in ranked]
        for name in ("ranks", "sizes")
    }
    solved = solve_cap.run(FakeInputs(found), solve_cap.Config(), here)
    [cap] = solved.tables["cap"].to_pylist()
    ranks = pa.concat_tables(found["rank_pairs", "ranks"])
    keep = balance.kept(ranks["rank"].to_numpy(), ranks["order"].to_numpy(), cap)
    return np.bincount(ranks["cluster_id"].to_numpy()[keep], minlength=len(sizes)).tolist()


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 25), min_size=1, max_size=15),
    target=st.integers(1, 250),
    partitions=st.integers(1, 4),
)
def test_the_target_is_met_to_the_pair(sizes: list[int], target: int, partitions: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        kept = kept_by_stages(sizes, target, partitions, Path(scratch))
        whole = kept_by_stages(sizes, target, 1, Path(scratch))
    assert kept == whole
    assert sum(kept) == min(target, sum(sizes))
    cut = [number for number, size in zip(kept, sizes, strict=True) if number < size]
    assert max(kept) - min(cut, default=max(kept)) <= 1


def test_clusters_are_those_of_the_retrievals_k_means(tmp_path: Path) -> None:
    pairs = made_pairs([bytes([number]) for number in range(60)], shards=2)
    corpus = {("corpus", "images"): pairs.images, ("filter_pairs", "pairs"): pairs.pairs}
    drawn = [table.select(schemas.DRAWN_IMAGES.names) for table in pairs.images]
    config = fit_clusters.Config(images_per_cluster=6)
    given = FakeInputs({**corpus, ("filter_pairs", "drawn"): drawn})
    found = fit_clusters.run(given, config, context(tmp_path)).tables["centroids"]
    images = pa.concat_tables(pairs.images)
    order = order_of(images["image_id"].to_pylist(), 0, Purpose.FIT)
    sample = tables.vectors_of(images.take(pa.array(bottom_k(order, len(order)))))
    expected = kmeans.fit(sample, 10, iterations=config.iterations, seed=0)
    assert tables.vectors_of(found).tolist() == expected.astype(np.float16).tolist()
    own = {key: [table[0]] for key, table in corpus.items()}
    inputs = FakeInputs({**own, ("fit_clusters", "centroids"): [found]})
    assigned = assign_images.run(inputs, assign_images.Config(), context(tmp_path))
    right = kmeans.assign(tables.vectors_of(pairs.images[0]), tables.vectors_of(found))
    assert assigned.tables["images"]["cluster_id"].to_pylist() == right.tolist()


def test_time_grows_with_the_number_of_clusters_alone(tmp_path: Path) -> None:
    """Not with the pairs, and no faster than the clusters: far below a cap tried one by one."""
    took = {count: least_time(count, 50, tmp_path) for count in (1 << 14, 1 << 16, 1 << 18)}
    exponent = np.polyfit(np.log(list(took)), np.log(list(took.values())), 1)[0]
    assert exponent < 1.3
    assert least_time(1 << 16, 50_000, tmp_path) < 3 * took[1 << 16]


def least_time(clusters: int, mean_size: int, scratch: Path) -> float:
    """The least CPU seconds of solve_cap in five tries, for a target without a remainder."""
    sizes = np.random.default_rng(0).integers(1, 2 * mean_size, clusters)
    target = int(np.minimum(sizes, mean_size).sum())
    columns = {"cluster_id": np.arange(clusters), "size": sizes}
    found = {("rank_pairs", "sizes"): [tables.build(schemas.CLUSTER_SIZES, columns)]}
    times = []
    for _ in range(5):
        started = time.process_time()
        output = solve_cap.run(
            FakeInputs(found), solve_cap.Config(), context(scratch, target=target)
        )
        times.append(time.process_time() - started)
    assert output.measures["cap"] == mean_size
    return min(times)
