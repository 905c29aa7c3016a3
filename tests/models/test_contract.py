"""Every backend keeps the contract of all backends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realsyn_tasks.models import BACKENDS, prepared
from realsyn_tasks.models.kinds import KINDS
from realsyn_tasks.models.recipes import CONSE, MS_MARCO, OPEN_NSFW, PADDLE_DETECTOR, SMOLLM2
from tests.models import vllm_stand_in
from tests.models.contract import Case, Contract
from tests.models.support import resolved

MAY_VARY = 1e-4  # of float32 sums, with the shape of the batch
WRITING: dict[str, Any] = {"dtype": "bfloat16", "max_tokens": 9, "start": "the"}
Request = pytest.FixtureRequest


def in_option(name: str, form: str = "{}") -> Callable[[Path], dict[str, Any]]:
    """The folder is named in an option."""
    return lambda folder: {"options": {name: form.format(folder)}}


def in_cache(folder: Path) -> dict[str, Any]:
    """The folder is a prepared model's."""
    return {"cache": folder.parents[1]}


def conse(kind: str, request: Request) -> Case:
    cache = request.getfixturevalue("cache")
    return Case(
        kind,
        "conse",
        cache,
        changes={"classes": 3, "power": 1.0, "centred": False},
        files=prepared.folder_of(cache, CONSE),
        weights=("classifier.onnx", "sentences.onnx", "classes.npz", "tokenizer.json"),
        moved=in_cache,
    )


def open_clip(kind: str, request: Request, model: str = "tiny_clip") -> Case:
    folder = request.getfixturevalue(model)
    moved = in_option("model", "local-dir:{}")
    return Case(
        kind,
        "open_clip",
        folder.parent / "cache",
        **moved(folder),
        changes={"precision": "bf16"},
        running={"device": "cpu", "batch_size": 2, "workers": 3, "compiler": "eager"},
        tolerance=MAY_VARY,
        files=folder,
        weights=("open_clip_pytorch_model.bin", "open_clip_config.json"),
        moved=moved,
    )


def vocabulary(kind: str, request: Request) -> Case:
    cache = request.getfixturevalue("cache")
    changes = {"vocabulary": str(_words(request)), "template": "a {}", "max_words": 1}
    return Case(
        kind,
        "vocabulary",
        cache,
        changes={**changes, "min_probability": 0.5, "min_similarity": 0.2},
        files=prepared.folder_of(cache, CONSE),
        weights=("classifier.onnx", "labels.json"),
        moved=in_cache,
        others={"encoder": resolved("encoder", "conse", cache)},
    )


def _words(request: Request) -> Path:
    path: Path = request.getfixturevalue("tmp_path") / "words.txt"
    path.write_text("bird\nsnow\n", encoding="utf-8")
    return path


def ram_plus(kind: str, request: Request) -> Case:
    folder = request.getfixturevalue("tiny_ram_plus")
    lists, others = _ram_lists(request)
    return Case(
        kind,
        "ram_plus",
        folder.parent / "cache",
        options={"checkpoint": str(folder)},
        changes={
            "lists": str(lists),
            "open_set": str(others),
            "open_threshold": 0.2,
            "own_tags": False,
            "dtype": "bfloat16",
        },
        running={"device": "cpu", "batch_size": 2},
        files=folder,
        weights=("ram_plus_tiny.pth", "ram_tag_list.txt", "ram_tag_list_threshold.txt"),
        moved=in_option("checkpoint"),
    )


def _ram_lists(request: Request) -> tuple[Path, Path]:
    folder: Path = request.getfixturevalue("tmp_path")
    (folder / "ram_tag_list.txt").write_text("dog\n", encoding="utf-8")
    (folder / "ram_tag_list_threshold.txt").write_text("0.5\n", encoding="utf-8")
    np.savez(folder / "others.npz", tags=["kite"], embeddings=np.ones((1, 2, 20)))
    return folder, folder / "others.npz"


def no_captioner(kind: str, request: Request) -> Case:
    return Case(kind, "none", request.getfixturevalue("tmp_path"), silent=True)


