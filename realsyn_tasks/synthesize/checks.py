"""The gate's checks of a synthesis, beyond those that every gate has."""

from __future__ import annotations

from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.findings import WARNING, Check, Finding, Settings
from realsyn_tasks.synthesize.independence import masked, shared_weights


def independence(evidence: Evidence, settings: Settings) -> Finding:
    """The encoder that scores texts is not what the tagger looks with; a warning, no more."""
    config = evidence.workspace.config
    shared = shared_weights(config)
    without_tags = (
        "; words that only tags brought are left out of what is scored"
        if masked(config)
        else ", and words that only tags brought raise a text's score"
    )
    return Finding(
        name="independence",
        about="scores",
        expected="a tagger that does not look with the encoder that scores the texts",
        saw=f"that both use {shared}{without_tags}" if shared else "two models",
        passed=not shared,
        severity=WARNING,
    )


CHECKS: dict[str, Check] = {"independence": independence}
