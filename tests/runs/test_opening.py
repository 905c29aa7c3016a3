"""A run is resolved when it is opened: one wrong word, or another model, and it is not opened."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from realsyn_tasks.core import include
from realsyn_tasks.core.answers import ShardState
from realsyn_tasks.core.config import ModelSpec
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.runner import Runner
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.models import protocols
from realsyn_tasks.models.deployment import VARIABLE
from realsyn_tasks.quality import gate
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.models import loader
from realsyn_tasks.runs.opening import open_build, open_extract
from realsyn_tasks.runs.promotion import promote
from realsyn_tasks.stages import PIPELINE
from tests import tiny
from tests.crawls import write_tiny_warc
from tests.support import run_group
from tests.tiny_models import TinyEncoder

STAGES: dict[str, dict[str, Any]] = {"link_neighbours": {"image_cosine": 0.999}}
TAG = PIPELINE.stage("tag_images")


class Lister:
    """A tagger that knows a list of words in a file, and says so."""

    class Options(protocols.Options):
        words: str

    def __init__(self, options: Options, *rest: Any) -> None:
        self._words = Path(options.words).read_text().split()

    @staticmethod
    def identify(options: Options, cache: Path, beside: Sequence[str]) -> Any:
        return protocols.Identity(f"lister-{Path(options.words).read_text()}")

    def tag(self, images: Sequence[Any], vectors: np.ndarray) -> list[list[tuple[str, float]]]:
        return [[(self._words[0], 1.0)] for _ in images]


class Other(TinyEncoder):
    """Another encoder in the same space."""

    identity = "other-encoder"


class Dark:
    """A scorer of how dark a picture is."""

    identity = "dark"

    def __init__(self, *made: Any) -> None:
        pass

    def __call__(self, images: Sequence[Any]) -> np.ndarray:
        return np.array([1 - np.asarray(image).mean() / 255 for image in images])


@pytest.fixture(autouse=True, scope="module")
def backends() -> Iterator[None]:
    """Tiny models, and three of this module."""
    own = json.loads(tiny.BACKENDS)
    own["tagger"]["lister"] = f"{__name__}:Lister"
    own["encoder"]["other"] = f"{__name__}:Other"
    own["image_scorer"] = {"dark": f"{__name__}:Dark"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, json.dumps(own))
        yield


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with one generation."""
    folder = tmp_path_factory.mktemp("opening")
    write_tiny_warc(folder / "crawls" / "first")
    extract = open_extract(str(folder), str(folder / "crawls/first"), "", Choices(stages=STAGES))
    finish(extract, "extract")
    return folder


def finish(run: Workspace, group: str) -> None:
    run_group(run, group)
    gate(run, group).raise_if_failed()
    promote(run, group)


def opened(root: Path, **choices: Any) -> Workspace:
    """An extract of the same crawl once more, of which nothing is done."""
    crawl = str(root / "crawls/first")
    return open_extract(str(root), crawl, "again", Choices(**({"stages": STAGES} | choices)))


