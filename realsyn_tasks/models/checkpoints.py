"""Where a checkpoint is, and what: prepared in the cache, a folder, in a root, or on a hub."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models import hub_cache, prepared, stored, threads
from realsyn_tasks.models.digests import SHORT, cached_sha256, folder_digest
from realsyn_tasks.models.protocols import Identity, Options
from realsyn_tasks.models.recipes import RECIPES

DType = Literal["float32", "bfloat16", "float16"]
DECLARATION = ("revision", "digest")
PLACE = ("checkpoint", *DECLARATION)  # options that the content stands for


class Checkpoint(Options):
    """Base of options that name a checkpoint."""

    checkpoint: str  # a prepared model, a folder, a root's (models.stored), or a hub name
    revision: str = ""  # of a hub name: the commit
    digest: str = ""  # of a hub's or a root's: SHA-256 of its weights file (or of their index)


def identify(options: Checkpoint, cache: Path) -> Identity:
    """Say what a checkpoint is: by content, or a name on a hub by what is declared of it.

    Raises ConfigError if it is an embedded model that is not prepared, or nothing is declared.
    """
    if folder := _prepared(options.checkpoint, cache):
        return Identity(folder[1])
    path = Path(options.checkpoint)
    if path.is_dir():
        return Identity(f"{path.name}-{folder_digest(path, cache)}")
    if stored.is_stored(options.checkpoint):
        return stored.identify(options.checkpoint, options.digest)
    return declared(options.checkpoint, options.revision, options.digest)


def declared(name: str, revision: str, digest: str, repository: str = "") -> Identity:
    """Say what a model on a hub is: as declared, or as `models fetch` got it on this machine.

    `repository` is where it is got from, if not by its name. Raises ConfigError if neither tells.
    """
    if revision and digest:
        return Identity(f"{name}@{revision[:SHORT]}-{digest[:SHORT]}", declared=True)
    here = hub_cache.fetched(repository or name, revision)
    if here and digest in ("", here.digest):
        return Identity(f"{name}@{here.revision[:SHORT]}-{here.digest[:SHORT]}")
    missing = [what for what, value in (("revision", revision), ("digest", digest)) if not value]
    raise ConfigError(
        f"{name} is no folder and no prepared model, and a name on a hub does not tell what it"
        f" holds: declare its {' and '.join(missing)} (revision: the commit; digest: SHA-256 of"
        " the weights file or of their index) in its card in include/models, or in its options;"
        f" {_fetching(name)}"
    )


def _fetching(name: str) -> str:
    """Say how to get a model; whoever knows the card that it is asked for by says it, too."""
    return f"`realsyn models fetch CARD` gets {name} and tells both"


def locate(options: Checkpoint, cache: Path) -> str:
    """Give the folder to load a checkpoint from, fetched from a hub if that is allowed.

    Raises ConfigError if it is not there, or not what is declared.
    """
    if folder := _prepared(options.checkpoint, cache):
        return str(folder[0])
    if Path(options.checkpoint).is_dir():
        return options.checkpoint
    if stored.is_stored(options.checkpoint):
        return str(stored.fetched(options.checkpoint, options.digest, cache))
    return str(snapshot(options.checkpoint, options.revision, options.digest, cache))


def snapshot(name: str, revision: str, digest: str, cache: Path) -> Path:
    """Give the folder of a hub's model; ConfigError unless a file of it has the digest."""
    folder = hub_cache.snapshot_folder(name, revision) or _downloaded(name, revision)
    here = hub_cache.fetched(name, revision)
    wanted = digest or (here.digest if here else "")
    files = [path for path in folder.rglob("*") if path.is_file()]
    files.sort(key=lambda path: path.stat().st_size)  # an index is read before gigabytes of weights
    if not any(cached_sha256(path, cache) == wanted for path in files):
        raise ConfigError(
            f"{name}@{revision} in {folder} has no file with the declared SHA-256 {wanted}; correct"
            " the declaration, and open the run again"
        )
    return folder


def _downloaded(name: str, revision: str) -> Path:
    """Let the hub's own library look for a model, and get it where that is allowed."""
    import huggingface_hub

    place = {"cache_dir": hub_cache.hub_folder(), **hub_options()}
    try:
        return Path(huggingface_hub.snapshot_download(name, revision=revision or None, **place))
    except (OSError, ValueError) as error:
        raise ConfigError(not_here(f"{name}@{revision}", error)) from error


def not_here(what: str, error: Exception) -> str:
    """Say that weights are missing, and how to get them."""
    return (
        f"weights {what} are not here, and could not be got ({error}). `realsyn models fetch CARD`"
        " gets them where there is a network, or a mirror that REALSYN_MODELS names, into"
        f" {hub_cache.hub_folder()} (HF_HOME moves it; pods have a volume there); `realsyn models"
        " check CARD` tells what else is missing"
    )


def _prepared(checkpoint: str, cache: Path) -> tuple[Path, str] | None:
    recipe = next((recipe for recipe in RECIPES if recipe.name == checkpoint), None)
    return prepared.find(cache, recipe) if recipe else None


def transformers_offline() -> Any:
    """Import transformers: quiet, on the process's threads, without a network unless allowed.

    HF_HUB_OFFLINE=0 in the environment lets hub names be fetched.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TQDM_DISABLE", "1")
    from realsyn_tasks.models._torchvision import import_torchvision

    threads.settle()
    if find_spec("torchvision"):  # which vLLM's build for CPUs has to do without
        import_torchvision()
    import transformers

    quiet: Any = transformers.utils.logging
    quiet.disable_progress_bar()
    return transformers


def hub_options() -> dict[str, Any]:
    """Give what `from_pretrained` is to be told: no network, unless HF_HUB_OFFLINE=0."""
    return {"local_files_only": os.environ.get("HF_HUB_OFFLINE", "1") != "0"}


def whole_model(kind: Any, where: str, device: str = "cpu", **options: Any) -> Any:
    """Load a checkpoint as a kind of model of transformers, to be run on a device.

    Weights go to a GPU tensor by tensor: a pod need not have memory for all of them. Raises
    ConfigError for a checkpoint that lacks some: they would be drawn at random, in silence.
    """
    if device != "cpu":
        options["device_map"] = device
    model, state = kind.from_pretrained(where, output_loading_info=True, **hub_options(), **options)
    if missing := sorted(state["missing_keys"]):
        raise ConfigError(
            f"{where} lacks {len(missing)} of the weights of a {type(model).__name__}, such as"
            f" {missing[0]}: get its files again, or name a checkpoint of that kind"
        )
    return model.eval().to(device)


def start_token(tokenizer: Any, wanted: str) -> int:
    """Give the token that stands before a scored text: the wanted one, or the tokenizer's own."""
    vocabulary = tokenizer.get_vocab()
    if wanted in vocabulary:
        return int(vocabulary[wanted])
    own = tokenizer.bos_token_id
    return int(tokenizer.eos_token_id if own is None else own)
