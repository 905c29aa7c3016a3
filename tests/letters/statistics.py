"""What is told of the letters."""

from __future__ import annotations

from realsyn_tasks.core.counts import FunnelStep, Row
from realsyn_tasks.core.evidence import Evidence


def statistics(evidence: Evidence) -> Row:
    """Count them."""
    return {"letters": evidence.rows("spell", "letters")}


def funnel(evidence: Evidence) -> list[FunnelStep]:
    """Count them, too."""
    return [FunnelStep("spelt", "letter", evidence.rows("spell", "letters"))]
