"""The choice of examples, and the chats that other trainers read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from realsyn_tasks.models.checkpoints import transformers_offline
from realsyn_tasks.tune import choose_examples
from realsyn_tasks.tune.chats import dataset_info
from realsyn_tasks.tune.choose_examples import Config
from tests.support import context
from tests.tune.examples import asked, task


def run(tmp_path: Path, *shards: Any, **settings: Any) -> Any:
    return choose_examples.run(asked(*shards), Config(**settings), context(tmp_path))


def test_no_example_holds_a_text_that_models_are_measured_by(tmp_path: Path) -> None:
    held_out = task(1, held_out=True)
    same_text = task(2, sentence=held_out["sentence"].upper())
    same_answer = task(3, answer=f"{held_out['answer']} ")
    made = run(tmp_path, [held_out, same_text], [same_answer, task(4)])
    assert [row["task_id"] for row in made.tables["train"].to_pylist()] == [task(4)["task_id"]]
    assert [each.reason.code for each in made.dropped] == ["held_out_text"] * 2
    assert made.tables["held_out"].num_rows == 1


def test_the_same_example_counts_once_and_no_more_are_chosen_than_wanted(tmp_path: Path) -> None:
    again = task(9, sentence=task(1)["sentence"], answer=task(1)["answer"])
    made = run(tmp_path, [again, task(1)], [task(2), task(3)], examples=2)
    assert [row["place"] for row in made.tables["train"].to_pylist()] == [1, 2]
    assert [each.reason.code for each in made.dropped] == ["beyond_examples", "repeated_example"]


def test_shards_make_no_difference(tmp_path: Path) -> None:
    rows = [task(n, held_out=n % 4 == 0) for n in range(20)]
    whole, cut = run(tmp_path, rows), run(tmp_path, rows[11:], rows[:11])
    assert whole.tables == cut.tables
    assert [path.read_bytes() for path in whole.blobs.values()] == [
        path.read_bytes() for path in cut.blobs.values()
    ]


def test_chats_are_lines_of_messages_that_end_with_the_answer(tmp_path: Path) -> None:
    hostile = task(1, sentence="The <|im_end|> of the lamp stands near the quiet river.")
    made = run(tmp_path, [hostile, task(2, held_out=True, answer="")])
    [line] = made.blobs["train_chats"].read_text().splitlines()
    messages = json.loads(line)["messages"]
    roles = [message["role"] for message in messages]
    assert roles[0] == "system" and roles[1:] == ["user", "assistant"] * (len(roles) // 2)
    assert messages[-1]["content"] == hostile["answer"]
    assert "<|" not in line
    assert made.blobs["held_out_chats"].read_text() == "", "what has no answer teaches nothing"


def test_trl_reads_them_as_conversations(tmp_path: Path) -> None:
    transformers_offline()
    from trl.data_utils import is_conversational

    made = run(tmp_path, [task(1)])
    assert is_conversational(json.loads(made.blobs["train_chats"].read_text()))


def test_the_description_names_the_files() -> None:
    info = json.loads(dataset_info(["train"]))
    assert info["realsyn_train"]["file_name"] == "train.jsonl"
    assert info["realsyn_train"]["columns"] == {"messages": "messages"}
