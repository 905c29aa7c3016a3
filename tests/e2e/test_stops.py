"""A build that is stopped in Airflow stops, with all that is beneath it."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Upkeep

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def test_what_is_beneath_a_stopped_build_ends_and_promotes_nothing(upkeep: Upkeep) -> None:
    assert upkeep.stopped.extract["state"] == "failed"
    assert "Stopped with" in upkeep.stopped.extract["note"]
    assert "/dags/realsyn_build/runs/" in upkeep.stopped.extract["note"]
    assert upkeep.stopped.left == []
    assert upkeep.stopped.promoted == ["a", "c"]
