"""Builds that are killed on the way end with the dataset of an undisturbed one, byte for byte."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Taken, Undisturbed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def test_whatever_is_killed_on_the_way(undisturbed: Undisturbed, taken: Taken) -> None:
    """A batch is tried again; of a dead Airflow the next build takes up the interrupted run."""
    assert "under way already" in taken.last
    assert taken.pairs == undisturbed.pairs
    assert taken.commits == undisturbed.commits
