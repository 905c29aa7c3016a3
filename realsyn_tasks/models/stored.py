"""Models that a root holds: a card, and the weights beside it as one file, named by their digest.

    {root}/models/{name}/card.yaml              models.cards.Card; its checkpoint is the file beside
                        /weights-{digest}.tar   the folder that a backend loads
                        /lineage.json           what it was made of
                        /withdrawn.json         digests of weights that no run is opened with any
                                                more, each with its reason

A root's cards come after those of include/models. Whoever loads such a model, a pod too, fetches
its weights by their digest, once on a machine.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from realsyn_tasks.core.closed import validate
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.names import safe_name
from realsyn_tasks.core.storage import CHUNK, ObjectRef, Storage
from realsyn_tasks.models.cards import Card
from realsyn_tasks.models.digests import SHORT
from realsyn_tasks.models.protocols import Identity

FOLDER, CARD, LINEAGE = "models", "card.yaml", "lineage.json"
WITHDRAWN = "withdrawn.json"
SUFFIX = ".tar"
HOME = "HF_HOME"  # where a deployment keeps what is fetched: a pod's cache cannot be written


def cards_in(storage: Storage) -> dict[str, Card]:
    """Read the cards of a root by name, their checkpoints as URIs; ConfigError for a wrong one."""
    folders = storage.folders(FOLDER)
    contents = storage.read_each([f"{folder}/{CARD}" for folder in folders])
    return {
        PurePosixPath(folder).name: _card(storage, folder, data)
        for folder, data in zip(folders, contents, strict=True)
        if data is not None
    }


def withdraw(storage: Storage, folder: str, why: str) -> bool:
    """Let no run be opened with the weights that a model's card names now; False: it has no card.

    Other weights, by which it is tuned again, count once they are registered.
    """
    try:
        card = yaml.safe_load(storage.read(f"{folder}/{CARD}")) or {}
    except FileNotFoundError:
        return False
    digest = str(card.get("options", {}).get("digest", ""))
    noted = {digest: why, **_noted(storage, folder)}  # the first reason stays
    storage.replace(f"{folder}/{WITHDRAWN}", (json.dumps(noted, indent=1) + "\n").encode())
    return True


def withdrawn_in(storage: Storage, cards: Mapping[str, Card]) -> dict[str, str]:
    """Say of those cards of a root that are withdrawn why."""
    folders = {name: f"{FOLDER}/{name}" for name in cards}
    noted = {name: _noted(storage, folder) for name, folder in folders.items()}
    digests = {name: str(card.options.get("digest", "")) for name, card in cards.items()}
    return {name: noted[name][d] for name, d in digests.items() if d in noted[name]}


def _noted(storage: Storage, folder: str) -> dict[str, str]:
    try:
        noted: dict[str, str] = json.loads(storage.read(f"{folder}/{WITHDRAWN}"))
        return noted
    except FileNotFoundError:
        return {}


def _card(storage: Storage, folder: str, data: bytes) -> Card:
    place = f"{storage.uri}/{folder}/{CARD}"
    try:
        card = validate(Card, yaml.safe_load(data), place)
    except yaml.YAMLError as error:
        raise ConfigError(f"{place}: {error}") from None
    file = str(card.options.get("checkpoint", ""))
    options = {**card.options, "checkpoint": f"{storage.uri}/{folder}/{file}"}
    return card.model_copy(update={"options": options})


def register(
    storage: Storage, name: str, weights: ObjectRef, card: Card, lineage: Mapping[str, Any]
) -> str:
    """Put a model into a root, the card last; gives the URI of its folder.

    The same again changes nothing; other weights under the same name come beside those before,
    which runs may still be opened with.
    """
    folder = f"{FOLDER}/{safe_name(name, 'name of the model')}"
    file = f"weights-{weights.sha256}{SUFFIX}"
    if storage.size(f"{folder}/{file}") != weights.size:
        storage.copy(weights, f"{folder}/{file}")
    options = {**card.options, "checkpoint": file, "digest": weights.sha256}
    said = card.model_copy(update={"options": options})
    text = yaml.safe_dump(said.model_dump(mode="json", exclude_defaults=True), sort_keys=False)
    storage.replace(f"{folder}/{LINEAGE}", (json.dumps(lineage, indent=1) + "\n").encode())
    storage.replace(f"{folder}/{CARD}", text.encode())
    return f"{storage.uri}/{folder}"


def is_stored(checkpoint: str) -> bool:
    """Say whether a checkpoint is a file of weights in a root."""
    return "://" in checkpoint and checkpoint.endswith(SUFFIX)


def identify(checkpoint: str, digest: str) -> Identity:
    """Say what a root's model is: by the digest of its weights, which is checked at fetching."""
    if not digest:
        raise ConfigError(f"{checkpoint}: the card of a root's model needs the digest of its file")
    name = PurePosixPath(checkpoint).parent.name
    return Identity(f"{name}-{digest[:SHORT]}")


def downloads(cache: Path) -> Path:
    """Give the folder for what is fetched and what is saved on the way: HF_HOME, else the cache."""
    home = os.environ.get(HOME)
    return Path(home) / "realsyn" if home else cache


def fetched(checkpoint: str, digest: str, cache: Path) -> Path:
    """Give the folder of a root's model, fetched if it is not here; it appears whole or not.

    Raises ConfigError if it is not there, or not what the card says.
    """
    folder = downloads(cache) / FOLDER / f"stored-{digest[:32]}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            new = folder.with_name(f".{folder.name}.new")
            shutil.rmtree(new, ignore_errors=True)  # a killed process may have left it
            new.mkdir()
            try:
                unpack(_downloaded(checkpoint, digest, new / "weights"), new)
                (new / "weights").unlink()
                new.rename(folder)
            finally:
                shutil.rmtree(new, ignore_errors=True)
    return folder


def _downloaded(checkpoint: str, digest: str, path: Path) -> Path:
    place, _, name = checkpoint.rpartition("/")
    hasher = hashlib.sha256()
    try:
        with Storage.at(place).open(name) as source, path.open("wb") as target:
            while chunk := source.read(CHUNK):
                hasher.update(chunk)
                target.write(chunk)
    except FileNotFoundError:
        raise ConfigError(
            f"{checkpoint} is not there; tune the model again, or name another one"
        ) from None
    if hasher.hexdigest() != digest:
        raise ConfigError(f"{checkpoint} does not have the SHA-256 {digest} that its card declares")
    return path


def pack(folder: Path, path: Path) -> Path:
    """Write the files of a folder as one tar whose bytes depend on nothing but them."""
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for file in sorted(each for each in folder.iterdir() if each.is_file()):
            member = tarfile.TarInfo(file.name)
            member.size = file.stat().st_size
            with file.open("rb") as content:
                tar.addfile(member, content)
    return path


def unpack(path: Path, folder: Path) -> Path:
    """Take the files out of such a tar; ConfigError for anything else in it."""
    with tarfile.open(path, "r:") as tar:
        for member in tar:
            if not member.isfile() or "/" in member.name or member.name.startswith("."):
                raise ConfigError(f"{path.name}: {member.name!r} is no file of a checkpoint")
            tar.extract(member, folder, filter="data")
    return folder
