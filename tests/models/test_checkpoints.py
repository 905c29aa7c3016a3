"""A checkpoint is what its files hold; a name on a hub is what is declared of it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models import checkpoints
from realsyn_tasks.models.checkpoints import Checkpoint
from tests.models.support import load, resolved

COMMIT = "c" * 40
WEIGHTS = b"a hub's weights"


def folder(parent: Path, weights: bytes) -> Path:
    made = parent / "student"
    made.mkdir(parents=True)
    (made / "config.json").write_text("{}")
    (made / "model.safetensors").write_bytes(weights)
    return made


def test_other_weights_under_the_same_names_and_sizes_are_another_model(tmp_path: Path) -> None:
    first, second = folder(tmp_path / "a", b"0000"), folder(tmp_path / "b", b"0001")
    identities = {
        resolved("language_model", "transformers", tmp_path, checkpoint=str(place)).identity
        for place in (first, second)
    }
    assert len(identities) == 2


def test_the_same_weights_in_another_place_are_the_same_model(tmp_path: Path) -> None:
    first, second = folder(tmp_path / "a", b"0000"), folder(tmp_path / "b", b"0000")
    asked = [Checkpoint(checkpoint=str(place)) for place in (first, second)]
    assert len({checkpoints.identify(options, tmp_path) for options in asked}) == 1


@pytest.mark.parametrize(
    ("declared", "missing"),
    [({}, "revision and digest"), ({"revision": COMMIT}, "digest"), ({"digest": "d"}, "revision")],
)
def test_a_hubs_model_has_to_be_declared(
    declared: dict[str, str], missing: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=f"hub/model is no folder .* declare its {missing} "):
        resolved("language_model", "vllm", tmp_path, checkpoint="hub/model", **declared)


def test_a_declared_model_is_told_so_and_by_what_was_declared(tmp_path: Path) -> None:
    said = {"checkpoint": "hub/model", "revision": COMMIT}
    first = resolved("language_model", "vllm", tmp_path, **said, digest="d" * 64)
    other = resolved("language_model", "vllm", tmp_path, **said, digest="e" * 64)
    assert first.resolved == "declared"
    assert first.identity != other.identity


def test_a_prepared_model_that_is_not_as_it_was_made_is_refused(
    cache: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "models" / "conse"
    copy.mkdir(parents=True)
    for file in (cache / "models" / "conse").iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    labels = bytearray((copy / "labels.json").read_bytes())
    labels[-3] ^= 1
    (copy / "labels.json").write_bytes(labels)
    with pytest.raises(ConfigError, match=r"labels\.json is not as it was made; remove the"):
        resolved("encoder", "conse", tmp_path)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hub's cache with one model, as a machine without a network has it."""
    snapshot = tmp_path / "hub" / "models--hub--model" / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (snapshot / "model.safetensors").write_bytes(WEIGHTS)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return snapshot


def test_what_a_hub_gave_is_compared_with_what_was_declared(hub: Path, tmp_path: Path) -> None:
    right = hashlib.sha256(WEIGHTS).hexdigest()
    assert checkpoints.snapshot("hub/model", COMMIT, right, tmp_path) == hub
    with pytest.raises(ConfigError, match="has no file with the declared SHA-256 dddd"):
        checkpoints.snapshot("hub/model", COMMIT, "d" * 64, tmp_path)
    with pytest.raises(
        ConfigError,
        match=r"weights hub/model@e+ are not here, and could not be got.*realsyn models fetch",
    ):
        checkpoints.snapshot("hub/model", "e" * 40, right, tmp_path)


def test_an_index_is_told_before_gigabytes_of_weights_are_read(
    hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (hub / "a-large.safetensors").write_bytes(WEIGHTS * 9)
    read: list[str] = []

    def digest(path: Path, cache: Path) -> str:
        read.append(path.name)
        return hashlib.sha256(path.read_bytes()).hexdigest()

    monkeypatch.setattr(checkpoints, "cached_sha256", digest)
    checkpoints.snapshot("hub/model", COMMIT, hashlib.sha256(WEIGHTS).hexdigest(), tmp_path)
    assert read == ["model.safetensors"]


@pytest.mark.parametrize(("device", "said"), [("cpu", {}), ("cuda:1", {"device_map": "cuda:1"})])
def test_weights_go_to_a_gpu_without_passing_through_memory(
    device: str, said: dict[str, str]
) -> None:
    told: dict[str, Any] = {}

    class Kind:
        @classmethod
        def from_pretrained(cls, where: str, **options: Any) -> tuple[Any, dict[str, list[str]]]:
            told.update(options)
            return cls(), {"missing_keys": []}

        def eval(self) -> Kind:
            return self

        def to(self, device: str) -> Kind:
            return self

    checkpoints.whole_model(Kind, "somewhere", device, dtype="float16")
    assert {name: told[name] for name in ("dtype", *said)} == {"dtype": "float16", **said}
    assert ("device_map" in told) == bool(said)


@pytest.mark.usefixtures("hub")
def test_other_weights_than_declared_are_refused_where_they_are_used(tmp_path: Path) -> None:
    said = {"checkpoint": "hub/model", "revision": COMMIT, "digest": "d" * 64}
    with pytest.raises(ConfigError, match="no file with the declared SHA-256"):
        load("perplexity_model", "transformers", tmp_path, **said)


def test_a_checkpoint_that_lacks_weights_is_refused(tiny_llama: Path, tmp_path: Path) -> None:
    """The library would draw them at random, in silence."""
    from safetensors import numpy

    for file in tiny_llama.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights = numpy.load_file(tmp_path / "model.safetensors")
    del weights["model.norm.weight"]
    numpy.save_file(weights, tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(ConfigError, match=r"lacks 1 of the weights .* such as model\.norm"):
        load("language_model", "transformers", tmp_path / "cache", checkpoint=str(tmp_path))
