"""An estimate of how likely candidates fit, from what was said of them: a part of a card.

Said by people, who are the truth; or by a judge of picture and text, whose probabilities are
handed down to an estimate that needs no look at the picture. What a judge says is never a label: it
is held against what people said of the same pairs, where they did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from PIL.Image import Image

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus import labels
from realsyn_tasks.corpus.labels import Judgement
from realsyn_tasks.corpus.pinned import STAGE
from realsyn_tasks.models.protocols import Judge
from realsyn_tasks.pictures.pixels import decode
from realsyn_tasks.report import labelling
from realsyn_tasks.retrieve import likelihood
from realsyn_tasks.retrieve.group import GROUP as RETRIEVE
from realsyn_tasks.retrieve.pool import unjudged
from realsyn_tasks.vectors.hash_order import hash_order

LEAST = 60  # judged candidates
LEAST_OF_A_KIND = 15
MIN_FITS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)  # that are told of a judge
BOUNDS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


Pair = tuple[str, str]  # an image's id, and a text
MAX_SIDE = 640  # px, of pictures that a judge looks at; as judge_candidates has it
BATCH = 64  # pairs given to a judge at once


def propose(run: Workspace) -> dict[str, Any]:
    """Fit to the labels of the root that are of a build's candidates.

    Give the section of the encoder's card, and how well half of the documents tells the other:
    by estimate, the share of right or partly right. Raises ConfigError where too few are judged.
    """
    return _proposed(run, _labels(run), "judge more (label --candidates)")


def propose_by_judge(run: Workspace, judge: Judge, pairs: int, seed: int) -> dict[str, Any]:
    """Fit to what a judge says of candidates of so many images of a build, drawn by seed.

    They are those of `label --candidates` and all that people have judged. Besides what `propose`
    gives, `people` says how the judge compares with them; None where nobody has judged any.
    Raises ConfigError as `propose`, or for a judge whose answers are no probabilities.
    """
    by_people = _labels(run)
    drawn = [(each.image_id, text) for each in labelling.drawn(run, pairs, seed, "candidates")
             for text in each.texts]  # fmt: skip
    said = _verdicts(run, judge, dict.fromkeys([*drawn, *by_people]))
    proposed = _proposed(
        run, {pair: [value] for pair, value in said.items()}, "draw more images (--pairs)"
    )
    return {**proposed, "people": _compared(by_people, said)}


def _verdicts(run: Workspace, judge: Judge, pairs: Iterable[Pair]) -> dict[Pair, float]:
    """Ask a judge about pairs, a few pictures at a time."""
    texts: dict[str, list[str]] = {}
    for image, text in pairs:
        texts.setdefault(image, []).append(text)
    said: dict[Pair, float] = {}
    waiting: list[tuple[Pair, Image]] = []
    for name, data in labelling.stored_pictures(run, set(texts)):
        picture = decode(data, MAX_SIDE)
        waiting += [((name, text), picture) for text in texts[name]]
        if len(waiting) >= BATCH:
            said |= _asked(judge, waiting)
            waiting = []
    return said | _asked(judge, waiting)


def _asked(judge: Judge, waiting: Sequence[tuple[Pair, Image]]) -> dict[Pair, float]:
    if not waiting:
        return {}
    answers = np.asarray(judge.judge([(picture, text) for (_, text), picture in waiting]), float)
    if answers.shape != (len(waiting),) or not ((answers >= 0) & (answers <= 1)).all():
        raise ConfigError("the judge's answers are no probabilities, one a pair: name another one")
    return dict(zip((pair for pair, _ in waiting), answers.tolist(), strict=True))


def _compared(
    by_people: Mapping[Pair, Sequence[float]], said: Mapping[Pair, float]
) -> dict[str, Any] | None:
    """Hold a judge against people: the area under its curve, and what each `min_fit` would keep."""
    both = [
        (said[pair], each) for pair, every in by_people.items() if pair in said for each in every
    ]
    if not both:
        return None
    verdicts, truth = np.array(both).T
    curve = [
        {
            "min_fit": bound,
            "pairs": int((verdicts >= bound).sum()),
            "right_or_partly": round(float(truth[verdicts >= bound].mean()), 3),
        }
        for bound in MIN_FITS
        if (verdicts >= bound).any()
    ]
    return {"pairs": len(both), "area": _area(verdicts, truth), "curve": curve}


def _area(verdicts: np.ndarray, truth: np.ndarray) -> float | None:
    """Give the area under the curve: how often what fits stands before what does not."""
    fits, others = verdicts[truth == 1], verdicts[truth == 0]
    if not len(fits) or not len(others):
        return None
    above = (fits[:, None] > others).mean() + (fits[:, None] == others).mean() / 2
    return round(float(above), 3)


def _proposed(run: Workspace, said: Mapping[Pair, Sequence[float]], advice: str) -> dict[str, Any]:
    features, truth, documents = _judged(run, said)
    fits = int((truth >= 0.5).sum())
    if len(truth) < LEAST or min(fits, len(truth) - fits) < LEAST_OF_A_KIND:
        raise ConfigError(
            f"{fits} judged candidates of {run.uri} fit and {len(truth) - fits} do not; it takes"
            f" {LEAST}, and {LEAST_OF_A_KIND} of either kind: {advice}"
        )
    return {
        "stages": {
            RETRIEVE.measures["precision"]: {"judged": _section(likelihood.fit(features, truth))}
        },
        "judged": len(truth),
        "fit": fits,
        "held_out": list(_held_out(features, truth, documents)),
    }


def _labels(run: Workspace) -> dict[Pair, list[float]]:
    """Give what people said of pairs: 1 for right or partly right, 0 for wrong."""
    said: dict[Pair, list[float]] = {}
    for page in labels.read(run.storage):
        for label in page.labels:
            fits = float(label.judgement is not Judgement.WRONG)
            said.setdefault((label.image_id, label.text), []).append(fits)
    return said


def _judged(
    run: Workspace, said: Mapping[Pair, Sequence[float]]
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Give features and truth of each judgement of a candidate, and the image's document."""
    names = pa.array(sorted({image for image, _ in said}), pa.string())
    document_of = dict(_documents(run, names)) if said else {}
    rows: list[np.ndarray] = []
    truth: list[float] = []
    documents: list[str] = []
    evidence = Evidence(run, RETRIEVE.name)
    columns = ["text", *likelihood.COLUMNS]
    for commit in evidence.commits(unjudged(run)) if said else ():
        pieces = list(evidence.rows_of(commit.objects["candidates"], "image_id", names, columns))
        if not pieces:
            continue
        mine = pa.concat_tables(pieces)
        features = likelihood.features(mine) if mine.num_rows else np.zeros((0, 0))
        pairs = zip(mine["image_id"].to_pylist(), mine["text"].to_pylist(), strict=True)
        for place, pair in enumerate(pairs):
            for fits in said.get(pair, ()):
                rows.append(features[place])
                truth.append(fits)
                documents.append(document_of.get(pair[0], ""))
    return np.array(rows), np.array(truth), documents


