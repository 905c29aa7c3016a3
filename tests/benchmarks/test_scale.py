from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from realsyn_tasks import cli
from realsyn_tasks.core import arrow_files, keyed_tables, tables
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.extract import cat
from realsyn_tasks.kinds import BUILD, EXTRACT
from realsyn_tasks.models.deployment import VARIABLE
from realsyn_tasks.stages import PIPELINE
from tests.benchmarks import scale, scale_data_plane, scale_report, scale_runs
from tests.benchmarks.measure import Options
from tests.benchmarks.scale_planted import Planted, Spelling, number_in, picture
from tests.benchmarks.scale_runs import Root, Size, records

PLANTED = Planted(copies=0.3, dim=32)
NOT_RUN = {"fetch", "count_phrases", "mine_tags"}  # nothing to fetch, and a list of tags is there
REPLACED: list[tuple[Any, str]] = [
    (arrow_files, "opened"),
    (arrow_files, "committed"),
    (keyed_tables, "_fetch"),
    (cat, "read"),
]
GROUPS = [group.name for group in PIPELINE.groups if group.kind in (EXTRACT, BUILD)]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> scale_runs.Process:
    """Run commands in this process, which is left as it was."""
    monkeypatch.setattr(Storage, "at", Storage.__dict__["at"])
    for module, name in REPLACED:
        monkeypatch.setattr(module, name, getattr(module, name))
    monkeypatch.setenv(VARIABLE, "{}")
    scale_data_plane.deploy()

    def run(words: Sequence[str], environment: dict[str, str]) -> None:
        for name in (scale_data_plane.METER, "REALSYN_INCLUDE"):
            monkeypatch.setenv(name, environment[name])
        scale_data_plane.metered(
            words, lambda: cli.app(list(words), standalone_mode=False), time.monotonic()
        )

    return run


def test_the_suite_runs_every_stage(tmp_path: Path, here: scale_runs.Process) -> None:
    root = Root(tmp_path, Size(160, PLANTED, per_shard=80, per_partition=80), here)
    root.run(GROUPS, processes=1)
    found = {record["stage"]: record for record in records(root)}
    wanted = {stage.name for stage in PIPELINE.declared if stage.group in GROUPS} - NOT_RUN
    assert wanted <= set(found)
    assert {f"promote {group}" for group in GROUPS} <= set(found)
    assert found["parse"]["requests"]["put"] > 2 and found["parse"]["shards"] == 2
    assert found["dedup_sentences"]["rows"] < found["filter_sentences"]["rows"]
    assert (root.path / "datasets").is_dir()


def test_what_was_measured_is_not_run_again(tmp_path: Path) -> None:
    ran: list[str] = []

    def note(words: Sequence[str], environment: dict[str, str]) -> None:
        ran.append(words[0])
        line = {"words": list(words), "code": 0}
        with open(environment[scale_data_plane.METER], "a") as meter:
            meter.write(json.dumps(line) + "\n")

    size = Size(20, PLANTED, per_shard=20)
    for _ in range(2):
        Root(tmp_path, size, note).step("open-extract", "--root", "somewhere")
    assert ran == ["open-extract"]


def test_a_small_corpus_is_the_beginning_of_a_large_one(tmp_path: Path) -> None:
    small = Root(tmp_path, Size(20, PLANTED, per_shard=20))
    large = Root(tmp_path, Size(40, PLANTED, per_shard=20))
    parts = [sorted(root.crawl.iterdir()) for root in (small, large)]
    assert [len(part) for part in parts] == [1, 2]
    assert parts[0][0].read_bytes() == parts[1][0].read_bytes()
    assert os.stat(parts[0][0]).st_nlink == 3


def test_markers_are_read_as_in_s3_by_a_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(scale_data_plane.METER, str(tmp_path / "meter.jsonl"))
    ask = scale_data_plane.folder_requests
    assert ask("few", 20) == {"list": 1, "get": 20}
    assert ask("many", 2000) == {"list": 2, "get": 2001, "put": 1}
    assert ask("many", 2010) == {"list": 3, "get": 11}


@pytest.mark.usefixtures("here")
def test_a_table_that_is_mapped_counts_as_read(tmp_path: Path) -> None:
    storage = Storage.at(str(tmp_path))
    tables.write_table(pa.table({"number": range(9)}), tmp_path / "local")
    ref = storage.upload(tmp_path / "local", "table")
    scale_data_plane.requests.clear()
    assert sum(piece.num_rows for piece in arrow_files.pieces(storage, ref)) == 9
    assert scale_data_plane.requests == {"head": 2, "get": 1}


@pytest.mark.parametrize("number", [0, 17, 399_999, 1_599_999])
def test_a_number_is_found_in_what_shows_it(number: int) -> None:
    spelling = Spelling()
    assert spelling.number(spelling.sentence(number, 8)) == 2 * number
    assert spelling.number(spelling.caption(number)) == 2 * number + 1
    data = picture(number, 3, PLANTED.pictures.bits(np.array([3]), 10)[0])
    assert number_in(np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))) == number


