"""What a model is asked about a pair: its material, and the prompts that can ask about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models.protocols import Prompt
from realsyn_tasks.synthesize.guards import Material
from realsyn_tasks.synthesize.material import Known
from realsyn_tasks.synthesize.prompts import PromptFile, read_prompt
from realsyn_tasks.text.disguises import visible

Prompts = Mapping[str, PromptFile]  # by name, in the order in which they are tried


@dataclass(frozen=True)
class Task:
    """A text about an image, and what else is known of the image."""

    task_id: str
    image_id: str
    source: int  # rank of the realistic text, or OWN
    sentence: str
    caption: str
    tags: tuple[str, ...]

    @staticmethod
    def of_row(row: Mapping[str, Any]) -> Task:
        """Read a row of the table of tasks."""
        said = {name: row[name] for name in ("task_id", "image_id", "source", "sentence")}
        return Task(**said, caption=row["caption"], tags=tuple(row["tags"]))

    @property
    def about(self) -> str:
        """Give the words that say best what the picture shows."""
        return self.caption or ", ".join(self.tags) or self.sentence

    def fitting(self, prompts: Prompts) -> list[str]:
        """Name the prompts that can ask about this, in their order."""
        return [name for name, prompt in prompts.items() if prompt.fits(self.tags, self.caption)]

    def ask(self, prompt: PromptFile) -> Prompt:
        """Word the question."""
        shown = self._shown(prompt)
        return prompt.prompt(self.sentence, shown.tags, shown.caption)

    def material(self, prompt: PromptFile) -> Material:
        """Give what guards hold an answer against."""
        shown = self._shown(prompt)
        return Material(
            sentence=visible(self.sentence),
            tags=shown.tags,
            caption=shown.caption,
            examples=tuple(example.answer for example in prompt.examples),
            instruction=prompt.instruction,
        )

    def _shown(self, prompt: PromptFile) -> Material:
        tags = self.tags if prompt.shows("tags") else ()
        return Material(self.sentence, tags, self.caption if prompt.shows("caption") else "")


def tasks_of(known: Known, sources: Iterable[int], max_tags: int) -> Iterator[Task]:
    """Give a task for each wanted text of an image that it has; different texts only."""
    seen: set[str] = set()
    for wanted in sources:
        ranked = known.text(wanted)
        if ranked and ranked[1] not in seen:
            rank, sentence = ranked
            seen.add(sentence)
            tags = known.tags[:max_tags]
            task_id = f"{known.image_id}-{rank}"
            yield Task(task_id, known.image_id, rank, sentence, known.caption, tags)


def read_prompts(names: Sequence[str], ids: Sequence[str], stage: str) -> Prompts:
    """Read prompts; ConfigError if one is no longer that which the run was opened with."""
    prompts = {name: read_prompt(name) for name in names}
    for (name, prompt), known in zip(prompts.items(), ids, strict=True):
        if prompt.prompt_id != known:
            raise ConfigError(
                f"stage {stage}: prompt {name!r} has changed since this run was opened; restore"
                " it, or open the run again"
            )
    return prompts


def ids_of(names: Iterable[str]) -> tuple[str, ...]:
    """Give the ids of prompts, which tell what they say."""
    return tuple(read_prompt(name).prompt_id for name in names)
