"""What each change that makes texts fit is worth: each switched off in turn, beside the default.

Over the corpus of `make demo` (REALSYN_BENCH_ROOT names another root), in a copy. Two figures:
own-document agreement of the texts (measure_relevance, without labels), and R@10 of heads trained
on the pairs, asked for the pictures that the sample crawl holds out (evaluate/heads.py),
the mean of both directions over the seeds, with the 95 % interval of its difference to the default.
Heads of two variants learn from the same pictures: those that have texts in both.

Cases: `retrieval` (the default one), `texts` (which kinds of text are drawn from), `filters` (the
sentences and captions of the paper's filters; extracts the crawl anew), `synthesis` (generates).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from realsyn_tasks.evaluate import heads
from realsyn_tasks.evaluate.bootstrap import Bootstrap, difference
from realsyn_tasks.evaluate.exam import TEST, Answer, Exam
from realsyn_tasks.models import features
from realsyn_tasks.models.sentences import unit_rows
from tests.benchmarks.measure import Options, Row, machine_name

SUITE = "relevance"
SEEDS = 4
HELD_OUT = "stamps"
ALL = heads.Training(components=None)
EVERYTHING = "1000000"  # pairs: no cap
Texts = dict[str, list[str]]  # image -> its texts


@dataclass(frozen=True)
class Variant:
    """The default but for some settings; `extracts` where they change the corpus, too."""

    name: str
    stages: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    preset: str = "default"
    extracts: bool = False


DEFAULT = Variant("default")
ALONE = {"caption": 0.0, "title": 0.0, "context": 0.0}
PAPER_FILTERS: dict[str, dict[str, Any]] = {
    "parse": {"caption_sentences": True},
    "filter_sentences": {
        "min_entropy": 0.3,
        "require_action": True,
        "min_information": 0.0,
        "drop_broken": False,
        "drop_interface": False,
        "drop_kinds": [],
    },
    "filter_perplexity": {"bands": []},
    "link_neighbours": {"image_bits": None, "same_facts": False},
}
CASES: dict[str, tuple[Variant, ...]] = {
    "retrieval": (
        Variant("the image alone as query", {"embed_queries": ALONE}),
        Variant("no cross-encoder", {"rerank_candidates": {"candidates": 0}}),
        Variant("no abstention", {"fit_relevance": {"target_precision": None}}),
        Variant("target precision .8", {"fit_relevance": {"target_precision": 0.8}}),
        Variant("captions of others as answers", {"embed_queries": {"captions_as_answers": True}}),
        Variant("no penalty for hubs", {"search_lists": {"hub_penalty": 0.0}}),
        Variant(
            "pronouns where they come",
            {
                "pool_candidates": {"anaphoric_last": False},
                "rerank_candidates": {"anaphoric_last": False},
            },
        ),
        Variant("the paper's retrieval", preset="paper"),
    ),
    "filters": (
        Variant("the paper's filters", PAPER_FILTERS, extracts=True),
        Variant(
            "captions are sentences, too", {"parse": {"caption_sentences": True}}, "default", True
        ),
    ),
    "synthesis": (
        Variant("no truth guard", {"generate_texts": {"guards": {"min_support": None}}}),
        Variant("the paper's texts", preset="paper"),
    ),
}


def rows(options: Options) -> Iterator[Row]:
    """Give for each variant its figures beside the default's."""
    cases = options.cases or ("retrieval", "texts")
    machine = machine_name(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder))
        default = lab.build(DEFAULT, synthesize={"synthesis", "texts"} & set(cases) != set())
        if "texts" in cases:
            yield from lab.kinds_of_text(default, machine)
        for case in (case for case in cases if case in CASES):
            for variant in CASES[case]:
                made = lab.build(variant, synthesize=case == "synthesis")
                yield from lab.compared(made, default, machine)


@dataclass(frozen=True)
class Made:
    """What came of a variant: the texts of each image, and the measures of its relevance."""

    name: str
    texts: Texts
    written: Texts
    measures: Mapping[str, float]


