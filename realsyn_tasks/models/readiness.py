"""What a card's model lacks on this machine, told without loading anything, and how to get it.

Read by both planes: nothing heavy is imported.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from realsyn_tasks.models import hub_cache, prepared
from realsyn_tasks.models.cards import Card
from realsyn_tasks.models.kinds import KINDS
from realsyn_tasks.models.recipes import RECIPES

GB = 1e9
MODULES = {
    "open_clip": ("torch", "open_clip"),
    "transformers": ("torch", "transformers"),
    "cross_encoder": ("torch", "transformers"),
    "ram_plus": ("torch",),
    "vllm": ("vllm",),
    "vllm_judge": ("vllm",),
    "llama_cpp": ("xllamacpp",),
}  # backend -> what it imports; onnxruntime comes with the embedded models


@dataclass(frozen=True)
class Missing:
    """Something that is not here, and what to do about it."""

    what: str
    how: str


@dataclass(frozen=True)
class Machine:
    """What a machine has; GPUs by their memory."""

    memory_gb: float
    free_disk_gb: float
    gpus_gb: tuple[float, ...] = field(default=())

    @staticmethod
    def here() -> Machine:
        """Look at this one."""
        folder = hub_cache.hub_folder()
        there = next(path for path in (folder, *folder.parents) if path.exists())
        return Machine(_memory() / GB, shutil.disk_usage(there).free / GB, _gpus())


def missing(
    name: str, card: Card, cache: Path, machine: Machine | None = None, digests: bool = False
) -> list[Missing]:
    """Say what a model lacks here: files, packages, device, memory; nothing if it is ready.

    With `digests` every byte of its files is read, and what differs is told: minutes for large
    ones. Else sizes are looked at alone.
    """
    return [
        *files_missing(name, card, cache),
        *(_damaged(name, card, cache) if digests else ()),
        *_packages(card),
        *_room(name, card, cache, machine or Machine.here()),
    ]


def files_missing(name: str, card: Card, cache: Path) -> list[Missing]:
    """Say which files a model lacks here; of those that are here sizes are looked at alone."""
    return [
        *_prepared(card, cache),
        *_hub(name, card),
        *(
            Missing(f"file {path}", f"put it there, or correct {option} in the card")
            for option, path in _paths(card)
            if not path.exists()
        ),
    ]


def records(cards: Mapping[str, Card], cache: Path) -> dict[str, list[dict[str, Any]]]:
    """Give of each kind the cards, and whether their files are here, for tables of people."""
    return {
        kind: [
            _record(name, card, cache) for name, card in sorted(cards.items()) if kind in card.kinds
        ]
        for kind in KINDS
    }


def table(records: Mapping[str, list[dict[str, Any]]]) -> Iterator[str]:
    """Word such a table for people, line by line."""
    for kind, of_kind in records.items():
        yield f"{kind.replace('_', ' ')}"
        for each in of_kind:
            state = "ready" if each["ready"] else f"to be fetched ({each['disk_gb']:g} GB)"
            state += "" if each["calibrated"] else ", calibrate first"
            use = {"yes": "", "no": ", not for commercial use", "terms": ", see its terms"}
            licence = each["licence"].split(",")[0].split(";")[0] + use[each["commercial"]]
            need = f"{each['memory_gb']:g} GB {each['device']}"
            yield f"  {each['card']:<24} {need:<12} {state:<38} {licence}"


def in_words(record: Mapping[str, Any], here: bool = True) -> str:
    """Give a card of such a table in a few words: "conse (1 GB cpu, Apache-2.0, ready)"."""
    licence = "" if record["commercial"] == "yes" else ", see its licence"
    state = (", ready" if record["ready"] else ", to be fetched") if here else ""
    return f"{record['card']} ({record['memory_gb']:g} GB {record['device']}{licence}{state})"


def _record(name: str, card: Card, cache: Path) -> dict[str, Any]:
    return {
        "card": name,
        "about": card.about,
        "suits": list(card.suits),
        "backend": card.backend,
        "device": card.device,
        "memory_gb": card.memory_gb,
        "disk_gb": card.disk_gb,
        "licence": card.licence,
        "commercial": card.commercial,
        "calibrated": not card.calibrate,
        "ready": not files_missing(name, card, cache),
    }


def _prepared(card: Card, cache: Path) -> Iterator[Missing]:
    for recipe in RECIPES:
        if recipe.name == card.prepared:
            manifest = prepared.read_manifest(prepared.folder_of(cache, recipe))
            if manifest is None or manifest["version"] != recipe.version:
                yield Missing(f"prepared model {recipe.name}", "realsyn models (make models)")


def _damaged(name: str, card: Card, cache: Path) -> Iterator[Missing]:
    for recipe in RECIPES:
        folder = prepared.folder_of(cache, recipe)
        if recipe.name == card.prepared and prepared.read_manifest(folder):
            for file in prepared.damaged(folder):
                yield Missing(
                    f"{folder / file} as it was prepared: it has other bytes",
                    f"remove {folder}, then realsyn models (make models)",
                )
    snapshot = hub_cache.fetched(card.repository, card.revision) if card.repository else None
    if snapshot is not None:
        for file in hub_cache.damaged(snapshot):
            yield Missing(
                f"{snapshot.folder / file} as it was fetched: it has other bytes",
                f"remove {snapshot.folder}, then realsyn models fetch {name}",
            )


def _hub(name: str, card: Card) -> Iterator[Missing]:
    if not card.repository:
        return
    folder = hub_cache.snapshot_folder(card.repository, card.revision)
    if folder is None:
        at = f"@{card.revision}" if card.revision else ""
        yield Missing(
            f"weights {card.repository}{at} ({card.disk_gb:g} GB)", f"realsyn models fetch {name}"
        )
    if not (card.revision and card.digest) and not hub_cache.fetched(card.repository):
        yield Missing(
            "a declaration: the card has no revision and digest",
            f"realsyn models fetch {name} tells them; write them into the card for other machines",
        )


def _paths(card: Card) -> Iterator[tuple[str, Path]]:
    for option in ("checkpoint", "weights", "gguf", "pretrained", "lists", "open_set"):
        value = str(card.options.get(option, ""))
        if value.startswith(("/", "./", "~")):
            yield option, Path(value).expanduser()


def _packages(card: Card) -> Iterator[Missing]:
    for module in {*MODULES.get(card.backend, ()), *card.packages}:
        if find_spec(module) is None:
            how = "an image or environment for GPUs (realsyn_tasks/requirements-gpu.txt)"
            yield Missing(f"package {module}", how if module == "vllm" else "make setup")


def _room(name: str, card: Card, cache: Path, machine: Machine) -> Iterator[Missing]:
    on_gpu = card.device.startswith("cuda")
    if on_gpu and not machine.gpus_gb:
        other = 'or, slower, options {"device": "cpu"}' if "device" in card.options else ""
        yield Missing("a GPU", f"a machine or pod with one {other}".strip())
    elif on_gpu and max(machine.gpus_gb) < card.memory_gb:
        yield Missing(
            f"memory: {card.memory_gb:g} GB of a GPU; the largest here has"
            f" {max(machine.gpus_gb):.0f}",
            "a larger GPU, a smaller model, or tensor_parallel_size",
        )
    elif not on_gpu and machine.memory_gb < card.memory_gb:
        yield Missing(
            f"memory: {card.memory_gb:g} GB, {machine.memory_gb:.1f} are free",
            "a larger machine or pod, or a smaller model",
        )
    if [*_hub(name, card)] and machine.free_disk_gb < card.disk_gb:
        yield Missing(
            f"disk: {card.disk_gb:g} GB, {machine.free_disk_gb:.1f} are free",
            f"room below {hub_cache.hub_folder()}, or HF_HOME elsewhere",
        )


def _memory() -> float:
    """Give the bytes of memory that are free on this machine."""
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return float(line.split()[1]) * 1024
    return float("inf")


def _gpus() -> tuple[float, ...]:
    """Give the memory of each GPU in GB, as the driver's own tool tells it."""
    tool = shutil.which("nvidia-smi")
    if not tool:
        return ()
    asked = [tool, "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=20)
    lines = answer.stdout.split() if answer.returncode == 0 else []
    return tuple(float(line) * 2**20 / GB for line in lines if line.isdigit())