def _documents(run: Workspace, names: pa.Array) -> Iterator[tuple[str, str]]:
    evidence = Evidence(run, "")
    for commit in run.sources[STAGE].commits():
        for piece in evidence.read(commit.objects["images"], ["image_id", "document_id"]):
            mine = piece.filter(pc.is_in(piece["image_id"], value_set=names))
            pairs = zip(mine["image_id"].to_pylist(), mine["document_id"].to_pylist(), strict=True)
            yield from ((image, document or "") for image, document in pairs)


def _section(fit: likelihood.Likelihood) -> dict[str, float]:
    """Give a regression with coefficients of the features as they are."""
    weights = np.array(fit.coefficients) / np.array(fit.scales)
    intercept = fit.intercept - float(weights @ np.array(fit.means))
    named = zip(likelihood.FEATURES, weights.tolist(), strict=True)
    return {"intercept": round(intercept, 3), **{name: round(value, 3) for name, value in named}}


def _held_out(
    features: np.ndarray, truth: np.ndarray, documents: list[str]
) -> Iterator[dict[str, Any]]:
    odd = hash_order(documents, 0) % np.uint64(2) == 1
    estimates = np.zeros(len(truth))
    for half in (odd, ~odd):
        if not half.any() or len(set((truth[~half] >= 0.5).tolist())) < 2:
            return
        estimates[half] = likelihood.fit(features[~half], truth[~half]).of(features[half])
    for low, high in pairwise(BOUNDS):
        here = (estimates >= low) & ((estimates < high) | (high == BOUNDS[-1]))
        if here.any():
            yield {
                "from": low,
                "to": high,
                "candidates": int(here.sum()),
                "estimated": round(float(estimates[here].mean()), 3),
                "right_or_partly": round(float(truth[here].mean()), 3),
            }
