"""What is known of an image that a text about it may be written from.

All of it is from the web, or from models that looked at what is: whatever addresses a model is
left out here, and never becomes part of a prompt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from realsyn_tasks.core import chunks
from realsyn_tasks.core.stage import Inputs
from realsyn_tasks.text.instructions import instruction_in

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OWN = 0  # the source of a text that was written from what the picture's own page says
PAGE = ["image_id", "caption", "caption_verdict", "alt", "alt_verdict", "context"]
_LABEL = re.compile(
    r"^(?:figure|fig\.?|plate|photo|image)\s+\d[\d.\-]*[a-z]?[.:]?\s+", re.IGNORECASE
)
Score = Callable[[Sequence[tuple[str, str]]], "NDArray[np.float32]"]
Encode = Callable[[Sequence[str]], "NDArray[np.float32]"]


@dataclass(frozen=True)
class Known:
    """An image's realistic texts by rank, and what else is known of it."""

    image_id: str
    texts: tuple[tuple[int, str], ...]  # best first
    tags: tuple[str, ...] = ()
    caption: str = ""  # the page's, else its alternative text, else the captioner's
    context: tuple[str, ...] = ()  # sentences of the page, the nearest first
    hostile: bool = False  # every realistic text addresses a model

    def text(self, source: int) -> tuple[int, str] | None:
        """Give rank and text of the first, second .. realistic text, or OWN and a sentence."""
        if source == OWN:
            return (OWN, self.context[0]) if self.context else None
        return self.texts[source - 1] if source <= len(self.texts) else None


def known_images(inputs: Inputs, own_words: bool) -> list[Known]:
    """Read what is known of each image that has a realistic text, in order of id.

    `own_words`: what its own page says of it counts, too.
    """
    pages = _rows(inputs, "corpus", "images", PAGE) if own_words else {}
    tags = _optional(inputs, "tag_images", "tags", ["image_id", "tags"])
    captions = _optional(inputs, "caption_images", "captions", ["image_id", "caption", "verdict"])
    matches = inputs.table("merge_matches", "matches", ["image_id", "rank", "text"])
    rows = chunks.ordered(matches, ["image_id", "rank"]).to_pylist()
    known = []
    for image, image_rows in groupby(rows, key=lambda row: row["image_id"]):
        page = pages.get(image, {})
        told = captions.get(image, {})
        described = "" if told.get("verdict") else told.get("caption", "")
        texts = tuple((r["rank"], r["text"]) for r in image_rows if not instruction_in(r["text"]))
        known.append(
            Known(
                image_id=image,
                texts=texts,
                tags=tuple(_harmless(tags.get(image, {}).get("tags", ()))),
                caption=next(_harmless([*_own_captions(page), described]), ""),
                context=_context(page),
                hostile=not texts,
            )
        )
    return known


def published_image(row: Mapping[str, Any]) -> Known:
    """Give what a published row tells of its image; of a captioner it tells nothing."""
    texts = enumerate((row[name] for name in ("text1", "text2", "text3")), start=1)
    harmless = tuple((rank, text) for rank, text in texts if text and not instruction_in(text))
    return Known(
        image_id=row["image_id"],
        texts=harmless,
        tags=tuple(_harmless(row["tags"] or ())),
        caption=next(_harmless(_own_captions(row)), ""),
        context=_context(row),
        hostile=not harmless,
    )


def _rows(inputs: Inputs, stage: str, table: str, columns: list[str]) -> dict[str, dict[str, Any]]:
    return {row["image_id"]: row for row in inputs.table(stage, table, columns).to_pylist()}


def _optional(
    inputs: Inputs, stage: str, table: str, columns: list[str]
) -> dict[str, dict[str, Any]]:
    """Read rows by image; nothing when the stage is switched off."""
    return _rows(inputs, stage, table, columns) if inputs.has(stage) else {}


def _harmless(texts: Iterable[str | None]) -> Iterator[str]:
    return (text for text in texts if text and not instruction_in(text))


def _own_captions(page: Mapping[str, Any]) -> list[str]:
    kept = [page[name] or "" for name in ("caption", "alt") if page and not page[f"{name}_verdict"]]
    return [_LABEL.sub("", text) for text in kept]


def _context(page: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the sentences that were kept, the nearest first; of two as near, the one before."""
    kept = [near for near in page.get("context") or () if not near["verdict"]]
    kept.sort(key=lambda near: (abs(near["offset"]), near["offset"]))
    return tuple(_harmless(near["text"] for near in kept))


def about_captions(images: Sequence[Known], score: Score, least: float) -> list[Known]:
    """Keep the texts that are about the image's caption; of its context the likeliest first.

    A sentence may stand beside a picture and speak of something else, and a text may be the best of
    a corpus that has none for it. Where there is no caption, nothing says which sentence is about
    the picture: then its realistic texts are kept and its context is not.
    """
    asked = list(dict.fromkeys(pair for known in images for pair in _captioned(known)))
    scores = dict(zip(asked, score(asked).tolist(), strict=True)) if asked else {}
    return [_about(known, scores, least) for known in images]


def _captioned(known: Known) -> list[tuple[str, str]]:
    texts = [*known.context, *(text for _, text in known.texts)]
    return [(known.caption, text) for text in texts] if known.caption else []


def _about(known: Known, scores: dict[tuple[str, str], float], least: float) -> Known:
    if not known.caption:
        return replace(known, context=())
    of_text = {text: scores[known.caption, text] for _, text in _captioned(known)}
    context = sorted(known.context, key=lambda near: -of_text[near])
    return replace(
        known,
        texts=tuple((rank, text) for rank, text in known.texts if of_text[text] >= least),
        context=tuple(near for near in context if of_text[near] >= least),
    )


def with_agreeing_tags(images: Sequence[Known], encode: Encode, least: float) -> list[Known]:
    """Keep the tags that agree with an image's caption or best text, by cosine."""
    said = {text for known in images for text in _said_of(known) if known.tags}
    words = sorted(said | {tag for known in images for tag in known.tags})
    if not words:
        return list(images)
    vectors = dict(zip(words, encode(words), strict=True))
    return [replace(known, tags=tuple(_agreeing(known, vectors, least))) for known in images]


def _agreeing(known: Known, vectors: dict[str, Any], least: float) -> Iterator[str]:
    for tag in known.tags:
        if any(float(vectors[tag] @ vectors[text]) >= least for text in _said_of(known)):
            yield tag


def _said_of(known: Known) -> list[str]:
    return [text for text in (known.caption, *(text for _, text in known.texts[:1])) if text]
