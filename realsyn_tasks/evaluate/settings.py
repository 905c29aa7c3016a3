"""What a protocol means as settings of the stages, cut up so that each has what it needs.

So what is judged otherwise is not trained anew, and what is trained otherwise is not embedded anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from realsyn_tasks.core.config import PinnedSource
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.evaluate.protocol import Arm, Claim, Curve, Method, Protocol, TextSource

Over = TypeVar("Over", Claim, Curve)
# The stages that only one of the methods has, the one that trains first.
STAGES_OF: Mapping[Method, tuple[str, ...]] = {
    "heads": ("train_heads", "embed_lessons", "embed_questions"),
    "clip": ("train_clip", "ask_clip"),
}
TRAINED: Mapping[Method, str] = {"heads": "train_heads", "clip": "train_clip"}


def stages_of_protocol(
    name: str, protocol: Protocol, sets: Iterable[Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Give the settings by stage; `sets` are the evaluation sets as they were pinned, in order."""
    said, pinned = protocol.model_dump(mode="json"), [dict(each) for each in sets]
    told = {word: said[word] for word in ("method", "about")}
    trained = {word: said[word] for word in ("arms", "seeds", "training")}
    clip = protocol.method == "clip"  # else no linear probe is asked, and whoever trains asks
    own = {"resampled": protocol.statistics.resampled, "trainings": protocol.trainings}
    return {
        "draw_questions": {"sets": pinned, "questions": protocol.questions, "probes": clip},
        "draw_lessons": {"lessons": said["lessons"], "sources": most_of(protocol.arms.values())},
        TRAINED[protocol.method]: {**trained, **({} if clip else own)},
        **({"ask_clip": {"sets": pinned, "asking": said["asking"]}} if clip else {}),
        "judge_claims": {
            "protocol": {"name": name, "digest": protocol.digest(), **told},
            **{word: said[word] for word in ("arms", "statistics", "claims", "curves")},
        },
    }


def most_of(arms: Iterable[Arm]) -> dict[TextSource, int]:
    """Give for each source of texts the most of it that an arm asks for."""
    most: dict[TextSource, int] = {}
    for arm in arms:
        for source, count in (*arm.texts.items(), *arm.as_many_as.items()):
            most[source] = max(count, most.get(source, 0))
    return most


def without_sets(protocol: Protocol, left_out: Iterable[str]) -> Protocol:
    """Leave evaluation sets out of a protocol; ConfigError if it has no such set, or none stays.

    Claims and curves over these alone go with them. What stays is another protocol, of another
    digest.
    """
    gone = set(left_out)
    unknown = sorted(gone - set(protocol.sets))
    if unknown:
        raise ConfigError(
            f"leave_out: the protocol has no evaluation set {', '.join(unknown)}; it has"
            f" {', '.join(protocol.sets)}"
        )
    if gone >= set(protocol.sets):
        raise ConfigError("leave_out: no evaluation set stays: leave one in")
    changed = {
        "sets": tuple(name for name in protocol.sets if name not in gone),
        "claims": tuple(_without(protocol.claims, gone)),
        "curves": tuple(_without(protocol.curves, gone)),
    }
    return protocol.model_copy(update=changed) if gone else protocol


def _without(said: Iterable[Over], gone: set[str]) -> Iterator[Over]:
    """Leave out what is said of these evaluation sets alone."""
    for each in said:
        sets = tuple(name for name in each.sets if name not in gone)
        if sets or not each.sets:
            yield each.model_copy(update={"sets": sets})


def method_of(stages: Mapping[str, Mapping[str, Any]]) -> Method:
    """Say by which method the settings of an evaluation train; ConfigError if by none or both."""
    trained = [method for method, names in STAGES_OF.items() if stages[names[0]].get("arms")]
    if len(trained) != 1:
        said = " and ".join(trained) or "none"
        raise ConfigError(f"an evaluation trains by one method, not by {said}: name a protocol")
    return trained[0]


def settle(
    stages: Mapping[str, Mapping[str, Any]], sources: Mapping[str, PinnedSource]
) -> tuple[str, ...]:
    """Leave out the stages of the other method."""
    mine = method_of(stages)
    return tuple(name for method, names in STAGES_OF.items() if method != mine for name in names)
