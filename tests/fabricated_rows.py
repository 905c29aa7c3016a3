"""The items of fabricated runs: a picture is a colour; its texts speak of it."""

from __future__ import annotations

import io
import tempfile
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from realsyn_tasks.core import ids
from realsyn_tasks.core.tar import TarWriter

DIM = 16
SHARDS = 2
TAKEN = 14  # images that parse takes from a shard, besides one exact duplicate
KEPT = 12  # images of a shard in the corpus
LICENSED = {"licence": "CC-BY-SA-4.0"}
COLOURS = 128  # shards until colours recur
Rows = list[dict[str, Any]]


def picture(shard: int, number: int) -> bytes:
    """Give a real little JPEG, different for every shard and number."""
    more = f"#{shard}" if shard >= COLOURS else ""  # behind its end
    return _jpeg(shard % COLOURS, number) + more.encode()


@lru_cache(maxsize=COLOURS * TAKEN)
def _jpeg(shard: int, number: int) -> bytes:
    colour = (20 * number % 256, 90 * shard % 256, 7 * number * number % 256)
    image = Image.new("RGB", (120 + number, 150), colour)
    image.paste((255 - colour[0], 200, colour[2]), (10, 10, 60, 60))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def vector(identity: str) -> np.ndarray:
    """Give a unit vector that belongs to an id."""
    rng = np.random.default_rng(int(identity[:8], 16))
    row = rng.normal(size=DIM) + 1.0
    return (row / np.linalg.norm(row)).astype(np.float32)


def prose_of(shard: int) -> list[str]:
    """Give the sentences of a shard; the first TAKEN are about its pictures, in order."""
    kinds = ("field", "river", "house", "mountain", "garden")
    return [
        f"Photograph {number} of folder {shard} shows a quiet {kinds[number % 5]} in the evening."
        for number in range(2 * TAKEN)
    ]


def _origin(shard: int, number: int) -> dict[str, Any]:
    url = f"https://pages.example/{shard}/{number % 4}.html"
    source = f"{shard}.html"
    return {
        "document_id": ids.document_id(source, number % 4, url),
        "document_url": url,
        "source": source,
        "source_offset": number % 4,
        "position": number,
    }


def _described(shard: int, number: int) -> dict[str, Any]:
    return {
        "title": f"Folder {shard}",
        "heading": f"Evening {number % 4}",
        "context": [{"text": prose_of(shard)[number], "offset": 1}],
        **LICENSED,
        "crawled": "2024-01-01T00:00:00Z",
    }


@lru_cache(maxsize=4)
def raw_images_of(shard: int) -> tuple[Rows, bytes]:
    """Give the images that parse takes from a shard, and the tar of their bytes."""
    rows: Rows = []
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "pixels.tar"
        with closing(TarWriter(path)) as tar:
            for number in range(TAKEN):
                data = picture(shard, number)
                rows.append(
                    {
                        "image_id": ids.image_id(data),
                        "url": f"https://pages.example/{shard}/{number}.jpg",
                        **_origin(shard, number),
                        "alt": f"picture {number}",
                        "caption": "",
                        **_described(shard, number),
                        "offset": tar.add(ids.image_id(data), data),
                        "length": len(data),
                        "number": number,
                    }
                )
        return rows, path.read_bytes()


@lru_cache(maxsize=4)
def images_of(shard: int) -> Rows:
    """Give the images that the filter keeps: all but the last one taken."""
    rows, _ = raw_images_of(shard)
    extra = [{"width": 120 + row["number"], "height": 150} for row in rows]
    more = {"format": "JPEG", "phash": 1}
    return [{**row, **size, **more} for row, size in zip(rows[:-1], extra, strict=False)]


@lru_cache(maxsize=4)
def sentences_of(shard: int) -> Rows:
    """Give the sentences that parse takes from a shard."""
    return [
        {
            "sentence_id": ids.sentence_id(text),
            "text": text,
            **_origin(shard, number),
            "ordinal": 0,
            "words": len(text.split()),
            **LICENSED,
            "anaphoric": False,
            "perplexity": 60.0,
            "number": number,
        }
        for number, text in enumerate(prose_of(shard))
    ]


@lru_cache(maxsize=4)
def matches_of(shard: int) -> list[Rows]:
    """Give the three texts of each image of a corpus shard; the last image has none."""
    sentences = sentences_of(shard)
    matches = []
    for image in images_of(shard)[: KEPT - 1]:
        number = image["number"]
        picks = [sentences[(number + step) % (2 * TAKEN - 6)] for step in range(3)]
        matches.append(
            [
                {
                    **pick,
                    "image_id": image["image_id"],
                    "rank": rank,
                    "score": 0.7 - 0.1 * rank,
                    "anaphoric": False,
                    "rerank": 3.0 - rank,
                    "relevance": None,
                }
                for rank, pick in enumerate(picks, start=1)
            ]
        )
    return matches


@lru_cache(maxsize=4)
def pairs_of(shard: int) -> Rows:
    """Give the pairs of a corpus shard: of two images of those matched no text was taken.

    One is dropped, and one has no synthetic text.
    """
    images = {row["image_id"]: row for row in images_of(shard)}
    pairs = []
    for texts in matches_of(shard)[:-1]:
        image = images[texts[0]["image_id"]]
        number = image["number"]
        pairs.append(
            {
                **image,
                **_own_page(number),
                **{f"text{row['rank']}": row["text"] for row in texts},
                "syn_text": f"A calm place with {number} colours lies in folder {shard} at dusk.",
                "recaption": f"A place of {number} colours." if number % 2 else "",
                "sentence_ids": [row["sentence_id"] for row in texts],
                "text_urls": [row["document_url"] for row in texts],
                "realistic_scores": [row["score"] for row in texts],
                "untagged": f"A calm place with {number} colours lies in folder {shard}.",
                "syn_score": 0.3 + 0.02 * number,
                "syn_source": 1,
                "tags": ["landscape", "evening"],
                "attempts": 1,
                "prompt_id": f"{number:032x}",
                "cluster_id": number % 3,
                "raw_image_url": image["url"],
                "data": picture(shard, number),
            }
        )
    pairs[-1] |= {"syn_text": "", "syn_score": None, "syn_source": None, "prompt_id": ""}
    return pairs


def _own_page(number: int) -> dict[str, Any]:
    """Give what the page of a picture says of it; the caption of number 2 was refused."""
    near = {"text": "A field lies there.", "offset": 1, "verdict": "", "sentence_id": None}
    return {
        "caption": "" if number == 2 else f"A calm place, {number}.",
        "caption_verdict": "pii" if number == 2 else "",
        "alt_verdict": "",
        "title": "Calm places",
        "heading": "Folders",
        "context": [near, {**near, "offset": 2, "verdict": "too_short"}],
        "licence": "CC-BY-4.0" if number % 2 else "",
        "crawled": f"2024-01-{number + 1:02d}T00:00:00Z",
        "text_licences": ["CC-BY-ND-4.0", "", "CC-BY-4.0"],
        "relevance": [0.9, 0.5, None],
    }


def in_band(pairs: Rows) -> Rows:
    """Give the pairs that the band keeps: all but the first."""
    return pairs[1:]
