"""A small root as two crawls and a build leave it: the real stages, with tiny models."""

from __future__ import annotations

from pathlib import Path

from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.quality import gate
from realsyn_tasks.report.attachments import attach
from realsyn_tasks.runs.analyses import open_analysis
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.opening import open_build, open_extract
from realsyn_tasks.runs.promotion import promote
from tests.crawls import write_tiny_warc
from tests.support import run_group

CHOICES = Choices(
    stages={
        "link_neighbours": {"image_cosine": 0.999},
        "search_lists": {"hub_penalty": 0.0},
        "generate_texts": {"min_about": None},  # texts of the tiny crawl name no picture
    }
)
GIFS = (2, 3, 6)  # published as PNG


def ingest(root: Path, name: str, pages: int) -> Workspace:
    """Extract a crawl into the corpus; a crawl of more pages holds that of fewer."""
    folder = root / "crawls" / name
    write_tiny_warc(folder, pages=pages, images=2 * pages, files=2, gifs=GIFS)
    run = open_extract(str(root), folder.as_uri(), name, CHOICES)
    finish(run, "extract")
    return run


def build(root: Path, name: str = "all", target: str = "1000") -> Workspace:
    """Build over all generations and publish."""
    run = open_build(str(root), target, name, [], CHOICES, allow_smaller=True)
    for group in ("retrieve", "synthesize", "sample"):
        finish(run, group)
    attach(run)
    return run


def analyse(build: Workspace) -> Workspace:
    """Analyse what a build published."""
    run = open_analysis(build.uri, "", CHOICES)
    finish(run, "analyze")
    return run


def finish(run: Workspace, group: str) -> None:
    run_group(run, group)
    gate(run, group).raise_if_failed()
    promote(run, group)


def make(root: Path) -> Workspace:
    """Two crawls, the second of which holds the first, and a build over both, which is given."""
    ingest(root, "first", pages=4)
    ingest(root, "second", pages=6)
    return build(root)
