"""Builds that are killed on the way end with the dataset of an undisturbed one, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.airflow import Site, kill, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def test_the_data_plane_is_killed(undisturbed: tuple[Site, int, str], tmp_path: Path) -> None:
    """Airflow tries the batch again, and the build goes on."""
    site = Site(tmp_path)
    build = site.start()
    killed = 0
    for words in ("tiny_data_plane run parse", "tiny_data_plane run generate_texts"):
        if wait_for(lambda words=words: site.processes(words), build):
            kill(site.processes(words))
            killed += 1
    said, _ = build.communicate()
    assert killed == 2
    assert build.returncode == 0, said
    assert site.dataset() == undisturbed[0].dataset()


def test_all_of_airflow_is_killed_again_and_again(
    undisturbed: tuple[Site, int, str], tmp_path: Path
) -> None:
    """The next build finds the leftovers, takes up the interrupted run, and ends it."""
    site = Site(tmp_path)
    total = undisturbed[0].commits()
    for moment in (total // 9, total // 3, total * 3 // 4):
        build = site.start()
        reached = wait_for(lambda moment=moment: site.commits() >= moment, build)
        assert reached, build.communicate()[0]
        kill([build.pid, *site.processes()])
        build.communicate()
    code, said = site.build()
    assert code == 0, said
    assert "under way already" in said
    assert site.dataset() == undisturbed[0].dataset()
    assert site.commits() == total
