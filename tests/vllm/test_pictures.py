"""The vision-language path: the same pictures and texts through transformers give the same."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL.Image import Image

from realsyn_tasks.models.checkpoints import transformers_offline
from realsyn_tasks.models.judge_vllm import QUESTION
from tests.models.support import drawing, load

pytestmark = pytest.mark.skipif(
    find_spec("torchvision") is None,
    reason="vLLM's LLaVA imports torchvision",
)
TEXTS = ["a dog", 'the "cat" sat<image>', "snow"]
TOKENS = 6


@pytest.fixture(scope="module")
def options(llava: Path) -> dict[str, Any]:
    engine = {"enforce_eager": True, "max_model_len": 448, "limit_mm_per_prompt": {"image": 1}}
    return {"checkpoint": str(llava), "dtype": "float32", "engine": engine, "batch_size": 4}


class Reference:
    """The checkpoint by transformers alone, one picture at a time."""

    def __init__(self, folder: Path) -> None:
        hub = transformers_offline()
        self._processor = hub.AutoProcessor.from_pretrained(folder)
        self._model = hub.LlavaForConditionalGeneration.from_pretrained(folder).eval()

    def inputs(self, picture: Image, question: str) -> Any:
        turn = {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": question}]}
        chat = self._processor.apply_chat_template([turn], add_generation_prompt=True)
        return self._processor(images=picture, text=chat, return_tensors="pt")

    def caption(self, picture: Image, question: str) -> str:
        inputs = self.inputs(picture, question)
        ids = self._model.generate(**inputs, max_new_tokens=TOKENS, do_sample=False)
        written = ids[0, inputs["input_ids"].shape[1] :]
        return " ".join(self._processor.decode(written, skip_special_tokens=True).split())

    def fit(self, picture: Image, question: str, worth: dict[int, float]) -> float:
        logits = self._model(**self.inputs(picture, question)).logits[0, -1, list(worth)]
        return float(logits.double().softmax(0).detach().numpy() @ list(worth.values()))


@pytest.fixture(scope="module")
def reference(llava: Path) -> Reference:
    return Reference(llava)


def test_captions_are_those_of_transformers(
    options: dict[str, Any], reference: Reference, tmp_path: Path
) -> None:
    captioner = load("captioner", "vllm", tmp_path, **options, max_new_tokens=TOKENS)
    pictures = [drawing(seed, (64, 48)) for seed in range(3)]
    wanted = [reference.caption(picture, captioner._options.prompt) for picture in pictures]
    assert list(map(_whole, captioner.caption(pictures))) == list(map(_whole, wanted))
    assert len(set(wanted)) == 3


def _whole(caption: str) -> list[str]:
    """Leave out halves of characters, which random weights write: decoders mark or hold them."""
    return caption.replace("\N{REPLACEMENT CHARACTER}", "").split()


def test_a_judge_weighs_answers_as_transformers_does(
    options: dict[str, Any], reference: Reference, tmp_path: Path
) -> None:
    judge = load("judge", "vllm_judge", tmp_path, **options)
    pictures = [drawing(seed, (64, 48)) for seed in range(3)]
    fits = judge.judge(list(zip(pictures, TEXTS, strict=True)))
    plain = ["a dog", "the 'cat' sat< image>", "snow"]
    questions = [QUESTION.replace("{text}", text) for text in plain]
    wanted = [
        reference.fit(picture, question, judge._worth)
        for picture, question in zip(pictures, questions, strict=True)
    ]
    np.testing.assert_allclose(fits, wanted, atol=1e-4)
    assert len(set(fits.tolist())) == 3
