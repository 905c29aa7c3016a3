"""The seam, as an engineer types it: results on stdout, words on stderr, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from realsyn_tasks.core.include import cache_folder
from realsyn_tasks.models.makers import prepare
from tests.crawls import picture
from tests.prose import TOPICS

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def prepared() -> None:
    prepare(cache_folder())


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "realsyn_tasks", *words]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["batches", "extract", "--build", "nowhere/builds/x"], "open the run first"),
        (["batches", "extract", "--build", "x"], "ROOT/builds/NAME"),
        (["open-build", "--root", "ROOT", "--scale", "huge"], "one of demo"),
        (["open-build", "--root", "ROOT", "--scale", "5"], "extract a crawl first"),
        (["open-extract", "--root", "ROOT", "--crawl", "ROOT/nothing"], "empty or not there"),
        (
            ["open-extract", "--root", "ROOT", "--crawl", "tests/formats", "--format", "wrac"],
            "there is no format 'wrac': did you mean warc",
        ),
        (["open-build", "--root", "ftp://x", "--scale", "5"], "file:// or s3://"),
        (["embed", "--out", "x.npy"], "either --images or --texts"),
        (["calibrate", "vocabulary", "--kind", "tagger"], "choose one of encoder"),
    ],
)
def test_wrong_words_are_a_config_error_that_says_what_to_do(
    words: list[str], message: str, tmp_path: Path
) -> None:
    found = run(*[word.replace("ROOT", str(tmp_path)) for word in words])
    assert found.returncode == 78, found.stderr
    assert found.stderr.startswith("error: ")
    assert message in found.stderr
    assert "Traceback" not in found.stderr


def test_unknown_settings_are_refused_when_a_run_is_opened(tmp_path: Path) -> None:
    (tmp_path / "crawl").mkdir()
    (tmp_path / "crawl" / "a.html").write_text("<p>A page.</p>")
    options = json.dumps({"stages": {"filter_images": {"min_sdie": 50}}})
    crawl = str(tmp_path / "crawl")
    found = run("open-extract", "--root", str(tmp_path), "--crawl", crawl, "--options", options)
    assert found.returncode == 78
    assert "min_sdie" in found.stderr


@pytest.mark.usefixtures("prepared")
def test_calibrate_wants_examples_and_proposes_settings(tmp_path: Path) -> None:
    assert "give examples" in run("calibrate", "conse").stderr
    sentences = [line for topic in TOPICS for text in topic[2] for line in text.split(". ")]
    (tmp_path / "texts").write_text("\n".join(sentences))
    found = run("calibrate", "conse", "--texts", str(tmp_path / "texts"))
    assert found.returncode == 0, found.stderr
    cosine = json.loads(found.stdout.splitlines()[-1])["stages"]["link_neighbours"]
    assert 0.5 < cosine["sentence_cosine"] <= 1


@pytest.mark.usefixtures("prepared")
def test_embed_keeps_the_order_of_names_and_lines(tmp_path: Path) -> None:
    pictures, out = tmp_path / "pictures", tmp_path / "out.npy"
    pictures.mkdir()
    for name, seed in (("b.jpg", 1), ("a.jpg", 2), ("c.jpg", 2)):
        (pictures / name).write_bytes(picture(seed))
    found = run("embed", "--images", str(pictures), "--out", str(out))
    assert found.returncode == 0, found.stderr
    vectors = np.load(out)
    assert json.loads(found.stdout.splitlines()[-1])["rows"] == 3
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    assert np.allclose(vectors[0], vectors[2], atol=1e-5)
    assert not np.allclose(vectors[0], vectors[1], atol=1e-2)
