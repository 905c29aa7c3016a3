"""How often a language model's texts contradict or drop what is known of a pair.

The stage that writes texts in a build is run over pairs with known facts, with the settings of a
card and a preset. Told are the first answers, whatever the guards say, and the texts they take.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from realsyn_tasks.core import closed, kept_answers
from realsyn_tasks.core.counts import share
from realsyn_tasks.core.kept_answers import NothingKept
from realsyn_tasks.core.progress import Countdown
from realsyn_tasks.core.stage import Kept, Output
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.models.deployment import Deployment
from realsyn_tasks.pictures.pixels import decode
from realsyn_tasks.runs import preset
from realsyn_tasks.runs.models import by_kind, calibrations, of_names, with_cards_of
from realsyn_tasks.runs.preset import DEFAULT
from realsyn_tasks.synthesize import generate_texts
from realsyn_tasks.synthesize import words as w
from realsyn_tasks.synthesize.facts import Facts, Judgement, judge
from realsyn_tasks.synthesize.known_pairs import write
from realsyn_tasks.synthesize.rules import STAGE
from realsyn_tasks.vectors.audit import confidence

Models = Callable[[str], Any]
FIRST, TAKEN = "first", "taken"  # answers that are told of
SIDE = 640  # px that a picture is decoded to
UNSUPPORTED = 4.0  # below this logit, the default guard's


@dataclass(frozen=True)
class Written:
    """An answer, why it was refused ("" for a text that was taken), and what is said of it."""

    pair_id: str
    attempt: int
    text: str
    refused: str
    judgement: Judgement
    support: float  # by what the record says, the reranker's logit
    before: float  # cosine of the picture and the best text of the record
    after: float  # .. and this text


@dataclass(frozen=True)
class Asked:
    """Whose texts are measured: names of models by kind, options, and a preset."""

    names: Mapping[str, str]
    options: Mapping[str, Any]  # of the language model
    preset: str = DEFAULT
    root: str = ""  # whose cards may be named, too
    keep: str = ""  # a folder for answers, so that what was killed goes on; empty: none are kept


class Counted:
    """Kept answers, and how many of them were there already."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self.found = 0

    def get(self, question: Any) -> str | None:
        """Give the answer to a question, if it is kept."""
        answer = self._kept.get(question)
        self.found += answer is not None
        return answer

    def put(self, question: Any, answer: str) -> None:
        """Keep the answer to a question."""
        self._kept.put(question, answer)

    def flush(self) -> None:
        """Write what is not written yet."""
        self._kept.flush()


def measured(
    pairs: Sequence[Facts], asked: Asked, settings: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Written]]:
    """Measure the texts of a model as a build with its cards and the preset would ask for them.

    `settings` of the stage stand above both. Raises ConfigError where a model is not here.
    """
    storage = Storage.at(asked.root) if asked.root else None
    deployment = with_cards_of(storage, Deployment.here())
    resolved = of_names(asked.names, {"language_model": asked.options}, deployment)
    layers = [layer.stages for layer in calibrations(resolved, deployment)]
    layers += [preset.read(asked.preset).stages, {STAGE: dict(settings)}]
    said = {name: value for layer in layers for name, value in layer.get(STAGE, {}).items()}
    config = closed.validate(generate_texts.Config, said, f"settings of {STAGE}")
    kept = _kept(asked.keep, resolved["language_model"].identity)
    table, answers = measure(pairs, config, by_kind(resolved), kept)
    identities = {kind: model.identity for kind, model in resolved.items()}
    prompts = [
        f"{way.prompt} {ident}" for way, ident in zip(config.ways, config.prompt_ids, strict=True)
    ]
    model = resolved["language_model"]
    return {"model": model.name, "identities": identities, "prompts": prompts, **table}, answers


def _kept(folder: str, identity: str) -> Kept:
    if not folder:
        return NothingKept()
    return kept_answers.Asked(
        kept_answers.KeptAnswers(Storage.at(folder), "answers", kept_answers.PAUSE), identity
    )


def measure(
    pairs: Sequence[Facts],
    config: generate_texts.Config,
    models: Models,
    kept: Kept | None = None,
) -> tuple[dict[str, Any], list[Written]]:
    """Write texts about pairs; give the table, and every answer with what is said of it.

    Where some answers were `kept`, CPU seconds would tell nothing, and are None.
    """
    counted = Counted(kept or NothingKept())
    began = time.process_time()
    output = write(pairs, config, models, counted, Countdown("measure-texts").reach)
    seconds = time.process_time() - began
    answers = _judged(pairs, output, models)
    table = {
        "pairs": len(pairs),
        "asked": output.counts["asked"],
        "answers": len(answers),
        "taken_share": round(share(output.tables["texts"].num_rows, output.counts["asked"]), 4),
        "refused_share": _shares(Counter(a.refused for a in answers if a.refused), len(answers)),
        "cpu_seconds_an_answer": None if counted.found else round(share(seconds, len(answers)), 3),
        FIRST: _summary([answer for answer in answers if answer.attempt == 1]),
        TAKEN: _summary([answer for answer in answers if not answer.refused]),
    }
    return table, answers


