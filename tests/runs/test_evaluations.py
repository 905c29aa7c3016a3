"""Opening evaluations: what they are pinned to, and what is refused."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.config import ModelSpec
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets.pinned import VersionsRef
from realsyn_tasks.evaluate import protocol
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.evaluations import EvaluationForm, open_evaluation
from realsyn_tasks.runs.promotion import promote
from tests.evaluate import tiny_protocols
from tests.finished import open_run

CLIP = {
    **tiny_protocols.PROTOCOL,
    "method": "clip",
    "training": {},
    "seeds": 1,
    "statistics": {"resampled": False},
}
WRONG = {**tiny_protocols.PROTOCOL, "training": {"stepps": 3}}


@pytest.fixture(scope="module")
def root(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with a build that has published a version."""
    root = shutil.copytree(finished, tmp_path_factory.mktemp("published") / "root")
    promote(open_run(root, "sample"), "sample")
    return root


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of two tiny evaluation sets; never to be written to."""
    return tiny_protocols.write_sets(tmp_path_factory.mktemp("sets") / "sets")


@pytest.fixture(scope="module", autouse=True)
def protocols(sets: Path) -> Iterator[None]:
    """Have tiny protocols in the include folder, and the sets where they are looked for."""
    folder = tiny_protocols.write_include(sets.parent / "include", clip=CLIP, wrong=WRONG)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REALSYN_INCLUDE", str(folder))
        patch.setenv("REALSYN_EVALUATION_SETS", str(sets))
        yield


def opened(root: Path, **fields: Any) -> Workspace:
    form = {"versions": f"{root.as_uri()}/builds/tiny", "protocol": "tiny", **fields}
    return open_evaluation(EvaluationForm(**form))


def test_it_is_pinned_to_versions_protocol_and_sets(root: Path) -> None:
    config = opened(root).config
    assert config.name.startswith("tiny-realsyn-tiny-v-")
    [version] = VersionsRef.model_validate(config.sources["datasets"].reference).versions
    assert version.path.startswith("datasets/realsyn-tiny/v-")
    assert config.axes == {"datasets": version.shards, "evaluation_sets": 2, "trials": 6}
    pinned = config.stages["draw_questions"]["sets"]
    assert [each["name"] for each in pinned] == ["words", "things"]
    told = config.stages["judge_claims"]["protocol"]
    assert told["digest"] == protocol.read("tiny").digest()
    assert set(config.off) == {"train_clip", "ask_clip"}
    assert config.models["encoder"].identity == "tiny-encoder", "that of the version's build"


def test_opened_again_it_is_the_same(root: Path) -> None:
    assert opened(root).config == opened(root).config


def test_it_adopts_from_those_that_do_most_alike_unless_it_is_to_follow_none(root: Path) -> None:
    first, clip = opened(root, name="first").config, opened(root, name="clip", protocol="clip")
    assert opened(root, name="second").config.donors[0] == first.name
    assert clip.config.name in opened(root, name="second").config.donors
    assert opened(root, name="third", choices=Choices(follow="none")).config.donors == ()


def test_another_method_leaves_other_stages_out(root: Path) -> None:
    config = opened(root, protocol="clip").config
    assert set(config.off) == {"train_heads", "embed_lessons", "embed_questions"}
    assert config.axes["trials"] == 3


def test_several_versions_stand_in_the_order_they_are_named(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root, tmp_path / "root")
    folder = next((tmp_path / "root/datasets/realsyn-tiny").glob("v-*"))
    shutil.copytree(folder, folder.with_name("v-copy"))
    dataset = f"{(tmp_path / 'root').as_uri()}/datasets/realsyn-tiny"
    config = opened(root, versions=f"{dataset}/v-copy, {dataset}/{folder.name}").config
    versions = VersionsRef.model_validate(config.sources["datasets"].reference).versions
    assert [version.path.rsplit("/")[-1] for version in versions] == ["v-copy", folder.name]
    assert config.name.startswith("tiny-2-versions-")
    assert config.axes["trials"] == 12


def test_what_a_set_holds_is_part_of_it(root: Path, sets: Path, tmp_path: Path) -> None:
    shutil.copytree(sets, tmp_path / "sets")
    (tmp_path / "sets/things/test/bell/new.png").write_bytes(b"")
    before = opened(root, evaluation_sets=str(sets)).config
    after = opened(root, evaluation_sets=str(tmp_path / "sets")).config
    pinned = [config.stages["draw_questions"]["sets"] for config in (before, after)]
    assert [a["digest"] == b["digest"] for a, b in zip(*pinned, strict=True)] == [True, False]


def test_a_set_that_is_left_out_leaves_its_claims_out(root: Path) -> None:
    config = opened(root, leave_out="words").config
    assert config.axes["evaluation_sets"] == 1
    assert [claim["name"] for claim in config.stages["judge_claims"]["claims"]] == ["more"]


def test_settings_that_the_protocol_does_not_have_may_be_chosen(root: Path) -> None:
    chosen = Choices(stages={"embed_lessons": {"batch_size": 3}})
    assert opened(root, choices=chosen).config.stages["embed_lessons"]["batch_size"] == 3


def test_another_encoder_may_be_chosen(root: Path) -> None:
    chosen = Choices(models={"encoder": ModelSpec(name="conse")})
    assert opened(root, choices=chosen).config.models["encoder"].name == "conse"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"versions": ""}, "versions: none is named"),
        ({"versions": "file:///nowhere/builds/x"}, "nowhere"),
        ({"protocol": "tinny"}, "did you mean tiny"),
        ({"protocol": "wrong"}, r"protocols/wrong.yaml.*stepps"),
        ({"leave_out": "wrds"}, "no evaluation set wrds; it has words, things"),
        ({"name": "A Name"}, "use small letters"),
        ({"evaluation_sets": "/nowhere"}, "evaluation set words is not at /nowhere/words"),
        ({"choices": Choices(stages={"train_heads": {"seeds": 9}})}, r"train_heads.seeds is the"),
        ({"choices": Choices(stages={"judge_claims": {"claims": []}})}, "is the protocol's to say"),
    ],
)
def test_what_cannot_be_is_refused(root: Path, fields: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigError, match=f"(?s){why}"):
        opened(root, **fields)


def test_versions_of_two_roots_or_twice_the_same_are_refused(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "datasets", tmp_path / "datasets")
    here, there = (f"{place.as_uri()}/datasets/realsyn-tiny" for place in (root, tmp_path))
    with pytest.raises(ConfigError, match="of several roots"):
        opened(root, versions=f"{here},{there}")
    with pytest.raises(ConfigError, match="is named twice"):
        opened(root, versions=f"{here},{root.as_uri()}/builds/tiny")


def test_all_that_is_wrong_is_told_at_once(root: Path) -> None:
    with pytest.raises(ConfigError, match=r"(?s)versions: none.*did you mean.*small letters"):
        opened(root, versions="", protocol="tinny", name="A Name")
