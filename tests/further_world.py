"""What the small world lacks, made in a copy of it, so that each stage has something to read.

A crawl whose pictures stand in other files or are known by address, a build that refuses licences,
mines tags and has pictures captioned, and what is made of a published version: an analysis, a
tuning, and an evaluation by either method. Groups are run as far as the small world did not go.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.config import ModelSpec
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.fetching import guard
from realsyn_tasks.runs.analyses import open_analysis
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.evaluations import EvaluationForm, open_evaluation
from realsyn_tasks.runs.opening import open_build, open_extract
from realsyn_tasks.runs.tunings import TuningForm, open_tuning
from tests import tiny
from tests.crawls import picture
from tests.evaluate import clips, tiny_protocols
from tests.extract import split_crawls as warcs
from tests.fetching.conftest import loopback
from tests.fetching.server import HostileServer, answer, running
from tests.models import checkpoints
from tests.support import run_group

HEADS, CLIP = "tiny-heads", "tiny-clip"  # protocols
FETCHED = ("/0.jpg", "/1.jpg", "/2.jpg")
FAR = f"https://{warcs.HOST}/far.jpg"  # in another file than its page
FETCH: dict[str, Any] = {
    "contact": "crawl@site.example",
    "host_delay": 0.0,
    "attempts": 1,
    "allowed_networks": ("127.0.0.0/8",),
}
BUILD: dict[str, dict[str, Any]] = {
    "filter_licences": {"refused_licences": [""]},  # of pages that state none, as all of them do
    "tag_images": {"vocabulary": "both"},
    "mine_tags": {"min_sentences": 1, "seen_share": 1.0},
}
TUNING: dict[str, dict[str, Any]] = {
    "ask_teacher": {"held_out": 0.3, "sources": [0, 1], "min_about": None},
    "train_student": {"batch_size": 4, "max_length": 1024},
    "measure_models": {"max_new_tokens": 8},
}
FEW: dict[str, Any] = {  # of a protocol
    "seeds": 1,
    "arms": {name: tiny_protocols.PROTOCOL["arms"][name] for name in ("three", "one")},
}
BY_CLIP: dict[str, Any] = {
    "method": "clip",
    "training": {
        "architecture": clips.ARCHITECTURE,
        "precision": "fp32",
        "steps": 1,
        "batch_size": 4,
        "shuffled": 8,
    },
    "asking": {"strengths": [1.0]},
    "statistics": {"resampled": False},
}


@dataclass(frozen=True)
class Places:
    """What lies outside a root: a site, and a checkpoint to tune."""

    server: HostileServer
    checkpoint: Path


@contextmanager
def places(base: Path) -> Iterator[Places]:
    """Have site, checkpoint, protocols, evaluation sets and a captioner where they are sought."""
    protocols = {HEADS: FEW, CLIP: {**FEW, **BY_CLIP}}
    whole = {name: {**tiny_protocols.PROTOCOL, **changed} for name, changed in protocols.items()}
    folder = tiny_protocols.write_include(base / "include", **whole)
    checkpoint = checkpoints.language_model(base / "llama", checkpoints.tokenizer())
    captioner = {"captioner": {"tiny": "tests.tiny_models:TinyCaptioner"}}
    with pytest.MonkeyPatch.context() as patch, running(HostileServer()) as server:
        patch.setenv("REALSYN_INCLUDE", str(folder))
        patch.setenv("REALSYN_EVALUATION_SETS", str(tiny_protocols.write_sets(base / "sets")))
        patch.setenv("REALSYN_CACHE", str(base / "cache"))
        patch.setenv(tiny.VARIABLE, json.dumps(json.loads(tiny.BACKENDS) | captioner))
        patch.setattr(guard.GuardedResolver, "_ask_the_system", _found)
        server.paths |= {path: answer(picture(n)) for n, path in enumerate(FETCHED)}
        yield Places(server, checkpoint)


async def _found(self: object, host: str) -> list[str]:
    return await loopback(host)


def make(root: Path, places: Places) -> list[Workspace]:
    """Make all of it in a copy of the small world; give the runs."""
    build = f"{root.as_uri()}/builds/all"
    return [
        web(root, places.server),
        described(root),
        analysis(build),
        tuning(build, places.checkpoint),
        evaluation(build, HEADS),
        evaluation(build, CLIP),
    ]


def web(root: Path, server: HostileServer) -> Workspace:
    """Extract a crawl as far as all pictures are there."""
    folder, urls = root / "crawls" / "web", server.urls(*FETCHED, "/gone.jpg")
    own = warcs.response(f"https://{warcs.HOST}/own.jpg", picture(20))
    warcs.write(folder / "0.warc.gz", [warcs.page(0, ["/own.jpg", FAR, *urls[::2]]), own])
    far = warcs.response(FAR, picture(21))
    warcs.write(folder / "1.warc.gz", [warcs.page(1, [FAR, *urls[1::2]]), far])
    choices = Choices(stages={"fetch": FETCH, "parse": {"missing_images": "fetch"}})
    run = open_extract(str(root), folder.as_uri(), "web", choices)
    run_group(run, "extract", until="fetch")
    return run


def described(root: Path) -> Workspace:
    """Open a build that asks for all that can be asked, and run the stages that it is asked by."""
    choices = Choices(stages=BUILD, models={"captioner": ModelSpec(name="tiny")})
    run = open_build(str(root), "1000", "described", [], choices, allow_smaller=True)
    run_group(run, "retrieve", until="filter_licences")
    run_group(run, "synthesize", until="caption_images")
    return run


def analysis(build: str) -> Workspace:
    """Analyse what a build published."""
    run = open_analysis(build, "", Choices())
    run_group(run, "analyze")
    return run


def tuning(build: str, checkpoint: Path) -> Workspace:
    """Tune a checkpoint in two steps."""
    spec = ModelSpec(name="transformers", options={"checkpoint": str(checkpoint)})
    choices = Choices(models={"language_model": spec}, stages=TUNING)
    form = TuningForm(version=build, name="student", examples=16, steps=2, choices=choices)
    run = open_tuning(form)
    run_group(run, "tune")
    return run


def evaluation(build: str, protocol: str) -> Workspace:
    """Evaluate what a build published."""
    run = open_evaluation(EvaluationForm(versions=build, protocol=protocol, name=protocol))
    run_group(run, "evaluate")
    return run
