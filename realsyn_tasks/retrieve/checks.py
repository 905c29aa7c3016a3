"""The gate's checks of a retrieval, beyond those that every gate has."""

from __future__ import annotations

from collections.abc import Mapping

from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.findings import (
    CRITICAL,
    MOST_EXAMPLES,
    WARNING,
    Check,
    Finding,
    Settings,
    shorten,
)
from realsyn_tasks.retrieve import words
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
    "plan with more images (pool_samples.plan_images) or more confidence (fit_lists.confidence),"
    " search with fit_lists.nprobe lists, or lower fit_lists.target_recall; then run it again"
)


def assignment(evidence: Evidence, settings: Settings) -> Finding:
    """Sentences are in the list of their nearest centroid, but for a few of very many lists."""
    counts = evidence.counts("assign_sentences")
    checked, nearest = (counts[name] for name in ("lists_checked", "lists_nearest"))
    least, share = float(settings["share"]), nearest / max(1, checked)
    return Finding(
        name="assignment",
        about="matches",
        expected=f"at least {least:.0%} of the sentences in the list of their nearest centroid of"
        " all",
        saw=f"{share:.1%} of {checked} sentences that were looked up among all lists",
        passed=not checked or share >= least,
    )


def rerank(evidence: Evidence, settings: Settings) -> Finding:
    """What the cross-encoder would choose of an exact search's texts was there to be chosen."""
    audit = _measures_of(evidence, "audit_recall")
    target = evidence.measure("fit_lists", "target_recall") or 0.0
    least, images = float(settings["of_target"]) * target, audit.get("reranked", 0.0)
    share = audit.get("rerank_recall", 0.0)
    passed = not images or share >= least
    return Finding(
        name="rerank",
        about="matches",
        expected=f"at least {least:.3f} of the three that the cross-encoder chooses after an exact"
        " search (fit_lists.target_recall, of which it reads more than three)",
        saw=f"{share:.3f} over {images:.0f} images that words are known of"
        if images
        else "no candidates put in order by a cross-encoder (rerank_candidates)",
        passed=passed,
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


def relevance(evidence: Evidence, settings: Settings) -> Finding:
    """The texts fit the images better than if they were dealt out at random.

    Where too few documents hold both pictures and texts, that cannot be known: a warning says so.
    """
    measures, least = _measures_of(evidence, "measure_relevance"), int(settings["documents"])
    known = measures.get("documents_with_own_text", 0.0)
    above = {query: _above_chance(measures, query) for query in words.QUERIES}
    passed = any(above.values())
    hint = "" if above["image"] else f"; {_WORDS_ONLY if passed else _AT_CHANCE}"
    unknown = (
        f"it cannot be known: of {measures.get('sampled', 0.0):.0f} images, those whose documents"
        f" hold a text beside the caption are of {known:.0f} documents, and it takes {least}"
    )
    return Finding(
        name="relevance",
        about="matches",
        expected="more images whose texts are of their own document than if the same texts were"
        " dealt out at random",
        saw=_agreement_in_words(measures) + hint if known >= least else unknown,
        passed=known >= least and passed,
        severity=CRITICAL if known >= least else WARNING,
        examples=_some_matches(evidence) if known >= least and not passed else (),
    )


_AT_CHANCE = (
    "these texts say nothing about these images: see that the encoder is the one that the corpus"
    " was embedded with, and that it knows such pictures; give queries the documents' words"
    " (embed_queries), or take a better encoder"
)
_WORDS_ONLY = (
    "the pictures alone find nothing: what agrees is the documents' words in the queries, and text1"
    " is no better than a search by caption"
)


def _above_chance(measures: Mapping[str, float], query: str) -> bool:
    return any(words.above_chance(measures, f"{query}_{name}") for name in ("text1", "any"))


def _agreement_in_words(measures: Mapping[str, float]) -> str:
    return "; ".join(
        f"{whose}, text1 of {words.share_in_words(measures, f'{query}_text1')}, any text of"
        f" {words.share_in_words(measures, f'{query}_any')}"
        for query, whose in words.QUERIES.items()
    )


def _some_matches(evidence: Evidence) -> tuple[str, ...]:
    for commit in evidence.commits("merge_matches"):
        columns = ["image_id", "text", "document_url"]
        rows = evidence.first_rows(commit, "matches", columns, MOST_EXAMPLES)
        return shorten([f"image {r['image_id']}: {r['text']} ({r['document_url']})" for r in rows])
    return ()


def precision(evidence: Evidence, settings: Settings) -> Finding:
    """What is kept is as often of the own document as asked for, on documents not fitted to.

    Estimates kept from an earlier build pass until they are surely off. Those of a card are of
    judgements; here they have to tell texts of the own document from others, too.
    """
    fit = _measures_of(evidence, "fit_relevance")
    target = fit.get("target_precision", 0.0)
    if fit.get("judged_estimate"):
        return _judged_precision(fit, float(settings["auc"]), int(settings["documents"]))
    seen = fit.get("precision_high" if fit.get("kept_relevance") else "precision", 0.0)
    passed = "threshold" not in fit or seen >= target
    return Finding(
        name="precision",
        about="matches",
        expected=f"at least {target:.0%} of the texts that are kept of the image's own document"
        " (fit_relevance.target_precision)"
        if target
        else "nothing: no precision is asked for (fit_relevance.target_precision)",
        saw=_kept_in_words(fit) + ("" if passed else f"; {_LOWER}"),
        passed=passed,
    )


def _judged_precision(fit: Mapping[str, float], least: float, documents: int) -> Finding:
    known = fit["held_out_documents"] >= documents and "auc" in fit
    passed = not known or fit["auc"] >= least
    kept = f"texts with an estimate of {fit['target_precision']:.2f} or more are kept"
    seen = (
        f"own-document texts come before others in {fit.get('auc', 0.0):.1%} of all comparisons,"
        f" over {fit['held_out_documents']:.0f} documents; {kept}, of which"
        f" {fit.get('expected_precision', 0.0):.1%} are estimated to fit, and"
        f" {fit.get('precision', 0.0):.1%} are of the own document"
    )
    unknown = f"too few documents with pictures and texts of their own to tell; {kept}"
    return Finding(
        name="precision",
        about="matches",
        expected="estimates of the encoder's card (fit_relevance.judged) that also tell texts of"
        f" the own document from others: in {least:.0%} of all comparisons",
        saw=(seen if known else unknown) + ("" if passed else f"; {_JUDGE_ANEW}"),
        passed=passed,
    )


_JUDGE_ANEW = (
    "what was judged elsewhere does not hold for this corpus: fit to its own documents"
    " (fit_relevance.judged: null), or judge pairs of it (`label`) and write a new card"
)
_LOWER = (
    "lower fit_relevance.target_precision (null: every match stays), or let the queries hold more"
    " of what the documents say (embed_queries)"
)


def _kept_in_words(fit: Mapping[str, float]) -> str:
    if fit.get("too_little_truth"):
        return (
            f"no text was judged: {fit['fitted_documents']:.0f} and {fit['held_out_documents']:.0f}"
            " documents with pictures and texts of their own are too few to learn from"
            " (fit_relevance.documents)"
        )
    if "threshold" not in fit:
        return "every text kept"
    low, high, texts = (fit[name] for name in ("precision_low", "precision_high", "texts"))
    return (
        f"{fit.get('precision', 0.0):.1%} ({low:.1%} to {high:.1%}) of {texts:.0f} texts of"
        f" {fit['held_out_documents']:.0f} documents that were not fitted to, from an estimate of"
        f" {fit['threshold']:.2f} on; {fit['yield']:.1%} of their images keep one"
    )


def _measures_of(evidence: Evidence, stage: str) -> Mapping[str, float]:
    return next((commit.measures for commit in evidence.commits(stage)), {})


CHECKS: dict[str, Check] = {
    "recall": recall,
    "assignment": assignment,
    "hubs": hubs,
    "rerank": rerank,
    "relevance": relevance,
    "precision": precision,
}
