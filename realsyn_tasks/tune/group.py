"""The stage group tune: a language model taught to write as its teacher does (paper §4.1).

The paper has 100,000 examples by a large model, and tunes Llama 3 8B on them. A tuning is pinned to
a published version, whose pairs are the material. Promoting it registers the tuned model as a card
of the root, if it is better than the untuned one (promotion.py).
"""

from __future__ import annotations

from realsyn_tasks.core.declaration import GPU_LLM, ONE, Group, HandedOn, Stage
from realsyn_tasks.kinds import TUNING, VERSION

STAGES = (
    Stage(
        "ask_teacher",
        VERSION.axis,
        reads=("dataset",),
        writes={"tasks": "TASKS", "refused": "REFUSED"},
        needs=GPU_LLM,
        models=("language_model", "reranker"),
        together=("ask_teacher.teacher", "language_model"),
    ),
    Stage(
        "choose_examples",
        ONE,
        reads=("ask_teacher",),
        writes={"train": "TASKS", "held_out": "TASKS"},
        blobs=("train_chats", "held_out_chats"),
        light=True,
    ),
    Stage(
        "train_student",
        ONE,
        reads=("choose_examples",),
        writes={"steps": "STEPS", "losses": "LOSSES"},
        blobs=("weights",),
        needs=GPU_LLM,
        models=("language_model",),
    ),
    Stage(
        "measure_models",
        ONE,
        reads=("choose_examples", "train_student"),
        writes={"texts": "MEASURED_TEXTS"},
        needs=GPU_LLM,
        models=("language_model", "reranker", "encoder"),
    ),
    Stage(
        "compare_models",
        ONE,
        reads=("train_student", "measure_models"),
        writes={"measures": "MEASURES", "reasons": "REASON_COUNTS"},
        light=True,
    ),
)

GROUP = Group(
    "tune",
    TUNING,
    STAGES,
    package="realsyn_tasks.tune",
    asset="realsyn_tuned_model",
    about="a language model tuned to write as its teacher does (paper §4.1)",
    makes="models",
    hands_on=(
        HandedOn("examples", "choose_examples", "train", "task_id"),
        HandedOn("measures", "compare_models", "measures", "measure"),
    ),
    reasons="realsyn_tasks.tune.reasons:REASONS",
    rules="realsyn_tasks.tune.rules:RULES",
    statistics="realsyn_tasks.tune.statistics:statistics",
    promotion="realsyn_tasks.tune.promotion:promote",
)
