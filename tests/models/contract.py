"""What every backend has to keep, whatever it loads: a base for test classes.

A test class derives from `Contract` and gives the fixture `case`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from realsyn_tasks import models
from realsyn_tasks.core.config import ModelSpec, ResolvedModel
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models import Prompt
from realsyn_tasks.models.checkpoints import DECLARATION
from realsyn_tasks.models.deployment import OWN, Deployment, options_of
from realsyn_tasks.models.resolution import PLACES, Asked, resolve
from tests.models.support import drawing

ADVICE = re.compile(r'run "make models"|get (it|its files) again', re.IGNORECASE)
ANSWER_TOKENS = 8
LONG = 20_000  # words


@dataclass(frozen=True)
class Case:
    """A backend, what it is made with, and what it has to be equal to, how nearly."""

    kind: str
    backend: str
    cache: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)  # one for each that changes output
    running: Mapping[str, Any] = field(default_factory=dict)  # another way to run
    tolerance: float = 0.0  # between batches; an answer again in the same batch has the same bits
    files: Path | None = None  # the folder that it loads
    weights: tuple[str, ...] = ()  # files in it that it cannot do without
    moved: Callable[[Path], dict[str, Any]] = lambda folder: {}  # fields of the case, loaded there
    others: Mapping[str, ResolvedModel] = field(default_factory=dict)
    classes: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: OWN)
    silent: bool = False  # gives every item the same empty answer
    told: str = "content"  # or declared: how its identity is known

    @property
    def deployment(self) -> Deployment:
        """The classes there are, and no cards."""
        return Deployment(self.cache, {}, self.classes)

    def resolved(self, **options: Any) -> ResolvedModel:
        """Resolve the model, with further options."""
        spec = ModelSpec(name=self.backend, options={**self.options, **options})
        return resolve(self.kind, Asked(spec), self.deployment, self.others)

    def load(self, **options: Any) -> Any:
        """Load the model as a run does."""
        return models.load(self.kind, self.resolved(**options), self.deployment, self.others)

    def ask(self, question: str, items: Sequence[Any], model: Any = None) -> Sequence[Any]:
        """Ask the model for one answer per item."""
        _, ask = QUESTIONS[self.kind][question]
        return ask(self, model or self.load(), items)

    def in_folder(self, folder: Path) -> Case:
        """Give the case with its files in a folder of a test's own, as links."""
        assert self.files
        for file in self.files.iterdir():
            (folder / file.name).symlink_to(file)
        return replace(self, **self.moved(folder))


def encoder_of(case: Case) -> Any:
    """The encoder beside a tagger."""
    model = case.others.get("encoder")
    return models.load("encoder", model, case.deployment) if model else None


def tags(case: Case, model: Any, images: Sequence[Any]) -> Sequence[Any]:
    """Tags of images, with their vectors by the encoder beside the tagger."""
    encoder = encoder_of(case)
    vectors = encoder.encode_images(images) if encoder else np.zeros((len(images), 4), np.float32)
    answers: Sequence[Any] = model.tag(images, vectors)
    return answers


def pictures() -> list[Image.Image]:
    """Different pictures."""
    return [drawing(seed, (100 + 9 * seed, 90)) for seed in range(5)]


def odd_pictures() -> list[Image.Image]:
    """Pictures of any mode and size, as files of the web hold them."""
    palette = drawing(3).quantize(16)
    palette.info["transparency"] = 2
    deep = Image.fromarray((np.arange(6400).reshape(80, 80) * 10).astype(np.uint16))
    modes = ("1", "L", "LA", "RGBA", "CMYK", "YCbCr", "I", "F")
    shapes = ((1, 1), (1, 1000), (3000, 2), (2, 3000), (5000, 4000))
    return [
        *(drawing(4, mode=mode) for mode in modes),
        *(Image.new("RGB", shape, "teal") for shape in shapes),
        palette,
        deep,
    ]


def texts() -> list[str]:
    """Different texts, of different lengths."""
    return ["a dog", "a cat on a mat", "the dog ran and ran over the hills", "snow", "the mat sat"]


def odd_texts() -> list[str]:
    """Texts that are empty, endless, or of signs that mean something to somebody."""
    shuffled = random.Random(0).sample(range(0x20, 0x2FFF), 60)
    return [
        *("", " ", "\n\n", "\x00", "\N{RED APPLE}" * 40, "<|im_end|>[SEP]</s>"),
        *("word " * LONG, "w" * LONG, "".join(map(chr, shuffled))),
    ]


