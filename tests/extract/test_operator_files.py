"""What the operator's files hold is part of a run, and evaluation captions are dropped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.answers import ShardState
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.stage import Output
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.extract import count_words, filter_sentences
from realsyn_tasks.extract.operator_files import OperatorFile
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.opening import open_extract
from realsyn_tasks.stages import PIPELINE
from tests.crawls import write_tiny_warc
from tests.extract.sentences import parsed_sentences
from tests.support import FakeInputs, context, run_group

GOOD = "A small brown dog runs along the wet beach at sunset."
OTHER = "The farmer painted an old wooden bridge near the village."


def test_a_folder_is_its_files_and_their_names(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "two").write_bytes(b"2")
    (tmp_path / "a" / "one").write_bytes(b"1")
    file = OperatorFile.model_validate((tmp_path / "a").as_uri()).pinned()
    assert list(file.read()) == [("one", b"1"), ("two", b"2")]
    assert file.pinned() == file
    (tmp_path / "a" / "one").rename(tmp_path / "a" / "aaa")
    assert file.pinned().digest != file.digest


def test_one_file_may_be_named_in_several_ways(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes(b"x")
    uri = (tmp_path / "list.txt").as_uri()
    by_uri, by_path = OperatorFile(uri=uri), OperatorFile(uri=str(tmp_path / "list.txt"))
    assert list(by_uri.read()) == list(by_path.read()) == [("list.txt", b"x")]
    assert by_uri.pinned().digest == by_path.pinned().digest


def test_what_changed_or_is_gone_stops_the_stage(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(b"x")
    file = OperatorFile(uri=path.as_uri()).pinned()
    path.write_bytes(b"y")
    with pytest.raises(ConfigError, match="changed since the run was opened; open the run again"):
        list(file.read())
    path.unlink()
    with pytest.raises(ConfigError, match="neither a file nor a folder"):
        list(file.read())


def test_files_belong_to_the_run_that_names_them(tmp_path: Path) -> None:
    crawl, path = tmp_path / "crawl", tmp_path / "captions.txt"
    write_tiny_warc(crawl, pages=2, images=2, files=1)
    captions = {"evaluation_captions": [path.as_uri()]}
    settings = {"filter_sentences": captions, "describe_images": captions}

    def opened() -> Workspace:
        root = (tmp_path / "root").as_uri()
        return open_extract(root, str(crawl), "crawl", Choices(stages=settings))

    with pytest.raises(ConfigError, match="neither a file nor a folder"):
        opened()
    path.write_text(f"{GOOD}\n")
    first = opened()
    run_group(first, "extract", until="filter_sentences")
    assert opened().config == first.config
    assert states(opened()) == {ShardState.DONE}
    path.write_text(f"{OTHER}\n")
    assert opened().config.digest() != first.config.digest()
    assert states(opened()) == {ShardState.STALE}


def states(workspace: Workspace) -> set[ShardState]:
    planner = Planner(workspace)
    return set(planner.status(PIPELINE.stage("filter_sentences")).states.values())


def filtered(texts: list[str], tmp_path: Path, *sets: Path) -> Output:
    inputs = FakeInputs({("parse", "sentences"): [parsed_sentences(texts)]})
    fitted = count_words.run(inputs, count_words.Config(), context(tmp_path))
    inputs.tables |= {("count_words", name): [table] for name, table in fitted.tables.items()}
    settings: dict[str, Any] = {"evaluation_captions": [path.as_uri() for path in sets]}
    config = filter_sentences.Config(**settings).pinned()
    return filter_sentences.run(inputs, config, context(tmp_path))


def test_evaluation_captions_are_dropped_whatever_their_form(tmp_path: Path) -> None:
    folder = tmp_path / "captions"
    folder.mkdir()
    (folder / "a.txt").write_text(f"\n{GOOD.upper()[:-1]} !!\n")
    (folder / "b.jsonl").write_text(json.dumps({"id": 1, "captions": ["one", OTHER]}) + "\n\n")
    (folder / "picture.jpg").write_bytes(b"\xff\xd8\xff")
    near = GOOD.replace("brown", "black")
    output = filtered([GOOD, OTHER, near], tmp_path, folder)
    assert [item.reason.code for item in output.dropped] == ["evaluation_caption"] * 2
    assert output.tables["sentences"]["text"].to_pylist() == [near]
    assert not filtered([GOOD, OTHER, near], tmp_path).dropped


@pytest.mark.parametrize(
    ("line", "said"), [("{", "line 1 is no JSON"), ('{"a": 1}', "rename one"), ("3", "rename one")]
)
def test_unreadable_captions_are_named(line: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "captions.jsonl"
    path.write_text(line)
    with pytest.raises(ConfigError, match=said):
        filtered([GOOD], tmp_path, path)
