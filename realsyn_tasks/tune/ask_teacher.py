"""Ask the teacher for a text about each task in several ways, and keep the best that guards take.

With the model itself as its teacher that is rejection sampling: the student learns to give at the
first asking what the teacher gave at one of several. Images are drawn by a hash, and so are those
that are held out: the models are measured by them, and learn nothing of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from pydantic import Field

from realsyn_tasks.core import chunks, tables
from realsyn_tasks.core.config import ModelSpec
from realsyn_tasks.core.reasons import Verdict
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig
from realsyn_tasks.models import requests
from realsyn_tasks.models.protocols import Prompt, Refusal
from realsyn_tasks.synthesize import reasons
from realsyn_tasks.synthesize.guards import Limits, Material, check, tidy, unsupported
from realsyn_tasks.synthesize.material import OWN, Known, about_captions, published_image
from realsyn_tasks.text.disguises import visible
from realsyn_tasks.tune import schemas
from realsyn_tasks.tune.tasks import Prompts, Task, ids_of, read_prompts, tasks_of
from realsyn_tasks.vectors.hash_order import hash_order, within

COLUMNS = [
    *("key", "image_id", "text1", "text2", "text3", "tags"),
    *("caption", "caption_verdict", "alt", "alt_verdict", "context"),
]
DRAWING, SPLITTING = 13, 14  # apart from the orders that other samples are drawn by
PARTS = 1 << 20  # that a share is told in
DETAIL = 200  # characters of a dropped text that are kept
PROMPTS = ("caption", "detail", "tags", "merge", "reword")


class Config(StageConfig):
    """Who is asked about how many pairs, in which ways, and what is not accepted."""

    teacher: ModelSpec | None = None  # null: the model that is tuned
    pairs: int = Field(default=150_000, ge=1)  # drawn, about
    held_out: float = Field(default=0.1, gt=0, lt=1)  # share of them that models are measured by
    sources: tuple[int, ...] = Field(default=(OWN, 1), min_length=1)  # texts of each image
    prompts: tuple[str, ...] = Field(default=PROMPTS, min_length=1)  # the student gets the first
    prompt_ids: tuple[str, ...] = Field(default_factory=lambda given: ids_of(given["prompts"]))
    min_about: float | None = -3.0  # of caption and text, the reranker's logit; null: any
    max_tags: int = Field(default=3, ge=0)
    max_new_tokens: int = Field(default=48, ge=8)
    batch_size: int = Field(default=384, ge=1)  # prompts given to the model at once
    guards: Limits = Limits()

    def asked_models(self) -> dict[str, tuple[str, ModelSpec]]:
        """Name the teacher, where it is another model."""
        return {"teacher": ("language_model", self.teacher)} if self.teacher else {}


@dataclass(frozen=True)
class Answer:
    """What the teacher said, and what is wrong with it."""

    prompt: str
    text: str
    objection: Verdict | None = None
    relevance: float | None = None  # to what is known of the picture, where nothing is wrong


@dataclass
class Asked:
    """A task, and what became of it."""

    task: Task
    drawn: dict[str, Any]
    answers: list[Answer] = field(default_factory=list)

    @property
    def best(self) -> Answer | None:
        """Give the answer that says most of what the picture shows; the first of equal ones."""
        taken = [answer for answer in self.answers if answer.relevance is not None]
        return max(taken, key=lambda answer: answer.relevance or 0.0, default=None)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Ask about the pairs of this shard that are drawn; a task without an answer is dropped.

    Unless it is held out: what the teacher could not answer either is part of what is measured.
    """
    prompts = read_prompts(config.prompts, config.prompt_ids, "ask_teacher")
    each = _tasks(inputs, config, context, prompts)
    _answer(each, prompts, config, context)
    _judge(each, config, context)
    kept = [asked for asked in each if asked.best or asked.drawn["held_out"]]
    lost = [asked for asked in each if not (asked.best or asked.drawn["held_out"])]
    rows = [_row(asked) for asked in kept]
    refused = [row for asked in each for row in _refusals(asked)]
    return Output(
        tables={
            "tasks": tables.from_rows(schemas.TASKS, rows, ("place", "task_id")),
            "refused": tables.from_rows(schemas.REFUSED, refused, ("task_id", "prompt")),
        },
        dropped=[_dropped(asked) for asked in lost],
        counts=_counts(each),
    )


