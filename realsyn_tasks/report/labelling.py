"""A page on which a person says whether texts fit pictures, and the way of the answers back.

The page is blind: text1 and the synthetic text of an image, or some of its candidates, stand in an
order drawn by seed, and nothing tells which is which. It loads nothing and sends nothing: the
answers are saved as a file, which `label --read` takes into the root. All texts on it come from the
web and are escaped.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.closed import parsed
from realsyn_tasks.core.commits import Commit
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.labels import Label, Labels, add
from realsyn_tasks.corpus.pinned import KEYS, STAGE
from realsyn_tasks.pictures.pixels import read_at
from realsyn_tasks.report.page import environment
from realsyn_tasks.report.pictures import thumbnail
from realsyn_tasks.retrieve.group import GROUP as RETRIEVE
from realsyn_tasks.retrieve.pool import unjudged
from realsyn_tasks.sample.group import GROUP as SAMPLE
from realsyn_tasks.vectors.hash_order import bottom_k, hash_order

Of = Literal["pairs", "candidates"]
CHOICES = (1, 3, 8)  # of the candidates: likely texts, and such as are let go
SIDE = 320  # px, of the pictures on the page, at most
LARGEST = 16 << 20  # bytes, of a file of answers
_SCRIPT = Path(__file__).parent / "templates" / "labels.js"


@dataclass(frozen=True)
class Shown:
    """An image with the texts to be judged, in the order in which they are shown."""

    image_id: str
    texts: tuple[str, ...]


class Answers(Labels):
    """A file of answers, with what the page was drawn by."""

    seed: int = Field(ge=0)
    pairs: int = Field(ge=1, le=10_000)
    of: Of = "pairs"


def make_page(run: Workspace, pairs: int, seed: int, out: Path, of: Of = "pairs") -> int:
    """Write the page of so many random images of a build; give how many there are on it.

    Of what it publishes, if it has come so far, or else of what it matched; or of candidates,
    likely and unlikely. Raises ConfigError where there is nothing to show.
    """
    shown = drawn(run, pairs, seed, of)
    if not shown:
        raise ConfigError(f"{run.uri} has no pairs to judge: run its group {RETRIEVE.name} first")
    pictures = _pictures(run, {each.image_id for each in shown})
    page = render(run.config.name, pairs, seed, shown, pictures, of)
    out.write_text(page, encoding="utf-8")
    return len(shown)


def take_in(run: Workspace, file: Path) -> dict[str, Any]:
    """Take a file of answers into the root; give its path there and the counts by judgement.

    Raises ConfigError for a file that is none, or is of another build or another page.
    """
    if file.stat().st_size > LARGEST:
        raise ConfigError(f"{file} is larger than {LARGEST:,} bytes: that is no file of answers")
    answers = parsed(Answers, file.read_text("utf-8", errors="replace"), str(file))
    if answers.build != run.config.name:
        raise ConfigError(f"{file} judges the build {answers.build!r}, not {run.config.name!r}")
    on_page = drawn(run, answers.pairs, answers.seed, answers.of)
    known = {(shown.image_id, text) for shown in on_page for text in shown.texts}
    strange = [label for label in answers.labels if (label.image_id, label.text) not in known]
    if strange or not answers.labels:
        what = f"{len(strange)} pairs that were not on its page" if strange else "no judgement"
        raise ConfigError(
            f"{file} has {what}: the page must be of this build as it is now; make a new one"
        )
    labels = Labels(build=answers.build, who=answers.who, labels=_each_once(answers.labels))
    judged = [label.judgement.value for label in labels.labels]
    counts = {name: judged.count(name) for name in sorted(set(judged))}
    return {"labels": add(run.storage, labels), "judged": counts}


def _each_once(labels: tuple[Label, ...]) -> tuple[Label, ...]:
    """Leave the last judgement of each pair, in order of pair."""
    last = {(label.image_id, label.text): label for label in labels}
    return tuple(last[pair] for pair in sorted(last))


def drawn(run: Workspace, pairs: int, seed: int, of: Of = "pairs") -> list[Shown]:
    """Draw images by seeded hash, with text1 and the synthetic text or candidates, shuffled."""
    if of == "candidates":
        return _candidates(run, pairs, seed)
    rows = _published(run, pairs, seed) or _matched(run, pairs, seed)
    return [_shown(row["image_id"], (row["text1"], row.get("syn_text")), seed) for row in rows]


def _candidates(run: Workspace, pairs: int, seed: int) -> list[Shown]:
    """Draw images first, and read the texts of these alone: all would be those of the corpus."""
    evidence = Evidence(run, RETRIEVE.name)
    commits = evidence.commits(unjudged(run))
    drawn_from = _drawn_images(evidence, commits, pairs, seed)
    names = pa.array(list(drawn_from), pa.string())
    texts: dict[str, list[str]] = {name: [] for name in drawn_from}
    for number in sorted(set().union(*drawn_from.values())):
        for piece in _of_choices(evidence, commits[number], ["text"]):
            for row in piece.filter(pc.is_in(piece["image_id"], value_set=names)).to_pylist():
                texts[row["image_id"]].append(row["text"])
    return [_shown(name, found, seed) for name, found in texts.items()]


def _drawn_images(
    evidence: Evidence, commits: Sequence[Commit], wanted: int, seed: int
) -> dict[str, set[int]]:
    """Give the images with the smallest seeded hashes, in that order, each with its commits.

    One that is among the first of all was so whenever it was met, so none of its commits is missed.
    """
    met: dict[str, set[int]] = {}
    for number, commit in enumerate(commits):
        for piece in _of_choices(evidence, commit, []):
            for name in pc.unique(piece["image_id"]).to_pylist():
                met.setdefault(name, set()).add(number)
            names = sorted(met)
            met = {names[n]: met[names[n]] for n in bottom_k(hash_order(names, seed), wanted)}
    return met


def _of_choices(evidence: Evidence, commit: Commit, columns: list[str]) -> Iterator[pa.Table]:
    """Read which images have candidates of the choices that are shown, and more columns."""
    wanted = pa.array(CHOICES, pa.int32())
    for piece in evidence.read(commit.objects["candidates"], ["image_id", "choice", *columns]):
        yield piece.filter(pc.is_in(piece["choice"], value_set=wanted))


def _shown(image: str, given: Iterable[str | None], seed: int) -> Shown:
    texts = sorted({text for text in given if text})
    order = np.argsort(hash_order([f"{image} {text}" for text in texts], seed))
    return Shown(image, tuple(texts[place] for place in order))


def _published(run: Workspace, pairs: int, seed: int) -> list[dict[str, Any]]:
    [what] = SAMPLE.hands_on
    columns = ["image_id", "text1", "syn_text"]
    return _smallest(
        _pieces(Evidence(run, SAMPLE.name), what.stage, what.table, columns), pairs, seed
    )


def _matched(run: Workspace, pairs: int, seed: int) -> list[dict[str, Any]]:
    [what] = RETRIEVE.hands_on
    pieces = _pieces(
        Evidence(run, RETRIEVE.name), what.stage, what.table, ["image_id", "rank", "text"]
    )
    firsts = (piece.filter(pc.equal(piece["rank"], 1)) for piece in pieces)
    named = (
        piece.select(["image_id", "text"]).rename_columns(["image_id", "text1"]) for piece in firsts
    )
    return _smallest(named, pairs, seed)


def _pieces(evidence: Evidence, stage: str, table: str, columns: list[str]) -> Iterator[pa.Table]:
    for commit in evidence.commits(stage):
        yield from evidence.read(commit.objects[table], columns)


def _smallest(pieces: Iterator[pa.Table], wanted: int, seed: int) -> list[dict[str, Any]]:
    """Give the rows with the smallest seeded hashes of image ids, in that order."""
    kept: pa.Table | None = None
    for piece in pieces:
        pool = piece if kept is None else pa.concat_tables([kept, piece])
        hashes = hash_order(pool["image_id"].to_pylist(), seed)
        kept = tables.taken(pool, bottom_k(hashes, wanted))
    rows: list[dict[str, Any]] = kept.to_pylist() if kept is not None else []
    return rows


def _pictures(run: Workspace, wanted: set[str]) -> dict[str, str]:
    """Give small pictures of images of the corpus as data URIs."""
    return {name: thumbnail(data, SIDE) for name, data in stored_pictures(run, wanted)}


def stored_pictures(run: Workspace, wanted: set[str]) -> Iterator[tuple[str, bytes]]:
    """Give images of the corpus by id, as they are stored, one after another."""
    names = pa.array(sorted(wanted))
    for commit in run.sources[STAGE].commits():
        for piece in Evidence(run, "").read(
            commit.objects["images"], [KEYS["images"], "offset", "length"]
        ):
            rows = piece.filter(pc.is_in(piece[KEYS["images"]], value_set=names)).to_pylist()
            if rows:
                with run.storage.open(commit.objects["pixels"].path) as pixels:
                    for row in rows:
                        yield row["image_id"], read_at(pixels, row["offset"], row["length"])


def render(
    build: str,
    pairs: int,
    seed: int,
    shown: list[Shown],
    pictures: dict[str, str],
    of: Of = "pairs",
) -> str:
    """Give the page; the same pairs give the same bytes."""
    script = _SCRIPT.read_text("utf-8")
    known = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    template = environment(autoescape=True).get_template("labels.html")
    return str(
        template.render(
            build=build,
            pairs=pairs,
            of=of,
            seed=seed,
            shown=shown,
            pictures=pictures,
            script=script,
            script_hash=f"sha256-{known}",
        )
    )