def captioner(kind: str, request: Request) -> Case:
    folder = request.getfixturevalue("tiny_captioner")
    return Case(
        kind,
        "transformers",
        folder.parent / "cache",
        options={"checkpoint": str(folder)},
        changes={
            "prompt": "a",
            "processing": {"do_normalize": False},
            "dtype": "bfloat16",
            "max_new_tokens": 5,
            "beams": 3,
        },
        running={"device": "cpu", "batch_size": 2},
        files=folder,
        weights=("model.safetensors", "config.json", "preprocessor_config.json"),
        moved=in_option("checkpoint"),
    )


def transformers(kind: str, request: Request) -> Case:
    folder = request.getfixturevalue("tiny_llama")
    running = {"device": "cpu", "batch_size": 2, "tokens_per_batch": 30}
    return Case(
        kind,
        "transformers",
        folder.parent / "cache",
        options={"checkpoint": str(folder), "dtype": "float32"},
        changes=WRITING,
        running=running,
        tolerance=MAY_VARY,
        files=folder,
        weights=("model.safetensors", "config.json", "tokenizer.json"),
        moved=lambda place: {"options": {"checkpoint": str(place), "dtype": "float32"}},
    )


def vllm(kind: str, request: Request, **changes: Any) -> Case:
    """By a stand-in for the engine, which is in an environment of its own (tests/vllm)."""
    vllm_stand_in.install(request.getfixturevalue("monkeypatch"))
    running = {"tensor_parallel_size": 2, "gpu_memory_utilization": 0.2, "batch_size": 2}
    engine = {"dtype": "bfloat16", "seed": 1, "engine": {"max_model_len": 256}}
    own = {"changes": {**engine, **changes}, "running": {**running, "shards_together": 2}}
    return replace(transformers(kind, request), backend="vllm", tolerance=0.0, **own)


def vllm_writer(kind: str, request: Request) -> Case:
    return vllm(kind, request, **WRITING, temperature=0.5, stop=("cat",))


def vllm_captioner(kind: str, request: Request) -> Case:
    return vllm(kind, request, prompt="What is it?", max_new_tokens=5)


def vllm_judge(kind: str, request: Request) -> Case:
    case = vllm(kind, request, question="Is it so: {text}?")
    return replace(case, backend=request.getfixturevalue("backend")[1])


def openai(kind: str, request: Request) -> Case:
    """By a stand-in for the endpoint, on loopback."""
    port = request.getfixturevalue("chat_endpoint")
    running: dict[str, Any] = {
        "base_url": f"http://localhost:{port}/v1",
        "key_variable": "",
        "plain_http": True,
        "requests_a_minute": 1e6,
        "tokens_a_minute": 1e9,
        "concurrency": 2,
        "timeout": 60,
        "attempts": 2,
        "max_bytes": 2048,
        "max_cost": 100,
        "price_in": 0.1,
        "price_out": 0.1,
        "shards_together": 2,
    }
    return Case(
        kind,
        "openai",
        request.getfixturevalue("tmp_path"),
        options={
            "model": "some-model",
            "revision": "r1",
            "base_url": f"http://127.0.0.1:{port}/v1",
        },
        changes={
            "temperature": 0.5,
            "seed": 1,
            "stop": ("cat",),
            "limit": "max_completion_tokens",
            "extra": {"top_p": 0.9},
        },
        running=running,
        told="declared",
    )


def llama_cpp(kind: str, request: Request) -> Case:
    cache = request.getfixturevalue("cache")
    package, name = SMOLLM2.sources["weights"]
    return Case(
        kind,
        "llama_cpp",
        cache,
        changes={"context": 512},
        files=prepared.source(package, name).parent,
        weights=(name,),
        moved=lambda folder: {"options": {"gguf": str(folder / name)}},
    )


def scorer(kind: str, request: Request) -> Case:
    folder = request.getfixturevalue("tiny_scorer")
    return Case(
        kind,
        "transformers",
        folder.parent / "cache",
        options={"checkpoint": str(folder)},
        changes={"labels": ["drawing"]},
        running={"device": "cpu", "batch_size": 2},
        tolerance=MAY_VARY,
        files=folder,
        weights=("model.safetensors", "config.json", "preprocessor_config.json"),
        moved=in_option("checkpoint"),
    )