def _tasks(inputs: Inputs, config: Config, context: Context, prompts: Prompts) -> list[Asked]:
    pairs = inputs.table("dataset", "pairs", COLUMNS)
    ids = pairs["image_id"].to_pylist()
    places = hash_order(ids, (context.seed << 4) | DRAWING)
    splits = hash_order(ids, (context.seed << 4) | SPLITTING)
    held_out = within(splits, round(config.held_out * PARTS), PARTS)
    total = inputs.source("dataset").reference.pairs
    chosen = np.flatnonzero(within(places, config.pairs, total))
    rows = chunks.taken(pairs, chosen).to_pylist()
    each: list[Asked] = []
    for row, known, number in zip(rows, _images(rows, config, context), chosen, strict=True):
        drawn = {"place": int(places[number]), "held_out": bool(held_out[number])}
        for task in tasks_of(known, config.sources, config.max_tags):
            if fitting := task.fitting(prompts):
                each.append(Asked(task, {"key": row["key"], **drawn, "prompt": fitting[0]}))
    return each


def _images(rows: list[dict[str, Any]], config: Config, context: Context) -> list[Known]:
    images = [published_image(row) for row in rows]
    if config.min_about is None:
        return images
    return about_captions(images, context.model("reranker").score, config.min_about)


def _answer(each: list[Asked], prompts: Prompts, config: Config, context: Context) -> None:
    """Ask in all ways that fit, equal questions once; note what the guards of words object to."""
    ways = [(asked, name) for asked in each for name in asked.task.fitting(prompts)]
    questions = [asked.task.ask(prompts[name]) for asked, name in ways]
    answers = _generated(list(dict.fromkeys(questions)), config, context)
    for (asked, name), question in zip(ways, questions, strict=True):
        text = tidy(answers[question])
        objection = _objection(answers[question], asked.task.material(prompts[name]), config)
        asked.answers.append(Answer(name, text, objection))


def _objection(answer: str, material: Material, config: Config) -> Verdict | None:
    if isinstance(answer, Refusal):
        return Verdict(reasons.REFUSED, answer[:DETAIL])
    return check(tidy(answer), material, config.guards)


def _generated(questions: list[Prompt], config: Config, context: Context) -> dict[Prompt, str]:
    name = "ask_teacher.teacher" if config.teacher else "language_model"
    kept = context.kept(name)
    answers: dict[Prompt, str] = {}
    for start in range(0, len(questions), config.batch_size):
        batch = questions[start : start + config.batch_size]

        def told(count: int, before: int = start) -> None:
            context.progress(before + count, len(questions))

        texts = requests.answers(context.model(name), kept, batch, config.max_new_tokens, told)
        answers |= dict(zip(batch, texts, strict=True))
        told(len(batch))
    return answers


def _judge(each: list[Asked], config: Config, context: Context) -> None:
    """Refuse what its source does not support; say of the others how relevant they are."""
    answers = [
        (asked, place)
        for asked in each
        for place, answer in enumerate(asked.answers)
        if not answer.objection
    ]
    if not answers:
        return
    score, texts = context.model("reranker").score, [a.answers[place].text for a, place in answers]
    support = score(
        [(visible(a.task.sentence), t) for (a, _), t in zip(answers, texts, strict=True)]
    )
    about = score([(a.task.about, text) for (a, _), text in zip(answers, texts, strict=True)])
    least = config.guards.min_support
    for number, (asked, place) in enumerate(answers):
        objection = None if least is None else unsupported(float(support[number]), least)
        relevance = None if objection else float(about[number])
        answer = asked.answers[place]
        asked.answers[place] = replace(answer, objection=objection, relevance=relevance)


def _row(asked: Asked) -> dict[str, Any]:
    task = asked.task
    best = asked.best or Answer("", "")
    return {
        **asked.drawn,
        "task_id": task.task_id,
        "image_id": task.image_id,
        "source": task.source,
        "sentence": task.sentence,
        "caption": task.caption,
        "tags": list(task.tags),
        "answer": best.text,
        "answered": best.prompt,
        "relevance": best.relevance,
        "asked": len(asked.answers),
    }


def _refusals(asked: Asked) -> Iterator[dict[str, Any]]:
    for answer in asked.answers:
        if answer.objection:
            yield {
                "task_id": asked.task.task_id,
                "prompt": answer.prompt,
                "reason": answer.objection.reason.code,
                "detail": answer.objection.detail,
                "text": answer.text,
            }


def _dropped(asked: Asked) -> Dropped:
    last = asked.answers[-1]
    assert last.objection is not None  # or it would have been taken
    detail = f"{last.objection.detail}: {last.text}"[:DETAIL]
    return Dropped("example", asked.task.task_id, last.objection.reason, detail)


def _counts(each: list[Asked]) -> dict[str, int]:
    objections = (answer.objection for asked in each for answer in asked.answers)
    tally = Counter(f"refused_{objection.reason}" for objection in objections if objection)
    return {
        "tasks": len(each),
        "answered": sum(asked.best is not None for asked in each),
        "held_out": sum(asked.drawn["held_out"] for asked in each),
        **dict(sorted(tally.items())),
    }