class Lab:
    """A copy of the demo's root, in which variants are built and heads are trained."""

    def __init__(self, folder: Path) -> None:
        from realsyn_tasks.core import include
        from realsyn_tasks.models.encoder_conse import ConseEncoder
        from realsyn_tasks.models.protocols import Running

        where = os.environ.get("REALSYN_BENCH_ROOT", "runs/demo")
        if not Path(where, "corpus").is_dir():
            raise FileNotFoundError(f"there is no corpus in {where}; run `make demo` first")
        self.folder = folder
        self.root = folder / "root"
        shutil.copytree(where, self.root)
        self._cache = include.cache_folder()
        self._encoder = ConseEncoder(ConseEncoder.Options(), Running(), self._cache)
        self._vectors: dict[str, heads.Vectors] = {}
        self._pictures: dict[str, heads.Vectors] = {}
        self._own: Texts = {}
        self._exam, self._asked = self._held_out()

    def build(self, variant: Variant, synthesize: bool) -> Made:
        """Run the retrieval of a variant, and the synthesis if wanted; read what came of it."""
        from realsyn_tasks.runs.choices import Choices
        from realsyn_tasks.runs.models import loader
        from realsyn_tasks.runs.opening import open_build
        from tests.support import run_group

        choices = Choices(
            stages={k: dict(v) for k, v in variant.stages.items()}, preset=variant.preset
        )
        root = self._extracted(variant, choices) if variant.extracts else self.root
        name = "bench-" + "".join(letter for letter in variant.name if letter.isalnum())
        run = open_build(str(root), EVERYTHING, name, (), choices, allow_smaller=True)
        load = loader(run.config)
        run_group(run, "retrieve", load)
        if synthesize:
            _promote(run, "retrieve")
            run_group(run, "synthesize", load)
        self._look(run)
        written = _texts(run, "generate_texts", "texts") if synthesize else {}
        measures = run.ledger("measure_relevance").commits()[0].measures
        return Made(variant.name, _texts(run, "merge_matches", "matches"), written, measures)

    def _extracted(self, variant: Variant, choices: Any) -> Path:
        from realsyn_tasks.core import include
        from realsyn_tasks.runs.models import loader
        from realsyn_tasks.runs.opening import open_extract
        from tests.support import run_group

        root = self.folder / f"extracted-{len(variant.name)}"
        run = open_extract(
            str(root), str(include.cache_folder() / "sample-crawl"), "crawl", choices
        )
        run_group(run, "extract", loader(run.config))
        _promote(run, "extract")
        return root

    def kinds_of_text(self, made: Made, machine: str) -> Iterator[Row]:
        """Say what drawing from each kind of text teaches, on pictures that have all kinds."""
        own = {name: texts for name, texts in self._own.items() if texts}
        common = own.keys() & made.texts.keys() & made.written.keys()
        kinds = {
            "retrieved": made.texts,
            "the document's own": own,
            "synthetic": made.written,
            "retrieved and synthetic": _joined(made.texts, made.written),
            "all three": _joined(own, made.texts, made.written),
        }
        base = self._hits(made.texts, sorted(common))
        for name, texts in kinds.items():
            yield from self._taught(f"texts: {name}", texts, sorted(common), base, machine)

    def compared(self, made: Made, default: Made, machine: str) -> Iterator[Row]:
        """Give a variant's figures beside the default's."""
        for name in ("used_text1", "used_any", "image_text1", "known_r10"):
            if name in made.measures:
                ours, theirs = made.measures[name], default.measures.get(name)
                yield Row(SUITE, f"{made.name}: {name}", ours, theirs, "share", machine)
        yield Row(
            SUITE, f"{made.name}: images", len(made.texts), len(default.texts), "images", machine
        )
        common = sorted(made.texts.keys() & default.texts.keys())
        base = self._hits(default.texts, common)
        yield from self._taught(made.name, made.texts, common, base, machine)

    def _taught(
        self, name: str, texts: Texts, images: list[str], base: np.ndarray, machine: str
    ) -> Iterator[Row]:
        hits = self._hits(texts, images)
        gain = difference({HELD_OUT: hits}, {HELD_OUT: base})
        [mean] = Bootstrap(resampled=False).intervals([gain])
        interval = f"{mean.value:+.3f} [{mean.low:+.3f}, {mean.high:+.3f}]"
        case = f"{name}: R@10 of {len(images)} pictures, {interval}"
        yield Row(SUITE, case, float(hits.mean()), float(base.mean()), "share", machine)

    def _hits(self, texts: Texts, images: list[str]) -> np.ndarray:
        """Train a head a seed; say how far questions, of both directions, are answered in ten."""
        self._embed({text for name in images for text in texts[name]})
        words = sorted({text for name in images for text in texts[name]})
        place = {text: row for row, text in enumerate(words)}
        seen = np.stack([self._pictures[name] for name in images])
        view = heads.View.of(seen, ALL.components)
        lesson = heads.Lesson(
            pictures=view(seen),
            texts=np.stack([self._vectors[text] for text in words]),
            choices=[[place[text] for text in texts[name]] for name in images],
            names=range(len(images)),
        )
        trained = [heads.train(lesson, ALL, np.random.default_rng(n)) for n in range(SEEDS)]
        asked = view(self._asked)
        known = unit_rows(np.stack([self._vectors[text] for text in self._exam.words]))
        found = [_found(self._exam.answers(head(asked), known)) for head in trained]
        return np.array(found)[:, None]

    def _embed(self, texts: set[str]) -> None:
        new = sorted(texts - self._vectors.keys())
        if new:
            vectors = features.of_texts(self._encoder, new).features
            self._vectors |= dict(zip(new, vectors, strict=True))

    def _held_out(self) -> tuple[Exam, heads.Vectors]:
        from PIL import Image

        from realsyn_tasks.sample_crawl import held_out, package_cache

        pairs = held_out(package_cache())
        rows = [
            {"set": HELD_OUT, "item": str(path), "split": TEST, "texts": [text], "label": ""}
            for path, text in pairs
        ]
        exam = Exam.of(HELD_OUT, rows, [])
        self._embed(set(exam.words))
        images = [Image.open(path) for path, _ in pairs]
        return exam, features.of_pictures(self._encoder, images).features

    def _look(self, run: Any) -> None:
        """Give each picture of the run's corpus its features, and its document's own words."""
        from realsyn_tasks.pictures.pixels import decode, read_at

        for commit in run.sources["corpus"].commits():
            table = _read(run, commit.objects["images"])
            new = [row for row in table.to_pylist() if row["image_id"] not in self._pictures]
            with run.storage.open(commit.objects["pixels"].path) as pixels:
                for row in new:
                    data = read_at(pixels, row["offset"], row["length"])
                    seen = features.of_pictures(self._encoder, [decode(data, 640)])
                    self._pictures[row["image_id"]] = seen.features[0]
                    self._own[row["image_id"]] = _own_texts(row)


