"""How far a run let an item come, in a state, in words, and by which thresholds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from realsyn_tasks.core.commits import DROPPED
from realsyn_tasks.core.declaration import ONE
from realsyn_tasks.core.reasons import Reason
from realsyn_tasks.core.rules import Rule, Rules, setting
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.extract import reasons as of_extract
from realsyn_tasks.fetching.reasons import FETCHING
from realsyn_tasks.formats.reasons import NOT_SHOWN
from realsyn_tasks.report import removals
from realsyn_tasks.report.filters import public
from realsyn_tasks.report.item_rows import Event
from realsyn_tasks.retrieve import reasons as of_retrieval
from realsyn_tasks.sample import reasons as of_sample

DATASET, GENERATION, TAKEDOWN = "dataset", "generation", "takedown"  # events beyond stages
MOST_NAMED = 5
MEASURED = "threshold"  # of a fit, beside those named like its settings
SHORT = 40  # letters of a setting that is told in a line


class State(StrEnum):
    """Where an item is, or what kept it from there."""

    PUBLISHED = "published"
    IN_CORPUS = "in_corpus"
    KEPT = "kept"  # by the last stage that has it
    TAKEN_DOWN = "taken_down"
    NEVER_SEEN = "never_seen"
    NOT_SHOWN = "not_shown"
    NOT_FETCHED = "not_fetched"
    DUPLICATE = "duplicate"
    MATCHED_NOTHING = "matched_nothing"
    OUT_OF_BAND = "out_of_band"
    BALANCED_AWAY = "balanced_away"
    DROPPED = "dropped"


_COPIES = (*of_extract.DUPLICATE, of_extract.PERCEPTUAL_DUPLICATE, of_extract.MASKED_DUPLICATE)
_STATES: dict[State, Sequence[Reason]] = {
    State.NOT_SHOWN: (NOT_SHOWN,),
    State.DUPLICATE: _COPIES,
    State.NOT_FETCHED: (*FETCHING, of_extract.NOT_IN_CRAWL),
    State.MATCHED_NOTHING: (of_retrieval.NO_MATCH, of_retrieval.NO_RELEVANT_TEXT),
    State.OUT_OF_BAND: (of_sample.BELOW_BAND, of_sample.ABOVE_BAND),
    State.BALANCED_AWAY: (of_sample.OVER_CAP,),
}
STATE_BY_REASON = {reason.code: state for state, some in _STATES.items() for reason in some}
CHANGES = {
    State.PUBLISHED: "",
    State.TAKEN_DOWN: "nothing: what was taken down stays out of every next version",
    State.NEVER_SEEN: "a crawl would have to hold it, or a page of a crawl show it",
    State.NOT_SHOWN: "a page of the crawl would have to show it",
    State.NOT_FETCHED: "the crawl would have to hold it, or the web give it when it is asked",
    State.DUPLICATE: "nothing: the one that it is a copy of stands for it",
    State.MATCHED_NOTHING: "the corpus would have to hold a text that fits it and has room for it",
    State.BALANCED_AWAY: "a larger target, which raises the cap of its cluster",
}
_TRANSIENT = {reason.code for reason in FETCHING if reason.transient}
_AGAIN = "another try may help: repair its shard with force"


@dataclass(frozen=True)
class Fate:
    """What became of an item in one run."""

    run: str
    state: State
    verdict: str
    stage: str = ""
    reason: str = ""
    thresholds: dict[str, Any] = field(default_factory=dict)  # stage.setting -> value
    change: str = ""  # what would have to be otherwise

    def record(self) -> dict[str, Any]:
        """Give it as JSON."""
        return asdict(self)


def fate(run: Workspace, events: Sequence[Event]) -> Fate:
    """Say how far an item came in a run; that it was taken down, before all else."""
    taken = [removals.in_words(e["row"]) for e in events if e["stage"] == TAKEDOWN]
    last = outcome(events)
    if taken:
        return Fate(
            run.folder, State.TAKEN_DOWN, "; ".join(taken), change=CHANGES[State.TAKEN_DOWN]
        )
    if last["table"] == DROPPED:
        return _dropped(run, last)
    return Fate(run.folder, _state(last), _reached(last, events), stage=last["stage"])


def foremost(fates: Sequence[Fate]) -> Fate:
    """Choose of what became of an item in several runs what answers for all.

    That it was taken down, else that it is published, else the last build's word, else that it is
    in the corpus, else the last word.
    """
    for state in (State.TAKEN_DOWN, State.PUBLISHED):
        if some := [each for each in fates if each.state == state]:
            return some[-1]
    last = fates[-1]
    corpus = [each for each in fates if each.state == State.IN_CORPUS]
    same_kind = corpus and corpus[0].run.partition("/")[0] == last.run.partition("/")[0]
    return corpus[-1] if same_kind else last


def outcome(events: Sequence[Event]) -> Event:
    """Give what decides how far an item came: the first stage that drops it and keeps no copy.

    Else what the last stage says. Stages that have no part in that may go on with what was dropped.
    """
    beyond = [event for event in events if event["stage"] in (DATASET, GENERATION, TAKEDOWN)]
    kept = {event["stage"] for event in events if event["table"] != DROPPED}
    final = (e for e in events if e["table"] == DROPPED and e["stage"] not in kept)
    if not beyond and (drop := next(final, None)):
        return drop
    last = [event for event in events if event["stage"] == events[-1]["stage"]]
    return next((event for event in last if event["table"] != DROPPED), last[-1])


def _state(last: Event) -> State:
    states = {DATASET: State.PUBLISHED, GENERATION: State.IN_CORPUS}
    return states.get(last["stage"], State.KEPT)


def _reached(last: Event, events: Iterable[Event]) -> str:
    if last["stage"] == DATASET and last["kind"] == "sentence_id":
        return _served(last, events)
    if last["stage"] == DATASET:
        return f"published in {last['run']} as sample {last['row']['key']}"
    if last["stage"] == GENERATION:
        return f"in the corpus since generation {last['row']['generation']}"
    if last["kind"] == "sentence_id" and "image_id" in last["row"]:
        images = {event["row"]["image_id"] for event in events if "image_id" in event["row"]}
        return f"a text of {len(images)} pictures, none of them published; kept by {_at(last)}"
    return f"kept by {_at(last)}; no later stage has it"


def _served(last: Event, events: Iterable[Event]) -> str:
    """Name the samples that a sentence is a text of, as far as they were looked up."""
    here = [e for e in events if (e["stage"], e["run"]) == (DATASET, last["run"])]
    keys = [str(event["row"]["key"]) for event in here]
    more = " and more" if len(keys) > MOST_NAMED else ""
    return f"published in {last['run']} as a text of sample {', '.join(keys[:MOST_NAMED])}{more}"


def _at(last: Event) -> str:
    return f"stage {last['stage']} of {last['run']}, shard {last['shard']:05d}"


def _dropped(run: Workspace, last: Event) -> Fate:
    row = last["row"]
    detail = f" ({row['detail']})" if row["detail"] else ""
    words = f": {last['words']}" if last["words"] else ""
    limits = thresholds(run, last["group"], last["stage"], row["reason"])
    known = "".join(f"; {name} is {text}" for name, text in _short(limits))
    said = f"dropped as {row['reason']}{words}{detail}, by {_at(last)}{known}"
    state = STATE_BY_REASON.get(row["reason"], State.DROPPED)
    change = _change(state, row["reason"], limits)
    return Fate(run.folder, state, said, last["stage"], row["reason"], limits, change)


def _short(limits: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in limits.items():
        text = json.dumps(value, ensure_ascii=False)
        if value not in (None, [], "") and len(text) <= SHORT:
            yield name, text


def _change(state: State, reason: str, limits: dict[str, Any]) -> str:
    if reason in _TRANSIENT:
        return _AGAIN
    if limits and state not in (State.DUPLICATE, State.MATCHED_NOTHING):
        return f"another value of {' or '.join(limits)}, or another item"
    return CHANGES.get(state, "it would have to be another item: no setting decides this")


def thresholds(run: Workspace, group: str, stage: str, reason: str) -> dict[str, Any]:
    """Give the settings that decide a reason, and what a fit made of them, as stage.name."""
    rules: Rules | None = run.pipeline.group(group).hook("rules")
    limits: dict[str, Any] = {}
    for rule in rules.rules if rules else ():
        if rule.stage == stage and reason in {each.code for each in rule.reasons}:
            limits |= _settings(run, rule) | _fitted(run, rule)
    return limits


def _settings(run: Workspace, rule: Rule) -> dict[str, Any]:
    settings = run.config.stages.get(rule.source, {})
    values = {}
    for name in rule.settings:
        try:
            values[f"{rule.source}.{name}"] = public(setting(settings, name))
        except KeyError:
            continue  # a setting of another version of the code
    return values


def _fitted(run: Workspace, rule: Rule) -> dict[str, Any]:
    """Give what a fit measured under the names of its settings, such as the ends of a band."""
    if run.pipeline.stage(rule.source).axis != ONE or not run.runs(rule.source):
        return {}
    commit = run.ledger(rule.source).find(0)
    names = (*rule.settings, MEASURED)
    measures = commit.measures if commit else {}
    return {f"{rule.source}.{name}": measures[name] for name in names if name in measures}
