from __future__ import annotations

from pathlib import Path

import pytest

from realsyn_tasks.core.records import DamagedRecord
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus import labels
from realsyn_tasks.corpus.labels import Judgement, Label, Labels

SAID = Labels(
    build="demo",
    who=" ann ",
    labels=(Label(image_id="0" * 32, text="A pig.", judgement=Judgement.RIGHT),),
)


def test_judgements_are_appended_and_read_back(tmp_path: Path) -> None:
    storage = Storage.at(str(tmp_path))
    assert labels.read(storage) == []
    path = labels.add(storage, SAID)
    assert labels.add(storage, SAID) == path
    labels.add(storage, SAID.model_copy(update={"who": "bob"}))
    assert len(labels.read(storage)) == 2
    assert labels.read(storage)[0].labels == SAID.labels
    assert SAID.who == "ann"


def test_a_damaged_file_is_told_by_name(tmp_path: Path) -> None:
    storage = Storage.at(str(tmp_path))
    path = labels.add(storage, SAID)
    (tmp_path / path).write_bytes(b"\0\0")
    with pytest.raises(DamagedRecord, match=path):
        labels.read(storage)


def test_a_person_takes_back_what_was_said_of_one_pair_and_nothing_else(tmp_path: Path) -> None:
    storage = Storage.at(str(tmp_path))
    other = Label(image_id="0" * 32, text="A cat.", judgement=Judgement.WRONG)
    labels.add(storage, SAID.model_copy(update={"labels": (*SAID.labels, other)}))
    labels.add(storage, SAID.model_copy(update={"who": "bob"}))
    assert labels.take_back(storage, "ann", "0" * 32, "A pig.") == 1
    left = {(page.who, label.text) for page in labels.read(storage) for label in page.labels}
    assert left == {("ann", "A cat."), ("bob", "A pig.")}
