"""Write one sentence about each image from what is known of it (paper §3.2, appendix A.2).

The material is the image's best realistic text, its caption if there is one, and its tags. What
the guards reject is tried again differently: asked in another way, then from the next realistic
text. What fails to the last is dropped with the last reason; no text is ever made up here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.reasons import Verdict
from realsyn_tasks.core.stage import Context, Dropped, Inputs, Output, StageConfig
from realsyn_tasks.models.protocols import Prompt
from realsyn_tasks.synthesize import reasons, schemas
from realsyn_tasks.synthesize.guards import Limits, Material, check, tidy
from realsyn_tasks.synthesize.injections import injection
from realsyn_tasks.synthesize.prompts import PromptFile, read_prompt
from realsyn_tasks.synthesize.words import plain

DETAIL = 200  # characters of a dropped text that are kept
PROMPTS = ("merge", "reword")  # the first try, and the second; the third asks as the first


class Config(StageConfig):
    """How texts are asked for, and what is not accepted."""

    prompts: tuple[str, ...] = Field(default=PROMPTS, min_length=1)  # include/prompts/*.yaml
    prompt_ids: tuple[str, ...] = Field(default_factory=lambda given: _ids(given["prompts"]))
    max_tags: int = Field(default=3, ge=0)
    max_new_tokens: int = Field(default=48, ge=8)
    batch_size: int = Field(default=384, ge=1)  # prompts given to the model at once
    guards: Limits = Limits()


def _ids(prompts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(read_prompt(name).prompt_id for name in prompts)


@dataclass(frozen=True)
class Try:
    """One way of getting a text for an image."""

    image_id: str
    prompt: Prompt
    prompt_id: str
    material: Material
    match_rank: int


Tries = dict[str, list[Try]]  # image -> what to try, in order


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give each matched image a text, or drop it as a pair with the last guard's reason.

    Table `rejected` holds every text that was not taken.
    """
    plans = _plans(inputs, config)
    accepted: dict[str, dict[str, Any]] = {}
    rejected: list[dict[str, Any]] = []
    for attempt in range(max(map(len, plans.values()), default=0)):
        left = [
            plan[attempt]
            for image, plan in plans.items()
            if image not in accepted and attempt < len(plan)
        ]
        for one, raw in _generated(left, config, context):
            text = tidy(raw)
            if objection := check(text, one.material, config.guards):
                rejected.append(_rejected(one, attempt + 1, objection, text))
            else:
                accepted[one.image_id] = _accepted(one, attempt + 1, text)
        context.progress(len(accepted), len(plans))
    return _output(plans, list(accepted.values()), rejected)


def _plans(inputs: Inputs, config: Config) -> Tries:
    """Lay out what to try for each image, in order of id."""
    prompts = [_same_prompt(*both) for both in zip(config.prompts, config.prompt_ids, strict=True)]
    tags = _column(inputs, "tag_images", "tags", "tags")
    captions = _column(inputs, "caption_images", "captions", "caption")
    matches = inputs.table("merge_matches", "matches", ["image_id", "rank", "text"])
    rows = matches.sort_by([("image_id", "ascending"), ("rank", "ascending")]).to_pylist()
    plans = {}
    for image, found in groupby(rows, key=lambda row: row["image_id"]):
        usable = [row for row in found if not injection(row["text"])]
        known = (tags.get(image, [])[: config.max_tags], captions.get(image, ""))
        plans[image] = list(_plan(usable, prompts, *known))
    return plans


def _plan(
    matches: list[dict[str, Any]], prompts: list[PromptFile], tags: list[str], caption: str
) -> Iterator[Try]:
    tags = [tag for tag in tags if not injection(tag)]
    caption = "" if injection(caption) else caption
    ways = [(match, prompt) for match in matches[:1] for prompt in prompts]
    ways += [(match, prompts[0]) for match in matches[1:2]]
    for match, prompt in ways:
        yield Try(
            image_id=match["image_id"],
            prompt=prompt.prompt(match["text"], tags, caption),
            prompt_id=prompt.prompt_id,
            match_rank=match["rank"],
            material=Material(
                sentence=plain(match["text"]),
                tags=tuple(tags),
                caption=caption,
                examples=tuple(example.answer for example in prompt.examples),
                instruction=prompt.instruction,
            ),
        )


def _same_prompt(name: str, prompt_id: str) -> PromptFile:
    """Read a prompt; ConfigError if it is no longer the one that the build was opened with."""
    prompt = read_prompt(name)
    if prompt.prompt_id != prompt_id:
        raise ConfigError(
            f"stage generate_texts: prompt {name!r} has changed since this build was opened;"
            " restore it, or open another build"
        )
    return prompt


def _column(inputs: Inputs, stage: str, table: str, column: str) -> dict[str, Any]:
    """Read a column by image; nothing when the stage is switched off."""
    if not inputs.has(stage):
        return {}
    found = inputs.table(stage, table, ["image_id", column])
    return dict(zip(found["image_id"].to_pylist(), found[column].to_pylist(), strict=True))


def _generated(tries: list[Try], config: Config, context: Context) -> Iterator[tuple[Try, str]]:
    """Ask the model; equal questions (a text that fits many images, no tags) are asked once."""
    model = context.model("language_model")
    for start in range(0, len(tries), config.batch_size):
        batch = tries[start : start + config.batch_size]
        prompts = list(dict.fromkeys(one.prompt for one in batch))
        texts = dict(zip(prompts, model.generate(prompts, config.max_new_tokens), strict=True))
        yield from ((one, texts[one.prompt]) for one in batch)


def _accepted(one: Try, attempt: int, text: str) -> dict[str, Any]:
    return {
        "image_id": one.image_id,
        "text": text,
        "attempts": attempt,
        "prompt_id": one.prompt_id,
        "match_rank": one.match_rank,
    }


def _rejected(one: Try, attempt: int, objection: Verdict, text: str) -> dict[str, Any]:
    return {
        "image_id": one.image_id,
        "attempt": attempt,
        "reason": objection.reason.code,
        "detail": objection.detail,
        "text": text,
    }


def _output(plans: Tries, accepted: list[dict[str, Any]], rejected: list[dict[str, Any]]) -> Output:
    done = {row["image_id"] for row in accepted}
    last = {row["image_id"]: row for row in rejected}  # of several, the latest
    return Output(
        tables={
            "texts": tables.from_rows(schemas.TEXTS, accepted, ("image_id",)),
            "rejected": tables.from_rows(schemas.REJECTED, rejected, ("image_id", "attempt")),
        },
        dropped=[_drop(image, last.get(image)) for image in plans if image not in done],
        counts=_counts(plans, accepted, rejected),
    )


def _counts(
    plans: Tries, accepted: list[dict[str, Any]], rejected: list[dict[str, Any]]
) -> dict[str, int]:
    found = Counter(f"accepted_{row['attempts']}" for row in accepted)
    found.update(f"rejected_{row['reason']}" for row in rejected)
    generated = len(accepted) + len(rejected)
    return {"images": len(plans), "generated": generated, **dict(sorted(found.items()))}


def _drop(image: str, last: dict[str, Any] | None) -> Dropped:
    if last is None:
        return Dropped("pair", image, reasons.INJECTION, "every realistic text addresses a model")
    detail = f"{last['detail']}: {last['text']}"[:DETAIL]
    return Dropped("pair", image, reasons.REASONS[last["reason"]], detail)
