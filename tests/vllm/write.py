"""python -m tests.vllm.write FOLDER LOG [apart]: answer PROMPTS, keep them, log each as it comes.

A test that starts it kills it. `apart`: the engine has a process of its own, as it has on GPUs.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

from realsyn_tasks.core.include import cache_folder
from realsyn_tasks.core.kept_answers import Asked, KeptAnswers
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.models import requests
from realsyn_tasks.models.protocols import Prompt
from tests.models.support import load
from tests.vllm import ENVIRONMENT, OPTIONS

THINGS = "cat dog lamp bridge boat violin apple church river clock".split()
PROMPTS = [Prompt("Answer in one sentence.", (), f"What is a {thing}?") for thing in THINGS]
LIMIT = 24


def kept(folder: Path) -> Asked:
    """The answers kept in a folder, by a process that is gone or at work."""
    return Asked(KeptAnswers(Storage.at(str(folder)), "answers", pause=0.0), "smollm2")


if __name__ == "__main__":
    apart = {"VLLM_ENABLE_V1_MULTIPROCESSING": "1"} if sys.argv[3:] == ["apart"] else {}
    os.environ.update(ENVIRONMENT | apart)
    model = load("language_model", "vllm", cache_folder(), **{**OPTIONS, "batch_size": 2})
    with Path(sys.argv[2]).open("w") as log:
        told = partial(print, file=log, flush=True)
        requests.answers(model, kept(Path(sys.argv[1])), PROMPTS, LIMIT, told)
