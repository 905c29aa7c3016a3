"""A corpus of documents with pictures and texts about one thing each, as a retrieval finds it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from realsyn_tasks.core.ids import sentence_id
from realsyn_tasks.extract.schemas import CORPUS_IMAGES, CORPUS_SENTENCES
from realsyn_tasks.retrieve import schemas
from realsyn_tasks.vectors.hash_order import hash_order
from tests.retrieve.worlds import filled, unit
from tests.support import FakeInputs
from tests.tiny_models import TinyEncoder

WORDS = [f"word{n}" for n in range(40)]


class Documents(FakeInputs):
    """Each document has a thing of its own.

    `skill` says how much of it an image's vector knows, `knowing` what share of images know any.
    """

    def __init__(
        self,
        documents: int = 12,
        images: int = 2,
        sentences: int = 3,
        skill: float = 1.0,
        knowing: float = 1.0,
    ) -> None:
        super().__init__()
        self.rng = np.random.default_rng(3)
        self.count, self.per_document = documents, images
        self.skill, self.knowing = skill, knowing
        texts = [
            (document, f"thing{document} {' '.join(self.rng.choice(WORDS, 4))}.")
            for document in range(documents)
            for _ in range(sentences)
        ]
        self.tables["corpus", "sentences"] = _halves(self._sentences(texts))
        self.tables["corpus", "images"] = _halves(self._images())

    def _sentences(self, texts: list[tuple[int, str]]) -> pa.Table:
        return filled(
            CORPUS_SENTENCES,
            len(texts),
            sentence_id=[sentence_id(text) for _, text in texts],
            text=[text for _, text in texts],
            document_id=[f"document {number}" for number, _ in texts],
            document_url=[url_of(number) for number, _ in texts],
            embedding=TinyEncoder().encode_texts([text for _, text in texts]),
        )

    def _images(self) -> pa.Table:
        numbers = [number for number in range(self.count) for _ in range(self.per_document)]
        captions = [f"A thing{n} {self.rng.choice(WORDS)}." for n in numbers]
        things = TinyEncoder().encode_texts([f"thing{n}" for n in numbers])
        noise = unit(self.rng.normal(size=things.shape))
        known = self.skill * (self.rng.random(len(numbers)) < self.knowing)
        return filled(
            CORPUS_IMAGES,
            len(numbers),
            image_id=[f"{n:032x}" for n in range(len(numbers))],
            document_id=[f"document {number}" for number in numbers],
            document_url=[url_of(number) for number in numbers],
            caption=captions,
            caption_verdict=[""] * len(numbers),
            alt=[""] * len(numbers),
            alt_verdict=[""] * len(numbers),
            embedding=unit(known[:, None] * things + noise),
        )

    def whole(self, name: str) -> pa.Table:
        return pa.concat_tables(self.tables["corpus", name])

    def scores(self) -> np.ndarray:
        """The cosine of each image with each sentence, in the order of `whole`."""
        vectors = [
            np.array(self.whole(name)["embedding"].to_pylist(), dtype=np.float32)
            for name in ("images", "sentences")
        ]
        found: np.ndarray = vectors[0] @ vectors[1].T
        return found

    def pooled(self, candidates: int = 6) -> Documents:
        """Add what a search by the images alone finds, with no near-copies among it."""
        images, sentences = self.whole("images").to_pylist(), self.whole("sentences").to_pylist()
        rows: list[dict[str, Any]] = []
        for image, scores in zip(images, self.scores(), strict=True):
            best = np.argsort(-scores, kind="stable")[:candidates]
            for rank, place in enumerate(best.tolist(), start=1):
                score = float(scores[place])
                rows.append({**sentences[place], **_found(image["image_id"], rank, score)})
        named = [{name: row.get(name) for name in schemas.POOL.names} for row in rows]
        table = pa.Table.from_pylist(named, schema=schemas.POOL)
        keys = pa.array(hash_order(table["sentence_id"].to_pylist(), seed=0))
        table = table.set_column(table.column_names.index("key"), "key", keys)
        self.tables["pool_candidates", "candidates"] = _halves(table, images=True)
        self.tables["pool_candidates", "sampled"] = self.tables["pool_candidates", "candidates"]
        return self

    def matched(self) -> Documents:
        """Add the first three of the candidates as matches."""
        self.tables["merge_matches", "matches"] = [
            piece.filter(pa.array(piece["choice"].to_numpy() <= 3)).select(schemas.MATCHES.names)
            for piece in self.tables["pool_candidates", "candidates"]
        ]
        self.tables["merge_matches", "sampled"] = self.tables["merge_matches", "matches"]
        return self


def url_of(document: int) -> str:
    """Documents are of two sites."""
    return f"https://www.{'odd' if document % 2 else 'even'}.example/{document}.html"


def _found(image: str, rank: int, score: float) -> dict[str, Any]:
    return {"image_id": image, "rank": rank, "choice": rank, "score": score, "adjusted": score}


def _halves(table: pa.Table, images: bool = False) -> list[pa.Table]:
    """Two shards; of candidates, all of an image's are in one."""
    middle = table.num_rows // 2
    while images and 0 < middle < table.num_rows and table["rank"][middle].as_py() != 1:
        middle += 1
    return [table.slice(0, middle), table.slice(middle)]