def _found(answers: Iterable[Answer]) -> np.ndarray:
    """Say for each picture in which of both directions its text is among the first ten."""
    hits: dict[str, list[bool]] = {}
    for answer in answers:
        hits.setdefault(answer.item, []).append(answer.value < 10)
    return np.array([np.mean(both) for both in hits.values()])


def _promote(run: Any, group: str) -> None:
    from realsyn_tasks.quality.gates import gate
    from realsyn_tasks.runs.promotion import promote

    gate(run, group)
    promote(run, group)


def _own_texts(row: Mapping[str, Any]) -> list[str]:
    """Give what an image's document says of it and the filters left: caption or alt, context."""
    caption = [
        row[name] for name in ("caption", "alt") if row[name] and not row[f"{name}_verdict"]
    ][:1]
    return caption + [each["text"] for each in row["context"] or () if not each["verdict"]][:2]


def _texts(run: Any, stage: str, table: str) -> Texts:
    texts: Texts = {}
    for _, commit in sorted(run.ledger(stage).commits().items()):
        for row in _read(run, commit.objects[table]).to_pylist():
            texts.setdefault(row["image_id"], []).append(row["text"])
    return texts


def _read(run: Any, ref: Any) -> Any:
    import pyarrow.parquet as pq

    with run.storage.open(ref.path) as file:
        return pq.read_table(file)


def _joined(*some: Texts) -> Texts:
    names = {name for texts in some for name in texts}
    return {name: [text for texts in some for text in texts.get(name, ())] for name in names}
