"""The script for machines with a GPU works: here at a CPU's sizes, on torch's CPU device."""

from __future__ import annotations

import pytest

from tests.gpu.__main__ import CHECKS
from tests.gpu.checks import Check, Outcome, Surroundings, run, tables

ON_CPU = Surroundings("cpu", small=True)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_check_passes_on_the_cpu_device_or_says_what_it_lacks(check: Check) -> None:
    outcome = run(check, ON_CPU)
    assert outcome.state in ("passed", "skipped"), outcome.detail
    if outcome.state == "skipped":
        assert check.__name__ in ("vllm_backend", "embedded_language_model")
        pytest.skip(outcome.detail)
    assert outcome.figures


def test_what_was_seen_becomes_tables() -> None:
    figures = {"B": {"images/s": 3, "texts/s": 4}, "L": {"images/s": 1}}
    outcomes = [
        Outcome("encoder_speed", "passed", 1.0, figures),
        Outcome("vllm_backend", "skipped", 0.0, detail="no vllm"),
        Outcome("same_bits", "passed", 1.0, {"rows": 5}),
    ]
    assert tables(outcomes).splitlines() == [
        "| encoder speed | images/s | texts/s |",
        "| --- | --- | --- |",
        "| B | 3 | 4 |",
        "| L | 1 |  |",
        "",
        "| same bits |  |",
        "| --- | --- |",
        "| rows | 5 |",
    ]
    assert "B images/s 3, B texts/s 4, L images/s 1" in outcomes[0].line()


def test_a_check_that_fails_is_told_and_stops_no_other() -> None:
    def broken(where: Surroundings) -> dict[str, object]:
        raise AssertionError("other bits")

    outcome = run(broken, ON_CPU)
    assert isinstance(outcome, Outcome)
    assert outcome.state == "failed"
    assert "other bits" in outcome.line()
