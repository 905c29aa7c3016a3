"""The retrieve stages, with storage, decoding and commits, beside vectors/ on arrays in memory.

Both do the same work on the same lists and probes: the exact search that plan and audit need, fit
and plan, assign, probe, search, audit. Three stages do the first of these: they draw the sample of
the fit, too, and what else is told by samples. What stages do beyond that (telling texts apart,
capping hubs, merging) has no counterpart and stands in a row of its own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from realsyn_tasks.core import tables, vector_columns
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.runner import Runner
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.retrieve import fit_lists, pool_samples, search_lists
from realsyn_tasks.vectors import audit, kmeans, search
from tests.benchmarks.clip_like import Floats, texts_and_images
from tests.benchmarks.measure import Row, Timed, timed, timing_rows
from tests.benchmarks.vectors_lab import DIM, SUITE, Lab

SHARDS, WORDS, VOCABULARY = 2, 12, 20_000
SETTINGS: dict[str, dict[str, Any]] = {
    "search_lists": {"hub_penalty": 0.0},  # it scores every pair once more, from the other end
    "cap_hubs": {"max_images_per_sentence": 1000},
}
MADE_BY = {"search_exactly": ("draw_samples", "pool_samples", "search_exactly")}
Timings = dict[str, Timed[Any]]


def rows(lab: Lab) -> Iterator[Row]:
    sentences, images = lab.options.rows(200_000), lab.options.rows(4_000)
    arrays = texts_and_images(sentences, images, DIM, seed=11)
    texts, pictures = (vectors.astype(np.float16).astype(np.float32) for vectors in arrays)
    with tempfile.TemporaryDirectory() as folder:
        workspace = opened(Path(folder), texts, pictures)
        encoder = Encoder(texts)
        staged = {stage.name: ran(workspace, stage, encoder) for stage in retrieval(workspace)}
        centroids, nprobe = lists_of(workspace)
    bare = on_arrays(texts, pictures, centroids, nprobe)
    size = f"{images} x {sentences}, {nprobe} of {len(centroids)} lists"
    of_stages = {name: total(staged[n] for n in MADE_BY.get(name, (name,))) for name in bare}
    for name, run in bare.items():
        yield lab.row(case(lab, f"{name}, {size}"), of_stages[name].cpu, run.cpu, "CPU s")
    both = (total(of_stages.values()), total(bare.values()))
    yield from timing_rows(SUITE, case(lab, f"{', '.join(bare)}, {size}"), *both, lab.machine)
    compared = {n for name in bare for n in MADE_BY.get(name, (name,))}
    others = [name for name in staged if name not in compared]
    what = f"{', '.join(others)}, {size}: no counterpart"
    rest = total(staged[name] for name in others)
    yield Row(SUITE, case(lab, what), rest.cpu, None, "CPU s", lab.machine)
    yield Row(SUITE, case(lab, what), rest.wall, None, "wall s", lab.machine)


def case(lab: Lab, what: str) -> str:
    return lab.label(f"stages against vectors/ on arrays: {what}")


def total(runs: Any) -> Timed[Any]:
    listed = list(runs)
    return Timed(None, sum(run.cpu for run in listed), sum(run.wall for run in listed))


def opened(root: Path, texts: Floats, pictures: Floats) -> Workspace:
    """A build over these vectors as a promoted generation."""
    from realsyn_tasks.runs.choices import Choices
    from realsyn_tasks.runs.opening import open_build
    from tests.retrieve.grown import promote_generation

    promote_generation(root, 1, corpus(texts, pictures))
    return open_build(str(root), "10", "bench", [1], Choices(stages=SETTINGS, follow="none"))


def corpus(texts: Floats, pictures: Floats) -> Any:
    from realsyn_tasks.core.ids import sentence_id
    from realsyn_tasks.extract.schemas import CORPUS_IMAGES, CORPUS_SENTENCES
    from tests.retrieve.worlds import Corpus, filled

    made = Corpus(images=0, sentences=0, shards=0)
    words = spelt(len(texts))
    for shard in range(SHARDS):
        rows, said = texts[shard::SHARDS], words[shard::SHARDS]
        sentences = filled(
            CORPUS_SENTENCES,
            len(rows),
            sentence_id=[sentence_id(text) for text in said],
            text=said,
            document_url=["https://pages.example/"] * len(rows),
            embedding=list(rows.astype(np.float16)),
        )
        some = pictures[shard::SHARDS]
        images = filled(
            CORPUS_IMAGES,
            len(some),
            image_id=[f"{shard:016x}{n:016x}" for n in range(len(some))],
            embedding=list(some.astype(np.float16)),
        )
        made.tables.setdefault(("corpus", "sentences"), []).append(sentences)
        made.tables.setdefault(("corpus", "images"), []).append(images)
    return made


def spelt(count: int) -> list[str]:
    """Give so many different texts."""
    words = np.random.default_rng(12).integers(VOCABULARY, size=(count, WORDS)).tolist()
    return [" ".join(f"w{word}" for word in some) for some in words]


class Encoder:
    """Looks up the vectors of texts: what no sample has drawn is embedded anew (survey)."""

    def __init__(self, texts: Floats) -> None:
        self._vector_of = dict(zip(spelt(len(texts)), texts, strict=True))

    def encode_texts(self, texts: list[str]) -> Floats:
        """Give the planted vectors of texts; (n, d) float32."""
        return np.stack([self._vector_of[text] for text in texts])


def retrieval(workspace: Workspace) -> list[Any]:
    return [stage for stage in workspace.stages() if stage.group == "retrieve"]


def ran(workspace: Workspace, stage: Any, encoder: Encoder) -> Timed[Any]:
    """Run all shards of a stage in this process as a task would, planning included."""
    stage.function()  # what it imports is no more of its work than of that on arrays

    def whole() -> None:
        runner = Runner(workspace, lambda kind, spec: {"encoder": encoder}[kind])
        for batch in Planner(workspace).batches(stage):
            report = runner.run_batch(stage, batch)
            if report.failed or report.quarantined:
                raise RuntimeError(f"{stage.name} failed: {report.failed}")

    return timed(whole, 1)


def lists_of(workspace: Workspace) -> tuple[Floats, int]:
    [commit] = workspace.ledger("fit_lists").commits().values()

    def read(name: str) -> pa.Table:
        return vector_columns.unpacked(
            pq.read_table(workspace.storage.open(commit.objects[name].path))
        )

    return tables.vectors_of(read("centroids")), read("plan")["nprobe"][0].as_py()


def on_arrays(texts: Floats, pictures: Floats, centroids: Floats, nprobe: int) -> Timings:
    """The same by calls of vectors/, by the name of the stage that makes them."""
    settings, k = fit_lists.Config(), len(centroids)
    timings: Timings = {}
    timings["search_exactly"] = timed(lambda: searched_exactly(texts, pictures), 1)
    truth = timings["search_exactly"].value
    timings["fit_lists"] = timed(lambda: fit_and_plan(texts, pictures, truth[0], k, settings), 1)
    timings["assign_sentences"] = timed(lambda: kmeans.assign(texts, centroids), 1)
    timings["probe_images"] = timed(lambda: search.probe(pictures, centroids, nprobe), 1)
    lists, probed = timings["assign_sentences"].value, timings["probe_images"].value
    candidates = search_lists.Config().candidates
    timings["search_lists"] = timed(
        lambda: search.search_lists(pictures, probed, texts, lists, candidates), 1
    )
    rows_found = timings["search_lists"].value[0]
    timings["audit_recall"] = timed(lambda: audited(pictures, rows_found, truth[1]), 1)
    return timings


def planned_and_audited(pictures: Floats) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the images that a plan is made by, and of those that the recall is audited with."""
    settings, rows = pool_samples.Config(), np.arange(len(pictures))
    return rows[::2][: settings.plan_images], rows[1::2][: settings.audit_images]