def lettered() -> list[Image.Image]:
    """Pictures with more and more text on them."""
    drawn = [Image.new("RGB", (200, 120), "white") for _ in range(4)]
    for lines, picture in enumerate(drawn):
        pen = ImageDraw.Draw(picture)
        for line in range(lines):
            pen.text((10, 10 + 35 * line), "Seventeen words", "black", font_size=20)
    return drawn


def pairs() -> list[tuple[str, str]]:
    """Different words of images, each with a text."""
    return [*zip(texts(), texts()[::-1], strict=True), ("a dog", "the dog ran")]


def odd_pairs() -> list[tuple[str, str]]:
    """Odd texts on either side."""
    return [*((text, "a dog") for text in odd_texts()), *(("a dog", text) for text in odd_texts())]


def judged() -> list[tuple[Any, str]]:
    """Different pictures, each with a text."""
    return list(zip(pictures(), texts(), strict=True))


def odd_judged() -> list[tuple[Any, str]]:
    """Odd pictures and odd texts."""
    shown, said = odd_pictures(), odd_texts()
    return [*((picture, "a dog") for picture in shown), *((pictures()[0], text) for text in said)]


def prompts() -> list[Prompt]:
    """Prompts that begin alike."""
    return [Prompt("be brief", (("one", "two"),), text) for text in texts()]


def odd_prompts() -> list[Prompt]:
    """Prompts around the odd texts."""
    return [Prompt("be brief", (), text) for text in odd_texts()]