def _judged(pairs: Sequence[Facts], output: Output, models: Models) -> list[Written]:
    known = {pair.pair_id: pair for pair in pairs}
    rows = [
        (row["image_id"], row.get("attempt") or row["attempts"], row["text"], row.get("reason", ""))
        for name in ("texts", "rejected")
        for row in output.tables[name].to_pylist()
    ]
    rows.sort(key=lambda row: row[:2])
    texts = [(known[pair], text) for pair, _, text, _ in rows]
    support, (before, after) = _support(texts, models), _cosines(texts, models)
    told = zip(rows, support, before.tolist(), after.tolist(), strict=True)
    return [
        Written(*row, judge(row[2], known[row[0]]), answered, *cosines)
        for row, answered, *cosines in told
    ]


def _support(texts: Sequence[tuple[Facts, str]], models: Models) -> list[float]:
    """Give for each text how well the text of its record answers that is nearest to it."""
    asked = [(source, text) for facts, text in texts for source in facts.texts]
    scores = iter(models("reranker").score(asked).tolist())
    return [max(next(scores) for _ in facts.texts) for facts, _ in texts]


def _cosines(
    texts: Sequence[tuple[Facts, str]], models: Models
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Give each picture's cosine with the nearest text of its record, and with what was written."""
    encoder = models("encoder")
    pictures = {facts.pair_id: Path(facts.picture) for facts, _ in texts}
    looks = {
        name: encoder.encode_images([decode(path.read_bytes(), SIDE)])[0]
        for name, path in pictures.items()
    }
    said = sorted({text for facts, own in texts for text in (own, *facts.texts)})
    vectors = dict(zip(said, encoder.encode_texts(said), strict=True)) if said else {}
    before = [max(looks[f.pair_id] @ vectors[own] for own in f.texts) for f, _ in texts]
    after = [looks[facts.pair_id] @ vectors[text] for facts, text in texts]
    return np.array(before), np.array(after)


def _summary(answers: Sequence[Written]) -> dict[str, Any]:
    """Give shares of texts by what is wrong with them, and means."""
    judged = [answer.judgement for answer in answers]
    count = len(answers)
    return {
        "texts": count,
        "contradicts": _interval(bool(each.wrong) for each in judged),
        "contradicts_by_fact": _shares(_facts(each.wrong for each in judged), count),
        "drops": _interval(bool(each.dropped) for each in judged),
        "drops_by_fact": _shares(_facts(each.dropped for each in judged), count),
        "adds": _interval(bool(each.added) for each in judged),
        "unsupported": _interval(answer.support < UNSUPPORTED for answer in answers),
        "words": _mean([len(w.words(answer.text)) for answer in answers]),
        "cosine_before": _mean([answer.before for answer in answers]),
        "cosine_after": _mean([answer.after for answer in answers]),
    }


def _facts(said: Iterable[Sequence[str]]) -> Counter[str]:
    return Counter(kind for each in said for kind in {entry.partition(":")[0] for entry in each})


def _shares(counts: Counter[str], whole: int) -> dict[str, float]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {name: round(share(count, whole), 4) for name, count in ordered}


def _interval(good: Iterable[bool]) -> list[float]:
    """Give a share, and where it lies with 95 %."""
    values = np.array(list(good), dtype=np.float64)
    if not len(values):
        return [0.0, 0.0, 1.0]
    known = confidence(values)
    return [round(value, 4) for value in (known.mean, known.low, known.high)]


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 4) if values else 0.0


def in_words(table: Mapping[str, Any]) -> Iterator[str]:
    """Write a table for people: a line a figure, first answers beside the texts taken."""
    yield f"{table['model']}, prompts {', '.join(table['prompts'])}"
    yield (
        f"{table['pairs']} pairs, {table['answers']} answers, a text taken of"
        f" {table['taken_share']:.1%}; {_cost(table['cpu_seconds_an_answer'])}"
    )
    yield f"{'':14}{'first answers':>24}{'texts taken':>24}"
    for name in ("contradicts", "drops", "adds", "unsupported"):
        yield f"{name:14}" + "".join(f"{_range(table[of][name]):>24}" for of in (FIRST, TAKEN))
    for name in ("texts", "words", "cosine_before", "cosine_after"):
        yield f"{name:14}" + "".join(f"{table[of][name]:>24}" for of in (FIRST, TAKEN))
    refused = (f"{name} {value:.1%}" for name, value in table["refused_share"].items())
    yield f"refused: {', '.join(refused)}"


def _cost(seconds: float | None) -> str:
    return "some answers were kept" if seconds is None else f"{seconds} CPU-seconds an answer"


def _range(known: Sequence[float]) -> str:
    mean, low, high = known
    return f"{mean:.1%} ({low:.1%} to {high:.1%})"