def searched_exactly(texts: Floats, pictures: Floats) -> tuple[np.ndarray, np.ndarray]:
    planned, checked = planned_and_audited(pictures)
    some = pictures[np.concatenate([planned, checked])]
    truth = search.exact_search(some, [texts], 3)[0]
    return truth[: len(planned)], truth[len(planned) :]


def fit_and_plan(
    texts: Floats, pictures: Floats, truth: np.ndarray, k: int, settings: fit_lists.Config
) -> None:
    drawn = np.random.default_rng(13).permutation(len(texts))[: k * settings.points_per_list]
    centroids = kmeans.fit(texts[drawn], k, iterations=settings.iterations)
    kmeans.assign(texts[drawn], centroids)  # for the imbalance that the plan states
    lists = kmeans.assign(texts[truth.ravel()], centroids).reshape(truth.shape)
    some = pictures[planned_and_audited(pictures)[0]]
    probes = search.probe(some, centroids, min(settings.max_probes, k))
    audit.probes_for_recall(probes, lists, k, settings.target_recall, settings.confidence)


def audited(pictures: Floats, found: np.ndarray, truth: np.ndarray) -> float:
    chosen = planned_and_audited(pictures)[1]
    return audit.confidence(audit.recall_at(found[chosen], truth, 3)).mean
