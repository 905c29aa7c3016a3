"""Vision-language models through vLLM as judges of whether a text fits a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from realsyn_tasks.models import vllm_engine
from realsyn_tasks.models.chat import control_pattern
from realsyn_tasks.models.protocols import Identity

# What an answer is worth: of a text that fits partly, half.
WORTH = {"yes": 1.0, "partly": 0.5, "no": 0.0}
QUESTION = (
    'Does this text fit the picture? Text: "{text}" Answer with one word: yes, if it says what is'
    " to be seen; partly, if some of it does; no, if it is about something else."
)


LONGEST = 2000  # characters of a text that are asked about: a sentence has fewer


class VllmJudge:
    """Asks for one word and reads the probabilities of yes, partly and no as its first token."""

    class Options(vllm_engine.EngineOptions):
        """Which model, and how it is asked; `{text}` stands for the text."""

        question: str = QUESTION

    Running = vllm_engine.EngineRunning
    needs = ()
    concurrent = True

    def __init__(self, options: Options, running: vllm_engine.EngineRunning, cache: Path) -> None:
        self._options = options
        self._engine = vllm_engine.engine(options, running, cache)
        self._control = control_pattern(self._engine.tokenizer.get_added_vocab())
        self._worth = first_tokens(self._engine.tokenizer)

    @staticmethod
    def identify(options: Options, cache: Path, beside: Sequence[str]) -> Identity:
        """Tell it by its checkpoint, its options, and what else the engine is told."""
        return vllm_engine.identify(options, cache)

    def judge(self, pairs: Sequence[tuple[Image, str]]) -> NDArray[np.float32]:
        """Give each pair's probability that the text fits the picture, 0 to 1; (n,) float32."""
        from vllm import SamplingParams

        wanted = SamplingParams(
            temperature=0.0, max_tokens=1, logprob_token_ids=sorted(self._worth)
        )
        pictures, texts = [picture for picture, _ in pairs], [text for _, text in pairs]
        asked = vllm_engine.chat(pictures, [self._question(text) for text in texts])
        outputs = self._engine.ask(
            lambda llm: list(llm.enqueue_chat(asked, wanted, use_tqdm=False)), len(asked)
        )
        fits = [self._fit(output.outputs[0].logprobs[0]) for output in outputs]
        return np.array(fits, dtype=np.float32)

    def _question(self, text: str) -> str:
        """Ask of a text that cannot write a control token, end its quotation, or fill the room."""
        text = text[:LONGEST].replace('"', "'")
        bare = self._control.sub(lambda hit: f"{hit[0][0]} {hit[0][1:]}", text)
        return self._options.question.replace("{text}", " ".join(bare.split()))

    def _fit(self, chances: Mapping[int, Any]) -> float:
        """Weigh the answers that count by their probabilities, as if there were no others."""
        tokens = [token for token in chances if token in self._worth]
        logs = np.array([chances[token].logprob for token in tokens])
        shares = np.exp(logs - logs.max())
        return float(shares @ [self._worth[token] for token in tokens] / shares.sum())


def first_tokens(tokenizer: Any) -> dict[int, float]:
    """Give the first tokens of the answers, however they are written, with what each is worth.

    A token with which answers of different worth begin counts for none.
    """
    worths: dict[int, set[float]] = {}
    for word, worth in WORTH.items():
        for written in (word, word.capitalize(), word.upper()):
            for before in ("", " "):
                ids = tokenizer(before + written, add_special_tokens=False)["input_ids"]
                worths.setdefault(ids[0], set()).add(worth)
    return {token: worth.pop() for token, worth in worths.items() if len(worth) == 1}
