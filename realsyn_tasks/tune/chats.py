"""Examples as chats: lines of JSON with `messages`, which trl and LLaMA-Factory both read.

train.jsonl, held_out.jsonl     {"messages": [{"role": .., "content": ..}, ..]}
dataset_info.json               what LLaMA-Factory wants to be told of them
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from realsyn_tasks.models.protocols import Prompt
from realsyn_tasks.synthesize.prompts import read_prompt
from realsyn_tasks.tune.tasks import Task

SUFFIX = ".jsonl"
Message = dict[str, str]
_OF_LLAMA_FACTORY = {
    "formatting": "sharegpt",
    "columns": {"messages": "messages"},
    "tags": {
        "role_tag": "role",
        "content_tag": "content",
        "user_tag": "user",
        "assistant_tag": "assistant",
        "system_tag": "system",
    },
}


def write(rows: Iterable[Mapping[str, Any]], path: Path) -> Path:
    """Write the tasks that have an answer, a line each; gives the path back."""
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            if row["answer"]:
                question = Task.of_row(row).ask(read_prompt(row["prompt"]))
                line = json.dumps({"messages": messages(question, row["answer"])})
                file.write(f"{line}\n")
    return path


def messages(prompt: Prompt, answer: str) -> list[Message]:
    """Give a question with its worked examples, and its answer, as messages."""
    said = [("system", prompt.system)] if prompt.system else []
    for user, assistant in (*prompt.turns, (prompt.user, answer)):
        said += [("user", user), ("assistant", assistant)]
    return [{"role": role, "content": _harmless(text)} for role, text in said]


def dataset_info(names: Iterable[str]) -> str:
    """Say of each file what it is, as LLaMA-Factory's dataset_info.json does."""
    info = {
        f"realsyn_{name}": {"file_name": f"{name}{SUFFIX}", **_OF_LLAMA_FACTORY} for name in names
    }
    return json.dumps(info, indent=1) + "\n"


def _harmless(text: str) -> str:
    """Break up what a tokenizer may take for a control token: the texts are from the web."""
    return text.replace("<|", "< |").replace("|>", "| >")
