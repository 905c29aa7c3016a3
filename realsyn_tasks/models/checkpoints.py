"""Where a checkpoint is: prepared in the cache, a folder, or a name on a hub."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from realsyn_tasks.models import prepared
from realsyn_tasks.models.recipes import RECIPES


def locate(cache: Path, checkpoint: str) -> tuple[str, str]:
    """Give what to load a checkpoint from, and its identity.

    ConfigError if it is one of the embedded models and not prepared. A folder is identified by
    its files' names, sizes and the digests of its configuration; a hub name by itself.
    """
    for recipe in RECIPES:
        if recipe.name == checkpoint:
            folder, identity = prepared.find(cache, recipe)
            return str(folder), identity
    folder = Path(checkpoint)
    if folder.is_dir():
        return str(folder), f"{folder.name}-{_digest(folder)}"
    return checkpoint, checkpoint


def transformers_offline(threads: int = 1) -> Any:
    """Import transformers: quiet, on so many threads, and without a network unless allowed.

    HF_HUB_OFFLINE=0 in the environment lets hub names be fetched.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TQDM_DISABLE", "1")
    import torch

    from realsyn_tasks.models._torchvision import import_torchvision

    torch.set_num_threads(threads)
    import_torchvision()
    import transformers

    transformers.utils.logging.disable_progress_bar()
    return transformers


def hub_options() -> dict[str, Any]:
    """Give what `from_pretrained` is to be told: no network, unless HF_HUB_OFFLINE=0."""
    return {"local_files_only": os.environ.get("HF_HUB_OFFLINE", "1") != "0"}


def start_token(tokenizer: Any, wanted: str) -> int:
    """Give the token that stands before a scored text: the wanted one, or the tokenizer's own."""
    vocabulary = tokenizer.get_vocab()
    if wanted in vocabulary:
        return int(vocabulary[wanted])
    own = tokenizer.bos_token_id
    return int(tokenizer.eos_token_id if own is None else own)


def _digest(folder: Path) -> str:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    told = [
        (
            path.relative_to(folder).as_posix(),
            path.stat().st_size,
            prepared.sha256(path) if path.suffix in (".json", ".jinja", ".txt") else "",
        )
        for path in files
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]