def test_what_is_planted_is_as_wide_apart_as_clips_vectors() -> None:
    planted, numbers = Planted(copies=0.2, dim=128), np.arange(2000)
    pictures, texts = planted.picture_vectors(numbers), planted.text_vectors(numbers)
    roots = planted.pictures.roots(numbers)
    copied = np.flatnonzero(roots != numbers)
    assert len(copied) / len(numbers) == pytest.approx(0.2, abs=0.03)
    assert np.allclose((pictures[copied] * pictures[roots[copied]]).sum(1), 0.97, atol=0.01)
    means = [float((a @ b.T).mean()) for a, b in ((pictures,) * 2, (texts,) * 2, (pictures, texts))]
    assert means == pytest.approx([0.53, 0.40, 0.06], abs=0.04)


def test_vectors_do_not_depend_on_what_they_are_asked_for_with() -> None:
    whole = PLANTED.text_vectors(np.arange(100))
    assert np.array_equal(PLANTED.text_vectors(np.arange(40, 60)), whole[40:60])


def test_an_exponent_is_that_of_the_two_largest_sizes() -> None:
    line = lines_of(cpu_seconds=(1.0, 4.0, 64.0))
    assert line.exponents("cpu_seconds") == pytest.approx([1.0, 2.0])
    assert line.last("cpu_seconds") == pytest.approx(2.0)
    assert line.overall("cpu_seconds") == pytest.approx(1.5)


def test_large_corpora_follow_by_the_exponent_or_by_a_line() -> None:
    assert scale_report.grown([10, 100], [1.0, 100.0], 1000) == pytest.approx(10_000.0)
    assert scale_report.grown([10, 20], [6.0, 7.0], 120) == pytest.approx(17.0)
    assert scale_report.grown([10, 20], [6.0, 5.0], 1000) == pytest.approx(5.0)
    assert scale_report.grown([10], [6.0], 1000) == 600.0


def test_memory_grows_beyond_what_every_process_has() -> None:
    line = lines_of(peak_rss_mb=(110.0, 140.0, 260.0))
    assert line.rss_at(10 * line.sizes[-1]) == pytest.approx(100 + 160 * 10, rel=1e-6)
    assert lines_of(peak_rss_mb=(200.0, 200.0, 200.0)).rss_at(10**9) == pytest.approx(200.0)


@pytest.mark.parametrize(
    ("goal", "values"),
    [
        ("CPU", {"cpu_seconds": (1.0, 4.0, 20.0)}),
        ("RSS", {"peak_rss_mb": (200.0, 200.0, 240.0)}),
        ("declared", {"peak_rss_mb": (2100.0, 2100.0, 2100.0)}),
        ("bytes", {"bytes_written": (10, 40, 200)}),
        ("requests", {"requests": (10, 40, 200)}),
    ],
)
def test_each_goal_can_be_missed_and_is_named(goal: str, values: dict[str, Any]) -> None:
    assert lines_of(**values).misses() == [goal]


def test_what_grows_with_the_corpus_misses_nothing() -> None:
    assert lines_of().misses() == []
    assert lines_of("search_lists", cpu_seconds=(1.0, 4.0, 24.0)).misses() == []


def test_the_table_has_a_row_for_each_stage_and_says_what_follows() -> None:
    made = [*lines_of("parse").records, *lines_of("export").records]
    text = "\n".join(scale_report.markdown(made))
    assert text.count("| parse |") == text.count("| export |") == 3
    assert "| parse | 1.00 | 0.00 | 1.00 | 1.00 | 1.00 |" in text
    assert "paper: CPU-h, GB" in text


def test_the_suite_has_options_of_its_own() -> None:
    more = ("--sizes", "1000,4000", "--copies", "50", "--groups", "retrieve")
    given = scale.arguments(Options(scale=0.5, more=more))
    assert (given.sizes, given.copies, given.groups) == ([500, 2000], [0.5], GROUPS[:2])


def lines_of(stage: str = "parse", **given: Sequence[float]) -> scale_report.Line:
    """Make the records of a stage at three sizes, each four times the one before."""
    values: dict[str, Sequence[float]] = {
        "cpu_seconds": (1.0, 4.0, 16.0),
        "peak_rss_mb": (200.0, 200.0, 200.0),
        "bytes_written": (10, 40, 160),
        "objects": (1, 4, 16),
        "requests": (10, 40, 160),
        **given,
    }
    [line] = scale_report.lines(list(_records(stage, values)), 0.2)
    return line


def _records(stage: str, values: dict[str, Sequence[float]]) -> Iterator[dict[str, Any]]:
    for place, pictures in enumerate((1000, 4000, 16000)):
        measured = {name: each[place] for name, each in values.items()}
        yield {
            "pictures": pictures,
            "copies": 0.2,
            "stage": stage,
            "startup_rss_mb": 100.0,
            "declared_memory_mb": 2048.0,
            **measured,
            "requests": {"get": measured["requests"]},
        }
