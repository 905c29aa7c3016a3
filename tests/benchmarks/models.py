"""Models on one core: what feeding them costs, beside the bare model and beside clip-retrieval.

open_clip's ViT-B/32 has random weights: no registry has others, and time does not depend on them.
Pictures are JPEG files of the sizes that filter_images lets through. Three ways of giving vectors
of the same files, in turns:

- ours: encoder `open_clip` as the stage embed_images feeds it, files decoded by a thread beside;
- the bare forward pass: `encode_image` of as many pixels at the same batch, which lie ready;
- clip-retrieval 2.45.0: its own FilesReader, ClipMapper and Runner around the same model. Its
  wheel alone is installed; `all_clip` and `sentence_transformers`, which its mapper imports, are
  stand-ins that hand over the model. Vectors are collected, not written.

CPU seconds count the processes that clip-retrieval's DataLoader starts. A share is ours over the
bare pass: 1 where the model waits for nothing. On a machine that is busy with other things, wall
tells of these, and CPU seconds hold the decoding, which runs beside the model. What is left then is
the CPU time of the thread in which the model runs: what it does besides forward passes.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time
from types import ModuleType
from typing import Any

import numpy as np

from realsyn_tasks.models.precision import fast_here
from tests.benchmarks.measure import Options, Row, machine_name
from tests.benchmarks.peers import installed_beside

SUITE = "models"
PEER = "clip-retrieval==2.45.0"
ARCHITECTURE = "ViT-B-32"
CLOCKS = {"cpu": "CPU s", "wall": "s", "thread": "CPU s of the model's thread"}
PICTURES, TEXTS, BATCH = 192, 128, 32  # six batches: nothing of the first is ready when it begins
SIDES = ((640, 480), (500, 375), (1024, 683), (300, 400))
WORDS = (
    "the cat sat on a mat while dogs ran over green hills in sunny weather by an old barn".split()
)


@dataclass(frozen=True)
class Spent:
    """Medians of what a way of doing it took."""

    cpu: float
    wall: float
    thread: float  # of the thread in which the model runs, CPU seconds


def precisions() -> tuple[str, ...]:
    """Give those that the CPU is made for: others would take minutes."""
    return ("fp32", "bf16") if fast_here() == "bfloat16" else ("fp32",)


def rows(options: Options) -> Iterator[Row]:
    """Compare, per part: `images`, `texts`, `embedded`."""
    machine = machine_name(options.threads)
    parts = {"images": _images, "texts": _texts, "embedded": _embedded}
    for name, part in parts.items():
        if options.wants(name):
            for case, ours, peer, unit in part(options):
                yield Row(SUITE, case, ours, peer, unit, machine)


Lines = Iterator[tuple[str, float, float | None, str]]
Ways = dict[str, Callable[[], Any]]


def _images(options: Options) -> Lines:
    with tempfile.TemporaryDirectory() as name:
        folder, pictures = Path(name), Path(name) / "pictures"
        pictures.mkdir()
        files = draw_files(pictures, scaled(PICTURES, options))
        random_clip(folder, ARCHITECTURE)
        for precision in precisions():
            encoder = encoder_of(folder, precision)
            ways: Ways = {
                "ours": partial(ours_of, encoder, files),
                "bare": bare_images(encoder, files),
            }
            if precision == "fp32":  # it knows no other on a CPU
                ways["peer"] = partial(peers_of, encoder, pictures, len(files))
            yield from _compared(f"{ARCHITECTURE} {precision}, images", len(files), ways, options)


def _texts(options: Options) -> Lines:
    texts = sentences(scaled(TEXTS, options))
    with tempfile.TemporaryDirectory() as name:
        random_clip(Path(name), ARCHITECTURE)
        for precision in precisions():
            encoder = encoder_of(Path(name), precision)
            ways: Ways = {
                "ours": partial(encoder.encode_texts, texts),
                "bare": bare_texts(encoder, texts),
            }
            yield from _compared(f"{ARCHITECTURE} {precision}, texts", len(texts), ways, options)


def _compared(what: str, count: int, ways: Ways, options: Options) -> Lines:
    """Give rows for a way beside each other one."""
    took = in_turns(ways, options.repeats)
    unit = what.rpartition(" ")[2]
    names = {"bare": "the bare forward pass", "peer": "clip-retrieval"}
    for other in [name for name in took if name != "ours"]:
        for clock, label in CLOCKS.items():
            if clock == "thread" and other != "bare":
                continue  # the peer's model runs in a thread that also puts its batches together
            mine, theirs = (count / getattr(took[way], clock) for way in ("ours", other))
            yield f"{what}, batch {BATCH}, beside {names[other]}", mine, theirs, f"{unit}/{label}"


def in_turns(ways: Ways, repeats: int) -> dict[str, Spent]:
    """Give medians of each way, run in turns; the first run of each is not counted."""
    spent: dict[str, list[Spent]] = {name: [] for name in ways}
    for turn in range(repeats + 1):
        for name, way in ways.items():
            before = _clocks()
            way()
            if turn:
                took = [now - then for now, then in zip(_clocks(), before, strict=True)]
                spent[name].append(Spent(*took))
    return {
        name: Spent(*(median(getattr(run, clock) for run in runs) for clock in CLOCKS))
        for name, runs in spent.items()
    }


def _clocks() -> tuple[float, float, float]:
    return _cpu_seconds(), perf_counter(), thread_time()


def _cpu_seconds() -> float:
    return sum(os.times()[:4])  # of this process and of those it has waited for


def scaled(count: int, options: Options) -> int:
    """Give a count of items, at least a batch of four."""
    return max(4, round(count * options.scale))


def draw_files(folder: Path, count: int) -> list[Path]:
    """Save smooth colours with the grain of photographs as JPEG files."""
    from PIL import Image

    random = np.random.default_rng(0)
    for number in range(count):
        coarse = random.integers(0, 255, (24, 32, 3), dtype=np.uint8)
        smooth = Image.fromarray(coarse).resize(SIDES[number % len(SIDES)])
        grain = random.normal(0, 8, (*smooth.size[::-1], 3))
        drawn = Image.fromarray((np.asarray(smooth) + grain).clip(0, 255).astype(np.uint8))
        drawn.save(folder / f"{number:04}.jpg", quality=88)
    return sorted(folder.iterdir())


def sentences(count: int) -> list[str]:
    """Give texts of 5 to 30 words."""
    random = np.random.default_rng(1)
    return [" ".join(random.choice(WORDS, random.integers(5, 31))) for _ in range(count)]


def random_clip(folder: Path, architecture: str) -> None:
    """Save an architecture of open_clip with random weights."""
    from realsyn_tasks.models._torchvision import import_torchvision

    import_torchvision()
    import open_clip
    import torch

    torch.manual_seed(0)
    model = open_clip.create_model(architecture)
    preprocessing = {"mean": open_clip.OPENAI_DATASET_MEAN, "std": open_clip.OPENAI_DATASET_STD}
    about = {
        "model_cfg": open_clip.get_model_config(architecture),
        "preprocess_cfg": preprocessing,
    }
    (folder / "open_clip_config.json").write_text(json.dumps(about))
    torch.save(model.state_dict(), folder / "open_clip_pytorch_model.bin")


def encoder_of(folder: Path, precision: str) -> Any:
    """Load the encoder as a run does."""
    from realsyn_tasks.models.encoder_open_clip import OpenClipEncoder as Encoder

    options = Encoder.Options.model_validate(
        {"model": f"local-dir:{folder}", "precision": precision}
    )
    return Encoder(options, Encoder.Running(batch_size=BATCH), folder / "cache")


def ours_of(encoder: Any, files: list[Path]) -> Any:
    """Embed files as the stage does."""
    from realsyn_tasks.models.embed import MAX_SIDE, vectors_of
    from realsyn_tasks.pictures.pixels import decode

    pictures = (partial(decode, file.read_bytes(), MAX_SIDE) for file in files)
    return np.concatenate(list(vectors_of(encoder, pictures)))


def bare_images(encoder: Any, files: list[Path]) -> Callable[[], Any]:
    """Give the model's forward passes over pixels which lie ready."""
    import torch

    pixels = torch.randn(BATCH, 3, 224, 224).to(encoder._pixels.kind)
    parts = [pixels[: min(BATCH, len(files) - at)] for at in range(0, len(files), BATCH)]
    return partial(_passes, encoder._model.encode_image, parts)


