"""Tests lie where what they hold lies: tests/ROOM/test_X.py is of realsyn_tasks/ROOM/X.py.

The tests of a room as a whole, its `__init__`, are named after the room.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PROJECT = TESTS.parent
PACKAGE = PROJECT / "realsyn_tasks"
PLUGINS = (PROJECT / "plugins" / "realsyn_airflow", PROJECT / "plugins" / "realsyn_local")

# Suites that hold several modules together, and why they are not cut in pieces.
TOGETHER = {
    "architecture": "imports and names of all modules",
    "bounded_fits": "what the fits of all groups read",
    "core/file_faults": "every way in which places, files and clocks fail, through whole runs",
    "core/s3_dataset": "the whole pipeline on a bucket",
    "core/s3_faults": "every way in which S3 fails, through storage, client and retries",
    "core/s3_runs": "whole runs on a bucket",
    "datasets/on_s3": "publishing and verifying on a bucket",
    "devices": "what all stages ask for and use",
    "environments": "what can be imported in which environment",
    "evaluate/cluster_protocols": "the cluster's protocol files, from opening to judged claims",
    "evaluate/coverage": "drawing and judging together, on simulated crawls",
    "example": "docs/example.md",
    "extract/dedup": "the seven stages that find near-duplicates",
    "extract/dedup_truth": "the same, against brute force",
    "extract/defaults": "settings of all filters as include/filters.yaml has them",
    "extract/index": "the stages that look at older generations",
    "extract/new_rule": "a rule through stage, reasons and page",
    "extract/unwanted_images": "parse and filter_images, with the lists that an operator names",
    "fetching/fetch_stage": "extract.fetch against this folder's hostile server",
    "fetching/hostile": "the whole downloader against a hostile server",
    "fetching/politeness": "the whole downloader, robots.txt and pauses",
    "field": "inputs of the field through the first stages of extract",
    "formats/bombs": "what files of all formats unpack to",
    "formats/contract": "every format",
    "formats/new_format": "a format through reader, opening and the first stages",
    "formats/warc_forms": "WARC files in every form, by all modules that read them",
    "models/contract": "every backend",
    "models/held_out_retrieval": "what the embedded encoder is worth",
    "models/new_tagger": "a backend through resolution, opening and its stage",
    "names": "this one",
    "new_group": "a stage group through declaration, runner, gate, promotion and report",
    "plugins/aws_settings": "include/airflow/aws.env under Airflow and against AWS's services",
    "plugins/helm": "include/kubernetes/helm, against the chart's values and Airflow's settings",
    "plugins/ledger": "core's ledger as Airflow's environment reads it",
    "plugins/limits": "what Airflow keeps of a run of many shards",
    "plugins/local": "realsyn_local without Airflow",
    "plugins/metrics": "Airflow's own settings, as docs/operations.md has them",
    "plugins/upkeep": "the forms of ingest and takedown, as words of the seam",
    "plugins/viewer": "realsyn_airflow.ui.viewer, with children of its own",
    "quality/promotion": "promotion of what this folder's gates have passed",
    "report/commands": "the commands that show a run: status, summary, report, inspect",
    "report/items_on_s3": "the index of items on a bucket",
    "retrieve/any_split": "the search stages, however they are cut",
    "retrieve/devices": "the retrieve group on a device of torch and with faiss",
    "retrieve/growing": "the search stages over a corpus that has grown",
    "retrieve/recall": "the stages that plan and audit recall",
    "retrieve/taken_down": "what a takedown lets the group do again",
    "runs/exchange": "the whole pipeline with every exchange in two steps",
    "runs/model_sets": "what comes of models named by one name, from choices to the first stage",
    "runs/races": "runs, gates, promotions and overrides, two and more at once",
    "sample/cap_solver": "the stages that balance the clusters",
    "sample/fits": "the fits of the group",
    "sample/published": "a dataset as others load it",
    "synthesize/embedded_model": "prompts, model and guards together",
    "synthesize/stages": "the small stages around generation",
    "takedown/on_s3": "takedowns and arrivals on a bucket",
    "vectors/native_build": ".ci/native, which makes the kernels",
    "vectors/same_bits": "one digest over the whole room",
    "views/static": "the browser's application, as text",
    "web/templates": "the DOM rules on template pages",
}


def suites() -> Iterator[str]:
    """Name the tests of rooms: `test_cli` is "cli", `core/test_tar` is "core/tar"."""
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir()} | {"plugins"}
    for path in sorted(TESTS.rglob("test_*.py")):
        folder = path.parent.relative_to(TESTS).as_posix()
        if folder == "." or folder in rooms:
            yield f"{folder}/{path.stem.removeprefix('test_')}".removeprefix("./")


def holds_a_module(suite: str) -> bool:
    """Say whether there is a module, or a package, of that name where it belongs."""
    room, _, name = suite.rpartition("/")
    if name == room:
        return True
    folders = PLUGINS if room == "plugins" else (PACKAGE / room,)
    places = [folder / name for folder in folders]
    return any(place.with_suffix(".py").exists() or place.is_dir() for place in places)


@pytest.mark.parametrize("suite", suites())
def test_a_suite_is_named_after_what_it_holds(suite: str) -> None:
    assert holds_a_module(suite) != (suite in TOGETHER), (
        f"tests/{suite}: name it after its module, or say in TOGETHER what it holds together"
    )


def test_no_suite_is_said_to_be_there_that_is_not() -> None:
    assert set(TOGETHER) <= set(suites())
