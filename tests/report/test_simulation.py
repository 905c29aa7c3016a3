"""A cluster in simulation does what can be worked out by hand."""

from __future__ import annotations

import pytest

from realsyn_tasks.report.simulation import HOUR, Cluster, Load, Played, play

TWO = Cluster({"cpu": 2.0, "gpu": 1.0})


def names(played: Played) -> list[str]:
    return [step.name for step in played.critical_path()]


def test_batches_fill_the_slots_of_their_pool() -> None:
    played = play([Load("parse", "extract", batches=5, seconds=HOUR)], TWO)
    assert played.hours == pytest.approx(3)
    assert played.bottleneck() == {"what": "cpu slots", "stage": "parse", "share": 1.0}


def test_a_stage_waits_for_all_that_it_reads_and_pools_do_not_wait_for_each_other() -> None:
    loads = [
        Load("a", "g", batches=2, seconds=HOUR),
        Load("b", "g", seconds=4 * HOUR, pool="gpu"),
        Load("c", "g", ("a",), batches=2, seconds=HOUR),
        Load("d", "g", ("b", "c"), seconds=HOUR),
    ]
    played = play(loads, TWO)
    assert played.hours == pytest.approx(5)
    assert names(played) == ["b", "d"]
    assert played.hours_of("c") == pytest.approx(1)


def test_what_is_not_part_of_the_run_is_not_waited_for() -> None:
    assert play([Load("c", "g", ("gone",), seconds=HOUR)], TWO).hours == pytest.approx(1)


def test_requests_below_one_prefix_share_its_limit() -> None:
    slow = Cluster({"cpu": 10.0}, puts_per_second=3500, gets_per_second=5500)
    load = Load("export", "sample", batches=10, seconds=60, gets=5500 * 7200, puts=100)
    played = play([load], slow)
    assert played.hours == pytest.approx(2)
    assert played.bottleneck()["what"] == "requests"


def test_starts_are_what_many_short_batches_take() -> None:
    cluster = Cluster({"cpu": 1.0}, start_seconds=30)
    played = play([Load("short", "g", batches=1, seconds=1)], cluster)
    assert played.hours == pytest.approx(31 / HOUR)
    assert played.bottleneck()["what"] == "start"


def test_pods_that_die_cost_half_a_shard_and_are_the_same_each_time() -> None:
    loads = [Load("embed", "extract", batches=200, seconds=2 * HOUR, shards=4000)]
    well = play(loads, Cluster({"cpu": 50.0}))
    ill = Cluster({"cpu": 50.0}, deaths_per_hour=0.05, retry_seconds=10, start_seconds=20, seed=1)
    played = play(loads, ill)
    assert played.deaths == pytest.approx(20, abs=12)
    assert 0 < played.hours - well.hours < 0.5
    assert play(loads, ill).hours == played.hours


def test_a_stage_that_fits_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match="asks for 2 gpu"):
        play([Load("generate", "synthesize", pool="gpu", slots=2)], TWO)


def test_the_path_adds_up_to_the_whole() -> None:
    loads = [
        Load("a", "g", batches=7, seconds=100),
        Load("b", "g", ("a",), batches=3, seconds=250),
        Load("c", "g", ("a",), batches=9, seconds=40, pool="gpu"),
        Load("d", "g", ("b", "c"), batches=4, seconds=10),
    ]
    played = play(loads, TWO)
    assert sum(step.hours for step in played.critical_path()) == pytest.approx(played.hours)