def bare_texts(encoder: Any, texts: list[str]) -> Callable[[], Any]:
    """Give the model's forward passes over tokens which lie ready, each text filled up to 77."""
    tokens = encoder._texts._tokenizer(texts)
    return partial(_passes, encoder._model.encode_text, tokens.split(BATCH))


def _passes(encode: Callable[[Any], Any], parts: Any) -> None:
    import torch

    with torch.inference_mode():
        for part in parts:
            encode(part)


def peers_of(encoder: Any, pictures: Path, count: int) -> Any:
    """Embed a folder by clip-retrieval's reader, mapper and runner, four workers as it has."""
    mapper, reader, runner = clip_retrieval(encoder)
    _, transforms, _ = _loaded(encoder)
    written = _Collected()

    def read(sampler: Any) -> Any:
        return reader.FilesReader(
            sampler, transforms, None, str(pictures), BATCH, 4, enable_text=False
        )

    def mapped() -> Any:
        return mapper.ClipMapper(True, False, False, False, "given", False, "none")

    runner.Runner(read, mapped, lambda _: written, lambda _: _Unlogged(), 1)(0)
    vectors = np.concatenate(written.parts)
    assert len(vectors) == count
    return vectors


class _Collected:
    """A writer of clip-retrieval's that keeps vectors in memory."""

    def __init__(self) -> None:
        self.parts: list[Any] = []

    def __call__(self, batch: dict[str, Any]) -> None:
        self.parts.append(batch["image_embs"])

    def flush(self) -> None:
        pass


