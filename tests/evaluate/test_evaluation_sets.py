"""What evaluation sets there are, where they lie, and whether they are what they were."""

from __future__ import annotations

from pathlib import Path

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.evaluate import evaluation_sets
from realsyn_tasks.evaluate.evaluation_sets import describe, files_of, names, pin
from tests.evaluate import written_sets

# The paper's tables 8 and 1 in their order, its retrieval sets, and those of its table 4.
CLASSIFICATION = (
    "food101 cifar10 cifar100 birdsnap sun397 stanford-cars fgvc-aircraft dtd oxford-pets"
    " caltech101 flowers102 stl10 eurosat resisc45 kitti-distance country211 ucf101 hateful-memes"
    " rendered-sst2 imagenet"
).split()
ROBUSTNESS = "imagenet-v2 imagenet-a imagenet-r objectnet imagenet-sketch".split()
RETRIEVAL = ["flickr30k", "mscoco"]
OURS = ["stamps", "drawings", "fashion-mnist"]


@pytest.fixture
def stamps(tmp_path: Path) -> Path:
    return written_sets.tars(tmp_path / "stamps", written_sets.captioned("A cat.", "A dog."))


def test_the_papers_sets_are_described_and_ours() -> None:
    assert {*CLASSIFICATION, *ROBUSTNESS, *RETRIEVAL, *OURS} == set(names())
    assert [name for name in names() if describe(name).made] == sorted(OURS)


def test_a_set_says_what_it_is_measured_by() -> None:
    metrics = {name: describe(name).metric for name in names()}
    per_class = {name for name, metric in metrics.items() if metric == "mean_per_class"}
    assert per_class == {"fgvc-aircraft", "oxford-pets", "caltech101", "flowers102"}
    assert metrics["hateful-memes"] == "roc_auc"
    assert {n for n, metric in metrics.items() if metric == "recall"} == {
        name for name in names() if describe(name).tasks == ("retrieval",)
    }


def test_all_that_is_classified_says_of_how_many_classes() -> None:
    known = [describe(name) for name in (*CLASSIFICATION, *ROBUSTNESS, "fashion-mnist")]
    assert all(each.classes and each.test for each in known)
    assert all(describe(name).train for name in CLASSIFICATION)


def test_a_set_is_pinned_by_what_it_holds(stamps: Path) -> None:
    [first] = pin(["stamps"], str(stamps.parent))
    (stamps / ".DS_Store").write_bytes(b"a file manager was here")
    assert pin(["stamps"], str(stamps.parent)) == (first,)
    (stamps / "test/nshards.txt").write_text("1\n\n")
    assert pin(["stamps"], str(stamps.parent))[0].digest != first.digest


def test_a_set_that_has_changed_is_not_read(stamps: Path) -> None:
    [known] = pin(["stamps"], str(stamps.parent))
    assert "test/0.tar" in files_of(known).files
    data = bytearray((stamps / "test/0.tar").read_bytes())
    data[600] ^= 1
    (stamps / "test/0.tar").write_bytes(data)
    with pytest.raises(ConfigError, match="changed since the evaluation was opened; open it again"):
        files_of(known)


def test_of_a_large_set_names_and_sizes_are_noted(
    stamps: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = written_sets.files(stamps).digest()
    monkeypatch.setattr(evaluation_sets, "CONTENT_BYTES", 100)
    by_size = written_sets.files(stamps).digest()
    assert by_size != whole
    (stamps / "test/nshards.txt").write_text("2\n")
    assert written_sets.files(stamps).digest() == by_size


def test_sets_lie_where_the_environment_says(stamps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REALSYN_EVALUATION_SETS", f"{stamps.parent.as_uri()}/")
    assert pin(["stamps"])[0].uri == stamps.as_uri()


def test_what_is_missing_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="realsyn evaluation-sets stamps"):
        pin(["stamps"], str(tmp_path))
    with pytest.raises(ConfigError, match=r"get it \(wds_flickr30k .*REALSYN_EVALUATION_SETS"):
        pin(["flickr30k"], str(tmp_path))
    with pytest.raises(ConfigError, match="did you mean imagenet-sketch"):
        pin(["imagenet-skech"], str(tmp_path))
