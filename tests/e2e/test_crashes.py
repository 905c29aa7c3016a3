"""Builds that are killed on the way end with the dataset of an undisturbed one, byte for byte."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.e2e.airflow import Site, kill, wait_for
from tests.e2e.conftest import Undisturbed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def test_whatever_is_killed_on_the_way(undisturbed: Undisturbed, tmp_path: Path) -> None:
    """A batch is tried again; of a dead Airflow the next build takes up the interrupted run."""
    site = Site(tmp_path)
    total = undisturbed.site.commits()
    for words, moment in (("run parse", total // 9), ("", total // 3), ("run generate_texts", 0)):
        build = site.start()
        if words:
            kill_batch(site, words, build)
        reached = wait_for(lambda moment=moment: site.commits() >= moment, build)
        assert reached, build.communicate()[0]
        kill([build.pid, *site.processes()])
        build.communicate()
    code, said = site.build()
    assert code == 0, said
    assert "under way already" in said
    assert site.dataset() == undisturbed.site.dataset()
    assert site.commits() == total


def kill_batch(site: Site, words: str, build: subprocess.Popen[str]) -> None:
    """Kill a batch of the data plane, and wait until another try has got further."""
    words = f"tiny_data_plane {words}"
    assert wait_for(lambda: site.processes(words), build), build.communicate()[0]
    before = site.commits()
    kill(site.processes(words))
    assert wait_for(lambda: site.commits() > before, build), build.communicate()[0]
