"""The stage group evaluate: are models better for a version's texts and sampling (paper §4, §5)?

An evaluation is pinned to one or several published versions and to a protocol, which says before
anything is run what is trained with what, what is asked, and which differences are claimed. Nothing
of a version is changed by it: promotion renews what is attached to them.
"""

from __future__ import annotations

from realsyn_tasks.core.declaration import GPU, ONE, Axis, Group, HandedOn, Stage
from realsyn_tasks.kinds import EVALUATION, VERSIONS

SETS = Axis("evaluation_sets")
TRIALS = Axis("trials")  # version x arm x seed

LEARNT = ("draw_lessons", "embed_lessons", "draw_questions", "embed_questions")

STAGES = (
    Stage(
        "draw_questions",
        SETS,
        reads=(),
        writes={"questions": "QUESTIONS", "classes": "CLASSES"},
        light=True,
        version=2,
    ),
    Stage(
        "find_overlaps",
        VERSIONS.axis,
        reads=("datasets", "draw_questions"),
        whole=("draw_questions",),
        writes={"overlaps": "OVERLAPS"},
        light=True,
    ),
    Stage(
        "draw_lessons",
        VERSIONS.axis,
        reads=("datasets", "find_overlaps"),
        writes={"lessons": "LESSONS"},
        light=True,
    ),
    Stage(
        "embed_lessons",
        VERSIONS.axis,
        reads=("datasets", "draw_lessons"),
        writes={"pictures": "PICTURE_FEATURES", "texts": "TEXT_FEATURES"},
        needs=GPU,
        models=("encoder",),
    ),
    Stage(
        "embed_questions",
        SETS,
        reads=("draw_questions",),
        writes={
            "pictures": "QUESTION_FEATURES",
            "texts": "TEXT_FEATURES",
            "answers": "ANSWERS",  # the untrained encoder's
        },
        needs=GPU,
        models=("encoder",),
        version=2,
    ),
    Stage(
        "train_heads",
        TRIALS,
        reads=LEARNT,
        whole=LEARNT,
        writes={"answers": "ANSWERS", "trainings": "TRAININGS"},
        blobs=("checkpoint",),
        version=2,
    ),
    Stage(
        "train_clip",
        TRIALS,
        reads=("datasets", "draw_lessons"),
        whole=("datasets", "draw_lessons"),
        writes={"trainings": "TRAININGS"},
        blobs=("checkpoint",),
        needs=GPU,
        version=2,
    ),
    Stage(
        "ask_clip",
        TRIALS,
        reads=("train_clip", "draw_questions"),
        whole=("draw_questions",),
        writes={"answers": "ANSWERS"},
        needs=GPU,
        version=2,
    ),
    Stage(
        "judge_claims",
        ONE,
        reads=(
            *("draw_lessons", "find_overlaps", "embed_questions"),
            *("train_heads", "train_clip", "ask_clip"),
        ),
        writes={
            "measures": "MEASURES",
            "claims": "CLAIMS",
            "curves": "CURVES",
            "fits": "FITS",
        },
        version=2,
        light=True,
    ),
)

GROUP = Group(
    "evaluate",
    EVALUATION,
    STAGES,
    package="realsyn_tasks.evaluate",
    asset="realsyn_evaluation",
    about="whether models are better for a version's texts and sampling (paper §4, §5)",
    hands_on=(
        HandedOn("measures", "judge_claims", "measures", "arm"),
        HandedOn("claims", "judge_claims", "claims", "claim"),
        HandedOn("curves", "judge_claims", "curves", "curve"),
        HandedOn("overlaps", "find_overlaps", "overlaps", "item"),
    ),
    reasons="realsyn_tasks.evaluate.reasons:REASONS",
    rules="realsyn_tasks.evaluate.rules:RULES",
    statistics="realsyn_tasks.evaluate.statistics:statistics",
    settle="realsyn_tasks.evaluate.settings:settle",
    promotion="realsyn_tasks.evaluate.promotion:promote",
)
