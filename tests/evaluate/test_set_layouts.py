"""The layouts of evaluation sets, and what hostile ones may try."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.evaluate import set_layouts
from realsyn_tasks.evaluate.reasons import NO_ANSWER, TOO_LARGE
from realsyn_tasks.evaluate.set_layouts import Item, Unread, classes_of
from tests.evaluate.written_sets import (
    captioned,
    captions_file,
    classified,
    opened,
    png,
    tar,
    tars,
)


def read(folder: Path, split: str = "test") -> list[Item | Unread]:
    layout = opened(folder).layout
    names = list(layout.names(split))
    assert len(set(names)) == len(names)
    return list(layout.items(split, set(names)))


def items(folder: Path, split: str = "test") -> list[Item]:
    found = read(folder, split)
    assert all(isinstance(item, Item) for item in found)
    return [item for item in found if isinstance(item, Item)]


def refused(folder: Path) -> list[str]:
    return [str(item.error) for item in read(folder) if isinstance(item, Unread)]


def test_webdatasets_with_captions(tmp_path: Path) -> None:
    folder = tars(tmp_path, captioned("A cat.\n\n  A  sleeping cat.", "A dog."), captioned("Bees"))
    assert [item.texts for item in items(folder)] == [
        ("A cat.", "A sleeping cat."),
        ("A dog.",),
        ("Bees",),
    ]
    assert items(folder)[1].picture == png(1)
    assert dict(opened(folder).layout.texts("test")) == {i.name: i.texts for i in items(folder)}
    assert items(folder, "train") == []


def test_webdatasets_with_classes(tmp_path: Path) -> None:
    folder = tars(tmp_path, classified(1, 0), classified(1, first=2))
    (folder / "classnames.txt").write_text("a cat\na dog\n")
    assert [item.label for item in items(folder)] == ["a dog", "a cat", "a dog"]
    assert classes_of(opened(folder)) == ("a cat", "a dog")


def test_items_are_read_by_name(tmp_path: Path) -> None:
    layout = opened(tars(tmp_path, captioned("one", "two"), captioned("three"))).layout
    names = list(layout.names("test"))
    wanted = list(layout.items("test", {names[2], names[0]}))
    assert [item.name for item in wanted] == [names[0], names[2]]


def test_names_in_tars_mean_nothing(tmp_path: Path) -> None:
    named = ["../../etc/passwd", "/root/x", "a\x1b[2J\udcff", "a" * 90]
    members = [(f"{name}.png", png(n)) for n, name in enumerate(named)]
    texts = [(f"{name}.txt", b"a text") for name in named]
    pairs = [member for pair in zip(members, texts, strict=True) for member in pair]
    found = items(tars(tmp_path, pairs))
    assert [item.name for item in found] == [f"0/{n:06d}" for n in range(4)]


def test_links_and_devices_in_tars_are_passed_over(tmp_path: Path) -> None:
    import tarfile

    folder = tars(tmp_path, captioned("A cat."))
    with tarfile.open(folder / "test/0.tar", "a") as file:
        for kind in (tarfile.SYMTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE):
            info = tarfile.TarInfo("s1.png")
            info.type, info.linkname = kind, "/etc/passwd"
            file.addfile(info)
    assert len(items(folder)) == 1


def test_what_has_no_answer_or_no_picture_is_told(tmp_path: Path) -> None:
    broken = [("a.txt", b"no picture"), ("b.png", png(1)), ("b.cls", b"7"), ("c.png", png(2))]
    folder = tars(tmp_path, [*broken, ("c.cls", b"-1"), *classified(0, first=9)])
    (folder / "classnames.txt").write_text("a cat\na dog\n")
    assert refused(folder) == [
        f"{NO_ANSWER} no picture",
        f"{NO_ANSWER} class '7' of 2",
        f"{NO_ANSWER} class '-1' of 2",
    ]


def test_sizes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(set_layouts, "TEXT_BYTES", 100)
    monkeypatch.setattr(set_layouts, "PICTURE_BYTES", len(png(1)))
    large = [("l.png", png(1) + b"0"), ("l.txt", b"x"), ("t.png", png(1)), ("t.txt", b"x" * 101)]
    assert refused(tars(tmp_path, large)) == [
        f"{TOO_LARGE} {len(png(1)) + 1} bytes",
        f"{TOO_LARGE} 101 bytes",
    ]
    assert [texts for _, texts in opened(tmp_path).layout.texts("test")] == [("x",), ()]


def test_a_broken_tar_is_named(tmp_path: Path) -> None:
    folder = tars(tmp_path, captioned("A cat.", "A dog."))
    path = folder / "test/0.tar"
    path.write_bytes(path.read_bytes()[:-12_000])
    with pytest.raises(ConfigError, match=r"test/0\.tar cannot be read .*get it anew"):
        read(folder)


def test_a_missing_tar_and_a_wrong_number_are_named(tmp_path: Path) -> None:
    folder = tars(tmp_path, captioned("A cat."))
    (folder / "test/nshards.txt").write_text("2")
    with pytest.raises(ConfigError, match=r"test/1\.tar is missing"):
        read(folder)
    (folder / "test/nshards.txt").write_text("9" * 5000)
    with pytest.raises(ConfigError, match="no number"):
        read(folder)


def test_folders_of_classes(tmp_path: Path) -> None:
    for number, name in enumerate(["test/sea_lion/b.PNG", "test/bee/a/c.png", "train/bee/d.png"]):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(png(number))
    (tmp_path / "test/bee/notes.md").write_text("not a picture")
    assert [(item.name, item.label) for item in items(tmp_path)] == [
        ("bee/a/c.png", "bee"),
        ("sea_lion/b.PNG", "sea lion"),
    ]
    assert [item.label for item in items(tmp_path, "train")] == ["bee"]
    (tmp_path / "classnames.txt").write_text("a bee\na sea lion\n")
    assert classes_of(opened(tmp_path)) == ("a bee", "a sea lion")
    (tmp_path / "classnames.txt").write_text("a bee\n")
    with pytest.raises(ConfigError, match=r"2 folders of classes, and classnames\.txt has 1"):
        items(tmp_path)


def test_classes_of_one_name_are_told_apart(tmp_path: Path) -> None:
    folder = tars(tmp_path, classified(0, 2))
    (folder / "classnames.txt").write_text("crane\ndog\ncrane\n")
    assert [item.label for item in items(folder)] == ["crane (0)", "crane (2)"]


def test_a_file_of_captions(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"image": "pictures/a.png", "captions": ["A cat.", "A small cat."]},
        {"image": "pictures/b.png", "caption": "A dog."},
        {"image": "pictures/a.png", "caption": "It sleeps."},
    ]
    folder = captions_file(tmp_path, rows)
    for name in "ab":
        (folder / f"test/pictures/{name}.png").write_bytes(png(ord(name)))
    assert [(item.name, item.texts) for item in items(folder)] == [
        ("pictures/a.png", ("A cat.", "A small cat.", "It sleeps.")),
        ("pictures/b.png", ("A dog.",)),
    ]


@pytest.mark.parametrize("path", ["../../../etc/passwd", "/etc/passwd", "secret.png", "link.png"])
def test_captions_lead_to_files_of_the_set_alone(path: str, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(png(1))
    folder = captions_file(tmp_path / "set", [{"image": path, "caption": "A secret."}])
    with pytest.raises(ConfigError, match=r"line 1: test/.* is no file of the set"):
        read(folder)


@pytest.mark.parametrize("line", ["{", "[]", '{"image": 3, "caption": "x"}', '{"image": "a.png"}'])
def test_a_wrong_line_of_captions_is_named(line: str, tmp_path: Path) -> None:
    folder = captions_file(tmp_path, [])
    (folder / "test/captions.jsonl").write_text(line)
    with pytest.raises(ConfigError, match=r"captions\.jsonl, line 1"):
        read(folder)


def test_what_has_no_layout_says_which_there_are(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("hello")
    with pytest.raises(ConfigError, match=r"needs test/nshards\.txt .*captions\.jsonl.*test/CLASS"):
        read(tmp_path)


def test_long_and_strange_paths_become_digests(tmp_path: Path) -> None:
    for name in ("a\nb", "c" * 230):
        (tmp_path / "test" / name).mkdir(parents=True)
        (tmp_path / "test" / name / "x.png").write_bytes(png(1))
    names = [item.name for item in items(tmp_path)]
    assert all(len(name) == 32 and name.isalnum() for name in names)


def test_a_tar_is_read_sample_by_sample(tmp_path: Path) -> None:
    """Heads of members that were passed are let go."""
    tar(tmp_path / "0.tar", captioned(*("words",) * 50))
    with (tmp_path / "0.tar").open("rb") as source:
        samples = list(set_layouts._samples_of(source, 0, "here"))
    assert len(samples) == 50
    assert not samples[0]._tar.members
