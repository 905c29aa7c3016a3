"""Models by kind and name, and what one is told when there is none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from realsyn_tasks import models
from realsyn_tasks.core.config import ModelSpec
from realsyn_tasks.core.errors import ConfigError

HEAVY = ("torch", "transformers", "onnxruntime", "open_clip", "vllm", "xllamacpp")


def test_an_unknown_kind_is_told_which_kinds_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="encoder, tagger, captioner, language_model"):
        models.load("oracle", ModelSpec(name="conse"), tmp_path)


def test_an_unknown_name_is_told_which_names_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no encoder 'clip'; choose one of: conse, open_clip"):
        models.load("encoder", ModelSpec(name="clip"), tmp_path)


@pytest.mark.parametrize(
    ("kind", "name", "options"),
    [
        ("encoder", "conse", {"classes": 0}),
        ("encoder", "conse", {"clases": 5}),
        ("language_model", "transformers", {"dtype_": "float32"}),
        ("captioner", "transformers", {}),
    ],
)
def test_wrong_options_are_config_errors(
    tmp_path: Path, kind: str, name: str, options: dict[str, object]
) -> None:
    with pytest.raises(ConfigError, match="options of model"):
        models.load(kind, ModelSpec(name=name, options=options), tmp_path)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("encoder", "conse"), ("tagger", "vocabulary"), ("perplexity_model", "transformers")],
)
def test_without_preparing_the_error_says_what_to_run(tmp_path: Path, kind: str, name: str) -> None:
    with pytest.raises(ConfigError, match=r'is missing in .*run "make models"'):
        models.load(kind, ModelSpec(name=name), tmp_path)


def test_a_model_is_loaded_once_for_all_kinds_it_serves(cache: Path, smollm: object) -> None:
    scorer = models.load("perplexity_model", ModelSpec(name="transformers"), cache)
    assert scorer is smollm


def test_no_captioner_says_nothing(tmp_path: Path) -> None:
    captioner = models.load("captioner", ModelSpec(name="none"), tmp_path)
    assert captioner.caption([object(), object()]) == ["", ""]


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


def test_every_backend_has_what_the_table_promises() -> None:
    asked = {
        "encoder": ("encode_images", "encode_texts"),
        "tagger": ("tag",),
        "captioner": ("caption",),
        "language_model": ("generate", "perplexity"),
        "perplexity_model": ("generate", "perplexity"),
        "image_scorer": ("__call__",),
    }
    for kind, names in models.BACKENDS.items():
        for target in names.values():
            backend = models._backend(target)
            assert hasattr(backend, "Options"), target
            assert all(callable(getattr(backend, method)) for method in asked[kind]), target
