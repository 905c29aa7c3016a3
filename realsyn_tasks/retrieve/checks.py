"""The gate's checks of a retrieval, beyond those that every gate has."""

from __future__ import annotations

from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.findings import Check, Finding, Settings, shorten
from realsyn_tasks.retrieve.hub_use import hub_use


def recall(evidence: Evidence, settings: Settings) -> Finding:
    """The audit, an exact search for other images than planned with, finds the target recall."""
    target = evidence.measure("fit_lists", "target_recall")
    audited = evidence.measure("audit_recall", "recall_at_3")
    sampled = evidence.measure("audit_recall", "sampled") or 0
    reached = None not in (target, audited) and sampled > 0 and (audited or 0.0) >= (target or 0.0)
    return Finding(
        name="recall",
        about="matches",
        expected=f"recall@3 of at least {_score(target)} (fit_lists.target_recall) against exact"
        " search",
        saw=_audited(evidence) + ("" if reached else f"; {_REMEDY}"),
        passed=reached,
        examples=() if reached else shorten(_missed(evidence)),
    )


_REMEDY = (
    "plan with more images (fit_lists.plan_images) or more confidence (fit_lists.confidence),"
    " search with fit_lists.nprobe lists, or lower fit_lists.target_recall; then run it again"
)


def _audited(evidence: Evidence) -> str:
    """Say what recall was audited and what was planned."""
    names = ("recall_at_3", "recall_low", "recall_high", "sampled")
    audited, low, high, sampled = (evidence.measure("audit_recall", name) for name in names)
    nprobe, planned = (evidence.measure("fit_lists", n) for n in ("nprobe", "planned_recall"))
    return (
        f"{_score(audited)} (95 % interval {_score(low)} to {_score(high)}) over {sampled or 0:.0f}"
        f" images; planned {_score(planned)} with {nprobe or 0:.0f} lists an image"
    )


def _score(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"


def _missed(evidence: Evidence) -> list[str]:
    for commit in evidence.commits("audit_recall"):
        rows = [
            row for piece in evidence.read(commit.objects["audit"]) for row in piece.to_pylist()
        ]
        return [
            f"image {row['image_id']} lacks sentence {next(iter(gap))}"
            for row in rows
            if (gap := sorted(set(row["exact"]) - set(row["found"])))
        ]
    return []


def hubs(evidence: Evidence, settings: Settings) -> Finding:
    """No sentence serves more images than the cap; in large builds few serve no large share."""
    cap = evidence.workspace.config.stages.get("cap_hubs", {}).get("max_images_per_sentence")
    use = hub_use(evidence)
    most, from_texts = float(settings["share"]), int(settings["from_texts"])
    large = use.texts >= from_texts
    return Finding(
        name="hubs",
        about="matches",
        expected=f"no sentence for more than {cap or 'any number of'} images"
        f" (cap_hubs.max_images_per_sentence), and of {from_texts:,} texts or more at most"
        f" {most:.0%} from the 100 most used sentences",
        saw=f"{use.most} images for the most used sentence; {use.share:.1%} of {use.texts:,} texts"
        " from the 100 most used",
        passed=(cap is None or use.most <= cap) and not (large and use.share > most),
    )


CHECKS: dict[str, Check] = {"recall": recall, "hubs": hubs}
