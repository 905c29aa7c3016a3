"""Write one sentence about each image from what is known of it (paper §3.2, appendix A.2).

The material is the image's caption, a realistic text or a sentence of its own page, and its tags.
It is asked for in several ways, one after another, until the guards take a text. Where none is
taken, the image goes on without one; no text is ever made up here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.reasons import Verdict
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig
from realsyn_tasks.models import requests
from realsyn_tasks.models.protocols import Prompt, Refusal
from realsyn_tasks.synthesize import reasons, schemas
from realsyn_tasks.synthesize.guards import Limits, Material, check, tidy, unsupported
from realsyn_tasks.synthesize.material import (
    OWN,
    Known,
    about_captions,
    known_images,
    with_agreeing_tags,
)
from realsyn_tasks.synthesize.prompts import PromptFile, read_prompt
from realsyn_tasks.synthesize.words import stem, stems, without, words
from realsyn_tasks.text.disguises import visible

DETAIL = 200  # characters of a dropped text that are kept
REFUSED = 0.5  # of the texts of one way, until it is known


class Way(StageConfig):
    """One way of asking: a prompt of include/prompts, and the text that it asks about."""

    prompt: str
    source: int = Field(default=1, ge=OWN)  # 1: the best realistic text; 0: the page's own sentence


WAYS = (
    Way(prompt="caption", source=OWN),
    Way(prompt="caption", source=1),
    Way(prompt="detail", source=1),
    Way(prompt="caption", source=2),
    Way(prompt="tags", source=1),
)


class Config(StageConfig):
    """How texts are asked for, and what is not accepted."""

    ways: tuple[Way, ...] = Field(default=WAYS, min_length=1)  # tried in this order
    prompt_ids: tuple[str, ...] = Field(default_factory=lambda given: _ids(given["ways"]))
    own_words: bool = True  # what the picture's own page says of it goes into prompts
    min_about: float | None = -3.0  # of caption and text, the reranker's logit; null: any
    max_tags: int = Field(default=3, ge=0)
    min_tag_cosine: float | None = None  # of tag and text, the encoder's; null: any
    max_new_tokens: int = Field(default=48, ge=8)
    batch_size: int = Field(default=384, ge=1)  # prompts given to the model at once
    guards: Limits = Limits()
    keep_without: bool = True  # an image of which no text is taken goes on without one


def _ids(ways: tuple[Way, ...]) -> tuple[str, ...]:
    return tuple(read_prompt(way.prompt).prompt_id for way in ways)


@dataclass(frozen=True)
class Try:
    """One way of getting a text for an image."""

    image_id: str
    prompt: Prompt
    prompt_id: str
    material: Material
    source: int  # rank of the realistic text, or OWN


@dataclass(frozen=True)
class Attempt:
    """What came of a try, and why it is not taken."""

    tried: Try
    number: int  # of the image's tries
    text: str
    objection: Verdict | None


class Questions:
    """Counts questions over all ways; of the ways to come, those that refusals will cost."""

    def __init__(self, ways: int, context: Context) -> None:
        self._ways = ways  # to come
        self._progress = context.progress
        self._before = 0  # of the ways that are done
        self._asked = 0  # of this one
        self._refused = REFUSED

    def ask(self, count: int) -> None:
        """Begin with the questions of the next way."""
        if self._asked:
            self._refused = min(1.0, count / self._asked)
        self._before, self._asked = self._before + self._asked, count
        self._ways -= 1
        self.answered(0, 0)

    def answered(self, before: int, count: int) -> None:
        """Tell how many there are, after those of this way that were answered before."""
        to_come = sum(self._asked * self._refused**way for way in range(1, self._ways + 1))
        all_in_all = self._before + self._asked + round(to_come)
        self._progress(self._before + before + count, all_in_all)


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give matched images a text; table `rejected` holds every one that was not taken.

    Without `keep_without`, images that have none are dropped as pairs with the last reason.
    """
    prompts = [_same_prompt(*both) for both in zip(config.ways, config.prompt_ids, strict=True)]
    images = _images(inputs, config, context, prompts)
    attempts: dict[str, list[Attempt]] = {known.image_id: [] for known in images}
    taken: set[str] = set()
    questions = Questions(len(config.ways), context)
    for way, prompt in zip(config.ways, prompts, strict=True):
        left = (known for known in images if known.image_id not in taken)
        tries = [tried for known in left if (tried := _try(known, way, prompt))]
        for tried, text, objection in _judged(tries, questions, config, context):
            mine = attempts[tried.image_id]
            mine.append(Attempt(tried, len(mine) + 1, text, objection))
            if not objection:
                taken.add(tried.image_id)
    return _output(images, attempts, config.keep_without)


def _images(
    inputs: Inputs, config: Config, context: Context, prompts: list[PromptFile]
) -> list[Known]:
    images = known_images(inputs, config.own_words)
    images = [replace(known, tags=known.tags[: config.max_tags]) for known in images]
    if config.min_about is not None:
        images = about_captions(images, context.model("reranker").score, config.min_about)
    if config.min_tag_cosine is not None and any(prompt.shows("tags") for prompt in prompts):
        encoder = context.model("encoder")
        images = with_agreeing_tags(images, encoder.encode_texts, config.min_tag_cosine)
    return images


