"""All that a root keeps, held against what is written of it, by size and by digest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from realsyn_tasks import cli
from realsyn_tasks.core import progress
from realsyn_tasks.report.verification import MOST_LINES, lines
from tests.datasets.damages import DAMAGES

# Of each kind of object one, by where it lies.
OBJECTS = {
    "generation": "extracts/first/dedup_images/shard=00000/*-images.parquet",
    "pixels": "extracts/first/*/shard=00000/*-pixels.tar",
    "build": "builds/all/embed_queries/shard=00000/*.parquet",
    "tar": "datasets/*/*/webdataset/*.tar",
    "table": "datasets/*/*/data/*.parquet",
}


def verify(root: Path, *more: str) -> Result:
    return CliRunner().invoke(cli.app, ["verify", "--root", str(root), *more])


def found(root: Path, *more: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(verify(root, "--json", *more).stdout)
    return record


def test_a_whole_root_is_said_to_be_whole(pristine: Path) -> None:
    for more, by in ([], "size"), (["--bytes"], "digest"):
        result = verify(pristine, *more)
        assert (result.exit_code, result.stdout.count("\n")) == (0, 1)
        assert f"checked by {by}" in result.stdout and "all whole" in result.stdout
    record = found(pristine)
    assert (record["damaged"], record["findings"]) == (0, [])
    assert record["checked"]["objects"] > 300


@pytest.mark.parametrize("kind", OBJECTS)
def test_damage_that_kept_its_size_is_found_by_reading_all_bytes(root: Path, kind: str) -> None:
    path = sorted(root.glob(OBJECTS[kind]))[0]
    DAMAGES["flipped"](path)
    assert verify(root).exit_code == 0, "sizes do not tell"
    result = verify(root, "--bytes")
    assert result.exit_code != 0
    damages = [f for f in found(root, "--bytes")["findings"] if f["damages"]]
    assert [f["path"] for f in damages] == [str(path.relative_to(root))]
    assert damages[0]["fault"] == "another checksum"
    assert "1 damaged" in result.stdout and damages[0]["remedy"] in result.stdout


@pytest.mark.parametrize("kind", OBJECTS)
def test_what_is_cut_is_found_by_size(root: Path, kind: str) -> None:
    path = sorted(root.glob(OBJECTS[kind]))[0]
    DAMAGES["cut"](path)
    result = verify(root)
    assert getattr(result.exception, "exit_code", None) == 65
    assert any(f["path"] == str(path.relative_to(root)) for f in found(root)["findings"])


def test_records_that_cannot_be_read_are_told_with_the_rest(root: Path) -> None:
    for name in ("corpus/gen=0001/generation.json", "builds/all/config.json"):
        (root / name).write_bytes(b"")
    DAMAGES["deleted"](sorted(root.glob(OBJECTS["tar"]))[0])
    places = {f["place"] for f in found(root)["findings"] if f["damages"]}
    assert {"corpus/gen=0001", "builds/all"} < places
    assert len(places) == 3


def test_working_files_of_a_finished_extract_are_a_note(root: Path) -> None:
    for path in root.glob("extracts/first/embed_images/shard=*/*.parquet"):
        path.unlink()
    result = verify(root)
    assert result.exit_code == 0
    assert result.stdout.startswith("note: extracts/first embed_images, shards 0-1: missing")


def test_progress_says_how_long_it_will_take(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PAUSE", 0.0)
    said = [line for line in verify(root, "--bytes").stderr.splitlines() if "s left" in line]
    assert len(said) > 100
    assert said[-1].endswith("about 0 s left")
    done, of = said[-1].split(": ")[1].split(" GB")[0].split(" of ")
    assert done == of, "each byte is counted once"


def test_many_damages_are_one_screenful() -> None:
    finding = {"place": "builds/a", "stage": "parse", "fault": "missing", "detail": "gone"}
    finding |= {"remedy": "do it again", "damages": True, "path": "x"}
    alike = [finding | {"shard": shard} for shard in range(10_000)]
    [line] = lines(alike)
    assert "shards 0-9999" in line and "(and 9999 more)" in line
    assert MOST_LINES <= 30


def test_a_place_with_nothing_in_it_is_refused(tmp_path: Path) -> None:
    result = verify(tmp_path)
    assert "nothing to verify" in str(result.exception)
