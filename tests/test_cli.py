"""The seam, as an engineer types it: answers in words or in JSON, errors, exit codes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from realsyn_tasks import cli
from realsyn_tasks.core.include import cache_folder
from realsyn_tasks.models.makers import prepare
from tests import command, tiny
from tests.crawls import picture
from tests.prose import TOPICS

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def prepared() -> None:
    prepare(cache_folder())


FOR_MACHINES = {"REALSYN_JSON": "1", tiny.VARIABLE: "{}"}


def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return command.run(*words, **FOR_MACHINES | variables)


def process(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command as what it is for whoever starts it: a process."""
    return subprocess.run(
        [sys.executable, "-m", "realsyn_tasks", *words],
        cwd=PROJECT,
        env=os.environ | FOR_MACHINES | variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["batches", "extract", "--build", "nowhere/builds/x"], "open the run first"),
        (["batches", "extract", "--build", "x"], "ROOT/builds/NAME"),
        (["open-build", "--root", "ROOT", "--scale", "huge"], "one of demo"),
        (["open-build", "--root", "ROOT", "--scale", "5"], "extract a crawl first"),
        (["pin-build", "--root", "ROOT", "--scale", "5x", "--name", "A b"], "3 things are wrong:"),
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


def test_a_process_ends_with_the_exit_code_and_the_words_alone() -> None:
    found = process("batches", "extract", "--build", "nowhere/builds/x")
    assert found.returncode == 78
    assert found.stderr.startswith("error: ") and found.stderr.count("\n") == 1
    assert not found.stdout


def commands() -> dict[str, Any]:
    """Every command by its words, those of groups too, and the groups themselves."""
    group: Any = typer.main.get_command(cli.app)
    below = {
        f"{name} {word}": each
        for name, command in group.commands.items()
        for word, each in getattr(command, "commands", {}).items()
    }
    return dict(group.commands) | below


def answered(*words: str) -> Result:
    return CliRunner().invoke(cli.app, words)


def test_every_command_can_answer_a_machine() -> None:
    lacking = [
        name
        for name, command in commands().items()
        if "--json" not in [flag for option in command.params for flag in option.opts]
    ]
    assert not lacking


def test_people_get_words_and_machines_get_one_line_of_json() -> None:
    words = ["plan", "--scale", "30m", "--gpus", "8"]
    people, machine = answered(*words), answered(*words, "--json")
    assert "generate_texts" in people.stdout and "{" not in people.stdout
    assert not people.stderr
    assert json.loads(machine.stdout)["target"] == 30_000_000
    assert machine.stdout.count("\n") == 1
    assert "generate_texts" in machine.stderr


def test_an_answer_without_a_screen_is_in_words_too(tmp_path: Path) -> None:
    (tmp_path / "crawl").mkdir()
    (tmp_path / "crawl" / "a.html").write_text("<p>A page.</p>")
    words = ["open-extract", "--root", str(tmp_path), "--crawl", str(tmp_path / "crawl")]
    variables = {"REALSYN_JSON": "", tiny.VARIABLE: tiny.BACKENDS}
    opened = process(*words, **variables)
    assert f"build: {tmp_path.as_uri()}/extracts/crawl\n" in opened.stdout
    assert "{" not in opened.stdout
    shown = run("batches", "extract", "--build", f"{tmp_path}/extracts/crawl", **variables)
    assert "parse:\n  - 0\n" in shown.stdout
    assert len(shown.stdout.splitlines()) < 40


def test_what_changes_things_for_good_is_dry_by_default() -> None:
    forever = {"takedown", "override", "release", "publish", "repair"}
    dry = {
        name: option.default
        for name, command in commands().items()
        for option in command.params
        if "--really" in option.opts
    }
    assert dry == dict.fromkeys(forever, False)


WRONG = [
    ({"sed": 1}, "--options: sed: did you mean seed?"),
    ({"seed": "abc"}, "--options: seed is 'abc'"),
    ({"models": {"encodr": "conse"}}, "--options: models.encodr is 'encodr': did you mean encoder"),
    ({"models": {"encoder": "clip"}}, "--options: models.encoder: there is no encoder 'clip'"),
    (
        {"models": {"perplexity_model": {"name": "transformers", "options": {"chekpoint": "x"}}}},
        "--options: models.perplexity_model.options.chekpoint: did you mean checkpoint?",
    ),
    ({"models": {"encoder": {"nam": "conse"}}}, "models.encoder.nam: did you mean name?"),
    ({"stages": {"filter_images": {"min_sdie": 50}}}, "filter_images.min_sdie: did you mean"),
    ({"stages": {"filter_imagse": {}}}, "--options: stages.filter_imagse: did you mean"),
    ({"stages": {"fit_lists": {"nprob": 1}}}, "--options: stages.fit_lists.nprob: did you mean"),
    ({"profile": "locl"}, "no profile 'locl': did you mean local?"),
    ({"preset": "papr"}, "include/presets: there is no preset 'papr': did you mean paper?"),
]


def open_page(root: Path, options: object, **variables: str) -> subprocess.CompletedProcess[str]:
    (root / "crawl").mkdir()
    (root / "crawl" / "a.html").write_text("<p>A page.</p>")
    words = ["open-extract", "--root", str(root), "--crawl", str(root / "crawl")]
    return run(*words, "--options", json.dumps(options), **variables)


@pytest.mark.parametrize(("options", "said"), WRONG, ids=[said for _, said in WRONG])
def test_one_wrong_word_opens_nothing(options: object, said: str, tmp_path: Path) -> None:
    found = open_page(tmp_path, options, **{tiny.VARIABLE: tiny.BACKENDS})
    assert found.returncode == 78, found.stderr
    assert said in found.stderr
    assert "Traceback" not in found.stderr
    assert not (tmp_path / "extracts").exists()


def test_a_wrong_word_in_a_profile_or_in_the_environment_opens_nothing(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "include", tmp_path / "include")
    path = tmp_path / "include" / "profiles" / "local.yaml"
    path.write_text(path.read_text().replace("batches:", "batchs:"))
    found = open_page(tmp_path, {}, REALSYN_INCLUDE=str(tmp_path / "include"))
    assert found.returncode == 78
    assert f"{path}: batchs: did you mean batches?" in found.stderr
    found = run("embed", "--out", "x", "--texts", "y", REALSYN_BACKENDS='{"encodr": {}}')
    assert found.returncode == 78
    assert "REALSYN_BACKENDS: encodr is 'encodr': did you mean encoder?" in found.stderr


def test_a_request_runs_no_code(tmp_path: Path) -> None:
    command = ["touch", str(tmp_path / "touched")]
    scorer = {"model": "subprocess:check_output", "options": {"args": command}, "max_score": 1}
    options = {"stages": {"filter_images": {"scorers": [scorer]}}}
    found = open_page(tmp_path, options, **{tiny.VARIABLE: tiny.BACKENDS})
    assert found.returncode == 78
    assert "scorers.0 is 'subprocess:check_output': a class from outside is named" in found.stderr
    assert not (tmp_path / "touched").exists()


def test_opening_says_what_each_model_is(tmp_path: Path) -> None:
    found = open_page(tmp_path, {}, **{tiny.VARIABLE: tiny.BACKENDS})
    assert found.returncode == 0, found.stderr
    models = json.loads(found.stdout)["models"]
    assert models["encoder"]["identity"].startswith("tiny-encoder-")
    assert models["encoder"]["resolved"] == "content"


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