class _Unlogged:
    """A logger of clip-retrieval's that says nothing."""

    def start(self) -> None:
        pass

    end = start

    def __call__(self, said: dict[str, Any]) -> None:
        pass


def clip_retrieval(encoder: Any) -> tuple[Any, Any, Any]:
    """Load its modules by file, with a loader that hands over the encoder's own model.

    The package itself would import a web server and an index, which take no part in this.
    """
    loader: Any = ModuleType("all_clip")
    loader.load_clip = lambda **asked: _loaded(encoder)
    others: Any = ModuleType("sentence_transformers")
    others.SentenceTransformer = None
    sys.modules |= {"all_clip": loader, "sentence_transformers": others}
    folder = installed_beside(SUITE, PEER) / "clip_retrieval" / "clip_inference"
    mapper, reader, runner = (
        _module(folder / f"{name}.py") for name in ("mapper", "reader", "runner")
    )
    return mapper, reader, runner


def _module(file: Path) -> Any:
    name = f"clip_retrieval_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec and spec.loader
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _loaded(encoder: Any) -> tuple[Any, Any, Any]:
    """Give model, preprocessing and tokenizer as all_clip's load_clip does."""
    return encoder._model, encoder._pixels.transforms, None


def _embedded(options: Options) -> Lines:
    """Give rates of the models that every machine has; nothing stands beside them."""
    from realsyn_tasks.models.embed import vectors_of
    from realsyn_tasks.models.protocols import Prompt
    from realsyn_tasks.pictures.pixels import decode

    encoder, writer = embedded("encoder", "conse"), embedded("language_model", "transformers")
    texts = sentences(scaled(TEXTS, options))
    prompts = [Prompt("Rewrite the text in one sentence.", (), text) for text in texts]
    with tempfile.TemporaryDirectory() as name:
        files = draw_files(Path(name), scaled(PICTURES, options))
        pictures = [partial(decode, file.read_bytes(), 640) for file in files]
    ways: dict[str, tuple[int, str, Callable[[], Any]]] = {
        "conse, images": (len(files), "images", lambda: list(vectors_of(encoder, pictures))),
        "conse, texts": (len(texts), "texts", lambda: encoder.encode_texts(texts)),
        f"SmolLM2-135M {fast_here()} through transformers, 24 new tokens at most": (
            len(prompts),
            "answers",
            lambda: writer.generate(prompts, 24),
        ),
        f"SmolLM2-135M {fast_here()} through transformers, perplexity": (
            len(texts),
            "texts",
            lambda: writer.perplexity(texts),
        ),
    }
    for name, (count, items, way) in ways.items():
        took = in_turns({"ours": way}, options.repeats)["ours"]
        yield name, count / took.cpu, None, f"{items}/CPU s"


def embedded(kind: str, backend: str) -> Any:
    """Load one of the models that `make models` prepares."""
    from realsyn_tasks.core.include import cache_folder
    from tests.models.support import load

    return load(kind, backend, cache_folder())