def reranker_onnx(kind: str, request: Request) -> Case:
    cache = request.getfixturevalue("cache")
    return Case(
        kind,
        "cross_encoder_onnx",
        cache,
        changes={"max_tokens": 64},
        files=prepared.folder_of(cache, MS_MARCO),
        weights=("model.onnx", "tokenizer.json"),
        moved=in_cache,
    )


def reranker(kind: str, request: Request) -> Case:
    folder = request.getfixturevalue("tiny_reranker")
    return Case(
        kind,
        "cross_encoder",
        folder.parent / "cache",
        options={"checkpoint": str(folder)},
        changes={"dtype": "bfloat16", "max_tokens": 16},
        running={"device": "cpu", "batch_size": 2},
        tolerance=MAY_VARY,
        files=folder,
        weights=("model.safetensors", "config.json", "tokenizer.json"),
        moved=in_option("checkpoint"),
    )


def text_detector(kind: str, request: Request) -> Case:
    cache = request.getfixturevalue("cache")
    return Case(
        kind,
        "paddle",
        cache,
        changes={"side": 320, "threshold": 0.5, "elongation": 2.0},
        files=prepared.folder_of(cache, PADDLE_DETECTOR),
        weights=("model.onnx",),
        moved=in_cache,
    )


def nsfw(kind: str, request: Request) -> Case:
    cache = request.getfixturevalue("cache")
    return Case(
        kind,
        "nsfw_onnx",
        cache,
        files=prepared.folder_of(cache, OPEN_NSFW),
        weights=("model.onnx",),
        moved=in_cache,
    )


def head(kind: str, request: Request) -> Case:
    cache, folder = request.getfixturevalue("cache"), request.getfixturevalue("planted_head")
    return Case(
        kind,
        "linear_head",
        cache,
        options={"weights": str(folder / "head.npz")},
        changes={"answer": "identity", "encoder": "conse"},
        files=folder,
        weights=("head.npz",),
        moved=lambda place: {"options": {"weights": str(place / "head.npz")}},
        others={"encoder": resolved("encoder", "conse", cache)},
    )


CASES: dict[tuple[str, str], Callable[[str, Request], Case]] = {
    ("encoder", "conse"): conse,
    ("encoder", "open_clip"): open_clip,
    ("tagger", "vocabulary"): vocabulary,
    ("tagger", "ram_plus"): ram_plus,
    ("captioner", "none"): no_captioner,
    ("captioner", "transformers"): captioner,
    ("language_model", "transformers"): transformers,
    ("language_model", "llama_cpp"): llama_cpp,
    ("language_model", "vllm"): vllm_writer,
    ("language_model", "openai"): openai,
    ("captioner", "vllm"): vllm_captioner,
    ("judge", "vllm"): vllm_judge,
    ("judge", "vllm_judge"): vllm_judge,
    ("perplexity_model", "transformers"): transformers,
    ("perplexity_model", "vllm"): vllm_writer,
    ("reranker", "cross_encoder_onnx"): reranker_onnx,
    ("reranker", "cross_encoder"): reranker,
    ("text_detector", "paddle"): text_detector,
    ("image_scorer", "transformers"): scorer,
    ("image_scorer", "nsfw_onnx"): nsfw,
    ("vector_scorer", "linear_head"): head,
}


def test_every_backend_has_a_case() -> None:
    assert set(CASES) == {(kind, name) for kind in KINDS for name in BACKENDS[kind]}


class TestContract(Contract):
    """The contract, once for each backend of each kind."""

    @pytest.fixture(scope="class", params=list(CASES), ids="-".join)
    def backend(self, request: pytest.FixtureRequest) -> tuple[str, str]:
        """One after the other: what the tests of one load, they load once."""
        named: tuple[str, str] = request.param
        return named

    @pytest.fixture
    def case(self, backend: tuple[str, str], request: pytest.FixtureRequest) -> Case:
        """A backend and what it is made with."""
        return CASES[backend](backend[0], request)


class TestTowers(Contract):
    """The contract for open_clip's other towers: SigLIP's, and timm's as EVA has them."""

    @pytest.fixture(scope="class", params=["tiny_siglip", "tiny_eva"])
    def case(self, request: pytest.FixtureRequest) -> Case:
        """An architecture of open_clip."""
        return open_clip("encoder", request, request.param)