def test_a_changed_word_list_is_another_tagger(root: Path, tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("red")
    tagger = {"tagger": ModelSpec(name="lister", options={"words": str(words)})}

    def reopened() -> Workspace:
        return open_build(str(root), "4", "words", [], Choices(stages=STAGES, models=tagger))

    build = reopened()
    finish(build, "retrieve")
    run_group(build, "synthesize", loader(build.config), until=TAG.name)
    assert set(Planner(build).status(TAG).states.values()) == {ShardState.DONE}
    words.write_text("blue")
    build.ledger(TAG.name).withdraw(0)
    with pytest.raises(ConfigError, match=r"opened with lister-red-\w+: put that back"):
        Runner(build, loader(build.config)).run_batch(TAG, 0)
    build = reopened()
    assert set(Planner(build).status(TAG).states.values()) & {ShardState.STALE, ShardState.MISSING}
    run_group(build, "synthesize", loader(build.config), until=TAG.name)
    commits = Planner(build).status(TAG).commits.values()
    assert {commit.models["tagger"].split("-")[1] for commit in commits} == {"blue"}


def test_another_encoder_than_the_corpus_was_made_with_is_refused(root: Path) -> None:
    other = Choices(stages=STAGES, models={"encoder": ModelSpec(name="other")})
    with pytest.raises(ConfigError, match=r"generation 1 .* embedded with tiny-encoder.*is other-"):
        open_build(str(root), "4", "other", [], other)
    crawl = root / "crawls" / "second"
    write_tiny_warc(crawl, pages=2)
    with pytest.raises(ConfigError, match=r"generation 1 .* embedded with tiny-encoder"):
        open_extract(str(root), str(crawl), "", other)


def test_how_a_model_runs_is_in_no_fingerprint(root: Path, tmp_path: Path) -> None:
    """As the project's own backend sees it: the fingerprint has the identity alone."""
    (tmp_path / "weights.bin").write_bytes(b"w")

    def fingerprint(**options: Any) -> str:
        scorer = {"model": "transformers", "max_score": 0.5}
        scorer["options"] = {"checkpoint": str(tmp_path), **options}
        run = opened(root, stages=STAGES | {"filter_images": {"scorers": [scorer]}})
        stage = PIPELINE.stage("filter_images")
        model = run.config.models["filter_images.scorers.0"]
        assert model.running["batch_size"] == options.get("batch_size", 16)
        return Planner(run).fingerprints.of_inputs(stage, {})

    plain = fingerprint()
    assert fingerprint(device="cuda", batch_size=7) == plain
    assert fingerprint(labels=["unsafe"]) != plain
    (tmp_path / "weights.bin").write_bytes(b"v")
    assert fingerprint() != plain


def test_a_scorers_identity_is_in_the_fingerprint_and_in_the_commit(root: Path) -> None:
    scorer = {"model": "dark", "max_score": 2.0}
    run = opened(root, stages=STAGES | {"filter_images": {"scorers": [scorer]}})
    run_group(run, "extract", loader(run.config), until="filter_images")
    commits = run.ledger("filter_images").commits().values()
    found = [commit.models["filter_images.scorers.0"] for commit in commits]
    assert found
    assert all(identity.startswith("dark-") for identity in found)


@pytest.mark.parametrize("model", ["subprocess:check_output", f"{__name__}:Dark"])
def test_a_class_from_outside_is_not_named_in_a_request(root: Path, model: str) -> None:
    scorer = {"model": model, "max_score": 0.5}
    with pytest.raises(ConfigError, match=r"scorers\.0 is .* named in the deployment"):
        opened(root, stages={"filter_images": {"scorers": [scorer]}})
    with pytest.raises(ConfigError, match=r"models\.encoder is .* named in the deployment"):
        opened(root, models={"encoder": ModelSpec(name=model)})


def test_what_a_run_takes_as_declared_is_said(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {"checkpoint": "hub/model", "revision": "r" * 40, "digest": "d" * 64}
    run = opened(root, models={"language_model": ModelSpec(name="vllm", options=options)})
    assert run.config.models["language_model"].resolved == "declared"
    assert "language_model vllm is taken as declared: vllm-hub/model@" in capsys.readouterr().err


PROFILE = yaml.safe_load(include.profile_path("local").read_text())
WRONG = [
    ({"batchs": {"max_batches": 2}}, "batchs: did you mean batches"),
    ({"stages": {"filter_imagse": {}}}, "stages.filter_imagse: did you mean filter_images"),
    ({"stages": {"filter_images": {"min_sdie": 3}}}, "stages.filter_images.min_sdie: did you mean"),
    ({"stages": {"fit_lists": {"nprob": 3}}}, "stages.fit_lists.nprob: did you mean nprobe"),
    ({"dispatch": "pods"}, "dispatch is 'pods': did you mean pod"),
    ({"models": {"encodr": "conse"}}, "models.encodr is 'encodr': did you mean encoder"),
    ({"models": PROFILE["models"] | {"encoder": "cones"}}, "models.encoder: there is no encoder"),
    ({"models": {"encoder": "conse"}}, "models lacks "),
    ({"partitions": {"neighborhoods": 2}}, "partitions.neighborhoods: did you mean neighbourhoods"),
    ({"partitions": {"neighbourhoods": 2, "lists": 2}}, "partitions.clusters is missing"),
    ({"partitions": {"neighbourhoods": 2, "lists": 2, "clusters": 0}}, "give at least 1, or auto"),
    ({"partitions": {"neighbourhoods": 2, "lists": "atuo"}}, "partitions.lists"),
    ({"resources": {"gpus": {"gpu": 0}}}, "resources.gpus: did you mean gpu"),
    ({"pods": {"imag": "x"}}, "pods.imag: did you mean image"),
    ({"ingest": {"shedule": "x"}}, "ingest.shedule: did you mean schedule"),
    ({"backends": {"encoder": {"x": "no class"}}}, "backends.encoder.x is 'no class'"),
]


@pytest.mark.parametrize(("changes", "said"), WRONG, ids=[said for _, said in WRONG])
def test_a_wrong_word_in_a_profile_opens_nothing(
    changes: dict[str, Any], said: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(include.include_folder(), tmp_path / "include")
    path = tmp_path / "include" / "profiles" / "local.yaml"
    path.write_text(yaml.safe_dump(PROFILE | changes))
    monkeypatch.setenv("REALSYN_INCLUDE", str(tmp_path / "include"))
    with pytest.raises(ConfigError) as caught:
        opened(root, stages={})
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)


def test_a_class_may_be_named_in_a_profile(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(include.include_folder(), tmp_path / "include")
    path = tmp_path / "include" / "profiles" / "local.yaml"
    ours = {"captioner": {"ours": f"{__name__}:Dark"}}
    path.write_text(yaml.safe_dump(PROFILE | {"backends": ours}))
    monkeypatch.setenv("REALSYN_INCLUDE", str(tmp_path / "include"))
    run = opened(root, models={"captioner": ModelSpec(name="ours")})
    assert run.config.models["captioner"].identity.startswith("dark-")
    assert isinstance(loader(run.config)("captioner", run.config.models["captioner"]), Dark)
