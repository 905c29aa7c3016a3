"""How families of models are asked for a caption, and how their answers are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PIL.Image import Image

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models.checkpoints import hub_options

TASK = "<CAPTION>"
QUESTION = "Describe the picture in one sentence."
Batch = dict[str, Any]


class Begun:
    """The caption's first words, or nothing: BLIP, GIT, ViT-GPT2 and their like go on with them."""

    def __init__(self, hub: Any, where: str, prompt: str, processing: Batch) -> None:
        self._images = hub.AutoImageProcessor.from_pretrained(where, **hub_options())
        self._words = hub.AutoTokenizer.from_pretrained(where, **hub_options())
        self._prompt, self._processing = prompt, processing

    def asked(self, pictures: Sequence[Image]) -> Batch:
        """Give what the model is given."""
        seen = self._images(images=list(pictures), return_tensors="pt", **self._processing)
        batch = dict(seen)
        if self._prompt:
            batch |= dict(self._words([self._prompt] * len(pictures), return_tensors="pt"))
            batch.pop("token_type_ids", None)
        return batch

    def said(self, tokens: Any, given: Any) -> list[str]:
        """Read the captions out of what was generated."""
        texts: list[str] = self._words.batch_decode(tokens, skip_special_tokens=True)
        return texts


class Unclosed(Begun):
    """GIT reads a prompt as a text that has an end, unless that is taken off."""

    def asked(self, pictures: Sequence[Image]) -> Batch:
        """Give what the model is given."""
        batch = super().asked(pictures)
        ids = batch.get("input_ids")
        if ids is not None and int(ids[0, -1]) in (
            self._words.sep_token_id,
            self._words.eos_token_id,
        ):
            batch |= {name: batch[name][:, :-1] for name in ("input_ids", "attention_mask")}
        return batch


class Processed:
    """A processor puts picture and words together; the answer comes behind them: BLIP-2."""

    def __init__(self, hub: Any, where: str, prompt: str, processing: Batch) -> None:
        self._processor = hub.AutoProcessor.from_pretrained(where, **hub_options())
        self._words = self._processor.tokenizer
        self._words.padding_side = "left"
        self._prompt, self._processing = prompt, processing

    def asked(self, pictures: Sequence[Image]) -> Batch:
        """Give what the model is given."""
        return self._processed(list(pictures))

    def _processed(self, pictures: list[Any]) -> Batch:
        prompts = [self._prompt] * len(pictures)
        batch = self._processor(
            images=pictures, text=prompts, padding=True, return_tensors="pt", **self._processing
        )
        return dict(batch)

    def said(self, tokens: Any, given: Any) -> list[str]:
        """Read the captions out of what was generated; what was given is not repeated."""
        length = given.shape[1]
        if tokens.shape[1] >= length and bool((tokens[:, :length] == given).all()):
            tokens = tokens[:, length:]
        texts: list[str] = self._words.batch_decode(tokens, skip_special_tokens=True)
        return texts


class Tasked(Processed):
    """A task in pointed brackets, whose answer has a form of its own: Florence-2."""

    def __init__(self, hub: Any, where: str, prompt: str, processing: Batch) -> None:
        super().__init__(hub, where, prompt or TASK, processing)
        self._words.padding_side = "right"
        if self._processor.tasks_answer_post_processing_type.get(self._prompt) != "pure_text":
            raise ConfigError(
                f"task {self._prompt} gives no caption; choose {TASK}, <DETAILED_CAPTION> or"
                " <MORE_DETAILED_CAPTION>"
            )

    def said(self, tokens: Any, given: Any) -> list[str]:
        """Read the captions out of what was generated."""
        texts = self._words.batch_decode(tokens, skip_special_tokens=False)
        answers = (
            self._processor.post_process_generation(text=text, task=self._prompt) for text in texts
        )
        return [_bare(answer[self._prompt], self._words.all_special_tokens) for answer in answers]


class Told(Processed):
    """A chat about one picture: LLaVA, Qwen-VL, SmolVLM and whatever has a chat template."""

    def __init__(self, hub: Any, where: str, prompt: str, processing: Batch) -> None:
        super().__init__(hub, where, prompt, processing)
        said = {"type": "text", "text": prompt or QUESTION}
        turn = {"role": "user", "content": [{"type": "image"}, said]}
        self._prompt = self._processor.apply_chat_template([turn], add_generation_prompt=True)

    def asked(self, pictures: Sequence[Image]) -> Batch:
        """Give what the model is given."""
        return self._processed([[picture] for picture in pictures])


FAMILIES: dict[str, type[Begun] | type[Processed]] = {
    "blip": Begun,
    "pix2struct": Begun,
    "vision-encoder-decoder": Begun,
    "git": Unclosed,
    "blip-2": Processed,
    "instructblip": Processed,
    "florence2": Tasked,
}


def way_of(family: str, hub: Any, where: str, prompt: str, processing: Batch) -> Begun | Processed:
    """Give how a checkpoint is asked; ConfigError for one that neither is known nor chats.

    `processing` is said to its processor besides, as {"size": {"longest_edge": 512}}.
    """
    if family in FAMILIES:
        return FAMILIES[family](hub, where, prompt, processing)
    processor = hub.AutoProcessor.from_pretrained(where, **hub_options())
    if not getattr(processor, "chat_template", None) or not hasattr(processor, "tokenizer"):
        raise ConfigError(
            f"{where} is of family {family}, which has no chat template: it can be asked for no"
            f" caption. Known without one are {', '.join(FAMILIES)}"
        )
    return Told(hub, where, prompt, processing)


def _bare(text: str, marks: Sequence[str]) -> str:
    for mark in marks:
        text = text.replace(mark, " ")
    return text
