"""The gate's checks of a synthesis, beyond those that every gate has."""

from __future__ import annotations

from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.findings import WARNING, Check, Finding, Settings, shorten
from realsyn_tasks.synthesize.independence import masked, shared_weights
from realsyn_tasks.synthesize.statistics import statistics


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


def writing(evidence: Evidence, settings: Settings) -> Finding:
    """No habit of the model is more frequent than its bound; a warning, since guards refuse."""
    known, most = statistics(evidence), dict(settings["most"])
    over = [
        f"{name} {known[name]:.3f} of {bound:g}"
        for name, bound in most.items()
        if known.get(name, 0.0) > bound
    ]
    return Finding(
        name="writing",
        about="texts",
        expected=f"{len(most)} shares and figures of what the model writes within their bounds",
        saw=f"{len(over)} of them over" if over else "all within",
        passed=not over,
        severity=WARNING,
        examples=shorten(over),
    )


CHECKS: dict[str, Check] = {"independence": independence, "writing": writing}
