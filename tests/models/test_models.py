"""Models by kind and name, and what one is told when there is none."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from realsyn_tasks import models
from realsyn_tasks.core.config import ModelSpec
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models import protocols
from realsyn_tasks.models.deployment import OWN, Deployment
from realsyn_tasks.models.resolution import Asked, resolve
from tests.models.support import load, own, resolved

HEAVY = ("torch", "transformers", "onnxruntime", "open_clip", "vllm", "xllamacpp")


def test_an_unknown_kind_is_told_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no model kind 'encodr': did you mean encoder"):
        load("encodr", "conse", tmp_path)


def test_an_unknown_name_is_told_which_names_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no encoder 'word2vec': choose one of: conse, open_clip"):
        load("encoder", "word2vec", tmp_path)


@pytest.mark.parametrize(
    ("kind", "name", "options", "message"),
    [
        ("encoder", "conse", {"classes": 0}, "options.classes is 0"),
        ("encoder", "conse", {"clases": 5}, "options.clases: did you mean classes"),
        ("encoder", "conse", {"device": "cuda"}, "options.device: choose one of: centred"),
        ("language_model", "transformers", {"dtype_": "float32"}, "did you mean dtype"),
        ("language_model", "transformers", {"batchsize": 2}, "did you mean batch_size"),
        ("captioner", "transformers", {}, "options.checkpoint is missing"),
        ("language_model", "vllm", {"checkpoint": "x", "engine": {"seed": 1}}, "of their own"),
    ],
)
def test_wrong_options_are_config_errors(
    tmp_path: Path, kind: str, name: str, options: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        load(kind, name, tmp_path, **options)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("encoder", "conse"), ("perplexity_model", "transformers")],
)
def test_without_preparing_the_error_says_what_to_run(tmp_path: Path, kind: str, name: str) -> None:
    with pytest.raises(ConfigError, match=r'is missing in .*run "make models"'):
        load(kind, name, tmp_path)


def test_a_model_is_loaded_once_for_all_kinds_it_serves(cache: Path, smollm: object) -> None:
    assert load("perplexity_model", "transformers", cache) is smollm


def test_no_captioner_says_nothing(tmp_path: Path) -> None:
    assert load("captioner", "none", tmp_path).caption([object(), object()]) == ["", ""]


class Greedy:
    """A captioner that does not fit into memory."""

    identity = "greedy"

    def __init__(self, *made: object) -> None:
        raise MemoryError


def test_a_library_that_is_missing_and_memory_that_is_short_are_no_damage(tmp_path: Path) -> None:
    classes = {**OWN, "captioner": {"greedy": f"{__name__}:Greedy", "far": f"{__name__}:Far"}}
    deployment = Deployment(tmp_path, {}, classes)
    for name, kind, words in (("greedy", MemoryError, ""), ("far", ConfigError, "Install what")):
        model = resolve("captioner", Asked(ModelSpec(name=name)), deployment)
        with pytest.raises(kind, match=words or None):
            models.load("captioner", model, deployment)


class Far:
    """A captioner whose library is not here."""

    identity = "far"

    def __init__(self, *made: object) -> None:
        raise ImportError("No module named 'far'")


def test_what_is_something_else_by_now_is_refused_where_it_is_used(tiny_llama: Path) -> None:
    folder, cache = tiny_llama.parent / "changing", tiny_llama.parent / "cache"
    shutil.copytree(tiny_llama, folder)
    model = resolved("language_model", "transformers", cache, checkpoint=str(folder))
    [weights] = folder.glob("*.safetensors")
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(ConfigError, match=f"{model.identity}: put that back, or open the run"):
        models.load("language_model", model, own(cache))


def test_a_model_of_a_backend_that_is_not_deployed_here_is_refused(tmp_path: Path) -> None:
    model = resolved("captioner", "none", tmp_path).model_copy(update={"backend": "ours"})
    with pytest.raises(ConfigError, match=r"no backend 'ours'; name its class .*REALSYN_BACKENDS"):
        models.load("captioner", model, own(tmp_path))


def test_every_backend_can_be_imported_without_its_library() -> None:
    """The table is right, and nothing heavy is at the top of a module."""
    modules = {
        target.split(":")[0] for names in models.BACKENDS.values() for target in names.values()
    }
    code = (
        "import importlib, sys\n"
        f"for name in {sorted(modules)!r}:\n"
        "    importlib.import_module('realsyn_tasks.models.' + name)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_backend_has_what_the_table_promises(tmp_path: Path) -> None:
    asked = {
        "encoder": ("encode_images", "encode_texts"),
        "tagger": ("tag",),
        "captioner": ("caption",),
        "language_model": ("generate",),
        "perplexity_model": ("perplexity",),
        "reranker": ("score",),
        "text_detector": ("cover",),
        "image_scorer": ("__call__",),
        "judge": ("judge",),
        "vector_scorer": ("__call__",),
    }
    for kind, names in models.BACKENDS.items():
        for name in names:
            backend = own(tmp_path).backend(kind, name)
            assert issubclass(backend.Options, protocols.Options), name
            assert issubclass(backend.Running, protocols.Running), name
            assert not set(backend.Options.model_fields) & set(backend.Running.model_fields)
            assert isinstance(backend.needs, tuple)
            assert all(callable(getattr(backend, part)) for part in (*asked[kind], "identify"))
