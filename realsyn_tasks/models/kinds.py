"""The kinds of models, as words."""

from __future__ import annotations

from typing import Literal, get_args

Kind = Literal[
    "encoder",
    "tagger",
    "captioner",
    "language_model",
    "perplexity_model",
    "reranker",
    "text_detector",
    "image_scorer",
    "vector_scorer",
    "judge",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
OF_RUNS = KINDS[:7]  # those that a run has one of each; settings of stages ask for the others
