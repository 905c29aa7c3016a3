"""What a model lacks on a machine is told without loading it, with what to do about each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.models import hub_cache
from realsyn_tasks.models.cards import Card, cards
from realsyn_tasks.models.readiness import Machine, in_words, missing, records, table

LAPTOP = Machine(memory_gb=8.0, free_disk_gb=50.0)
SERVER = Machine(memory_gb=200.0, free_disk_gb=5.0, gpus_gb=(80.0,))


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def lacking(name: str, machine: Machine, cache: Path, **changes: Any) -> str:
    card = Card(**cards()[name].model_dump() | changes)
    return " | ".join(f"{item.what}: {item.how}" for item in missing(name, card, cache, machine))


def test_an_embedded_model_lacks_its_preparation_alone(tmp_path: Path) -> None:
    assert (
        lacking("conse", LAPTOP, tmp_path) == "prepared model conse: realsyn models (make models)"
    )


def test_a_hubs_model_lacks_weights_a_gpu_and_room(tmp_path: Path) -> None:
    name = "eva02-clip-e-14-plus"
    said = lacking(name, LAPTOP, tmp_path)
    assert f"(10.1 GB): realsyn models fetch {name}" in said
    assert 'a GPU: a machine or pod with one or, slower, options {"device": "cpu"}' in said
    assert "disk: 10.1 GB, 5.0 are free" in lacking(name, SERVER, tmp_path)
    assert "a GPU" not in lacking(name, SERVER, tmp_path)
    small = Machine(memory_gb=64, free_disk_gb=50, gpus_gb=(12.0,))
    assert "16 GB of a GPU; the largest here has 12" in lacking(name, small, tmp_path)


def test_a_package_and_a_file_that_are_not_here_are_named(tmp_path: Path) -> None:
    said = lacking("gpt2-large", SERVER, tmp_path, packages=("no_such_package",))
    assert "package no_such_package: make setup" in said
    assert "file /models/ram-plus" in lacking("ram-plus", SERVER, tmp_path)


def test_a_declared_model_is_ready_where_another_library_has_put_it(
    tmp_path: Path, place: Path
) -> None:
    declared = {"revision": "c" * 40, "digest": "d" * 64}
    repository = cards()["gpt2-large"].repository
    (hub_cache.repository_folder(repository) / "snapshots" / ("c" * 40)).mkdir(parents=True)
    assert place.is_dir()
    assert lacking("gpt2-large", SERVER, tmp_path, **declared) == ""


def test_tables_have_every_card_once_for_each_kind(tmp_path: Path) -> None:
    known = cards()
    told = records(known, tmp_path)
    assert sum(map(len, told.values())) == sum(len(card.kinds) for card in known.values())
    lines = list(table(told))
    assert any("not for commercial use" in line for line in lines)
    assert any("calibrate first" in line for line in lines)
    [conse] = [record for record in told["encoder"] if record["card"] == "conse"]
    assert in_words(conse) == "conse (1 GB cpu, to be fetched)"
    assert in_words(conse, here=False) == "conse (1 GB cpu)"
