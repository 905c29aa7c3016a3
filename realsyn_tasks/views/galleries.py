"""The versions that pages look into: found by name, their indices, vectors and encoders kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.datasets import gallery_index, versions
from realsyn_tasks.datasets.gallery_index import Gallery, content_of
from realsyn_tasks.datasets.gallery_vectors import Searcher
from realsyn_tasks.datasets.manifest import DATASETS
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.kinds import BUILD
from realsyn_tasks.runs.models import ENCODER, loader
from realsyn_tasks.runs.root import Runs
from realsyn_tasks.views.answer import Unknown
from realsyn_tasks.views.background import Background

ON_DISK = 32 << 30  # bytes of columns in the scratch folder, 61 a pair
IN_MEMORY = 4 << 30  # bytes of vectors
_GALLERIES = Background(16, ON_DISK, lambda gallery: gallery.size)
_SEARCHERS = Background(16, IN_MEMORY, lambda searcher: searcher.about.object.size)
_ENCODERS = Background(most=2)


def version_of(root: str, name: str) -> Version:
    """Find a published version: realsyn-demo/v-0123456789ab, the last part alone, or its URI."""
    storage = Storage.at(root)
    path = Storage.at(name).uri.removeprefix(f"{storage.uri}/") if "://" in name else name
    wanted = path.strip("/").removeprefix(f"{DATASETS}/")
    known = versions.versions(storage)
    for version in known:
        if wanted in (version.path.removeprefix(f"{DATASETS}/"), version.name):
            return version
    names = ", ".join(each.path.removeprefix(f"{DATASETS}/") for each in known)
    raise Unknown(f"{root} has no version {name!r}; there are: {names or 'none yet'}")


def gallery_of(version: Version) -> Gallery | None:
    """Give the index of a version; None while it is being read or made."""
    return _GALLERIES.ready((version.uri,), lambda: gallery_index.opened(version))


def searcher_of(gallery: Gallery, name: str) -> Searcher | None:
    """Give the vectors of a version's pictures or texts; None while they are being read.

    ConfigError where it has none.
    """
    about = gallery.stored.vectors.get(name)
    if about is None:
        raise ConfigError(
            f"{gallery.version.path} has no vectors of its {name}: its corpus is gone or too large"
        )
    storage = gallery.version.storage

    def read() -> Searcher:
        return Searcher(about, content_of(storage, about.object))

    return _SEARCHERS.ready((storage.uri, about.object), read)


def text_vector(version: Version, text: str) -> np.ndarray[Any, Any] | None:
    """Embed a text as the pictures of a version were; None while the encoder is being loaded."""
    encoder = encoder_of(version)
    return None if encoder is None else _first(encoder.encode_texts([text]))


def picture_vector(version: Version, picture: Any) -> np.ndarray[Any, Any] | None:
    """Embed a picture likewise."""
    encoder = encoder_of(version)
    return None if encoder is None else _first(encoder.encode_images([picture]))


def _first(vectors: Sequence[Any]) -> np.ndarray[Any, Any]:
    return np.asarray(vectors[0], dtype=np.float32)


def encoder_of(version: Version) -> Any | None:
    """Load the encoder of a version as a build was opened with it; None while it is loading.

    ConfigError where no build of the root has it, or it is another one here.
    """
    identity = version.manifest.models.get(ENCODER, "")
    key = (version.storage.uri, identity)
    return _ENCODERS.ready(key, lambda: _loaded(version.storage, identity))


def _loaded(storage: Storage, identity: str) -> Any:
    for run in Runs(storage.uri).of_kind(BUILD):
        model = run.config.models.get(ENCODER)
        if model and model.identity == identity:
            return loader(run.config)(ENCODER, model)
    raise ConfigError(
        f"no build of {storage.uri} has the encoder {identity or 'of this version'}: search by"
        " address, id or filters"
    )
