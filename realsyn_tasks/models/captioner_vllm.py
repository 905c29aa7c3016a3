"""Captions by vision-language models through vLLM."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL.Image import Image
from pydantic import Field

from realsyn_tasks.models import vllm_engine
from realsyn_tasks.models.protocols import Identity


class VllmCaptioner:
    """Asks for each picture in a chat of one turn, by the model's own template, greedily."""

    class Options(vllm_engine.EngineOptions):
        """Which model, and what it is asked."""

        prompt: str = "Describe this picture in one sentence."
        max_new_tokens: int = Field(default=64, ge=1)

    Running = vllm_engine.EngineRunning
    needs = ()
    concurrent = True

    def __init__(self, options: Options, running: vllm_engine.EngineRunning, cache: Path) -> None:
        self._options = options
        self._engine = vllm_engine.engine(options, running, cache)

    @staticmethod
    def identify(options: Options, cache: Path, beside: Sequence[str]) -> Identity:
        """Tell it by its checkpoint, its options, and what else the engine is told."""
        return vllm_engine.identify(options, cache)

    def caption(self, images: Sequence[Image]) -> list[str]:
        """Give one caption per image, on one line, stripped."""
        from vllm import SamplingParams

        wanted = SamplingParams(temperature=0.0, max_tokens=self._options.max_new_tokens)
        asked = vllm_engine.chat(images, [self._options.prompt] * len(images))
        outputs = self._engine.ask(
            lambda llm: list(llm.enqueue_chat(asked, wanted, use_tqdm=False)), len(asked)
        )
        return [" ".join(output.outputs[0].text.split()) for output in outputs]