def _try(known: Known, way: Way, prompt: PromptFile) -> Try | None:
    source = known.text(way.source)
    if source is None or not prompt.fits(known.tags, known.caption):
        return None
    rank, text = source
    tags = known.tags if prompt.shows("tags") else ()
    caption = known.caption if prompt.shows("caption") else ""
    return Try(
        image_id=known.image_id,
        prompt=prompt.prompt(text, tags, caption),
        prompt_id=prompt.prompt_id,
        source=rank,
        material=Material(
            sentence=visible(text),
            tags=tags,
            caption=caption,
            examples=tuple(example.answer for example in prompt.examples),
            instruction=prompt.instruction,
        ),
    )


def _same_prompt(way: Way, prompt_id: str) -> PromptFile:
    """Read a prompt; ConfigError if it is no longer the one that the build was opened with."""
    prompt = read_prompt(way.prompt)
    if prompt.prompt_id != prompt_id:
        raise ConfigError(
            f"stage generate_texts: prompt {way.prompt!r} has changed since this build was opened;"
            " restore it, or open another build"
        )
    return prompt


def _judged(
    tries: list[Try], questions: Questions, config: Config, context: Context
) -> Iterator[tuple[Try, str, Verdict | None]]:
    """Ask the model, and give each text with the first objection to it."""
    answers = list(_generated([tried.prompt for tried in tries], questions, config, context))
    texts = [tidy(answer) for answer in answers]
    objections = [
        _refused(answer) or check(text, tried.material, config.guards)
        for tried, answer, text in zip(tries, answers, texts, strict=True)
    ]
    least = config.guards.min_support
    if least is not None and None in objections:
        clean = [place for place, objection in enumerate(objections) if objection is None]
        pairs = [(tries[place].material.sentence, texts[place]) for place in clean]
        for place, score in zip(clean, context.model("reranker").score(pairs), strict=True):
            objections[place] = unsupported(float(score), least)
    yield from zip(tries, texts, objections, strict=True)


def _refused(answer: str) -> Verdict | None:
    refusal = isinstance(answer, Refusal)
    return Verdict(reasons.REFUSED, answer[:DETAIL]) if refusal else None


def _generated(
    prompts: list[Prompt], questions: Questions, config: Config, context: Context
) -> Iterator[str]:
    """Ask the model; equal questions (a text that fits many images, no tags) are asked once."""
    asked = list(dict.fromkeys(prompts))
    questions.ask(len(asked))
    answers: dict[Prompt, str] = {}
    kept = context.kept("language_model")
    for start in range(0, len(asked), config.batch_size):
        batch = asked[start : start + config.batch_size]
        model = context.model("language_model")
        told = partial(questions.answered, start)
        texts = requests.answers(model, kept, batch, config.max_new_tokens, told)
        answers |= dict(zip(batch, texts, strict=True))
        questions.answered(start, len(batch))
    return (answers[prompt] for prompt in prompts)


def _output(images: list[Known], attempts: dict[str, list[Attempt]], keep_without: bool) -> Output:
    each = [attempt for made in attempts.values() for attempt in made]
    accepted = [_accepted(attempt) for attempt in each if not attempt.objection]
    rejected = [_rejected(a, a.objection) for a in each if a.objection]
    done = {row["image_id"] for row in accepted}
    lost = set() if keep_without else attempts.keys() - done
    asked = [
        {"image_id": image, "attempts": len(made)}
        for image, made in attempts.items()
        if image not in lost
    ]
    return Output(
        tables={
            "asked": tables.from_rows(schemas.ASKED, asked, ("image_id",)),
            "texts": tables.from_rows(schemas.TEXTS, accepted, ("image_id",)),
            "rejected": tables.from_rows(schemas.REJECTED, rejected, ("image_id", "attempt")),
        },
        dropped=[
            _drop(known, attempts[known.image_id]) for known in images if known.image_id in lost
        ],
        counts=_counts(attempts, accepted, rejected),
    )


def _accepted(attempt: Attempt) -> dict[str, Any]:
    tried = attempt.tried
    return {
        "image_id": tried.image_id,
        "text": attempt.text,
        "untagged": untagged(attempt.text, tried.material),
        "attempts": attempt.number,
        "prompt_id": tried.prompt_id,
        "syn_source": tried.source,
    }


def untagged(text: str, material: Material) -> str:
    """Leave out the words that only tags brought; the whole text where none would stay."""
    told = stems((material.sentence, material.caption))
    brought = {stem(word) for tag in material.tags for word in words(tag)} - told
    return without(text, brought) if set(map(stem, words(text))) - brought else text


def _rejected(attempt: Attempt, objection: Verdict) -> dict[str, Any]:
    return {
        "image_id": attempt.tried.image_id,
        "attempt": attempt.number,
        "reason": objection.reason.code,
        "detail": objection.detail,
        "text": attempt.text,
    }


def _counts(
    attempts: dict[str, list[Attempt]],
    accepted: list[dict[str, Any]],
    rejected: list[dict[str, Any]],
) -> dict[str, int]:
    tally = Counter(f"accepted_{row['attempts']}" for row in accepted)
    tally.update(f"rejected_{row['reason']}" for row in rejected)
    asked = sum(bool(made) for made in attempts.values())
    return {
        "images": len(attempts),
        "asked": asked,
        "without_text": len(attempts) - len(accepted),
        "generated": len(accepted) + len(rejected),
        **dict(sorted(tally.items())),
    }


def _drop(known: Known, made: list[Attempt]) -> Dropped:
    if made and (last := made[-1].objection):
        detail = f"{last.detail}: {made[-1].text}"[:DETAIL]
        return Dropped("pair", known.image_id, last.reason, detail)
    return Dropped("pair", known.image_id, reasons.INJECTION if known.hostile else reasons.UNASKED)