def vectors() -> list[Any]:
    """Unit rows, as many numbers as the encoder beside the scorer gives."""
    rows = np.random.default_rng(0).normal(size=(5, 384)).astype(np.float32)
    return list(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def odd_vectors() -> list[Any]:
    """Rows of zeros, as of a picture that nothing is seen in."""
    return [np.zeros(384, np.float32)]


Ask = Callable[[Case, Any, Sequence[Any]], Sequence[Any]]
Items = Callable[[], list[Any]]
VECTORS = (vectors, odd_vectors)
LETTERED, PAIRS = (lettered, odd_pictures), (pairs, odd_pairs)
JUDGED = (judged, odd_judged)
PICTURES, TEXTS, PROMPTS = (pictures, odd_pictures), (texts, odd_texts), (prompts, odd_prompts)
QUESTIONS: dict[str, dict[str, tuple[tuple[Items, Items], Ask]]] = {
    "encoder": {
        "images": (PICTURES, lambda _, model, items: model.encode_images(items)),
        "texts": (TEXTS, lambda _, model, items: model.encode_texts(items)),
    },
    "tagger": {"images": (PICTURES, tags)},
    "captioner": {"images": (PICTURES, lambda _, model, items: model.caption(items))},
    "language_model": {
        "prompts": (PROMPTS, lambda _, model, items: model.generate(items, ANSWER_TOKENS))
    },
    "perplexity_model": {"texts": (TEXTS, lambda _, model, items: model.perplexity(items))},
    "reranker": {"pairs": (PAIRS, lambda _, model, items: model.score(items))},
    "text_detector": {"images": (LETTERED, lambda _, model, items: model.cover(items))},
    "image_scorer": {"images": (PICTURES, lambda _, model, items: model(items))},
    "vector_scorer": {"vectors": (VECTORS, lambda _, model, items: model(np.array(items)))},
    "judge": {"pairs": (JUDGED, lambda _, model, items: model.judge(items))},
}


def is_vector(answer: Any) -> bool:
    """A float32 row of length one, or of zeros."""
    length = np.linalg.norm(answer)
    return answer.dtype == np.float32 and bool(abs(length - 1) < 1e-4 or length == 0)


def is_line(answer: Any) -> bool:
    """A text on one line, without control tokens."""
    return isinstance(answer, str) and answer == answer.strip() and "\n" not in answer


def is_tags(answer: Any) -> bool:
    """Names with scores."""
    return all(isinstance(name, str) and name and np.isfinite(score) for name, score in answer)


WELL_FORMED: dict[str, Callable[[Any], bool]] = {
    "encoder": is_vector,
    "tagger": is_tags,
    "captioner": is_line,
    "language_model": is_line,
    "perplexity_model": lambda answer: bool(answer >= 1),  # no number is none of these
    "reranker": lambda answer: answer.dtype == np.float32 and bool(np.isfinite(answer)),
    "text_detector": lambda answer: answer.dtype == np.float32 and bool(0 <= answer <= 1),
    "image_scorer": lambda answer: bool(np.isfinite(answer)),
    "vector_scorer": lambda answer: bool(np.isfinite(answer)),
    "judge": lambda answer: answer.dtype == np.float32 and bool(0 <= answer <= 1),
}


def require_alike(given: Sequence[Any], wanted: Sequence[Any], tolerance: float = 0.0) -> None:
    """Fail unless answers are the same, numbers to the tolerance."""
    assert len(given) == len(wanted)
    if isinstance(wanted, np.ndarray):
        np.testing.assert_allclose(given, wanted, rtol=tolerance, atol=tolerance)
    else:
        assert list(given) == list(wanted)


class Contract:
    """Order, independence, odd items, determinism, identity, damage."""

    def test_item_by_item_in_order(self, case: Case) -> None:
        for question, ((items, _), _) in QUESTIONS[case.kind].items():
            given = items()
            answers = case.ask(question, given)
            assert len(answers) == len(given)
            assert all(WELL_FORMED[case.kind](answer) for answer in answers)
            assert case.silent or any(str(answer) != str(answers[0]) for answer in answers)
            require_alike(case.ask(question, given[::-1]), answers[::-1], case.tolerance)

    def test_answers_do_not_depend_on_what_stands_beside(self, case: Case) -> None:
        for question, ((items, _), _) in QUESTIONS[case.kind].items():
            given = items()
            together = case.ask(question, given)
            for row, item in enumerate(given):
                require_alike(case.ask(question, [item]), together[row : row + 1], case.tolerance)

    def test_nothing_in_nothing_out(self, case: Case) -> None:
        for question in QUESTIONS[case.kind]:
            answers = case.ask(question, [])
            assert len(answers) == 0
            assert case.kind != "encoder" or answers.shape == (0, case.load().dim)  # type: ignore[attr-defined]

    def test_odd_items_are_answered_like_others(self, case: Case) -> None:
        for question, ((items, odd), _) in QUESTIONS[case.kind].items():
            strange, plain = odd(), items()
            answers = case.ask(question, [*strange, *plain])
            assert len(answers) == len(strange) + len(plain)
            assert all(WELL_FORMED[case.kind](answer) for answer in answers)
            require_alike(answers[len(strange) :], case.ask(question, plain), case.tolerance)

    def test_made_again_it_answers_the_same(self, case: Case) -> None:
        model = case.resolved()
        backend = case.deployment.backend(case.kind, case.backend)
        of_output, of_running = options_of(backend)
        beside = [encoder_of(case) for _ in getattr(backend, "needs", ())]
        again = backend(
            of_output(**model.options), of_running(**model.running), case.cache, *beside
        )
        for question, ((items, _), _) in QUESTIONS[case.kind].items():
            require_alike(case.ask(question, items(), again), case.ask(question, items()))

    def test_how_it_runs_changes_neither_answers_nor_identity(self, case: Case) -> None:
        _, of_running = options_of(case.deployment.backend(case.kind, case.backend))
        assert set(case.running) == set(of_running.model_fields), "each option has another value"
        assert case.resolved(**case.running).identity == case.resolved().identity
        other = case.load(**case.running)
        for question, ((items, _), _) in QUESTIONS[case.kind].items():
            given = items()
            answers = case.ask(question, given, other)
            require_alike(answers, case.ask(question, given), case.tolerance)

    def test_what_changes_output_changes_the_identity(self, case: Case) -> None:
        of_output, _ = options_of(case.deployment.backend(case.kind, case.backend))
        of_content = {*PLACES, *DECLARATION}
        assert set(case.changes) == set(of_output.model_fields) - of_content
        plain = case.resolved().identity
        changed = [case.resolved(**{name: value}).identity for name, value in case.changes.items()]
        assert len({plain, *changed}) == 1 + len(changed)

    def test_its_identity_is_what_resolution_said(self, case: Case) -> None:
        model = case.resolved()
        assert model == case.resolved()
        assert model.identity and model.resolved == case.told
        loaded = case.load()
        if case.kind == "encoder":
            assert loaded.identity == model.identity

    @pytest.mark.parametrize("left", [None, 0.0, 0.5], ids=["missing", "empty", "cut"])
    def test_damaged_files_are_told_with_what_to_do(
        self, case: Case, left: float | None, tmp_path: Path
    ) -> None:
        if not case.weights:
            pytest.skip(f"{case.backend} loads no files")
        for number, name in enumerate(case.weights):
            folder = tmp_path / str(number) / "models" / _name(case)
            folder.mkdir(parents=True)
            damaged = case.in_folder(folder)
            data = (folder / name).read_bytes()
            (folder / name).unlink()
            if left is not None:
                (folder / name).write_bytes(data[: int(len(data) * left)])
            with pytest.raises(ConfigError) as caught:
                damaged.load()
            assert ADVICE.search(str(caught.value)), caught.value


def _name(case: Case) -> str:
    assert case.files
    return case.files.name
